"""Deliveries for a destination that is gone from the configuration: kept, and free again when it is back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import Double, and_, bindparam, or_, update

from bridge.store.destinations import PAUSED_NAMES
from bridge.store.tables import NOT_DELIVERED, PENDING, delivery, is_state
from bridge.store.text import clean
from bridge.store.writer import Turn


class ToHold(NamedTuple):
    """A destination, and why nothing goes there."""

    destination: str
    reason: str


# What another process has in hand it will settle itself; what this one has was just found to lead nowhere.
_HOLD = (
    update(delivery)
    .where(
        PENDING,
        delivery.c.destination == bindparam("gone"),
        or_(
            delivery.c.owner.is_(None),
            delivery.c.owner == bindparam("me"),
            delivery.c.leased_until <= bindparam("now", type_=Double),
        ),
    )
    .values(
        state="held",
        reason=bindparam("why"),
        # Whoever let its lease run out may have sent it.
        ambiguous=or_(delivery.c.ambiguous, and_(delivery.c.owner.is_not(None), delivery.c.owner != bindparam("me"))),
        owner=None,
        leased_until=None,
    )
)
# Only what `hold` or a pause held is still due at some time: what a rule holds has no such time.
_UNHOLD = (
    update(delivery)
    .where(
        NOT_DELIVERED,
        is_state(delivery.c.state, "held"),
        delivery.c.next_at.is_not(None),
        delivery.c.destination.in_(bindparam("known", expanding=True)),
        delivery.c.destination.not_in(PAUSED_NAMES),
    )
    .values(state="pending", reason="")
)


def hold(turn: Turn, payloads: Sequence[ToHold]) -> list[None]:
    """Hold what waits for destinations that are gone."""
    for wanted in payloads:
        gone = {"gone": clean(wanted.destination), "why": clean(wanted.reason), "me": turn.owner, "now": turn.now}
        turn.connection.execute(_HOLD, gone)
    return [None for _ in payloads]


def unhold(turn: Turn, payloads: Sequence[Collection[str]]) -> list[None]:
    """Let go what was held for destinations that are known again."""
    for known in payloads:
        turn.connection.execute(_UNHOLD, {"known": sorted(map(clean, known))})
    return [None for _ in payloads]
