"""All that differs between SQLite and PostgreSQL, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from sqlalchemy import ARRAY, BigInteger, Connection, Select, Table, Text, bindparam, cast, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import ColumnElement

# The INSERT of each database that knows ON CONFLICT: alike, without a common class.
INSERTS: dict[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Dialect(Protocol):
    """One database's ways."""

    name: str
    # Statements of SQLite take microseconds and belong in the event loop, where they need not wait for the GIL;
    # those of PostgreSQL wait for the network and belong in a thread.
    in_loop: bool

    def lock(self, connection: Connection, names: Iterable[bytes]) -> None:
        """Make every other transaction with one of these names wait for this one's end."""

    def as_text(self, column: ColumnElement[bytes]) -> ColumnElement[str]:
        """Bytes as a text that LIKE can search."""

    def sought(self, text: str) -> str:
        """The text as it stands in `as_text`."""


class SQLite:
    """A file, one writer."""

    name = "sqlite"
    in_loop = True

    def lock(self, connection: Connection, names: Iterable[bytes]) -> None:
        """Nothing: BEGIN IMMEDIATE already keeps every other writer out."""

    def as_text(self, column: ColumnElement[bytes]) -> ColumnElement[str]:
        """The bytes are UTF-8, nearly always."""
        return cast(column, Text)

    def sought(self, text: str) -> str:
        """The text itself."""
        return text


class PostgreSQL:
    """A server, many writers."""

    name = "postgresql"
    in_loop = False

    def lock(self, connection: Connection, names: Iterable[bytes]) -> None:
        """Advisory locks till the end of the transaction; in one order everywhere, so that none waits in a circle."""
        connection.execute(_LOCK, {"names": sorted({_number(name) for name in names})})

    def as_text(self, column: ColumnElement[bytes]) -> ColumnElement[str]:
        """`escape` takes any bytes, where a decoding would fail on some: a byte outside ASCII becomes `\\351`."""
        return func.encode(column, "escape")

    def sought(self, text: str) -> str:
        """The text as `escape` writes it."""
        return "".join(
            "\\\\" if byte == 0x5C else chr(byte) if 0 < byte < 0x80 else f"\\{byte:03o}" for byte in text.encode()
        )


_names: Any = func.unnest(cast(bindparam("names"), ARRAY(BigInteger))).column_valued("name")
_LOCK: Select[Any] = select(func.pg_advisory_xact_lock(_names))


def _number(name: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big", signed=True)


def is_busy(error: DBAPIError) -> bool:
    """Whether another process holds SQLite's one write lock."""
    return getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY")


def is_deadlock(error: DBAPIError) -> bool:
    """Whether PostgreSQL ended this transaction for the sake of another, so that trying again helps."""
    return (getattr(error.orig, "sqlstate", None) or "").startswith("40")
