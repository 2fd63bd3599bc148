"""backup, restore, migrate-store: the store as a whole."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bridge.commands.shared import FINE, pretty, sound
from bridge.errors import BridgeError
from bridge.store.copies import REPLACED, Copied
from bridge.store.copies import backup as copy_out
from bridge.store.copies import restore as copy_back
from bridge.store.engine import open_database
from bridge.store.moving import counts, move, served_by
from bridge.store.urls import address_of, as_written, file_of


def backup(wanted: argparse.Namespace, config: Path) -> int:
    """Copy the store into a file, beside a running service."""
    target: Path = wanted.file
    store = _sqlite_file(sound(config).settings.store, f"pg_dump --format=custom --file={target}")
    try:
        copied = copy_out(store, target)
    except FileExistsError as error:
        raise BridgeError(f"{target} is there already; nothing was written") from error
    except OSError as error:
        raise BridgeError(f"{target} cannot be written: {error.strerror}") from error
    _tell(wanted, copied, f"Written: {target}. It holds payloads: keep it as safe as the store.")
    return FINE


def restore(wanted: argparse.Namespace, config: Path) -> int:
    """Put a backup in the place of the store, while the service is stopped."""
    source: Path = wanted.file
    store = _sqlite_file(sound(config).settings.store, f"pg_restore --clean --if-exists {source}")
    if not source.is_file():
        raise BridgeError(f"there is no file {source}")
    kept = store.with_name(f"{store.name}.{REPLACED}")
    if store.exists() and kept.exists():
        raise BridgeError(f"{kept} is there already, from an earlier restore; move it away first")
    had = store.exists()
    try:
        copied = copy_back(source, store)
    except OSError as error:
        raise BridgeError(f"{error.filename or store} cannot be used: {error.strerror}") from error
    said = f"Restored: {store}." + (f" What was there is {kept}." if had else "")
    if copied.waiting:
        said += f"\n{copied.waiting} deliveries waited when the backup was made. They go out when the service starts,"
        said += " those that were sent since for a second time."
    _tell(wanted, copied, said)
    return FINE


def migrate_store(wanted: argparse.Namespace, config: Path) -> int:
    """Copy the store into another, empty one, while the service is stopped."""
    old_url = sound(config).settings.store
    with (
        closing(open_database(old_url, service=True)) as old,
        closing(open_database(wanted.url, service=True)) as new,
    ):
        for database in (old, new):
            if (owner := served_by(database, time.time())) is not None:
                raise BridgeError(f"a Bridge service uses this store ({owner}): stop it, and wait for half a minute")
        with _bar(sum(counts(old).values())) as tell:
            moved = move(old, new, lambda _table, rows: tell(rows))
    if wanted.json:
        print(pretty({"moved": moved}))
    else:
        print("Moved and counted again: " + ", ".join(f"{count} {name}" for name, count in moved.items() if count))
        print(f"Now write `store: {as_written(wanted.url)}` into {config}, and start the service.")
    return FINE


def _sqlite_file(url: str, instead: str) -> Path:
    file = file_of(url)
    if file is None:
        program = f"`{instead} --dbname={address_of(url)}`"
        raise BridgeError(f"the store is PostgreSQL, which has its own programs for this: {program}")
    return file


def _tell(wanted: argparse.Namespace, copied: Copied, said: str) -> None:
    if wanted.json:
        print(pretty(copied))
        return
    print(said)
    print(f"{copied.events} events, {copied.deliveries} deliveries, {copied.bytes / 1e6:.1f} MB, checked.")


@contextmanager
def _bar(rows: int) -> Iterator[Callable[[int], None]]:
    """Progress on standard error, where that is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("rows"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("rows", total=rows)
        yield lambda count: progress.advance(task, count)
