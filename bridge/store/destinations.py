"""Which destinations are paused, since when and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, case, select

from bridge.model import Health
from bridge.store.dialects import INSERTS
from bridge.store.many import Found
from bridge.store.rows import DestinationRow
from bridge.store.tables import destination, is_state
from bridge.store.text import clean
from bridge.store.writer import Turn

PAUSED = is_state(destination.c.state, "paused")
PAUSED_NAMES = select(destination.c.name).where(PAUSED)

_ALL = select(destination).order_by(destination.c.name)
_WHY = Found(select(destination.c.name, destination.c.since, destination.c.reason).where(PAUSED))


def _upsert(database: str) -> Any:
    insert = INSERTS[database](destination)
    changed = {column.name: insert.excluded[column.name] for column in destination.c if not column.primary_key}
    return insert.on_conflict_do_update(index_elements=[destination.c.name], set_=changed)


def _upsert_health(database: str) -> Any:
    insert = INSERTS[database](destination)
    # What made a pause is told by it, and begins anew after it; of two processes the longer wait counts.
    failures = case((PAUSED, destination.c.failures), else_=insert.excluded.failures)
    later = destination.c.not_before > insert.excluded.not_before
    not_before = case((later, destination.c.not_before), else_=insert.excluded.not_before)
    return insert.on_conflict_do_update(
        index_elements=[destination.c.name], set_={"failures": failures, "not_before": not_before}
    )


_HEALTH = {database: _upsert_health(database) for database in INSERTS}
_SET = {database: _upsert(database) for database in INSERTS}


def destination_states(connection: Connection) -> dict[str, DestinationRow]:
    """What is written of destinations, by name; one that is absent is active."""
    return {row["name"]: DestinationRow(**row) for row in connection.execute(_ALL).mappings()}


def set_destination(turn: Turn, payloads: Sequence[DestinationRow]) -> list[None]:
    """Write how destinations stand from now on, and let the other processes know."""
    latest = {clean(one.name): one for one in payloads}
    turn.connection.execute(_SET[turn.dialect.name], [_row(latest[name]) for name in sorted(latest)])
    turn.dialect.tell(turn.connection, turn.owner)
    return [None for _ in payloads]


def keep_health(turn: Turn, changed: Mapping[str, Health]) -> None:
    """Keep how destinations do, for the next start and for other processes."""
    new = {"state": "active", "by": "failures", "since": turn.now, "reason": ""}
    rows = [
        new | {"name": name, "failures": health.failures, "not_before": health.not_before}
        for name, health in sorted(changed.items())
    ]
    turn.connection.execute(_HEALTH[turn.dialect.name], rows)


def _row(one: DestinationRow) -> dict[str, Any]:
    return {name: clean(value) if isinstance(value, str) else value for name, value in asdict(one).items()}


def why_held(name: str, since: float, reason: str) -> str:
    """The reason of what a pause holds."""
    at = datetime.fromtimestamp(since, UTC).strftime("%H:%M UTC")
    return f"`{name}` is paused since {at}" + (f": {reason}" if reason else "")


def held_back(turn: Turn) -> dict[str, str]:
    """The paused destinations, and what is said of each delivery that they hold."""
    return {name: why_held(name, since, reason) for name, since, reason in _WHY.run(turn.connection)}
