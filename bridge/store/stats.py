"""The store in numbers, asked for every few seconds: what an index holds is counted, and nothing else."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from bridge.store.rows import Stats
from bridge.store.tables import NOT_DELIVERED, PENDING, RECEIVED, delivery, event

_RECEIVED = select(func.count()).select_from(event).where(RECEIVED)
_UNDELIVERED = select(delivery.c.state, func.count()).where(NOT_DELIVERED).group_by(delivery.c.state)
_OLDEST = select(delivery.c.created_at).where(PENDING, NOT_DELIVERED).order_by(delivery.c.id).limit(1)

# Each source is found by one look into the index, behind the one before it, and so is its newest event.
_first = select(func.min(event.c.source).label("source")).cte("sources", recursive=True)
_next = select(func.min(event.c.source)).where(event.c.source > _first.c.source).scalar_subquery()
_sources = _first.union_all(select(_next).where(_first.c.source.is_not(None)))
_newest = (
    select(event.c.received_at)
    .where(event.c.source == _sources.c.source)
    .order_by(event.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
_NEWEST = select(_sources.c.source, _newest).where(_sources.c.source.is_not(None))


def stats(connection: Connection, now: float) -> Stats:
    """How much waits or went wrong, and how old the oldest and newest of it are."""
    oldest = connection.execute(_OLDEST).scalar()
    return Stats(
        events={"received": connection.execute(_RECEIVED).scalar_one()},
        deliveries={row[0]: row[1] for row in connection.execute(_UNDELIVERED)},
        oldest_pending=None if oldest is None else max(0.0, now - oldest),
        newest_event={row[0]: row[1] for row in connection.execute(_NEWEST)},
    )
