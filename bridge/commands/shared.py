"""What the commands share: loading, the store beside a running service, and how things print."""

from __future__ import annotations

import asyncio
import getpass
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import uvloop
from rich.console import Console
from rich.table import Table

from bridge import logs
from bridge.config import report
from bridge.config.check import check as check_files
from bridge.config.check import report_of
from bridge.config.lastgood import Last, Loader
from bridge.config.snapshot import Snapshot
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.store import Store

FINE, PROBLEMS = 0, 1
T = TypeVar("T")


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run one coroutine on uvloop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def loaded(config: Path) -> Snapshot:
    """The snapshot; raises BridgeError, with all problems as `bridge check` words them, when there is an error."""
    found = check_files(config, os.environ)
    if found.snapshot is None:
        raise BridgeError(f"the files have errors\n\n{report.as_text(found)}")
    begin_log(found.snapshot)
    return found.snapshot


def sound(config: Path) -> Snapshot:
    """The snapshot of the files without errors, for who needs no more; standard error says that others are left out."""
    found = report_of(Loader(config, os.environ).load(), config)
    if found.snapshot is None:
        raise BridgeError(f"the files have errors\n\n{report.as_text(found)}")
    begin_log(found.snapshot)
    if refused := list(found.snapshot.refused):
        first, more = logs.printable(refused[0]), len(refused) - 1
        which = f"{first} and {more} more have" if more else f"{first} has"
        told = f"{which} errors, and nothing that was changed there counts; `bridge check` names them"
        print(f"warning: {told}", file=sys.stderr)
    return found.snapshot


async def _in_force(store: Store, snapshot: Snapshot, config: Path) -> Snapshot:
    """What a service has in force: for a file with errors its last good text, which the store keeps."""
    if not snapshot.refused:
        return snapshot
    last = Last(texts=await store.newest_version() or {})
    return Loader(config, os.environ).load(last).snapshot or snapshot


def begin_log(snapshot: Snapshot) -> None:
    """Log as the configuration says, with its secrets masked."""
    settings = snapshot.settings
    logs.configure(style=settings.log.format, level=settings.log.level, mask=logs.mask_of(snapshot.secrets))


def reading(work: Callable[[Store, Snapshot], Coroutine[Any, Any, int]], config: Path) -> int:
    """Run a command that looks into the store beside a running service."""
    from bridge.store import Store  # noqa: PLC0415 -- a third of a second that `bridge check` does without

    snapshot = sound(config)

    async def run() -> int:
        store = await Store.open(snapshot.settings.store, owner=f"cli:{os.getpid()}", releases=False)
        try:
            return await work(store, await _in_force(store, snapshot, config))
        finally:
            await store.close()

    return run_async(run())


def user() -> str:
    """Who runs this command, for what is kept of it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without a name
        return f"uid {os.getuid()}"


def pretty(value: object) -> str:
    """JSON for people and programs."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def moment(iso: str) -> str:
    """A time of a view as a table shows it: in UTC, to the second, and with a space to break a line at."""
    return iso[:19].replace("T", " ")


def table(*heads: str, rows: list[list[str]]) -> None:
    """Print a table; text from events cannot colour or move the terminal."""
    grid = Table(*heads, box=None, pad_edge=False)
    for row in rows:
        grid.add_row(*(logs.printable(cell).replace("[", "\\[") for cell in row))
    Console().print(grid)
