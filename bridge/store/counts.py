"""Figures for pages: how much came, what became of it, and what did not reach people.

Ids follow the time, so a count is bounded by the id of the first row in its window: an index that ends in the id then
holds all that is asked, and rows are read only of what was not delivered.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Executable, Label, and_, bindparam, case, func, literal, select
from sqlalchemy.sql.elements import ColumnElement

from bridge.store.bundles import TOLD
from bridge.store.dialects import Dialect
from bridge.store.figures import Arrived, Extent, Fired, Stuck, Tip, Undelivered, Waiting
from bridge.store.tables import NOT_DELIVERED, PENDING, attempt, audit, bundle, delivery, event, is_state

MINUTE = 60.0
MOST_CAUSES = 200  # groups of one destination, state and reason
SAMPLE = 101  # attempts that a median is taken of
NEVER = 2**62  # an id that no row reaches

T = TypeVar("T")

_OPEN = ("pending", "held", "merged", "failed", "suppressed")
_UNDELIVERED = (delivery.c.state.in_([literal(state, literal_execute=True) for state in _OPEN]), NOT_DELIVERED)
_HELD = (is_state(delivery.c.state, "held"), NOT_DELIVERED, delivery.c.bundle_id.is_(None))
# What was sent again is told by what sends it: it failed too, or waits, or arrived.
_again = delivery.alias("again")
REPEATED = select(1).where(_again.c.origin == delivery.c.id).exists()
_FAILED = (is_state(delivery.c.state, "failed"), NOT_DELIVERED, ~REPEATED)

_TIP = select(*(select(func.max(table.c.id)).scalar_subquery() for table in (event, delivery, attempt, audit)))
# Of a destination that takes nothing, all that waits would otherwise be looked through.
_LATEST = (
    select(delivery.c.id)
    .where(delivery.c.destination == bindparam("wanted"))
    .order_by(delivery.c.id.desc())
    .limit(3 * SAMPLE)
    .subquery()
)
_TOOK = (
    select(attempt.c.took_ms)
    .join(_LATEST, _LATEST.c.id == attempt.c.delivery_id)
    .order_by(attempt.c.delivery_id.desc())
    .limit(SAMPLE)
)
_LAST = (
    select(delivery.c.created_at).where(delivery.c.rule == bindparam("wanted")).order_by(delivery.c.id.desc()).limit(1)
)
# What a rule holds or gathers leaves by itself; what a paused destination holds does not.
_STATE = case(
    (delivery.c.bundle_id.is_not(None), "merged"),
    (and_(is_state(delivery.c.state, "failed"), REPEATED), "repeated"),
    else_=delivery.c.state,
)
_AGAIN = delivery.c.attempts > 0
_PENDING = (
    select(
        delivery.c.destination,
        case((_AGAIN, "again"), else_="queue"),
        func.count(),
        func.min(delivery.c.created_at),
        func.min(delivery.c.next_at),
    )
    .where(PENDING, NOT_DELIVERED)
    .group_by(delivery.c.destination, _AGAIN)
)
_BUNDLED = (
    select(
        bundle.c.destination,
        bundle.c.kind,
        func.sum(bundle.c["items"]),
        func.min(bundle.c.opened_at),
        func.min(bundle.c.due_at),
    )
    .where(bundle.c.kind != TOLD)
    .group_by(bundle.c.destination, bundle.c.kind)
)
_SIZE = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}


class Read(Protocol):
    """Runs a question on a connection that cannot write."""

    def __call__(self, ask: Callable[[Connection], T], /) -> Awaitable[T]: ...


class Counts:
    """The figures of one store."""

    def __init__(self, read: Read, dialect: Dialect) -> None:
        self._read = read
        self._dialect = dialect

    async def arrived(self, since: float, step: float) -> Arrived:
        """Events and deliveries since then, in buckets of `step` seconds that begin at `since`."""
        return await self._read(lambda connection: _arrived(connection, self._dialect, since, step))

    async def undelivered(self, since: float, step: float) -> list[Undelivered]:
        """Of those deliveries, what was not delivered, or not yet."""
        return await self._read(lambda connection: _undelivered(connection, self._dialect, since, step))

    async def by_source(self, names: Collection[str], since: float) -> dict[str, int]:
        """How many events came from each source."""
        return await self._read(
            lambda connection: _since(connection, event.c.source, names, _first_event(connection, since))
        )

    async def by_destination(self, names: Collection[str], since: float) -> dict[str, int]:
        """How many deliveries were written for each destination."""
        return await self._read(
            lambda connection: _since(connection, delivery.c.destination, names, _first_delivery(connection, since))
        )

    async def took(self, names: Collection[str]) -> dict[str, list[int]]:
        """How many milliseconds the last attempts of each destination took, the quickest first."""
        return await self._read(
            lambda connection: {name: sorted(connection.execute(_TOOK, {"wanted": name}).scalars()) for name in names}
        )

    async def stuck(self, since: float) -> list[Stuck]:
        """What did not reach people: failed since then, or held because its destination is paused or gone."""
        return await self._read(lambda connection: _stuck(connection, since))

    async def stuck_ids(
        self, since: float, destination: str, limit: int, *, reasons: Collection[str] | None = None, upto: int = NEVER
    ) -> list[int]:
        """The oldest of what did not reach people at a destination; `reasons`: for these only; `upto`: an id."""
        return await self._read(lambda connection: _stuck_ids(connection, since, destination, limit, reasons, upto))

    async def waiting(self) -> list[Waiting]:
        """What leaves by itself: the queue, what is to be tried again, what rules gather or keep for office hours."""
        return await self._read(
            lambda connection: [
                Waiting(destination=row[0], why=row[1], count=int(row[2]), oldest=row[3], next_at=row[4])
                for query in (_PENDING, _BUNDLED)
                for row in connection.execute(query)
            ]
        )

    async def fired(self, after: int, days: Sequence[float]) -> Fired:
        """For how many events each rule wrote deliveries on each day, of those above an id.

        `days` are their beginnings, oldest first.
        """
        return await self._read(lambda connection: _fired(connection, after, days))

    async def last_fired(self, names: Collection[str]) -> dict[str, float]:
        """When each of these rules last wrote a delivery; one that never did is absent."""
        return await self._read(
            lambda connection: {
                name: at for name in names if (at := connection.execute(_LAST, {"wanted": name}).scalar()) is not None
            }
        )

    async def extent(self) -> Extent:
        """How much is stored."""
        return await self._read(_extent)

    async def tip(self) -> Tip:
        """The newest ids: while they stay, nothing happened."""
        return await self._read(lambda connection: Tip(*(id or 0 for id in connection.execute(_TIP).one())))


# ---- since when, as an id ------------------------------------------------------------------------


def _first_delivery(connection: Connection, since: float) -> int:
    return _first(connection, delivery.c.id, delivery.c.created_at, since)


def _first_event(connection: Connection, since: float) -> int:
    return _first(connection, event.c.id, event.c.received_at, since)


def _first(connection: Connection, id: ColumnElement[int], at: ColumnElement[float], since: float) -> int:
    """The lowest id in the first minute that has any: what came at one moment may have been written in any order."""
    first = select(func.min(at)).where(at >= since).scalar_subquery()
    # `+ 0` keeps the key from being walked for what the index on the time serves better.
    found = connection.execute(select(func.min(id + 0)).where(at.between(first, first + MINUTE))).scalar()
    return NEVER if found is None else int(found)


def _since(connection: Connection, column: ColumnElement[str], names: Collection[str], first: int) -> dict[str, int]:
    id = event.c.id if column is event.c.source else delivery.c.id
    return _counted(connection, select(column, func.count()).where(column.in_(names), id >= first).group_by(column))


def _counted(connection: Connection, query: Executable) -> dict[Any, int]:
    return {row[0]: row[1] for row in connection.execute(query)}


# ---- questions -----------------------------------------------------------------------------------


def _bucket(dialect: Dialect, at: ColumnElement[float], since: float, step: float) -> Label[int]:
    return dialect.whole((at - since) / step).label("bucket")


def _arrived(connection: Connection, dialect: Dialect, since: float, step: float) -> Arrived:
    found = []
    for at in (event.c.received_at, delivery.c.created_at):
        query = select(_bucket(dialect, at, since, step), func.count()).where(at >= since).group_by("bucket")
        found.append(_counted(connection, query))
    return Arrived(events=found[0], written=found[1])


def _undelivered(connection: Connection, dialect: Dialect, since: float, step: float) -> list[Undelivered]:
    at = delivery.c.created_at
    query = (
        select(delivery.c.destination, _STATE.label("became"), _bucket(dialect, at, since, step), func.count())
        .where(*_UNDELIVERED, delivery.c.id >= _first_delivery(connection, since), at + 0 >= since)
        .group_by(delivery.c.destination, "became", "bucket")
    )
    return [Undelivered(*row) for row in connection.execute(query)]


def _stuck(connection: Connection, since: float) -> list[Stuck]:
    failed = (*_FAILED, delivery.c.id >= _first_delivery(connection, since))
    return [stuck for where in (failed, _HELD) for stuck in _causes(connection, where)]


def _causes(connection: Connection, where: tuple[ColumnElement[bool], ...]) -> list[Stuck]:
    group = (delivery.c.destination, delivery.c.state, delivery.c.reason)
    at, count = delivery.c.created_at, func.count()
    query = select(*group, count, func.min(at), func.max(at)).where(*where).group_by(*group)
    return [
        Stuck(destination=row[0], state=row[1], reason=row[2], count=row[3], oldest=row[4], newest=row[5])
        for row in connection.execute(query.order_by(count.desc()).limit(MOST_CAUSES))
    ]


def _stuck_ids(
    connection: Connection, since: float, destination: str, limit: int, reasons: Collection[str] | None, upto: int
) -> list[int]:
    of_it = [delivery.c.destination == destination, delivery.c.id <= upto]
    if reasons is not None:
        of_it.append(delivery.c.reason.in_(reasons))
    failed = (*_FAILED, delivery.c.id >= _first_delivery(connection, since))
    found: list[int] = []
    for where in (failed, _HELD):
        found += connection.execute(
            select(delivery.c.id).where(*where, *of_it).order_by(delivery.c.id).limit(limit)
        ).scalars()
    return sorted(found)[:limit]


def _fired(connection: Connection, after: int, days: Sequence[float]) -> Fired:
    top = connection.execute(select(func.max(delivery.c.id))).scalar() or 0
    at = delivery.c.created_at
    day = case(*((at >= begin, number) for number, begin in reversed(list(enumerate(days))))).label("day")
    # All deliveries of an event are written at once, so that no event is counted on both sides of an id.
    query = (
        select(delivery.c.rule, day, func.count(delivery.c.event_id.distinct()))
        .where(delivery.c.id.between(max(after + 1, _first_delivery(connection, days[0])), top))
        .where(delivery.c.rule.is_not(None), at >= days[0])
        .group_by(delivery.c.rule, "day")
    )
    return Fired(top=top, counts={(row[0], row[1]): row[2] for row in connection.execute(query)})


def _extent(connection: Connection) -> Extent:
    def about(id: ColumnElement[int]) -> int:
        low, high = connection.execute(select(func.min(id))).scalar(), connection.execute(select(func.max(id))).scalar()
        return 0 if low is None or high is None else int(high) - int(low) + 1

    return Extent(
        events=about(event.c.id),
        deliveries=about(delivery.c.id),
        oldest=connection.execute(select(func.min(event.c.received_at))).scalar(),
        bytes=int(connection.exec_driver_sql(_SIZE[connection.dialect.name]).scalar_one()),
    )
