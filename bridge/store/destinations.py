"""Which destinations are paused, since when and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, select

from bridge.store.dialects import INSERTS
from bridge.store.rows import DestinationRow
from bridge.store.tables import destination
from bridge.store.text import clean
from bridge.store.writer import Turn

_ALL = select(destination).order_by(destination.c.name)


def _upsert(database: str) -> Any:
    insert = INSERTS[database](destination)
    changed = {column.name: insert.excluded[column.name] for column in destination.c if not column.primary_key}
    return insert.on_conflict_do_update(index_elements=[destination.c.name], set_=changed)


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


def _row(one: DestinationRow) -> dict[str, Any]:
    return {name: clean(value) if isinstance(value, str) else value for name, value in asdict(one).items()}
