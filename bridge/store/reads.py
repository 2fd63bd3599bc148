"""What pages, API and command line ask: events and deliveries by filter, newest first, and the store in numbers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, TypedDict

import msgspec
from sqlalchemy import Connection, Row, Select, exists, func, literal, or_, select
from sqlalchemy.sql.elements import ColumnElement

from bridge.model import Decision, fold
from bridge.store.dialects import Dialect
from bridge.store.rows import AttemptRow, DeliveryRow, EventRow, Stats
from bridge.store.tables import PENDING, RECEIVED, attempt, delivery, event, is_state
from bridge.store.text import from_json

SEARCHED = 20_000  # a free-text search reads the payloads of this many events at most, the newest ones


class Filters(TypedDict, total=False):
    """What a list is narrowed by; a missing key narrows nothing."""

    gid: str
    type: str
    action: str
    source: str
    rule: str
    destination: str
    state: str
    q: str
    since: float
    until: float
    before: int  # an id: the page begins below it
    limit: int


def events(connection: Connection, dialect: Dialect, wanted: Filters) -> list[EventRow]:
    """One page of events, newest first."""
    query = select(event).where(*_of_event(wanted))
    if "state" in wanted:
        query = query.where(is_state(event.c.state, wanted["state"]))
    told = [getattr(delivery.c, name) == wanted[name] for name in ("rule", "destination") if name in wanted]
    if told:
        query = query.where(exists().where(delivery.c.event_id == event.c.id, *told))
    if "q" in wanted:
        said = exists().where(delivery.c.event_id == event.c.id, _says(wanted["q"]))
        query = query.where(_recent(event.c.id), or_(_holds(dialect, wanted["q"]), said))
    page = _page(query, event.c.id, wanted)
    return [_event_row(row) for row in connection.execute(page)]


def one_event(connection: Connection, id: int) -> EventRow | None:
    """One event."""
    row = connection.execute(select(event).where(event.c.id == id)).first()
    return None if row is None else _event_row(row)


_WITH_EVENT = select(delivery, event.c.source, event.c.type, event.c.action, event.c.gid).join_from(
    delivery, event, delivery.c.event_id == event.c.id, isouter=True
)


def deliveries(connection: Connection, dialect: Dialect, wanted: Filters) -> list[DeliveryRow]:
    """One page of deliveries, newest first, with their attempts."""
    query = _WITH_EVENT.where(*_of_event({k: v for k, v in wanted.items() if k not in ("since", "until")}))  # type: ignore[arg-type]
    for name in ("rule", "destination"):
        if name in wanted:
            query = query.where(getattr(delivery.c, name) == wanted[name])
    if "state" in wanted:
        query = query.where(is_state(delivery.c.state, wanted["state"]))
    if "since" in wanted:
        query = query.where(delivery.c.created_at >= wanted["since"])
    if "until" in wanted:
        query = query.where(delivery.c.created_at < wanted["until"])
    if "q" in wanted:
        recent = or_(delivery.c.event_id.is_(None), _recent(event.c.id))
        query = query.where(recent, or_(_says(wanted["q"]), _holds(dialect, wanted["q"])))
    return _with_attempts(connection, connection.execute(_page(query, delivery.c.id, wanted)).all())


def deliveries_of(connection: Connection, event_ids: Collection[int]) -> list[DeliveryRow]:
    """The deliveries of some events, oldest first, with their attempts."""
    query = _WITH_EVENT.where(delivery.c.event_id.in_(event_ids)).order_by(delivery.c.id)
    return _with_attempts(connection, connection.execute(query).all()) if event_ids else []


def stats(connection: Connection, now: float) -> Stats:
    """The store in numbers: only what an index holds is counted, so that it costs the same at a million events."""
    received = connection.execute(select(func.count()).select_from(event).where(RECEIVED)).scalar_one()
    counted = {
        state: connection.execute(
            select(func.count()).select_from(delivery).where(is_state(delivery.c.state, state), _UNDELIVERED)
        ).scalar_one()
        for state in ("pending", "held", "failed")
    }
    oldest = connection.execute(select(func.min(delivery.c.next_at)).where(PENDING)).scalar()
    return Stats(
        events={"received": received},
        deliveries=counted,
        oldest_pending=None if oldest is None else max(0.0, now - oldest),
    )


# ---- parts of queries --------------------------------------------------------------------------

_UNDELIVERED = delivery.c.state != literal("delivered", literal_execute=True)


def _of_event(wanted: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if "gid" in wanted:
        conditions.append(event.c.gid == wanted["gid"])
    if "source" in wanted:
        conditions.append(event.c.source == wanted["source"])
    if "type" in wanted:
        conditions.append(event.c.type_folded == fold(wanted["type"]))
    if "action" in wanted:
        conditions.append(event.c.action_folded == fold(wanted["action"]))
    if "since" in wanted:
        conditions.append(event.c.received_at >= wanted["since"])
    if "until" in wanted:
        conditions.append(event.c.received_at < wanted["until"])
    return conditions


def _page(query: Select[Any], id: ColumnElement[int], wanted: Filters) -> Select[Any]:
    if "before" in wanted:
        query = query.where(id < wanted["before"])
    return query.order_by(id.desc()).limit(wanted.get("limit", 50))


def _recent(id: ColumnElement[int]) -> ColumnElement[bool]:
    newest = select(func.max(event.c.id)).scalar_subquery()
    return id > newest - SEARCHED


def _holds(dialect: Dialect, text: str) -> ColumnElement[bool]:
    return dialect.as_text(event.c.body).ilike(_like(dialect.sought(text)), escape="!")


def _says(text: str) -> ColumnElement[bool]:
    pattern = _like(text)
    return or_(delivery.c.title.ilike(pattern, escape="!"), delivery.c.body.ilike(pattern, escape="!"))


def _like(text: str) -> str:
    """A LIKE pattern that finds the text itself, whatever signs it holds."""
    for sign in "!%_":
        text = text.replace(sign, f"!{sign}")
    return f"%{text}%"


# ---- rows --------------------------------------------------------------------------------------


def _event_row(row: Row[Any]) -> EventRow:
    decisions = [] if row.decisions is None else msgspec.json.decode(row.decisions, type=list[Decision])
    return EventRow(
        id=row.id,
        source=row.source,
        type=row.type,
        action=row.action,
        gid=row.gid,
        received_at=row.received_at,
        state=row.state,
        duplicates=row.duplicates,
        body=row.body,
        version=row.version,
        previous=from_json(row.previous),
        resource=from_json(row.resource),
        filled=from_json(row.filled) or {},
        decisions=tuple(decisions),
    )


def _with_attempts(connection: Connection, rows: Sequence[Row[Any]]) -> list[DeliveryRow]:
    made: dict[int, list[AttemptRow]] = {row.id: [] for row in rows}
    tried = select(attempt).where(attempt.c.delivery_id.in_(list(made))).order_by(attempt.c.id)
    for row in connection.execute(tried) if made else ():
        made[row.delivery_id].append(
            AttemptRow(
                at=row.at,
                result=row.result,
                reason=row.reason,
                status=row.status,
                answer=row.answer,
                ambiguous=row.ambiguous,
                took_ms=row.took_ms,
            )
        )
    return [_delivery_row(row, tuple(made[row.id])) for row in rows]


def _delivery_row(row: Row[Any], attempts: tuple[AttemptRow, ...]) -> DeliveryRow:
    return DeliveryRow(
        id=row.id,
        event_id=row.event_id,
        source=row.source,
        type=row.type,
        action=row.action,
        gid=row.gid,
        rule=row.rule,
        destination=row.destination,
        state=row.state,
        reason=row.reason,
        title=row.title,
        body=row.body,
        format=row.format,
        tone=row.tone,
        attempts_made=row.attempts,
        created_at=row.created_at,
        next_at=row.next_at,
        ambiguous=row.ambiguous,
        attempts=attempts,
    )
