"""What a clock does when something is due: tell it and have it done with, in one transaction.

Each operation first makes sure that what it was asked to tell is still there as it was read: whoever read it may have
lost the clock to another process meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Double, Select, bindparam, delete, func, select, update

from bridge.model import Armed, Delivery, GateKey, GateState, Key, Planned, replace
from bridge.store.bundles import TOLD
from bridge.store.gates import stored, write_gates
from bridge.store.many import Found
from bridge.store.matched import LEASE_SECONDS, delivery_row, delivery_rows, insert_deliveries, to_delivery
from bridge.store.memory import oldest_unmatched
from bridge.store.rows import Bundle
from bridge.store.tables import PENDING, SUMMED, bundle, delivery, event, follow_up, gate
from bridge.store.writer import Turn


class ToTellBundle(NamedTuple):
    """A bundle as it was read, and the message that tells it; none: its one item goes out as it is."""

    bundle: Bundle
    planned: Planned | None


class ToTellSummary(NamedTuple):
    """A gate, what it counts from now on, and the messages."""

    key: GateKey
    after: GateState
    planned: Sequence[Planned]
    event_id: int | None


class ToTellFollowUp(NamedTuple):
    """A follow-up as it was read, its messages, the resource they are about, and what gates count from now on."""

    armed: Armed
    planned: Sequence[Planned]
    key: Key
    gates: Mapping[GateKey, GateState]


_NEXT = Found(
    select(
        *(
            select(func.min(due_at)).where(due_at.is_not(None)).scalar_subquery()
            for due_at in (gate.c.due_at, bundle.c.due_at, follow_up.c.due_at)
        )
    )
)
MARKED, FREED = 500, 100  # items in one transaction: of a hundred thousand all at once, everything would wait

_AS_READ = (
    bundle.c.id == bindparam("bundle"),
    bundle.c.kind == bindparam("was"),
    bundle.c["items"] == bindparam("count"),  # one that somebody joined since it was read is read again
)
_CLOSE = (
    update(bundle)
    .where(*_AS_READ)
    .values(kind=TOLD, key=bindparam("unlike_others"), due_at=bindparam("now"))
    .returning(bundle.c.id)
)
_LESSEN = (
    update(bundle).where(*_AS_READ).values(items=bundle.c["items"] - bindparam("freed")).returning(bundle.c["items"])
)
_REACHED = update(bundle).where(bundle.c.id == bindparam("bundle")).values(key=bindparam("reached"))
_END = delete(bundle).where(bundle.c.id == bindparam("bundle"))
_ITEMS: Select[Any] = (
    select(delivery)
    .where(delivery.c.bundle_id == bindparam("bundle"), delivery.c.event_id.is_not(None))
    .order_by(delivery.c.id)
    .limit(bindparam("most"))
)
_UNMARKED: Select[Any] = (
    select(delivery.c.id)
    .where(
        delivery.c.bundle_id == bindparam("bundle"),
        delivery.c.id > bindparam("after"),
        delivery.c.id != bindparam("message"),
    )
    .order_by(delivery.c.id)
    .limit(bindparam("most"))
)
_MESSAGE = select(func.max(delivery.c.id)).where(
    delivery.c.bundle_id == bindparam("bundle"), delivery.c.event_id.is_(None)
)
_FREE = (
    update(delivery)
    .where(delivery.c.id == bindparam("item"))
    .values(
        state="pending",
        reason="",
        next_at=bindparam("now"),
        owner=bindparam("me"),
        leased_until=bindparam("until"),
        bundle_id=None,
    )
)
_OTHER_WAITS = select(delivery.c.id).where(PENDING, delivery.c.order_key == bindparam("order_key")).limit(1)
_MARK = (
    update(delivery)
    .where(delivery.c.id.in_(bindparam("ids", expanding=True)))
    .values(state="merged", reason=bindparam("why"))
)
_SUMMARY_IS_DUE = (
    select(gate.c.rule)
    .where(
        gate.c.rule == bindparam("rule"),
        gate.c.gate == bindparam("gate"),
        gate.c.key == bindparam("key"),
        SUMMED,
        gate.c.due_at <= bindparam("now", type_=Double),
    )
    .with_for_update()
)
_STILL_THERE = select(event.c.id).where(event.c.id == bindparam("event"))
_FINISH = (
    delete(follow_up)
    .where(
        follow_up.c.id == bindparam("row"),
        follow_up.c.event_id == bindparam("event"),
        follow_up.c.armed_at == bindparam("at"),
    )
    .returning(follow_up.c.id)
)


def next_clock(connection: Connection) -> float | None:
    """When the next summary, bundle or follow-up is due."""
    return min((at for at in _NEXT.run(connection)[0] if at is not None), default=None)


def tell_bundle(turn: Turn, payloads: Sequence[ToTellBundle]) -> list[list[Delivery]]:
    """The bundle's message, or its one item, as a delivery in hand; nothing when somebody joined or told it."""
    return [_tell_bundle(turn, wanted) for wanted in payloads]


def _tell_bundle(turn: Turn, wanted: ToTellBundle) -> list[Delivery]:
    id, kind = wanted.bundle.id, wanted.bundle.kind
    if kind == TOLD:
        _mark(turn, id, *map(int, wanted.bundle.key.split()))
        return []
    read = {"bundle": id, "was": kind, "count": wanted.bundle.items}
    if wanted.planned is None:
        return _free_some(turn, read)
    if turn.connection.execute(_CLOSE, read | {"unlike_others": str(id), "now": turn.now}).first() is None:
        return []
    row = delivery_row(turn, wanted.planned, event_id=None, key=None) | {"bundle_id": wanted.bundle.id}
    handed = insert_deliveries(turn, [row])
    _mark(turn, id, turn.connection.execute(_MESSAGE, {"bundle": id}).scalar_one(), 0)
    return [one for one in handed if one is not None]


def _mark(turn: Turn, id: int, message: int, after: int) -> None:
    """Have the next items of a bundle name the message that tells them; where there are more, the row says so."""
    step = {"bundle": id, "message": message, "after": after, "most": MARKED}
    if ids := turn.connection.execute(_UNMARKED, step).scalars().all():
        turn.connection.execute(_MARK, {"ids": ids, "why": f"told in delivery {message}"})
    if len(ids) < MARKED:
        turn.connection.execute(_END, {"bundle": id})
    else:
        turn.connection.execute(_REACHED, {"bundle": id, "reached": f"{message} {ids[-1]}"})


def _free_some(turn: Turn, read: Mapping[str, Any]) -> list[Delivery]:
    """Let the next items go out one by one; the row stays due while there are more."""
    rows = turn.connection.execute(_ITEMS, {"bundle": read["bundle"], "most": FREED}).mappings().all()
    if turn.connection.execute(_LESSEN, {**read, "freed": len(rows)}).first() is None:
        return []
    if len(rows) < FREED:
        turn.connection.execute(_END, {"bundle": read["bundle"]})
    return [one for row in rows for one in _free(turn, row)]


def _free(turn: Turn, row: Mapping[Any, Any]) -> list[Delivery]:
    """Let an item go out as the message it is, in hand unless another about the same resource is on its way."""
    waits = turn.connection.execute(_OTHER_WAITS, {"order_key": row["order_key"]}).first() is not None
    lease = {"me": None, "until": None} if waits else {"me": turn.owner, "until": turn.now + LEASE_SECONDS}
    turn.connection.execute(_FREE, lease | {"item": row["id"], "now": turn.now})
    if waits:
        turn.dialect.tell(turn.connection, turn.owner)
        return []
    return [to_delivery(row)]


def tell_summary(turn: Turn, payloads: Sequence[ToTellSummary]) -> list[list[Delivery]]:
    """The summary as deliveries in hand; nothing when it was told already."""
    return [_tell_summary(turn, wanted) for wanted in payloads]


def _tell_summary(turn: Turn, wanted: ToTellSummary) -> list[Delivery]:
    due = stored(wanted.key)._asdict() | {"now": turn.now}
    if turn.connection.execute(_SUMMARY_IS_DUE, due).first() is None:
        return []
    write_gates(turn, [{wanted.key: wanted.after}])
    kept = turn.connection.execute(_STILL_THERE, {"event": wanted.event_id}).scalar()  # a `per` may be longer than that
    return _insert(turn, ((one if kept else _alone(one), kept, None) for one in wanted.planned))


def _alone(one: Planned) -> Planned:
    """What is told of no event is in no bundle: there it would pass for the message that tells the others."""
    return one if one.bundle is None else replace(one, state="pending", reason="", bundle=None)


def tell_follow_up(turn: Turn, payloads: Sequence[ToTellFollowUp]) -> list[list[Delivery]]:
    """The messages in hand; nothing when it was told, disarmed or armed anew since it was read.

    Nothing yet while an event waits to be matched that came in time: it may disarm it.
    """
    return [_tell_follow_up(turn, wanted) for wanted in payloads]


def _tell_follow_up(turn: Turn, wanted: ToTellFollowUp) -> list[Delivery]:
    armed = wanted.armed
    waits = oldest_unmatched(turn.connection)
    if waits is not None and waits < armed.due_at:
        return []
    as_read = {"row": armed.id, "event": armed.event_id, "at": armed.armed_at}
    if turn.connection.execute(_FINISH, as_read).first() is None:
        return []
    write_gates(turn, [wanted.gates])
    return _insert(turn, ((one, armed.event_id, wanted.key) for one in wanted.planned))


def _insert(turn: Turn, planned: Iterable[tuple[Planned, int | None, Key | None]]) -> list[Delivery]:
    rows = delivery_rows(turn, planned)
    return [one for one in insert_deliveries(turn, rows) if one is not None]
