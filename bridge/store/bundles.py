"""Bundles: deliveries that wait to be told together, as a digest or when an interval opens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from bridge.model import Bundling, Planned
from bridge.store.dialects import INSERTS
from bridge.store.rows import Bundle
from bridge.store.tables import bundle
from bridge.store.text import bounded, clean
from bridge.store.writer import Turn

TOLD = "told"  # the kind of a bundle whose message is out; the row goes when all its items say so


class _Open(NamedTuple):
    """What there is one open bundle of."""

    kind: str
    rule: str
    destination: str
    key: str


_DUE = (
    select(bundle)
    .where(bundle.c.due_at <= bindparam("now"))
    .order_by(bundle.c.due_at, bundle.c.id)
    .limit(bindparam("most"))
)
_FILL = update(bundle).where(bundle.c.id.in_(bindparam("ids", expanding=True))).values(due_at=bindparam("now"))


def _upsert(database: str) -> Any:
    insert = INSERTS[database](bundle)
    return insert.on_conflict_do_update(
        index_elements=[bundle.c.kind, bundle.c.rule, bundle.c.destination, bundle.c.key],
        # The first item says when it is due.
        set_={"items": bundle.c["items"] + insert.excluded["items"]},
    ).returning(bundle.c.id, bundle.c.kind, bundle.c.rule, bundle.c.destination, bundle.c.key, bundle.c["items"])


_JOIN = {database: _upsert(database) for database in INSERTS}


def due_bundles(connection: Connection, now: float, limit: int) -> list[Bundle]:
    """The bundles that are due, the longest due first."""
    return [Bundle(**row) for row in connection.execute(_DUE, {"now": now, "most": limit}).mappings()]


def join_bundles(turn: Turn, items: Sequence[tuple[Planned, dict[str, Any]]]) -> None:
    """Have the rows of these deliveries name their bundles, which are opened where there is none."""
    waiting: dict[_Open, list[tuple[Bundling, dict[str, Any]]]] = {}
    for planned, row in items:
        if planned.bundle is not None:
            waiting.setdefault(_open(planned, planned.bundle), []).append((planned.bundle, row))
    if not waiting:
        return
    rows = [_row(turn, one, waiting[one]) for one in sorted(waiting)]
    full: list[int] = []
    for id, *names, count in turn.connection.execute(_JOIN[turn.dialect.name], rows).all():
        joined = waiting[_Open(*names)]
        for _, row in joined:
            row["bundle_id"] = id
        if _is_full(count, (bundling for bundling, _ in joined)):
            full.append(id)
    if full:
        turn.connection.execute(_FILL, {"ids": full, "now": turn.now})


def _open(planned: Planned, bundling: Bundling) -> _Open:
    return _Open(bundling.kind, clean(planned.rule or ""), clean(planned.destination), bounded(bundling.key))


def _row(turn: Turn, one: _Open, joined: Sequence[tuple[Bundling, dict[str, Any]]]) -> dict[str, Any]:
    first = joined[0][0]
    return one._asdict() | {"opened_at": turn.now, "due_at": first.due_at, "items": len(joined)}


def _is_full(count: int, joined: Iterable[Bundling]) -> bool:
    return any(bundling.max is not None and count >= bundling.max for bundling in joined)
