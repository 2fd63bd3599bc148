"""All that a store holds, copied into another that is empty: from SQLite to PostgreSQL, or back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Table, bindparam, func, insert, select, text, tuple_
from sqlalchemy.exc import DBAPIError

from bridge.errors import StoreUnavailable
from bridge.store.engine import Database
from bridge.store.tables import lease, metadata

AT_ONCE = 500  # rows
# Leases say which process does what now; in the new store nobody does anything yet.
MOVED = tuple(table for table in metadata.sorted_tables if table is not lease)
LAST_ID = {
    "sqlite": "SELECT seq FROM sqlite_sequence WHERE name = :table",
    "postgresql": "SELECT last_value FROM pg_sequences "
    "WHERE schemaname = current_schema() AND sequencename = CAST(:table AS text) || '_id_seq'",
}
FROM_ID = {
    "sqlite": "UPDATE sqlite_sequence SET seq = :last WHERE name = :table",
    "postgresql": "SELECT setval(pg_get_serial_sequence(:table, 'id'), :last)",
}


def counts(database: Database) -> dict[str, int]:
    """How many rows there are, by table."""
    with database.reads.connect() as connection:
        return {table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in MOVED}


def served_by(database: Database, now: float) -> str | None:
    """The service that has this store in use; None when there is none."""
    with database.reads.connect() as connection:
        return connection.execute(select(lease.c.owner).where(lease.c.until > now).limit(1)).scalar()


def move(old: Database, new: Database, tell: Callable[[str, int], None]) -> dict[str, int]:
    """Copy everything in one transaction, count it again, and give the counts. Raises StoreUnavailable.

    `tell` gets a table's name and how many of its rows were just copied.
    """
    if filled := [name for name, count in counts(new).items() if count]:
        raise StoreUnavailable(f"the new store is not empty: there are rows in {', '.join(filled)}")
    there = counts(old)
    try:
        with new.writes.connect() as into, into.begin(), old.reads.connect() as out:
            for table in MOVED:
                for rows in _pages(out, table):
                    into.execute(insert(table), rows)
                    tell(table.name, len(rows))
                _go_on_counting(out, into, table)
    except DBAPIError as error:
        raise StoreUnavailable(f"nothing was moved: {' '.join(str(error.orig).split())}") from error
    found = counts(new)
    if found != there:
        wrong = [f"{name}: {there[name]} became {found[name]}" for name in there if there[name] != found[name]]
        raise StoreUnavailable(f"not everything was copied ({'; '.join(wrong)}): does something still write to it?")
    return found


def _pages(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """The rows of a table by its key, some at a time."""
    key = list(table.primary_key.columns)
    begin = tuple_(*(bindparam(f"after_{column.name}", type_=column.type) for column in key))
    query = select(table).order_by(*key).limit(AT_ONCE)
    after: dict[str, Any] = {}
    while True:
        page = connection.execute(query.where(tuple_(*key) > begin) if after else query, after).mappings().all()
        if page:
            yield [dict(row) for row in page]
        if len(page) < AT_ONCE:
            return
        after = {f"after_{column.name}": page[-1][column.name] for column in key}


def _go_on_counting(out: Connection, into: Connection, table: Table) -> None:
    """An id is never given twice, not even that of a row that was deleted."""
    if "id" not in table.c:
        return
    last = out.execute(text(LAST_ID[out.dialect.name]), {"table": table.name}).scalar()
    most = into.execute(select(func.max(table.c.id))).scalar()
    if reached := max(last or 0, most or 0):
        _set_last(into, table, reached)


def _set_last(into: Connection, table: Table, last: int) -> None:
    given = {"table": table.name, "last": last}
    changed = into.execute(text(FROM_ID[into.dialect.name]), given)
    if into.dialect.name == "sqlite" and changed.rowcount == 0 and table.dialect_options["sqlite"]["autoincrement"]:
        into.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)"), given)
