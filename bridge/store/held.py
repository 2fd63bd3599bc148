"""Deliveries for a destination that is gone from the configuration: kept, and free again when it is back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, or_, update

from bridge.store.tables import PENDING, delivery, is_state
from bridge.store.text import clean
from bridge.store.writer import Turn


class ToHold(NamedTuple):
    """A destination, and why nothing goes there."""

    destination: str
    reason: str


_mine_or_free = or_(delivery.c.owner == bindparam("me"), delivery.c.owner.is_(None))
_HOLD = (
    update(delivery)
    .where(PENDING, delivery.c.destination == bindparam("gone"), _mine_or_free)
    .values(state="held", reason=bindparam("why"), owner=None, leased_until=None)
)
_UNHOLD = (
    update(delivery)
    .where(
        is_state(delivery.c.state, "held"),
        delivery.c.reason.like("no destination %"),
        delivery.c.destination.in_(bindparam("known", expanding=True)),
    )
    .values(state="pending", reason="", next_at=bindparam("now"))
)


def hold(turn: Turn, payloads: Sequence[ToHold]) -> list[None]:
    """Hold what waits for these destinations."""
    for wanted in payloads:
        turn.connection.execute(
            _HOLD, {"gone": clean(wanted.destination), "why": clean(wanted.reason), "me": turn.owner}
        )
    return [None for _ in payloads]


def unhold(turn: Turn, payloads: Sequence[Collection[str]]) -> list[None]:
    """Let go what was held for want of these destinations."""
    for known in payloads:
        turn.connection.execute(_UNHOLD, {"known": [clean(name) for name in known], "now": turn.now})
    return [None for _ in payloads]
