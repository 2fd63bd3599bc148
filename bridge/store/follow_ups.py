"""Follow-ups: armed by one event, needless by another, else told when their time is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, Text, bindparam, cast, delete, select, update

from bridge.model import Armed, Matched
from bridge.store.dialects import INSERTS
from bridge.store.tables import event, follow_up
from bridge.store.text import bounded, clean
from bridge.store.writer import Turn

MOST_SHOWN = 1000
OVER = " over "  # stands behind the key of one whose time is over

_Name = tuple[str, int, str]  # rule, step, key

_DUE = (
    select(follow_up)
    .where(follow_up.c.due_at <= bindparam("now"))
    .order_by(follow_up.c.due_at, follow_up.c.id)
    .limit(bindparam("most"))
)
_ALL = select(follow_up).order_by(follow_up.c.due_at, follow_up.c.id).limit(MOST_SHOWN)
_OF_EVENT = _ALL.where(follow_up.c.event_id == bindparam("event"))
_CAME = select(event.c.id, event.c.received_at).where(event.c.id.in_(bindparam("ids", expanding=True)))
_THIS = (
    follow_up.c.rule == bindparam("of_rule"),
    follow_up.c.step == bindparam("of_step"),
    follow_up.c.key == bindparam("of_key"),
)
_DISARM = delete(follow_up).where(*_THIS, follow_up.c.due_at > bindparam("came"))
# Due and not told yet when the same is armed anew: it makes room, and nothing finds it any more but the clock.
_OVER = (
    update(follow_up)
    .where(*_THIS, follow_up.c.due_at <= bindparam("came"))
    .values(key=follow_up.c.key + OVER + cast(follow_up.c.event_id, Text))
)


def _upsert(database: str) -> Any:
    insert = INSERTS[database](follow_up)
    return insert.on_conflict_do_update(
        index_elements=[follow_up.c.rule, follow_up.c.step, follow_up.c.key],
        set_={name: insert.excluded[name] for name in ("event_id", "armed_at", "due_at")},
    )


_ARM = {database: _upsert(database) for database in INSERTS}


def due_follow_ups(connection: Connection, now: float, limit: int) -> list[Armed]:
    """Those whose time is over, the longest over first."""
    return [_armed(row) for row in connection.execute(_DUE, {"now": now, "most": limit})]


def follow_ups(connection: Connection, event_id: int | None) -> list[Armed]:
    """Those that this event armed, or the next ones of all; the next first."""
    if event_id is None:
        return [_armed(row) for row in connection.execute(_ALL)]
    return [_armed(row) for row in connection.execute(_OF_EVENT, {"event": event_id})]


def _armed(row: Row[Any]) -> Armed:
    return Armed(
        rule=row.rule,
        step=row.step,
        key=row.key,
        due_at=row.due_at,
        id=row.id,
        event_id=row.event_id,
        armed_at=row.armed_at,
    )


def write_follow_ups(turn: Turn, every: Sequence[Matched]) -> None:
    """Arm and disarm what the events did, in their order."""
    moving = [matched for matched in every if matched.armed or matched.disarmed]
    if not moving:
        return
    rows = turn.connection.execute(_CAME, {"ids": [one.event_id for one in moving]})
    came = {row.id: row.received_at for row in rows}
    moves = _Moves()
    for matched in moving:
        for rule, step, key in matched.disarmed:
            moves.disarm((clean(rule), step, bounded(key)), came[matched.event_id])
        for one in matched.armed:
            row = {"event_id": matched.event_id, "armed_at": one.armed_at or turn.now, "due_at": one.due_at}
            moves.arm((clean(one.rule), one.step, bounded(one.key)), came[matched.event_id], row)
    # In one order everywhere, so that two processes never wait for each other in a circle.
    disarmed, began = moves.disarmed, moves.began
    ended = {name: 0.0 for name in began if name not in moves.armed}  # what was there had started anew
    for statement, names in ((_DISARM, disarmed), (_OVER, began), (_DISARM, ended)):
        if names:
            turn.connection.execute(statement, [_named("of_", name) | {"came": names[name]} for name in sorted(names)])
    armed = moves.armed | moves.over
    if armed:
        turn.connection.execute(_ARM[turn.dialect.name], [_named("", name) | armed[name] for name in sorted(armed)])


@dataclass(slots=True)
class _Moves:
    """What some events arm and disarm, together."""

    disarmed: dict[_Name, float] = field(default_factory=dict)  # → what is due later than this is needless
    began: dict[_Name, float] = field(default_factory=dict)  # → when the first event came that armed it
    armed: dict[_Name, dict[str, Any]] = field(default_factory=dict)
    over: dict[_Name, dict[str, Any]] = field(default_factory=dict)  # due before they were armed anew

    def disarm(self, name: _Name, came: float) -> None:
        """An event that came when the time was over is too late."""
        if name not in self.began:
            self.disarmed[name] = min(came, self.disarmed.get(name, came))
        elif name in self.armed and self.armed[name]["due_at"] > came:
            del self.armed[name]

    def arm(self, name: _Name, came: float, row: dict[str, Any]) -> None:
        """The time starts anew; one whose time was over is to be told all the same."""
        self.began.setdefault(name, came)
        before = self.armed.get(name)
        if before is not None and before["due_at"] <= came:
            rule, step, key = name
            self.over[rule, step, f"{key}{OVER}{before['event_id']}"] = before
        self.armed[name] = row


def _named(prefix: str, name: _Name) -> dict[str, Any]:
    rule, step, key = name
    return {f"{prefix}rule": rule, f"{prefix}step": step, f"{prefix}key": key}
