"""Events as they were matched, with what rules saw, in order, a page at a time: for replaying them with other rules."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from bridge.store.tables import event


class Past(NamedTuple):
    """One matched event; what is JSON stays text until somebody asks for it."""

    id: int
    source: str
    type: str
    action: str
    gid: str
    received_at: float  # epoch seconds
    previous: str | None
    resource: str | None
    filled: str | None
    body: bytes


class Span(NamedTuple):
    """A range of ids, both included."""

    first: int
    last: int
    events: int  # about how many: those that are not matched count too


_SINCE = select(func.min(event.c.id), func.max(event.c.id), func.count()).where(
    event.c.received_at >= bindparam("since")
)
_NEWEST = select(event.c.id).order_by(event.c.id.desc()).limit(1).offset(bindparam("skipped"))
_PAGE = (
    select(*(event.c[name] for name in Past._fields))
    .where(
        event.c.id > bindparam("after"),
        event.c.id <= bindparam("last"),
        event.c.state == "matched",
        event.c.body != b"",  # else it was deleted with what rules saw: too old to keep
    )
    .order_by(event.c.id)
    .limit(bindparam("most"))
)


def span_since(connection: Connection, since: float, limit: int | None) -> Span:
    """The events that came since a moment; with `limit`, the newest of them."""
    first, last, events = connection.execute(_SINCE, {"since": since}).one()
    if not events:
        return Span(1, 0, 0)
    if limit is not None and limit < events:
        newest = connection.execute(_NEWEST, {"skipped": limit - 1}).scalar()
        first, events = max(first, newest or first), limit
    return Span(first, last, events)


def page(connection: Connection, after: int, last: int, limit: int) -> list[Past]:
    """Matched events with ids over `after`, up to `last`, the oldest first."""
    return [Past(*row) for row in connection.execute(_PAGE, {"after": after, "last": last, "most": limit})]
