"""Operators' news: the first of a trouble is told at once, what follows is counted and told hourly, then its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Double, bindparam, func, null, select, update

from bridge.model import Delivery, Planned
from bridge.store.dialects import INSERTS
from bridge.store.matched import delivery_row, insert_deliveries
from bridge.store.tables import PENDING, RECEIVED, delivery, event, trouble
from bridge.store.text import clean
from bridge.store.writer import Turn


class ToTell(NamedTuple):
    """A trouble, the news of it, and how many seconds lie between two of them."""

    trouble: str
    planned: Sequence[Planned]  # one for each who is told
    event_id: int | None
    every: float
    lasting: bool  # it goes on until somebody ends it


class ToEnd(NamedTuple):
    """A lasting trouble, and the news that it is over."""

    trouble: str
    planned: Sequence[Planned]


class ToTellAgain(NamedTuple):
    """A trouble that came again since it was told, and the news of that."""

    trouble: str
    planned: Sequence[Planned]
    every: float


class Untold(NamedTuple):
    """A trouble that came again since it was last told."""

    trouble: str
    times: int
    title: str | None  # of its last news
    body: str | None
    ended: float | None  # None: a lasting one goes on


_TOLD_UNTIL = bindparam("told_until", type_=Double)
_TOLD_NOW = {
    database: (
        insert(trouble)
        .on_conflict_do_update(
            index_elements=[trouble.c.key],
            set_={
                "told_at": bindparam("now"),
                "untold": 0,
                "title": bindparam("words"),
                "body": bindparam("more"),
                "ended": bindparam("over"),
            },
            where=trouble.c.told_at <= _TOLD_UNTIL,
        )
        .values(
            key=bindparam("name"),
            first_at=bindparam("now"),
            told_at=bindparam("now"),
            untold=0,
            title=bindparam("words"),
            body=bindparam("more"),
            ended=bindparam("over"),
        )
        .returning(trouble.c.key)
    )
    for database, insert in INSERTS.items()
}
_COUNT = (
    update(trouble)
    .where(trouble.c.key == bindparam("name"))
    .values(untold=trouble.c.untold + 1, title=bindparam("words"), body=bindparam("more"), ended=bindparam("over"))
)
_END = (
    update(trouble)
    .where(trouble.c.key == bindparam("name"), trouble.c.ended.is_(None))
    .values(ended=bindparam("now"))
    .returning(trouble.c.untold)
)
_TOLD_AGAIN = (
    update(trouble)
    .where(trouble.c.key == bindparam("name"), trouble.c.untold > 0, trouble.c.told_at <= _TOLD_UNTIL)
    .values(told_at=bindparam("now"), untold=0)
    .returning(trouble.c.key)
)
_UNTOLD = (
    select(trouble.c.key, trouble.c.untold, trouble.c.title, trouble.c.body, trouble.c.ended)
    .where(trouble.c.untold > 0, trouble.c.told_at <= _TOLD_UNTIL)
    .order_by(trouble.c.told_at, trouble.c.key)
)
_LASTING = select(trouble.c.key).where(trouble.c.ended.is_(null()))
_WAITING_SINCE = select(
    select(func.min(event.c.received_at)).where(RECEIVED).scalar_subquery(),
    select(func.min(delivery.c.next_at)).where(PENDING).scalar_subquery(),
)


def tell(turn: Turn, payloads: Sequence[ToTell]) -> list[list[Delivery]]:
    """The news of each trouble as deliveries in hand, or nothing when it was told lately and is only counted."""
    return [_tell(turn, wanted) for wanted in payloads]


def _tell(turn: Turn, wanted: ToTell) -> list[Delivery]:
    note = wanted.planned[0].notification
    facts = {
        "name": clean(wanted.trouble),
        "words": clean(note.title),
        "more": clean(note.body),
        "over": None if wanted.lasting else turn.now,
    }
    told = {"now": turn.now, "told_until": turn.now - wanted.every}
    if turn.connection.execute(_TOLD_NOW[turn.dialect.name], facts | told).first() is None:
        turn.connection.execute(_COUNT, facts)
        return []
    return _written(turn, wanted.planned, wanted.event_id)


def _written(turn: Turn, planned: Sequence[Planned], event_id: int | None = None) -> list[Delivery]:
    rows = [delivery_row(turn, one, event_id, key=None) for one in planned]
    return [delivery for delivery in insert_deliveries(turn, rows) if delivery is not None]


def end(turn: Turn, payloads: Sequence[ToEnd]) -> list[list[Delivery]]:
    """End lasting troubles; the end of what was told is told too, as deliveries in hand."""
    given = []
    for wanted in payloads:
        row = turn.connection.execute(_END, {"name": clean(wanted.trouble), "now": turn.now}).first()
        given.append(_written(turn, wanted.planned) if row is not None and row.untold == 0 else [])
    return given


def tell_again(turn: Turn, payloads: Sequence[ToTellAgain]) -> list[list[Delivery]]:
    """Tell how often troubles came again, as deliveries in hand; nothing when somebody has told it already."""
    given = []
    for wanted in payloads:
        told = {"name": clean(wanted.trouble), "now": turn.now, "told_until": turn.now - wanted.every}
        again = turn.connection.execute(_TOLD_AGAIN, told).first() is not None
        given.append(_written(turn, wanted.planned) if again else [])
    return given


def untold(connection: Connection, told_until: float) -> list[Untold]:
    """The troubles last told by then that came again, and how often."""
    return [Untold(*row) for row in connection.execute(_UNTOLD, {"told_until": told_until})]


def lasting(connection: Connection) -> set[str]:
    """The troubles that go on."""
    return set(connection.execute(_LASTING).scalars())


def waiting_since(connection: Connection) -> tuple[float | None, float | None]:
    """Since when the oldest event waits to be matched, and the longest due delivery to be sent."""
    unmatched, unsent = connection.execute(_WAITING_SINCE).one()
    return unmatched, unsent
