"""Replay, written down: what went out goes out again, or another way, or not at all; each with who asked for it.

What is written waits in nobody's hands: a running service takes it up.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar, Unpack

from sqlalchemy import Connection, bindparam, delete, func, select, update

from bridge.model import GateKey, GateState, Key, Notification, Planned
from bridge.store.audit import ToNote, note
from bridge.store.dialects import Dialect
from bridge.store.gates import states, write_gates
from bridge.store.matched import delivery_row, delivery_rows, insert_deliveries
from bridge.store.order import FIRST_CREATED
from bridge.store.reads import deliveries_with, repeatable
from bridge.store.rows import DeliveryRow, Filters
from bridge.store.tables import bundle, delivery, event
from bridge.store.text import clean
from bridge.store.writer import Turn, Writer

T = TypeVar("T")

WAITING = ("pending", "held")  # it goes out all the same
DROPPABLE = (*WAITING, "failed")
NAMED = 20  # in one line of the audit


class Repeat(NamedTuple):
    """A delivery to repeat, and what is not as it was: the destination, or, in `words`, all that a rule says."""

    id: int
    to: str | None = None
    words: Planned | None = None


class ToRepeat(NamedTuple):
    """Some deliveries to repeat."""

    every: Sequence[Repeat]
    who: str
    once: bool = False  # leave out those that were repeated before
    moves: bool = False  # one that waits goes out there, and no longer here
    told: ToNote | None = None  # for the audit, instead of one line a delivery
    silent: bool = False  # the audit has it already
    together: bool = False  # one line of the audit for all of them


class ToDrop(NamedTuple):
    """Some deliveries that nobody shall get."""

    ids: Sequence[int]
    who: str
    why: str = ""
    together: bool = False  # one line of the audit for all of them


class ToReplay(NamedTuple):
    """What today's rules make of an event."""

    event_id: int
    key: Key
    planned: Sequence[Planned]
    asked: Mapping[GateKey, GateState]  # the gates as they were read
    counted: Mapping[GateKey, GateState]  # and as they count from now on
    told: ToNote


class Done(NamedTuple):
    """What became of each delivery that was named."""

    done: Mapping[int, int]  # delivery → the one that repeats it; of a dropped one, itself
    refused: Mapping[int, str]  # delivery → why not


_NAMED = (
    select(delivery, FIRST_CREATED.label("first_created"), event.c.source, event.c.type, event.c.gid)
    .select_from(delivery.outerjoin(event, event.c.id == delivery.c.event_id))
    .where(delivery.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(delivery.c.id)
    .with_for_update(of=delivery)
)
_REPEATED = (
    select(delivery.c.origin, func.max(delivery.c.id))
    .where(delivery.c.origin.in_(bindparam("ids", expanding=True)), delivery.c.origin.is_not(None))
    .group_by(delivery.c.origin)
)
_END = (
    update(delivery)
    .where(delivery.c.id == bindparam("row"))
    .values(state="suppressed", reason=bindparam("why"), next_at=None, owner=None, leased_until=None, bundle_id=None)
)
_LEAVE = update(bundle).where(bundle.c.id == bindparam("left")).values(items=bundle.c["items"] - 1)
_CLOSE = delete(bundle).where(bundle.c.id == bindparam("left"), bundle.c["items"] <= 0)
_NEWEST = (
    select(delivery.c.id)
    .where(delivery.c.event_id == bindparam("event"), delivery.c.kind == "replay")
    .order_by(delivery.c.id.desc())
    .limit(bindparam("most"))
)
_WORDS = ("title", "body", "format", "tone", "thread", "attach")


# ---- deliveries ----------------------------------------------------------------------------------


def repeat(turn: Turn, payloads: Sequence[ToRepeat]) -> list[Done]:
    """Repeat deliveries, each as one more."""
    return [_repeat(turn, wanted) for wanted in payloads]


def _repeat(turn: Turn, wanted: ToRepeat) -> Done:
    turn.dialect.lock(turn.connection, [b"replay"])  # two who repeat the same see each other's
    ids = [one.id for one in wanted.every]
    rows = _named(turn, ids)
    before = _repeated(turn, ids) if wanted.once else {}
    refused: dict[int, str] = {}
    fresh: dict[int, dict[str, Any]] = {}
    for one in sorted(wanted.every, key=lambda one: one.id):
        if why := _kept(turn, one.id, rows, before, moves=wanted.moves):
            refused[one.id] = why
        else:
            fresh[one.id] = _again(turn, rows[one.id], one)
    insert_deliveries(turn, list(fresh.values()))
    done = {origin: id for origin, id in _repeated(turn, list(fresh)).items() if origin in fresh}
    for origin, id in done.items():
        if rows[origin]["state"] in WAITING:
            _end(turn, rows[origin], f"sent to {fresh[origin]['destination']} instead by {wanted.who}: delivery {id}")
    if (wanted.told or done) and not wanted.silent:
        each = [_told(wanted, rows[origin], fresh[origin], done[origin]) for origin in done]
        note(turn, [wanted.told] if wanted.told else [_together(each)] if wanted.together else each)
    return Done(done, refused)


def _together(each: Sequence[ToNote], why: str = "") -> ToNote:
    """One line for what one hand did to several: delivery 3 as 9, to boss; delivery 4 as 10, to boss; …"""
    named = "; ".join(one.detail for one in each[:NAMED]) + ("; …" if len(each) > NAMED else "")
    what = each[0].what.replace("delivery.", "deliveries.")
    return ToNote(each[0].who, what, f"{len(each)}: {named}{why}")


def _named(turn: Turn, ids: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    return {row["id"]: dict(row) for row in turn.connection.execute(_NAMED, {"ids": list(ids)}).mappings()}


def _repeated(turn: Turn, ids: Sequence[int]) -> dict[int, int]:
    return repetitions(turn.connection, ids)


def repetitions(connection: Connection, ids: Sequence[int]) -> dict[int, int]:
    """Of those that were repeated, the newest repetition."""
    return {row[0]: row[1] for row in connection.execute(_REPEATED, {"ids": list(ids)})} if ids else {}


def _kept(turn: Turn, id: int, rows: Mapping[int, Mapping[str, Any]], before: Mapping[int, int], *, moves: bool) -> str:
    """Why a delivery is not repeated; "" when it is."""
    if id not in rows:
        return f"there is no delivery {id}; it may be older than what is kept"
    if id in before:
        return f"it was repeated already: delivery {before[id]}"
    if rows[id]["state"] not in WAITING:
        return ""
    if not moves:
        return f"it is {rows[id]['state']}, and goes out by itself"
    return _in_hand(turn, rows[id])


def _in_hand(turn: Turn, row: Mapping[str, Any]) -> str:
    is_sent = row["owner"] is not None and row["leased_until"] > turn.now
    return "it is being sent just now; try again in a moment" if is_sent else ""


def _again(turn: Turn, row: Mapping[str, Any], wanted: Repeat) -> dict[str, Any]:
    """The row of a repetition."""
    planned = wanted.words or Planned(
        rule=row["rule"],
        destination=wanted.to or row["destination"],
        notification=Notification(title="", body="", format=row["format"]),
    )
    key = None if row["source"] is None else Key(row["source"], row["type"], row["gid"])
    fresh = delivery_row(turn, planned, row["event_id"], key)
    if wanted.words is None:
        fresh |= {name: row[name] for name in _WORDS}
    # It takes the turn of the first that it repeats, among all and among those about the same resource.
    turns = {"place": row["place"] or row["id"], "next_at": row["first_created"] or row["created_at"]}
    return fresh | turns | {"kind": "replay", "origin": row["id"], "owner": None, "leased_until": None}


def _told(wanted: ToRepeat, old: Mapping[str, Any], new: Mapping[str, Any], id: int) -> ToNote:
    what = "delivery.redirected" if new["destination"] != old["destination"] else "delivery.replayed"
    return ToNote(wanted.who, what, f"delivery {old['id']} as {id}, to {new['destination']}")


def _end(turn: Turn, row: Mapping[str, Any], why: str) -> None:
    """Have a delivery done with: it leaves its queue, and its bundle."""
    turn.connection.execute(_END, {"row": row["id"], "why": clean(why)})
    if row["bundle_id"] is not None:
        turn.connection.execute(_LEAVE, {"left": row["bundle_id"]})
        turn.connection.execute(_CLOSE, {"left": row["bundle_id"]})


def drop(turn: Turn, payloads: Sequence[ToDrop]) -> list[Done]:
    """Have deliveries go to nobody."""
    return [_drop(turn, wanted) for wanted in payloads]


def _drop(turn: Turn, wanted: ToDrop) -> Done:
    rows = _named(turn, wanted.ids)
    refused: dict[int, str] = {}
    for id in sorted(set(wanted.ids)):
        if id not in rows:
            refused[id] = f"there is no delivery {id}; it may be older than what is kept"
        elif rows[id]["state"] not in DROPPABLE:
            refused[id] = f"it is {rows[id]['state']}: only what waits or failed can be dropped"
        elif in_hand := _in_hand(turn, rows[id]):
            refused[id] = in_hand
        else:
            why = f": {wanted.why}" if wanted.why else ""
            before = f"; before: {rows[id]['reason']}" if rows[id]["reason"] else ""
            _end(turn, rows[id], f"dropped by {wanted.who}{why}{before}")
    dropped = [id for id in rows if id not in refused]
    if dropped:
        turn.dialect.tell(turn.connection, turn.owner)  # others may have waited behind them
        why = f": {wanted.why}" if wanted.why else ""
        each = [
            ToNote(wanted.who, "delivery.dropped", f"delivery {id}{'' if wanted.together else why}") for id in dropped
        ]
        note(turn, [_together(each, why)] if wanted.together else each)
    return Done({id: id for id in dropped}, refused)


# ---- events --------------------------------------------------------------------------------------


def replay(turn: Turn, payloads: Sequence[ToReplay]) -> list[list[int] | None]:
    """Write what today's rules make of events; None when a gate has counted since it was asked."""
    return [_replay(turn, wanted) for wanted in payloads]


def _replay(turn: Turn, wanted: ToReplay) -> list[int] | None:
    now = states(turn.connection, wanted.counted)
    if any(now.get(key) != wanted.asked.get(key) for key in wanted.counted):
        return None
    write_gates(turn, [wanted.counted])
    rows = delivery_rows(turn, ((one, wanted.event_id, wanted.key) for one in wanted.planned))
    insert_deliveries(turn, [{**row, "owner": None, "leased_until": None} for row in rows])
    note(turn, [wanted.told])
    newest = turn.connection.execute(_NEWEST, {"event": wanted.event_id, "most": len(rows)}).scalars().all()
    return list(reversed(newest))


# ---- the front door ------------------------------------------------------------------------------


class Read(Protocol):
    """A read in a thread."""

    def __call__(self, ask: Callable[[Connection], T]) -> Awaitable[T]:
        """Ask on a connection that cannot write."""


class Replays:
    """What people may do with deliveries and events that are past."""

    def __init__(self, writer: Writer, read: Read, dialect: Dialect) -> None:
        self._writer = writer
        self._read = read
        self._dialect = dialect

    async def deliveries(self, ids: Sequence[int]) -> list[DeliveryRow]:
        """These deliveries with their attempts, oldest first; the unknown ones are absent."""
        return await self._read(lambda connection: deliveries_with(connection, ids))

    async def repeated(self, ids: Sequence[int]) -> dict[int, int]:
        """Of these deliveries, those that something repeated: by which delivery."""
        return await self._read(lambda connection: repetitions(connection, ids))

    async def repeatable(self, **wanted: Unpack[Filters]) -> list[tuple[int, str]]:
        """(id, destination) of the deliveries that nothing has repeated yet, oldest first."""
        return await self._read(lambda connection: repeatable(connection, self._dialect, wanted))

    async def repeat(self, wanted: ToRepeat) -> Done:
        """Repeat deliveries: all that can be, in one transaction."""
        return await self._writer.put(repeat, wanted)

    async def drop(self, wanted: ToDrop) -> Done:
        """Have deliveries that wait or failed go to nobody."""
        return await self._writer.put(drop, wanted)

    async def replay(self, wanted: ToReplay) -> list[int] | None:
        """Write what today's rules make of an event; None when a gate has counted since it was asked."""
        return await self._writer.put(replay, wanted)
