"""Who did what: every hand that changed how Bridge behaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import BigInteger, Connection, bindparam, or_, select

from bridge.store.rows import AuditRow
from bridge.store.tables import audit
from bridge.store.text import clean
from bridge.store.writer import Turn


class ToNote(NamedTuple):
    """Who did what, and with what."""

    who: str
    what: str
    detail: str


_BEFORE = bindparam("before", type_=BigInteger)
_PAGE = (
    select(audit)
    .where(or_(_BEFORE.is_(None), audit.c.id < _BEFORE))
    .order_by(audit.c.id.desc())
    .limit(bindparam("most"))
)
_NOTE = audit.insert()


def note(turn: Turn, payloads: Sequence[ToNote]) -> list[None]:
    """Keep who did what."""
    rows = [
        {"at": turn.now, "who": clean(one.who), "what": clean(one.what), "detail": clean(one.detail)}
        for one in payloads
    ]
    turn.connection.execute(_NOTE, rows)
    return [None for _ in payloads]


def audits(connection: Connection, before: int | None, limit: int) -> list[AuditRow]:
    """A page, newest first: what is older than the row `before`."""
    return [AuditRow(**row) for row in connection.execute(_PAGE, {"before": before, "most": limit}).mappings()]
