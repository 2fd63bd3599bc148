"""The corridor's statements: compiled once, then, on SQLite, straight to the driver.

What SQLAlchemy does for each execution, and for each row of an executemany, costs several times SQLite's own work. The
statements themselves stay SQLAlchemy's, and so do the errors.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Select, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.engine.interfaces import Dialect as Compiling
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.base import Executable

Row = Mapping[str, Any]
InOrder = Callable[[Row], tuple[Any, ...]]

AT_ONCE = 5000  # items of a list in one statement, which has only so many parameters
# SQLite takes rows as tuples, since each name of each row would be looked up among all before it; psycopg as maps.
_COMPILING: dict[str, Callable[[], Compiling]] = {
    "sqlite": lambda: sqlite.dialect(paramstyle="qmark"),
    "postgresql": psycopg.dialect,
}


def straight(
    connection: Connection, text: str, values: Sequence[Any] = (), *, rows: Sequence[tuple[Any, ...]] = ()
) -> sqlite3.Cursor:
    """Execute on SQLite's own connection, for each of `rows` where there are any. Raises as SQLAlchemy does."""
    driver: Any = connection.connection.driver_connection
    try:
        cursor: sqlite3.Cursor = driver.executemany(text, rows) if rows else driver.execute(text, values)
    except sqlite3.Error as error:
        raise DBAPIError.instance(text, None, error, sqlite3.Error) from error
    return cursor


class Found:
    """One SELECT with bound names, whose `IN` lists may be of any length; of a long one, each piece has its order.

    Not so a `NOT IN`: its list has to stay within `AT_ONCE`.
    """

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        # By the lengths of the lists: the text, what never changes, and which name stands where. SQLite looks a name
        # up among all before it: of a list with thousands of names, that would take most of the time.
        self._compiled: dict[tuple[int, ...], tuple[str, dict[str, Any], Sequence[str]]] = {}

    def run(self, connection: Connection, **values: Any) -> Sequence[Sequence[Any]]:
        """The rows, with their values as the driver gives them."""
        for name, listed in values.items():
            if isinstance(listed, list) and len(listed) > AT_ONCE:
                pieces = (listed[start : start + AT_ONCE] for start in range(0, len(listed), AT_ONCE))
                return [row for piece in pieces for row in self.run(connection, **values | {name: piece})]
        if connection.dialect.name != "sqlite":
            return connection.execute(self._statement, values).all()
        lists = {name: _padded(value) for name, value in values.items() if isinstance(value, list)}
        text, constants, order = self._for(values, lists)
        given = constants | values
        for name, listed in lists.items():
            given.update((f"{name}_{number}", value) for number, value in enumerate(listed, 1))
        try:
            return straight(connection, text, [given[name] for name in order]).fetchall()
        except sqlite3.Error as error:  # met while reading
            raise DBAPIError.instance(None, None, error, sqlite3.Error) from error

    def _for(self, values: Row, lists: Mapping[str, list[Any]]) -> tuple[str, dict[str, Any], Sequence[str]]:
        lengths = tuple(map(len, lists.values()))
        if lengths not in self._compiled:
            compiled: Any = self._statement.params(**{**values, **lists}).compile(
                dialect=sqlite.dialect(paramstyle="qmark"), compile_kwargs={"render_postcompile": True}
            )
            constants = {name: bind.value for name, bind in compiled.binds.items() if name not in values}
            self._compiled[lengths] = str(compiled), constants, compiled.positiontup
        return self._compiled[lengths]


def _padded(values: list[Any]) -> list[Any]:
    """As many as a power of two, the last of them again and again: a statement for each length would fill memory."""
    wanted = 1 << (len(values) - 1).bit_length() if values else 0
    return values + values[-1:] * (wanted - len(values))


class Many:
    """One INSERT or UPDATE with bound names; a row gives each of them its value, as the driver takes it."""

    def __init__(self, statement: Executable, names: Sequence[str] | None = None) -> None:
        """`names`: the columns that rows of an INSERT give, all of the table but `id` where nothing is said."""
        self._statement = statement
        self._names = names
        self._compiled: dict[str, tuple[str, dict[str, Any], InOrder | None]] = {}

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Execute it for each row."""
        text, constants, in_order = self._for(connection.dialect.name)
        given = [{**constants, **row} for row in rows] if constants else list(rows)
        if in_order is None:
            connection.exec_driver_sql(text, given)
        else:
            straight(connection, text, rows=list(map(in_order, given)))

    def _for(self, dialect: str) -> tuple[str, dict[str, Any], InOrder | None]:
        if dialect not in self._compiled:
            compiled = self._statement.compile(  # type: ignore[attr-defined]  # every statement has it
                dialect=_COMPILING[dialect](), column_keys=self._names
            )
            binds: Mapping[str, Any] = compiled.binds
            constants = {name: bind.value for name, bind in binds.items() if not bind.required}
            order = compiled.positiontup
            self._compiled[dialect] = str(compiled), constants, itemgetter(*order) if order else None
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
        last = int(straight(connection, "SELECT last_insert_rowid()").fetchone()[0])
        return range(last - len(rows) + 1, last + 1)
