"""What the corridor reads back: events that wait to be matched, and what is remembered of resources."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, bindparam, select

from bridge.model import Key, Memory, Recorded
from bridge.store.tables import RECEIVED, event, metadata, resource
from bridge.store.text import from_json
from bridge.store.writer import Turn

_UNMATCHED = (
    select(event.c.id, event.c.source, event.c.type, event.c.gid, event.c.action, event.c.received_at, event.c.body)
    .where(RECEIVED)
    .order_by(event.c.id)
    .limit(bindparam("most"))
)
_OLDEST = select(event.c.received_at).where(RECEIVED).order_by(event.c.id).limit(1)
# One look-up by gid; the few strangers that share a gid with one of ours are left out afterwards.
_KNOWN = select(resource).where(resource.c.gid.in_(bindparam("gids", expanding=True)))


def unmatched(connection: Connection, limit: int) -> list[Recorded]:
    """The oldest events that wait to be matched."""
    return [
        Recorded(id=r.id, key=Key(r.source, r.type, r.gid), action=r.action, received_at=r.received_at, body=r.body)
        for r in connection.execute(_UNMATCHED, {"most": limit})
    ]


def oldest_unmatched(connection: Connection) -> float | None:
    """When the first event came that waits to be matched."""
    return connection.execute(_OLDEST).scalar()


def empty(turn: Turn, payloads: Sequence[None]) -> list[None]:
    """Delete every row of every table."""
    for table in reversed(metadata.sorted_tables):
        turn.connection.execute(table.delete())
    return [None for _ in payloads]


def remember(connection: Connection, keys: Collection[Key]) -> dict[Key, Memory]:
    """What is remembered of these resources; the unknown ones are absent."""
    wanted = set(keys)
    found = {}
    for row in connection.execute(_KNOWN, {"gids": list({key.gid for key in wanted})}):
        key = Key(row.source, row.type, row.gid)
        if key in wanted:
            found[key] = Memory(
                resource=from_json(row.resource),
                learned=from_json(row.learned),
                modified_at=row.modified_at,
                at=row.at,
                deleted=row.deleted,
            )
    return found
