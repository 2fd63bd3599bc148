"""Old rows, deleted or emptied a step at a time: each step looks at some rows and ends in milliseconds.

What a step leaves is looked at again in the next round, so a row needs no mark of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import BigInteger, Double, Select, and_, bindparam, delete, func, or_, select, tuple_, union, update

from bridge.model import GateState
from bridge.store.tables import (
    attempt,
    audit,
    bundle,
    delivery,
    event,
    follow_up,
    gate,
    resource,
    silence,
    trouble,
    version,
)
from bridge.store.writer import Turn

EVENTS = 50  # in a step, with their deliveries and attempts: about 10 ms
ROWS = 500  # in a step of anything else
NEWEST_VERSIONS = 20  # of the rules, kept whether an event names them or not
# Seconds. Replicas take a changed file one after the other, so a version is still used for a while after the next one.
OVERLAP = 3600.0

Kind = Literal["events", "payloads", "news", "gates", "memory", "versions", "audit", "troubles", "silences"]
Cursor = tuple[Any, ...]


class ToPrune(NamedTuple):
    """What is older than `before` goes."""

    kind: Kind
    before: float
    after: Cursor = ()  # where this step begins; empty: at the start
    failed_before: float = math.inf  # of events and news: a failed delivery that is younger stays


class Pruned(NamedTuple):
    """What one step did."""

    gone: int
    left: int  # rows that are old, and may not go yet
    after: Cursor | None  # where the next step begins; None: that was all


def prune(turn: Turn, payloads: Sequence[ToPrune]) -> list[Pruned]:
    """Do one step of each."""
    return [_STEPS[wanted.kind](turn, wanted) for wanted in payloads]


def _next(rows: Sequence[Any], most: int, *columns: str) -> Cursor | None:
    return tuple(getattr(rows[-1], name) for name in columns) if len(rows) == most else None


# ---- events ------------------------------------------------------------------------------------

_AT, _ID = bindparam("at", type_=Double), bindparam("id", type_=BigInteger)
_IDS: Any = bindparam("ids", expanding=True)
_BEFORE = bindparam("before", type_=Double)

_OLD_EVENTS: Select[Any] = (
    select(event.c.id, event.c.received_at, event.c.state, func.length(event.c.body).label("bytes"))
    .where(tuple_(event.c.received_at, event.c.id) > tuple_(_AT, _ID), event.c.received_at < _BEFORE)
    .order_by(event.c.received_at, event.c.id)
    .limit(bindparam("most"))
    # Whoever gives an event another delivery now has it: PostgreSQL would let us delete that delivery unseen.
    .with_for_update(skip_locked=True)
)
_NEEDED = union(
    select(delivery.c.event_id).where(
        delivery.c.event_id.in_(_IDS),
        or_(
            delivery.c.state.in_(("pending", "held")),
            and_(delivery.c.state == "merged", delivery.c.bundle_id.in_(select(bundle.c.id))),
            and_(delivery.c.state == "failed", delivery.c.created_at >= bindparam("failed_before", type_=Double)),
        ),
    ),
    select(follow_up.c.event_id).where(follow_up.c.event_id.in_(_IDS)),
)
_DROP_ATTEMPTS = delete(attempt).where(
    attempt.c.delivery_id.in_(select(delivery.c.id).where(delivery.c.event_id.in_(_IDS)))
)
_DROP_DELIVERIES = delete(delivery).where(delivery.c.event_id.in_(_IDS))
_DROP_EVENTS = delete(event).where(event.c.id.in_(_IDS))
_EMPTY_EVENTS = update(event).where(event.c.id.in_(_IDS)).values(body=b"", previous=None, resource=None, filled=None)


def _old_events(turn: Turn, wanted: ToPrune) -> tuple[list[Any], list[int]]:
    """The next old events, and the ids of those that nothing waits for."""
    at, id = wanted.after or (-math.inf, 0)
    step = {"at": at, "id": id, "before": wanted.before, "most": EVENTS}
    rows = list(turn.connection.execute(_OLD_EVENTS, step).all())
    done = [row.id for row in rows if row.state != "received"]
    if not done:
        return rows, []
    asked = {"ids": done, "failed_before": wanted.failed_before}
    needed = set(turn.connection.execute(_NEEDED, asked).scalars())
    return rows, [id for id in done if id not in needed]


def _events(turn: Turn, wanted: ToPrune) -> Pruned:
    """Delete events with their deliveries and attempts."""
    rows, ids = _old_events(turn, wanted)
    if ids:
        for statement in (_DROP_ATTEMPTS, _DROP_DELIVERIES, _DROP_EVENTS):
            turn.connection.execute(statement, {"ids": ids})
    return Pruned(len(ids), len(rows) - len(ids), _next(rows, EVENTS, "received_at", "id"))


def _payloads(turn: Turn, wanted: ToPrune) -> Pruned:
    """Empty events of what the sender said; that they came, and what was told of them, stays."""
    rows, ids = _old_events(turn, wanted)
    full = {row.id for row in rows if row.bytes}
    if emptied := [id for id in ids if id in full]:
        turn.connection.execute(_EMPTY_EVENTS, {"ids": emptied})
    return Pruned(len(emptied), len(full) - len(emptied), _next(rows, EVENTS, "received_at", "id"))


# ---- what Bridge told of itself, and digests ---------------------------------------------------

_OLD_DELIVERIES: Select[Any] = (
    select(delivery.c.id, delivery.c.created_at, delivery.c.event_id, delivery.c.state)
    .where(tuple_(delivery.c.created_at, delivery.c.id) > tuple_(_AT, _ID), delivery.c.created_at < _BEFORE)
    .order_by(delivery.c.created_at, delivery.c.id)
    .limit(bindparam("most"))
)
_DROP_ATTEMPTS_OF = delete(attempt).where(attempt.c.delivery_id.in_(_IDS))
_DROP_THESE = delete(delivery).where(delivery.c.id.in_(_IDS))


def _news(turn: Turn, wanted: ToPrune) -> Pruned:
    """Delete deliveries that tell of no event."""
    at, id = wanted.after or (-math.inf, 0)
    step = {"at": at, "id": id, "before": wanted.before, "most": ROWS}
    rows = turn.connection.execute(_OLD_DELIVERIES, step).all()
    own = [row for row in rows if row.event_id is None]
    over = ("delivered", "suppressed", "merged")
    ids = [
        row.id for row in own if row.state in over or (row.state == "failed" and row.created_at < wanted.failed_before)
    ]
    if ids:
        turn.connection.execute(_DROP_ATTEMPTS_OF, {"ids": ids})
        turn.connection.execute(_DROP_THESE, {"ids": ids})
    return Pruned(len(ids), len(own) - len(ids), _next(rows, ROWS, "created_at", "id"))


# ---- what gates count, and what is remembered --------------------------------------------------

_state = msgspec.json.Decoder(GateState)
_GATE = (gate.c.rule, gate.c.gate, gate.c.key)
_RESOURCE = (resource.c.gid, resource.c.type, resource.c.source)


def _walk(key: Sequence[Any], *more: Any) -> Select[Any]:
    """The next rows of a table by its key."""
    begin = tuple_(*(bindparam(column.name, type_=column.type) for column in key))
    return select(*key, *more).where(tuple_(*key) > begin).order_by(*key).limit(bindparam("most"))


_NEXT_GATES = _walk(_GATE, gate.c.state, gate.c.due_at)
_NEXT_RESOURCES = _walk(_RESOURCE, resource.c.deleted, resource.c.at)
_DROP_GATE = delete(gate).where(*(column == bindparam(f"of_{column.name}") for column in _GATE))
_DROP_RESOURCE = delete(resource).where(*(column == bindparam(f"of_{column.name}") for column in _RESOURCE))


def _gates(turn: Turn, wanted: ToPrune) -> Pruned:
    """Delete what gates let pass so long ago that it counts no more."""
    return _walked(
        turn,
        wanted,
        _GATE,
        (_NEXT_GATES, _DROP_GATE),
        lambda row: row.due_at is None and all(at < wanted.before for at, _ in _state.decode(row.state).passed),
    )


def _memory(turn: Turn, wanted: ToPrune) -> Pruned:
    """Forget resources that were deleted."""
    chosen = (_NEXT_RESOURCES, _DROP_RESOURCE)
    return _walked(turn, wanted, _RESOURCE, chosen, lambda row: row.deleted and row.at < wanted.before)


def _walked(
    turn: Turn, wanted: ToPrune, key: Sequence[Any], statements: tuple[Any, Any], is_over: Callable[[Any], bool]
) -> Pruned:
    names = [column.name for column in key]
    step = dict(zip(names, wanted.after or ("",) * len(names), strict=True)) | {"most": ROWS}
    rows = turn.connection.execute(statements[0], step).all()
    if gone := [{f"of_{name}": getattr(row, name) for name in names} for row in rows if is_over(row)]:
        turn.connection.execute(statements[1], gone)
    return Pruned(len(gone), 0, _next(rows, ROWS, *names))


# ---- versions of the rules, and who did what ---------------------------------------------------

_VERSIONS = select(version.c.hash, version.c.at).order_by(version.c.at.desc(), version.c.hash)
_NAMED = select(event.c.version).where(event.c.received_at < _BEFORE).distinct()
_DROP_VERSIONS = delete(version).where(version.c.hash.in_(_IDS))
_OLDEST_AUDITS = select(audit.c.id, audit.c.at).order_by(audit.c.id).limit(ROWS)
_DROP_AUDITS = delete(audit).where(audit.c.id.in_(_IDS))


def _versions(turn: Turn, wanted: ToPrune) -> Pruned:
    """Delete versions that no event names. An event of `before` or later names one that was in force since then.

    There is no index on the names of versions: of the older events only those are asked that had to stay.
    """
    rows = turn.connection.execute(_VERSIONS).all()
    ended = dict(zip((row.hash for row in rows[1:]), (row.at for row in rows[:-1]), strict=True))  # by the next one
    old = [row.hash for row in rows[NEWEST_VERSIONS:] if ended[row.hash] + OVERLAP < wanted.before]
    if not old:
        return Pruned(0, 0, None)
    named = set(turn.connection.execute(_NAMED, {"before": wanted.before}).scalars())
    ids = [hash for hash in old if hash not in named]
    if ids:
        turn.connection.execute(_DROP_VERSIONS, {"ids": ids})
    return Pruned(len(ids), len(old) - len(ids), None)


def _audits(turn: Turn, wanted: ToPrune) -> Pruned:
    """Delete what was done long ago."""
    rows = turn.connection.execute(_OLDEST_AUDITS).all()
    ids = [row.id for row in rows if row.at < wanted.before]
    if ids:
        turn.connection.execute(_DROP_AUDITS, {"ids": ids})
    return Pruned(len(ids), 0, (ids[-1],) if len(ids) == ROWS else None)


# ---- troubles and silences that are over -------------------------------------------------------

_OLD_TROUBLES = (
    select(trouble.c.key)
    .where(trouble.c.ended < _BEFORE, trouble.c.told_at < _BEFORE, trouble.c.untold == 0)
    .order_by(trouble.c.key)
    .limit(ROWS)
)
_DROP_TROUBLES = delete(trouble).where(trouble.c.key.in_(_IDS))
_OLD_SILENCES = select(silence.c.id).where(silence.c.ends_at < _BEFORE).order_by(silence.c.id).limit(ROWS)
_DROP_SILENCES = delete(silence).where(silence.c.id.in_(_IDS))


def _troubles(turn: Turn, wanted: ToPrune) -> Pruned:
    """Forget troubles that ended, and of which there is no more to tell."""
    return _all_found(turn, wanted, _OLD_TROUBLES, _DROP_TROUBLES)


def _silences(turn: Turn, wanted: ToPrune) -> Pruned:
    """Delete silences that are over."""
    return _all_found(turn, wanted, _OLD_SILENCES, _DROP_SILENCES)


def _all_found(turn: Turn, wanted: ToPrune, find: Any, drop: Any) -> Pruned:
    ids = turn.connection.execute(find, {"before": wanted.before}).scalars().all()
    if ids:
        turn.connection.execute(drop, {"ids": ids})
    return Pruned(len(ids), 0, (ids[-1],) if len(ids) == ROWS else None)


_STEPS: dict[Kind, Callable[[Turn, ToPrune], Pruned]] = {
    "events": _events,
    "payloads": _payloads,
    "news": _news,
    "gates": _gates,
    "memory": _memory,
    "versions": _versions,
    "audit": _audits,
    "troubles": _troubles,
    "silences": _silences,
}
