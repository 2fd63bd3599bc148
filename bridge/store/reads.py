"""Lists for pages, API and command line: filtered, newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, FromClause, Select, and_, bindparam, false, func, literal, or_, select
from sqlalchemy.sql.elements import ColumnElement

from bridge.model import Decision, fold
from bridge.store.dialects import Dialect
from bridge.store.rows import AttemptRow, DeliveryRow, EventRow, Filters
from bridge.store.tables import NOT_DELIVERED, attempt, bundle, delivery, event, is_state
from bridge.store.text import clean, from_json, resource_of

PAGE = 50
LOOKED_INTO = 1000  # of the events that have a text, for whether it may be found there
MOST_ITEMS = 1000  # of a bundle
# A free text, and who was told of nothing, is looked for in so many of the newest rows before the cursor.
SEARCHED = 10_000
# Fewer rows than this in the other table: start from them. More: one is soon met when walking the table itself.
FEW = 5000
MINUTE = 60.0

Conditions = list[ColumnElement[bool]]

_EVENT_STATES = {"received", "matched", "stale"}
_decisions = msgspec.json.Decoder(tuple[Decision, ...])

_ONE_EVENT = select(event).where(event.c.id == bindparam("wanted"))
# What waits in a bundle is due when the bundle is.
_DUE = func.coalesce(delivery.c.next_at, bundle.c.due_at).label("due_at")
_DELIVERY = select(delivery, _DUE, event.c.source, event.c.type, event.c.action, event.c.gid).select_from(
    delivery.outerjoin(event, event.c.id == delivery.c.event_id).outerjoin(bundle, bundle.c.id == delivery.c.bundle_id)
)
_OF_EVENTS = _DELIVERY.where(delivery.c.event_id.in_(bindparam("ids", expanding=True))).order_by(delivery.c.id)
_THESE = _DELIVERY.where(delivery.c.id.in_(bindparam("ids", expanding=True))).order_by(delivery.c.id)
_again = delivery.alias("again")
_AGAIN = select(1).where(_again.c.origin == delivery.c.id).exists()
_HELD = and_(is_state(delivery.c.state, "held"), delivery.c.bundle_id.is_(None))  # by its destination, not by a rule
# Both states by their names, so that the index on states finds the few among all that were delivered.
_UNDELIVERED = (
    delivery.c.state.in_([literal(state, literal_execute=True) for state in ("failed", "held")]),
    NOT_DELIVERED,
    or_(_HELD, and_(is_state(delivery.c.state, "failed"), ~_AGAIN)),
)
_OF_BUNDLE = (
    _DELIVERY.where(delivery.c.bundle_id == bindparam("bundle"), delivery.c.event_id.is_not(None))
    .order_by(delivery.c.id)
    .limit(MOST_ITEMS)
)
_ATTEMPTS = select(attempt).where(attempt.c.delivery_id.in_(bindparam("ids", expanding=True))).order_by(attempt.c.id)

# What was kept from people was told to nobody.
_TOLD_NOBODY = ~select(1).where(delivery.c.event_id == event.c.id, delivery.c.state != "suppressed").exists()

_OF_EVENT: dict[str, Callable[[str], ColumnElement[bool]]] = {
    "gid": lambda value: event.c.gid == value,
    "source": lambda value: event.c.source == value,
    "type": lambda value: event.c.type_folded == fold(value),
    "action": lambda value: event.c.action_folded == fold(value),
}
_OF_DELIVERY: dict[str, Callable[[str], ColumnElement[bool]]] = {
    "rule": lambda value: delivery.c.rule == value,
    "destination": lambda value: delivery.c.destination == value,
}


def events(connection: Connection, dialect: Dialect, filters: Filters) -> list[EventRow]:
    """A page of events; `state` may be one of an event, or of some delivery of it."""
    where = _chosen(_OF_EVENT, filters) + _within(event, event.c.received_at, filters)
    told = _chosen(_OF_DELIVERY, filters)
    if state := filters.get("state"):
        (where if state in _EVENT_STATES else told).extend(
            [is_state(event.c.state, state)] if state in _EVENT_STATES else _delivery_state(state)
        )
    match filters.get("outcome"):
        case "nobody":
            where += [_recent(connection, event, filters), event.c.state != "received", _TOLD_NOBODY]
        case "undelivered":
            told += _UNDELIVERED
        case "delivered":
            told += _delivery_state("delivered")
    if told:
        where.append(_related(connection, event.c.id, delivery.c.event_id, told))
    if text := filters.get("q"):
        said = select(1).where(delivery.c.event_id == event.c.id, _said(dialect, text)).exists()
        where += [_recent(connection, event, filters), or_(dialect.bytes_have(event.c.body, clean(text)), said)]
        if sees := filters.get("sees"):
            return _seen(connection, select(event, said.label("said")), where, filters, lambda body: sees(body, text))
    return [_event_row(row) for row in connection.execute(_page(select(event), event, where, filters)).mappings()]


def _seen(
    connection: Connection, query: Select[Any], where: Conditions, filters: Filters, sees: Callable[[bytes], bool]
) -> list[EventRow]:
    """A page of the rows in which the text may be found: said in a message, or where its reader may see it.

    What stands only where nobody may look leaves no trace, not even a cursor; the search ends after `LOOKED_INTO`.
    """
    found: list[EventRow] = []
    limit, before = filters.get("limit", PAGE), filters.get("before")
    for _ in range(0, LOOKED_INTO, PAGE):
        page: Filters = {"before": before, "limit": PAGE}
        rows = connection.execute(_page(query, event, where, page)).mappings().all()
        found += [_event_row(row) for row in rows if row["said"] or sees(row["body"])]
        if len(rows) < PAGE or len(found) >= limit:
            break
        before = rows[-1]["id"]
    return found[:limit]


def event_by_id(connection: Connection, wanted: int) -> EventRow | None:
    """One event."""
    row = connection.execute(_ONE_EVENT, {"wanted": wanted}).mappings().first()
    return None if row is None else _event_row(row)


def deliveries(connection: Connection, dialect: Dialect, filters: Filters) -> list[DeliveryRow]:
    """A page of deliveries with their attempts; `since` and `until` are of their creation."""
    where = _of_deliveries(connection, dialect, filters)
    return _with_attempts(connection, _page(_DELIVERY, delivery, where, filters))


def repeatable(connection: Connection, dialect: Dialect, filters: Filters) -> list[tuple[int, str]]:
    """(id, destination) of all deliveries that nothing has repeated yet, oldest first."""
    where = [*_of_deliveries(connection, dialect, filters), ~_AGAIN]
    query = _DELIVERY.with_only_columns(delivery.c.id, delivery.c.destination).where(*where).order_by(delivery.c.id)
    return [(row.id, row.destination) for row in connection.execute(query)]


def _of_deliveries(connection: Connection, dialect: Dialect, filters: Filters) -> Conditions:
    where = _chosen(_OF_DELIVERY, filters) + _within(delivery, delivery.c.created_at, filters)
    if state := filters.get("state"):
        where += _delivery_state(state)
    if about := _chosen(_OF_EVENT, filters):
        where.append(_related(connection, delivery.c.event_id, event.c.id, about))
    if text := filters.get("q"):
        sent = false() if filters.get("sees") else dialect.bytes_have(event.c.body, clean(text))
        where += [_recent(connection, delivery, filters), or_(_said(dialect, text), sent)]
    return where


def deliveries_with(connection: Connection, wanted: Sequence[int]) -> list[DeliveryRow]:
    """These deliveries with their attempts, oldest first."""
    return _with_attempts(connection, _THESE, {"ids": list(wanted)})


def deliveries_of(connection: Connection, event_ids: Sequence[int]) -> list[DeliveryRow]:
    """The deliveries of these events with their attempts, oldest first."""
    return _with_attempts(connection, _OF_EVENTS, {"ids": list(event_ids)})


def bundle_items(connection: Connection, bundle_id: int) -> list[DeliveryRow]:
    """The first deliveries that wait in a bundle, or were told with it, oldest first."""
    return _with_attempts(connection, _OF_BUNDLE, {"bundle": bundle_id})


# ---- conditions --------------------------------------------------------------------------------


def _chosen(known: Mapping[str, Callable[[str], ColumnElement[bool]]], filters: Filters) -> Conditions:
    given: Mapping[str, Any] = filters
    return [condition(clean(given[name])) for name, condition in known.items() if given.get(name) is not None]


def _delivery_state(state: str) -> Conditions:
    """The second condition lets SQLite see that the partial index has all of them."""
    if state == "delivered":
        return [is_state(delivery.c.state, "delivered")]
    return [delivery.c.state == state, NOT_DELIVERED]


def _within(table: FromClause, at: ColumnElement[float], filters: Filters) -> Conditions:
    """Since and until, also as bounds of the id, by which the page is sorted; without, the table is walked to its end.

    Ids follow the time, but for what came at the same moment: the bound is the edge of the first (last) minute in it.
    """
    where: Conditions = []
    if (since := filters.get("since")) is not None:
        first = select(func.min(at)).where(at >= since).scalar_subquery()
        where += [at + 0 >= since, table.c.id >= _edge(func.min, table, at.between(first, first + MINUTE))]
    if (until := filters.get("until")) is not None:
        last = select(func.max(at)).where(at <= until).scalar_subquery()
        where += [at + 0 <= until, table.c.id <= _edge(func.max, table, at.between(last - MINUTE, last))]
    return where


def _edge(least_or_most: Any, table: FromClause, minute: ColumnElement[bool]) -> Any:
    # Each `+ 0` keeps an index from being used for what another one serves better.
    return select(least_or_most(table.c.id + 0)).where(minute).scalar_subquery()


def _related(
    connection: Connection, own: ColumnElement[int], other: ColumnElement[int], where: Conditions
) -> ColumnElement[bool]:
    """Rows that have one in the other table for which the conditions hold."""
    # `+ 0` keeps the index on this column from being walked for what another one finds at once.
    few = connection.execute(select(other).where((other + 0).is_not(None), *where).limit(FEW + 1)).scalars().all()
    if not few:
        return false()
    if len(few) <= FEW:
        return own.in_(set(few))
    return select(1).where(other == own, *where).correlate(own.table).exists()


def _said(dialect: Dialect, text: str) -> ColumnElement[bool]:
    return or_(dialect.text_has(delivery.c.title, clean(text)), dialect.text_has(delivery.c.body, clean(text)))


def _recent(connection: Connection, table: FromClause, filters: Filters) -> ColumnElement[bool]:
    top = filters.get("before") or (connection.execute(select(func.max(table.c.id))).scalar() or 0) + 1
    return table.c.id >= top - SEARCHED


def _page(query: Select[Any], table: FromClause, where: Conditions, filters: Filters) -> Select[Any]:
    if (before := filters.get("before")) is not None:
        where = [*where, table.c.id < before]
    return query.where(*where).order_by(table.c.id.desc()).limit(filters.get("limit", PAGE))


# ---- rows --------------------------------------------------------------------------------------


def _event_row(row: Mapping[Any, Any]) -> EventRow:
    return EventRow(
        id=row["id"],
        source=row["source"],
        type=row["type"],
        action=row["action"],
        gid=row["gid"],
        received_at=row["received_at"],
        state=row["state"],
        duplicates=row["duplicates"],
        body=row["body"],
        version=row["version"],
        previous=from_json(row["previous"]),
        resource=resource_of(row["resource"], row["body"]),
        filled=from_json(row["filled"]) or {},
        decisions=_decisions.decode(row["decisions"] or "[]"),
    )


def _with_attempts(
    connection: Connection, query: Select[Any], parameters: Mapping[str, Any] | None = None
) -> list[DeliveryRow]:
    rows = connection.execute(query, parameters or {}).mappings().all()
    made: dict[int, list[AttemptRow]] = {row["id"]: [] for row in rows}
    for row in connection.execute(_ATTEMPTS, {"ids": list(made)}):
        made[row.delivery_id].append(
            AttemptRow(
                at=row.at,
                result=row.result,
                reason=row.reason,
                status=row.status,
                answer=row.answer,
                ambiguous=row.ambiguous,
                took_ms=row.took_ms,
                retry_after=row.retry_after,
            )
        )
    return [_delivery_row(row, made[row["id"]]) for row in rows]


def _delivery_row(row: Mapping[Any, Any], attempts: Sequence[AttemptRow]) -> DeliveryRow:
    return DeliveryRow(
        id=row["id"],
        event_id=row["event_id"],
        source=row["source"],
        type=row["type"],
        action=row["action"],
        gid=row["gid"],
        rule=row["rule"],
        destination=row["destination"],
        state=row["state"],
        reason=row["reason"],
        title=row["title"],
        body=row["body"],
        format=row["format"],
        tone=row["tone"],
        created_at=row["created_at"],
        next_at=row["due_at"],
        ambiguous=row["ambiguous"],
        attempts=tuple(attempts),
        kind=row["kind"],
        origin=row["origin"],
        bundle_id=row["bundle_id"],
        place=row["place"] or row["id"],
    )
