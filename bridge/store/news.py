"""Operators' news: the first of a trouble is told at once, what follows is counted and told by the hour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from bridge.model import Delivery, Planned
from bridge.store.dialects import INSERTS
from bridge.store.matched import delivery_row, insert_deliveries
from bridge.store.tables import trouble
from bridge.store.text import clean
from bridge.store.writer import Turn


class ToTell(NamedTuple):
    """A trouble, the news of it, and how many seconds lie between two of them."""

    trouble: str
    planned: Planned
    event_id: int | None
    every: float


_TOLD_NOW = {
    database: (
        insert(trouble)
        .on_conflict_do_update(
            index_elements=[trouble.c.key],
            set_={"told_at": bindparam("now"), "untold": 0},
            where=trouble.c.told_at <= bindparam("told_until"),
        )
        .values(key=bindparam("name"), first_at=bindparam("now"), told_at=bindparam("now"), untold=0)
        .returning(trouble.c.key)
    )
    for database, insert in INSERTS.items()
}
_COUNT = update(trouble).where(trouble.c.key == bindparam("name")).values(untold=trouble.c.untold + 1)
_UNTOLD = (
    select(trouble.c.key, trouble.c.untold)
    .where(trouble.c.untold > 0, trouble.c.told_at <= bindparam("told_until"))
    .order_by(trouble.c.told_at, trouble.c.key)
)


def tell(turn: Turn, payloads: Sequence[ToTell]) -> list[list[Delivery]]:
    """The news of each trouble as a delivery in hand, or nothing when it was told lately and is only counted."""
    return [_tell(turn, wanted) for wanted in payloads]


def _tell(turn: Turn, wanted: ToTell) -> list[Delivery]:
    name = {"name": clean(wanted.trouble)}
    told = {"now": turn.now, "told_until": turn.now - wanted.every}
    if turn.connection.execute(_TOLD_NOW[turn.dialect.name], name | told).first() is None:
        turn.connection.execute(_COUNT, name)
        return []
    row = delivery_row(turn, wanted.planned, wanted.event_id, key=None)
    return [delivery for delivery in insert_deliveries(turn, [row]) if delivery is not None]


def untold(connection: Connection, told_until: float) -> list[tuple[str, int]]:
    """The troubles last told by then that came again, and how often."""
    return [(row.key, row.untold) for row in connection.execute(_UNTOLD, {"told_until": told_until})]
