"""Copies of a SQLite store: made while the service writes, and put back while it is stopped."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import create_engine

from bridge.errors import StoreUnavailable
from bridge.store.engine import alembic_config, lock_file

REPLACED = "before-restore"  # what the store that was there is called afterwards


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What a copy holds."""

    events: int
    deliveries: int
    waiting: int  # deliveries that go out when a service opens it
    bytes: int


def backup(store: Path, target: Path) -> Copied:
    """Copy a store into a new file of one moment. Raises StoreUnavailable, FileExistsError, OSError."""
    if target.exists():
        raise FileExistsError(target)
    if not store.exists():
        raise StoreUnavailable(f"there is no store {store}: nothing was received yet")
    with _made(target) as made, _trouble(store):
        _copy(store, made)
        return _look(made)


def restore(source: Path, store: Path) -> Copied:
    """Put a copy in the place of a store, which is kept beside it. Raises StoreUnavailable, OSError.

    The service must be stopped; the copy is looked through first, and nothing changes when it is no good.
    """
    store.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = lock_file(store)
    try:
        with _made(store.with_name(f"{store.name}.restored")) as made, _trouble(source):
            _copy(source, made)
            found = _look(made)
            _check_version(made)
        _put_aside(store)
        os.replace(store.with_name(f"{store.name}.restored"), store)
        return found
    finally:
        os.close(lock)


def damage_of(store: Path) -> str:
    """What SQLite finds wrong with a file; "" when it is whole."""
    try:
        with contextlib.closing(sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True)) as connection:
            (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        return str(error)
    return "" if said == "ok" else str(said)


@contextlib.contextmanager
def _made(target: Path) -> Iterator[Path]:
    """A new file, which is there as a whole or not at all; payloads are in it, so nobody else may read it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        yield part
        os.fsync(handle)
        os.replace(part, target)
    finally:
        os.close(handle)
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def _trouble(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{file} is no store of Bridge, or it is damaged: {error}") from error


def _copy(source: Path, target: Path) -> None:
    """In one step: a longer one would begin anew whenever somebody writes."""
    with (
        contextlib.closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as old,
        contextlib.closing(sqlite3.connect(target)) as new,
    ):
        old.execute("PRAGMA busy_timeout=10000")
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")  # so that the copy is one file


def _look(copy: Path) -> Copied:
    """Check a copy, and count what is in it."""
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if said != "ok":
            raise StoreUnavailable(f"the copy is damaged: {said}")
        events, deliveries, waiting = (
            connection.execute(f"SELECT count(*) FROM {what}").fetchone()[0]  # noqa: S608 -- our own words
            for what in ("event", "delivery", "delivery WHERE state = 'pending'")
        )
    return Copied(events=events, deliveries=deliveries, waiting=waiting, bytes=copy.stat().st_size)


def _check_version(copy: Path) -> None:
    """Only tables that this Bridge knows how to read can be brought up to date by it."""
    engine = create_engine(f"sqlite+pysqlite:///{copy}")
    try:
        with engine.connect() as connection:
            version = str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())
            ScriptDirectory.from_config(alembic_config(connection)).get_revision(version)
    except CommandError as error:
        raise StoreUnavailable(f"it was written by a newer Bridge ({error}): install that one first") from error
    finally:
        engine.dispose()


def _put_aside(store: Path) -> None:
    """Keep the store that was there, with what is still in its journal."""
    if store.exists():
        with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(store)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for ending in ("", "-wal", "-shm"):
        file = store.with_name(f"{store.name}{ending}")
        if file.exists():
            os.replace(file, store.with_name(f"{store.name}.{REPLACED}{ending}"))
