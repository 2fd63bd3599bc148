"""From a store's URL to open connections: pragmas, file modes, one service per SQLite file, migrations."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from bridge.errors import StoreUnavailable
from bridge.store.dialects import Dialect, PostgreSQL, SQLite
from bridge.store.many import straight

READ_SECONDS = 15  # how long one read for a page may take
READ_CONNECTIONS = 4


class Database:
    """The engines of one store: `writes` begins write transactions, `reads` cannot write."""

    def __init__(
        self, dialect: Dialect, writes: Engine, reads: Engine, *, file: Path | None = None, lock: int | None = None
    ) -> None:
        """`file`: SQLite's, and `lock` the service's on it."""
        self.dialect = dialect
        self.writes = writes
        self.reads = reads
        self._file = file
        self._opened = _identity(file) if file else None
        self._lock = lock

    def connect_arguments(self) -> dict[str, Any]:
        """What PostgreSQL's driver needs to connect, for a connection outside of the engines."""
        return dict(self.writes.dialect.create_connect_args(self.writes.url)[1])

    def misplaced(self) -> str:
        """Why what is written now would be lost: SQLite goes on with a file that nobody finds any more; else empty."""
        if self._file is None or _identity(self._file) == self._opened:
            return ""
        return f"{self._file} was removed or replaced while it was in use: put it back, or restart Bridge"

    def close(self) -> None:
        """Close every connection and let another service have the file."""
        self.writes.dispose()
        self.reads.dispose()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def open_database(url: str, *, service: bool) -> Database:
    """Connect, migrate, and, for the service on SQLite, take the file's lock and check its integrity."""
    parsed = _parse(url)
    try:
        if parsed.drivername == "postgresql":
            return _open_postgresql(parsed.set(drivername="postgresql+psycopg"))
        return _open_sqlite(parsed, service=service)
    except (DBAPIError, OSError, sqlite3.Error, CommandError) as error:
        # Without its query, where a password may stand too.
        place = parsed.set(password=None, query={}).render_as_string()
        raise StoreUnavailable(f"the store {place} cannot be opened: {_said(error)}") from error


@contextlib.contextmanager
def _closed_on_error(database: Database) -> Iterator[None]:
    try:
        yield
    except BaseException:
        database.close()
        raise


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreUnavailable("the store's URL cannot be read: write `sqlite:///bridge.db` or `postgresql://…`") from (
            error
        )
    if parsed.drivername not in {"sqlite", "postgresql"}:
        raise StoreUnavailable(f"no store `{parsed.drivername}`: write `sqlite:///bridge.db` or `postgresql://…`")
    if parsed.drivername == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise StoreUnavailable("a SQLite store is a file: write `sqlite:///bridge.db`")
    return parsed


def _said(error: Exception) -> str:
    """What the database said, in one line, without the statement and its values."""
    said = str(error.orig if isinstance(error, DBAPIError) else error)
    if isinstance(error, CommandError):
        said = f"it was written by a newer Bridge ({said})"
    return " ".join(said.split())


# ---- SQLite ------------------------------------------------------------------------------------


def _open_sqlite(url: URL, *, service: bool) -> Database:
    path = Path(str(url.database)).absolute()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # SQLite gives its -wal and -shm files the mode of the database, so the mode of a new file settles all three.
    # One that is there is not opened here: closing it would end the locks SQLite has on it in this process.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    url = url.set(drivername="sqlite+pysqlite", database=str(path))
    lock = lock_file(path) if service else None
    writes, reads = _sqlite_engine(url, write=True), _sqlite_engine(url, write=False)
    database = Database(SQLite(), writes, reads, file=path, lock=lock)
    with _closed_on_error(database):
        if service:
            with database.reads.connect() as connection:
                _check_integrity(connection)
        with _alone_in(path.parent), database.writes.connect() as connection:
            _migrate(connection)
    return database


def _identity(file: Path) -> tuple[int, int] | None:
    """Which file stands there; None: none."""
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_dev, found.st_ino


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """One process at a time: SQLite does not wait for a lock when a file becomes a WAL one."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def lock_file(path: Path) -> int:
    """The operating system's lock, which ends with the process, however it ends."""
    lock = os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise StoreUnavailable(
            f"another Bridge service already uses {path}: stop it first, or give this one its own store"
        ) from error
    return lock


def _check_integrity(connection: Connection) -> None:
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if found != "ok":
        raise StoreUnavailable(f"the store is damaged ({found}): restore a backup, or move the file away")


def _sqlite_engine(url: URL, *, write: bool) -> Engine:
    # One more than there are threads: the event loop reads too.
    pool = {} if write else {"pool_size": READ_CONNECTIONS + 1, "max_overflow": 0, "isolation_level": "AUTOCOMMIT"}
    engine = create_engine(url, **pool)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where we say so, below
        for pragma in _pragmas(write=write):
            connection.execute(f"PRAGMA {pragma}")

    if write:

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            # A transaction that begins reading and then writes can fail at the write, with all its work lost.
            straight(connection, "BEGIN IMMEDIATE")

    return engine


def _pragmas(*, write: bool) -> tuple[str, ...]:
    if not write:
        return ("busy_timeout=2000", "query_only=ON")
    return (
        # While opening and migrating; the writer sets 0 and waits without stopping the event loop.
        "busy_timeout=5000",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "journal_size_limit=67108864",
    )


# ---- PostgreSQL --------------------------------------------------------------------------------

# A write that another session blocks must fail in the end: the writer serves all, and a sender waits for its answer.
_WRITING = "-c lock_timeout=10s -c statement_timeout=30s"
_READING = f"-c default_transaction_read_only=on -c statement_timeout={READ_SECONDS}s"


def _open_postgresql(url: URL) -> Database:
    # A server that vanished without a word is noticed within seconds, not after the system's two hours.
    patience: dict[str, Any] = {
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 15000,
        "application_name": "bridge",
    }
    own = url.query.get("options", "")  # those of the URL come last and win
    writes = create_engine(url, pool_size=1, connect_args=patience | {"options": f"{_WRITING} {own}"})
    reads = create_engine(
        url,
        pool_size=READ_CONNECTIONS,
        max_overflow=0,
        pool_pre_ping=True,
        isolation_level="AUTOCOMMIT",
        connect_args=patience | {"options": f"{_READING} {own}"},
    )
    database = Database(PostgreSQL(), writes, reads)
    with _closed_on_error(database), writes.connect() as connection:
        _migrate(connection)
    return database


# ---- migrations --------------------------------------------------------------------------------


def alembic_config(connection: Connection) -> Config:
    """Alembic's settings for this connection; the migrations come with the package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _migrate(connection: Connection) -> None:
    """Bring the tables up to date, one process at a time."""
    with connection.begin():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")  # a migration takes the time it takes
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('bridge migrations'))")
        command.upgrade(alembic_config(connection), "head")
