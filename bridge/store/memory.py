"""What the corridor reads back: events that wait to be matched, and what is remembered of resources."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import accumulate

from sqlalchemy import Connection, bindparam, func, select

from bridge.model import Key, Memory, Recorded
from bridge.store.many import Found
from bridge.store.tables import RECEIVED, event, metadata, resource
from bridge.store.text import from_json
from bridge.store.writer import Turn

MOST_BYTES = 2_000_000  # of the bodies read at once: to read and match a megabyte takes the event loop 20 ms
_WAITING = (RECEIVED, event.c.id.not_in(bindparam("but", expanding=True)))
# Reads no body.
_SIZES = Found(select(func.length(event.c.body)).where(*_WAITING).order_by(event.c.id).limit(bindparam("most")))
_UNMATCHED = Found(
    select(event.c.id, event.c.source, event.c.type, event.c.gid, event.c.action, event.c.received_at, event.c.body)
    .where(*_WAITING)
    .order_by(event.c.id)
    .limit(bindparam("most"))
)
_OLDEST = select(event.c.received_at).where(RECEIVED).order_by(event.c.id).limit(1)
# One look-up by gid; the few strangers that share a gid with one of ours are left out afterwards.
_KNOWN = Found(
    select(
        *(resource.c[name] for name in ("source", "type", "gid", "resource", "learned", "modified_at", "at", "deleted"))
    ).where(resource.c.gid.in_(bindparam("gids", expanding=True)))
)


def unmatched(connection: Connection, limit: int, but: Sequence[int] = ()) -> list[Recorded]:
    """The oldest events that wait to be matched, but for some; fewer where their bodies are large."""
    but = list(but)
    upto = accumulate(size for (size,) in _SIZES.run(connection, most=limit, but=but))
    most = sum(total <= MOST_BYTES for total in upto) or 1
    return [
        Recorded(id=id, key=Key(source, type, gid), action=action, received_at=received_at, body=body)
        for id, source, type, gid, action, received_at, body in _UNMATCHED.run(connection, most=most, but=but)
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
    for *names, state, learned, modified_at, at, deleted in _KNOWN.run(connection, gids=list({k.gid for k in wanted})):
        key = Key(*names)
        if key in wanted:
            found[key] = Memory(
                resource=from_json(state),
                learned=from_json(learned),
                modified_at=modified_at,
                at=at,
                deleted=bool(deleted),
            )
    return found
