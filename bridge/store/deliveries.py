"""Deliver, written down: claim what is due, settle what was tried, give back what was not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Double, bindparam, insert, not_, null, or_, select, true, update

from bridge.model import Delivery, Key, Settled
from bridge.store.destinations import PAUSED_NAMES, held_back, keep_health
from bridge.store.many import Found, Many
from bridge.store.matched import LEASE_SECONDS, delivery_rows, insert_deliveries, to_delivery
from bridge.store.order import BEHIND_PENDING, BEHIND_SENT, OTHERS_WAIT
from bridge.store.tables import OWNED, PENDING, attempt, delivery, event
from bridge.store.text import clean
from bridge.store.writer import Turn


class ToClaim(NamedTuple):
    """How many deliveries are wanted, and for which destinations none."""

    most: int
    exclude: Collection[str]


_NOW = bindparam("now", type_=Double)
_IDS = delivery.c.id.in_(bindparam("ids", expanding=True))
_FREE = or_(delivery.c.owner.is_(None), delivery.c.leased_until <= _NOW)
_DUE = (
    select(delivery)
    .where(
        PENDING,
        delivery.c.next_at <= _NOW,
        delivery.c.destination.not_in(bindparam("exclude", expanding=True)),
        delivery.c.destination.not_in(PAUSED_NAMES),
        _FREE,
        not_(BEHIND_PENDING),
        not_(BEHIND_SENT),
    )
    .order_by(delivery.c.next_at, delivery.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_TAKE = (
    update(delivery)
    .where(_IDS)
    .values(
        # Whoever had it and let its lease run out may have sent it before it died.
        ambiguous=or_(delivery.c.ambiguous, OWNED),
        owner=bindparam("me"),
        leased_until=bindparam("until"),
    )
)
_ATTEMPTED = Many(
    insert(attempt).inline(),
    ("delivery_id", "at", "result", "reason", "status", "answer", "ambiguous", "took_ms", "retry_after"),
)
_SETTLE = Many(
    update(delivery)
    # Who lost its lease may still report success, and nothing else: another has the delivery in hand.
    .where(delivery.c.id == bindparam("delivery_id"), or_(delivery.c.owner == bindparam("me"), bindparam("certain")))
    .values(
        state=bindparam("to"),
        reason=bindparam("why"),
        next_at=bindparam("due"),
        attempts=delivery.c.attempts + bindparam("counted"),
        ambiguous=bindparam("doubtful"),
        parts=bindparam("arrived"),
        owner=null(),
        leased_until=null(),
    )
)
_AWAITED = Found(select(delivery.c.id).where(_IDS, OTHERS_WAIT))
_FAIL = (
    update(delivery)
    .where(delivery.c.id == bindparam("delivery_id"), delivery.c.owner == bindparam("me"))
    .values(
        state="failed",
        reason=bindparam("why"),
        next_at=null(),
        attempts=delivery.c.attempts + bindparam("counted"),
        ambiguous=bindparam("doubtful"),
        owner=null(),
        leased_until=null(),
    )
    .returning(delivery.c.id)
)
_ABOUT = select(event.c.source, event.c.type, event.c.gid).where(event.c.id == bindparam("event"))
_RENEW = update(delivery).where(PENDING, delivery.c.owner == bindparam("me")).values(leased_until=bindparam("until"))
_RELEASE = update(delivery).where(_IDS, delivery.c.owner == bindparam("me")).values(owner=None, leased_until=None)
_RELEASE_ALL = update(delivery).where(PENDING, OWNED).values(owner=None, leased_until=None, ambiguous=true())


def claim(turn: Turn, payloads: Sequence[ToClaim]) -> list[list[Delivery]]:
    """Take deliveries that are due into this process's hands."""
    return [_claim(turn, wanted) for wanted in payloads]


def _claim(turn: Turn, wanted: ToClaim) -> list[Delivery]:
    parameters = {"now": turn.now, "most": wanted.most, "exclude": sorted(wanted.exclude)}
    rows = turn.connection.execute(_DUE, parameters).mappings().all()
    if not rows:
        return []
    lease = {"me": turn.owner, "until": turn.now + LEASE_SECONDS}
    turn.connection.execute(_TAKE, lease | {"ids": [row["id"] for row in rows]})
    return [to_delivery({**row, "ambiguous": row["ambiguous"] or row["owner"] is not None}) for row in rows]


def settle(turn: Turn, payloads: Sequence[Settled]) -> list[bool]:
    """Keep the attempts and what became of their deliveries; true where another delivery waited behind this one."""
    ordered = sorted(payloads, key=lambda settled: settled.delivery.id)
    _ATTEMPTED.run(turn.connection, [_attempt_row(settled) for settled in ordered])
    paused = held_back(turn) if any(settled.state == "held" for settled in ordered) else {}
    if kept := [_settled_row(turn, settled, paused) for settled in ordered if settled.instead is None]:
        _SETTLE.run(turn.connection, kept)
    for settled in ordered:
        _hand_over(turn, settled, counted=1)
    if changed := {clean(one.delivery.destination): one.health for one in payloads if one.health is not None}:
        keep_health(turn, changed)
    done = [settled.delivery.id for settled in ordered if settled.state != "pending"]
    awaited = {id for (id,) in _AWAITED.run(turn.connection, ids=done)} if done else set()
    return [settled.delivery.id in awaited or settled.instead is not None for settled in payloads]


def replace(turn: Turn, payloads: Sequence[Settled]) -> list[None]:
    """Have others go out in the place of deliveries in hand that were not tried."""
    for settled in payloads:
        _hand_over(turn, settled, counted=0)
    return [None for _ in payloads]


def _hand_over(turn: Turn, settled: Settled, *, counted: int) -> None:
    """Settle a delivery as failed and write the one that goes out in its place; neither when another has it in hand."""
    if (planned := settled.instead) is None:
        return
    row = _settled_row(turn, settled, {}) | {"counted": counted}
    if turn.connection.execute(_FAIL, row).first() is None:
        return
    about = turn.connection.execute(_ABOUT, {"event": settled.delivery.event_id}).first()
    key = None if about is None else Key(*about)
    # In nobody's hands: whoever has room for that destination claims it.
    insert_deliveries(
        turn, delivery_rows(turn, [(planned, settled.delivery.event_id, key)], full={planned.destination})
    )


def _attempt_row(settled: Settled) -> dict[str, Any]:
    outcome = settled.outcome
    return {
        "delivery_id": settled.delivery.id,
        "at": settled.at,
        "result": outcome.result,
        "reason": clean(outcome.reason),
        "status": outcome.status,
        "answer": clean(outcome.answer),
        "ambiguous": outcome.ambiguous,
        "took_ms": outcome.took_ms,
        "retry_after": outcome.retry_after,
    }


def _settled_row(turn: Turn, settled: Settled, paused: Mapping[str, str]) -> dict[str, Any]:
    """`paused`: what is said of held deliveries; where the destination is back meanwhile, the delivery is due."""
    state, reason, due = settled.state, settled.reason, settled.next_at
    if state == "held":
        name = clean(settled.delivery.destination)
        state, reason = ("held", paused[name]) if name in paused else ("pending", reason)
        due = settled.delivery.created_at
    return {
        "delivery_id": settled.delivery.id,
        "me": turn.owner,
        "certain": settled.state == "delivered",
        "to": state,
        "why": clean(reason),
        "due": due if state in ("pending", "held") else None,
        "counted": 0 if settled.state == "held" else 1,  # a paused destination's attempts do not count
        "doubtful": settled.delivery.ambiguous or settled.outcome.ambiguous,
        "arrived": max(settled.delivery.parts, settled.outcome.parts),
    }


def renew(turn: Turn, payloads: Sequence[None]) -> list[None]:
    """Keep what this process has in hand for another while."""
    turn.connection.execute(_RENEW, {"me": turn.owner, "until": turn.now + LEASE_SECONDS})
    return [None for _ in payloads]


def release(turn: Turn, payloads: Sequence[Collection[int]]) -> list[None]:
    """Give deliveries back that were not tried."""
    ids = sorted({id for payload in payloads for id in payload})
    turn.connection.execute(_RELEASE, {"ids": ids, "me": turn.owner})
    return [None for _ in payloads]


def release_all(turn: Turn, payloads: Sequence[None]) -> list[None]:
    """At the start of the only process: what its predecessor had in hand may have been sent."""
    turn.connection.execute(_RELEASE_ALL)
    return [None for _ in payloads]
