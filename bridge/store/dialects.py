"""All that differs between SQLite and PostgreSQL, and nothing else."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from sqlalchemy import ARRAY, BigInteger, Connection, Integer, Select, Table, Text, bindparam, cast, func, select
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

    def tell(self, connection: Connection, owner: str) -> None:
        """Tell the other processes, once this transaction is committed, that there is something new."""

    def text_has(self, column: ColumnElement[str], sought: str) -> ColumnElement[bool]:
        """Whether a text contains another; ASCII letters in either case."""

    def bytes_have(self, column: ColumnElement[bytes], sought: str) -> ColumnElement[bool]:
        """Whether bytes contain a text's UTF-8; ASCII letters in either case."""

    def limit_time(self, connection: Connection, seconds: float) -> None:
        """End reads on this connection that take longer."""

    def whole(self, number: ColumnElement[Any]) -> ColumnElement[int]:
        """A number that is not negative, without its fraction."""

    def has_written(self, connection: Connection) -> bool:
        """Whether this transaction changes anything; one before it on this connection may count too."""


class SQLite:
    """A file, one writer."""

    name = "sqlite"
    in_loop = True

    def lock(self, connection: Connection, names: Iterable[bytes]) -> None:
        """Nothing: BEGIN IMMEDIATE already keeps every other writer out."""

    def tell(self, connection: Connection, owner: str) -> None:
        """Nothing: the others see SQLite's count of commits."""

    def text_has(self, column: ColumnElement[str], sought: str) -> ColumnElement[bool]:
        """LIKE sees no case in ASCII."""
        return column.like(_pattern(sought), escape="/")

    def bytes_have(self, column: ColumnElement[bytes], sought: str) -> ColumnElement[bool]:
        """A cast reads the bytes as UTF-8 and refuses none."""
        return self.text_has(cast(column, Text), sought)

    def limit_time(self, connection: Connection, seconds: float) -> None:
        """The virtual machine asks now and then whether it may go on."""
        end = time.monotonic() + seconds
        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(lambda: time.monotonic() > end, 100_000)

    def whole(self, number: ColumnElement[Any]) -> ColumnElement[int]:
        """A cast cuts; `floor` is not in every SQLite."""
        return cast(number, Integer)

    def has_written(self, connection: Connection) -> bool:
        """The driver counts the rows."""
        driver: Any = connection.connection.driver_connection
        return bool(driver.total_changes)


class PostgreSQL:
    """A server, many writers."""

    name = "postgresql"
    in_loop = False

    def lock(self, connection: Connection, names: Iterable[bytes]) -> None:
        """Advisory locks till the end of the transaction; in one order everywhere, so that none waits in a circle."""
        connection.execute(_LOCK, {"names": sorted({_number(name) for name in names})})

    def tell(self, connection: Connection, owner: str) -> None:
        """NOTIFY goes out with the COMMIT, once however often it was asked for."""
        connection.execute(_NOTIFY, {"owner": owner})

    def text_has(self, column: ColumnElement[str], sought: str) -> ColumnElement[bool]:
        """ILIKE sees no case."""
        return column.ilike(_pattern(sought), escape="/")

    def bytes_have(self, column: ColumnElement[bytes], sought: str) -> ColumnElement[bool]:
        """`encode` takes any bytes, where a decoding would fail on some; a byte outside ASCII becomes `\\351`."""
        escaped = "".join(
            "\\\\" if byte == 0x5C else chr(byte) if 0 < byte < 0x80 else f"\\{byte:03o}" for byte in sought.encode()
        )
        return self.text_has(func.encode(column, "escape"), escaped)

    def limit_time(self, connection: Connection, seconds: float) -> None:
        """Nothing: the read connections are opened with a statement_timeout."""

    def whole(self, number: ColumnElement[Any]) -> ColumnElement[int]:
        """A cast rounds."""
        return cast(func.floor(number), BigInteger)

    def has_written(self, connection: Connection) -> bool:
        """A transaction gets its number with its first change."""
        return connection.execute(_NUMBERED).scalar_one() is not None


def _pattern(sought: str) -> str:
    """For LIKE, with `/` to escape, since a backslash stands for itself in what is searched."""
    for special in "/%_":
        sought = sought.replace(special, f"/{special}")
    return f"%{sought}%"


CHANNEL = "bridge"

_names: Any = func.unnest(cast(bindparam("names"), ARRAY(BigInteger))).column_valued("name")
_LOCK: Select[Any] = select(func.pg_advisory_xact_lock(_names))
_NUMBERED: Select[Any] = select(func.pg_current_xact_id_if_assigned().cast(Text))
_NOTIFY: Select[Any] = select(func.pg_notify(CHANNEL, bindparam("owner")))


def _number(name: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big", signed=True)


def is_busy(error: DBAPIError) -> bool:
    """Whether another process holds SQLite's one write lock."""
    return getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY")


def is_deadlock(error: DBAPIError) -> bool:
    """Whether PostgreSQL ended this transaction for the sake of another, so that trying again helps."""
    return (getattr(error.orig, "sqlstate", None) or "").startswith("40")
