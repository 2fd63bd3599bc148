"""Statements that run for many rows at once: compiled once, then straight to the driver.

What SQLAlchemy does for each row of an executemany costs more than SQLite's own work: half of an event's share of a
transaction. The statements themselves stay SQLAlchemy's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, Table, literal_column, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.engine.interfaces import Dialect as Compiling
from sqlalchemy.sql.base import Executable

Row = Mapping[str, Any]

# Both take rows as maps: `:name` and `%(name)s`.
_COMPILING: dict[str, Callable[[], Compiling]] = {
    "sqlite": lambda: sqlite.dialect(paramstyle="named"),
    "postgresql": psycopg.dialect,
}
_LAST: Select[Any] = select(literal_column("last_insert_rowid()"))


class Many:
    """One INSERT or UPDATE with bound names; a row gives each of them its value, as the driver takes it."""

    def __init__(self, statement: Executable, names: Sequence[str] | None = None) -> None:
        """`names`: the columns that rows of an INSERT give, all of the table but `id` where nothing is said."""
        self._statement = statement
        self._names = names
        self._compiled: dict[str, tuple[str, dict[str, Any]]] = {}

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Execute it for each row."""
        text, constants = self._for(connection.dialect.name)
        given = [{**constants, **row} for row in rows] if constants else list(rows)
        connection.exec_driver_sql(text, given)

    def _for(self, dialect: str) -> tuple[str, dict[str, Any]]:
        if dialect not in self._compiled:
            compiled = self._statement.compile(  # type: ignore[attr-defined]  # every statement has it
                dialect=_COMPILING[dialect](), column_keys=self._names
            )
            binds: Mapping[str, Any] = compiled.binds
            constants = {name: bind.value for name, bind in binds.items() if not bind.required}
            self._compiled[dialect] = str(compiled), constants
        return self._compiled[dialect]


class Inserted:
    """An INSERT of many rows that gives their new ids, in order."""

    def __init__(self, table: Table, names: Sequence[str]) -> None:
        self._many = Many(table.insert(), names)
        self._returning = table.insert().returning(table.c.id, sort_by_parameter_order=True)

    def run(self, connection: Connection, rows: Sequence[Row]) -> Sequence[int]:
        """Insert them."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self._returning, list(rows)).scalars().all()
        # One writer at a time, and ids that only count up: the rows of one statement have ids in a row.
        self._many.run(connection, rows)
        last = int(connection.execute(_LAST).scalar_one())
        return range(last - len(rows) + 1, last + 1)
