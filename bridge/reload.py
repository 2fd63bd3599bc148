"""Takes changed files into the running service: watched or told of, loaded beside the event loop, swapped whole."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from watchfiles import Change, awatch

from bridge import logs, metrics
from bridge.config.check import report_of
from bridge.config.lastgood import Last, Loader
from bridge.config.report import as_text
from bridge.config.snapshot import RULES, TEMPLATES, Read, Snapshot
from bridge.errors import NotRead, StoreUnavailable
from bridge.model import replace
from bridge.news import News, gone, mended, refused_change, waits_for_restart
from bridge.store import Store

log = structlog.get_logger()

# Seconds without a change before files are taken, behind the step in which it was told: an editor or a checkout writes
# several times.
QUIET = 0.1
POLL = 2.0  # seconds; not every file system tells of changes
# At each, a thread of the watcher asks for the interpreter, which the corridor then has to give.
STEP = 100  # milliseconds
FINEST = 2.0  # seconds; some file systems note the time of a change no finer
COLLECT = (10_000, 20, 20)  # the collector's thresholds: an event makes hundreds of objects, and no circles
AT_START_ONLY = ("listen", "listen_hooks", "store", "senders")

Marks = frozenset[tuple[str, int, int, int]]  # a file's path, time of change, size and inode


class Reloader:
    """Runs from start() to stop(). `swap` puts a snapshot in force, `tell` tells the operators."""

    def __init__(
        self,
        loader: Loader,
        store: Store,
        *,
        current: Callable[[], Snapshot],
        swap: Callable[[Snapshot], None],
        tell: Callable[[News], Awaitable[None]],
    ) -> None:
        self._loader = loader
        self._store = store
        self._current = current
        self._swap = swap
        self._tell = tell
        self._stirred = asyncio.Event()
        self._asked = False
        self._seen: Marks | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, read: Read) -> None:
        """Begin to watch; `read` is what the service started with."""
        marks = await asyncio.to_thread(_marks, self._current())
        if all(at < (self._loader.began - FINEST) * 1e9 for _, at, *_ in marks):
            self._seen = marks  # else a file may have changed while it was read: they are read once more
        await self._tell_changes(read, self._current(), None)
        self._tasks = [asyncio.create_task(work()) for work in (self._follow, self._listen)]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def now(self) -> None:
        """Take the files at once, changed or not."""
        self._asked = True
        self._stirred.set()

    # ---- when ------------------------------------------------------------------------------

    async def _listen(self) -> None:
        """Wake as soon as the file system tells of a change; where it cannot, `POLL` finds it."""
        while True:
            path, folders = self._current().settings.path, _folders(self._current())
            below = [awatch(*folders, watch_filter=_is_ours, step=STEP, debounce=STEP)] if folders else []
            watching = [asyncio.create_task(self._stir(changes)) for changes in below]
            watching.append(asyncio.create_task(self._stir_by(path)))
            try:
                while folders == _folders(self._current()):
                    for task in (await asyncio.wait(watching, timeout=POLL))[0]:
                        task.result()
            except (OSError, RuntimeError) as error:
                log.warning("files.not_watched", reason=str(error), looked_at_every=POLL)
                return
            finally:
                for task in watching:
                    task.cancel()
                await asyncio.gather(*watching, return_exceptions=True)

    async def _stir(self, changes: AsyncIterator[object]) -> None:
        async for _ in changes:
            self._stirred.set()

    async def _stir_by(self, path: Path) -> None:
        """The file and not its folder, where the store may stand: each write to that would wake us."""
        while True:
            try:
                async for _ in awatch(path, step=STEP, debounce=STEP):
                    self._stirred.set()
                    break  # an editor puts another file in its place, which is watched next
            except FileNotFoundError:
                await asyncio.sleep(POLL)

    async def _follow(self) -> None:
        """Reload whenever the files are not those that were taken last."""
        while True:
            await _nap(self._stirred, POLL)
            self._stirred.clear()
            try:
                marks = await asyncio.to_thread(_marks, self._current())
                if self._asked or marks != self._seen:
                    marks = await self._settled(marks)
                    self._asked = False
                    await self._reload()
                    self._seen = marks
            except (NotRead, StoreUnavailable) as away:
                log.warning("files.not_taken", reason=str(away))
            except Exception:  # a fault in one round must not end the rounds after it
                log.exception("files.not_taken")

    async def _settled(self, marks: Marks) -> Marks:
        """Wait until the files rest; not when somebody asked."""
        while not self._asked:
            await asyncio.sleep(QUIET)
            before, marks = marks, await asyncio.to_thread(_marks, self._current())
            if before == marks:
                break
        return marks

    # ---- what ------------------------------------------------------------------------------

    async def _reload(self) -> None:
        started, old = time.perf_counter(), self._current()
        with _giving_way():
            read = await asyncio.to_thread(self._loader.load, Last(texts=old.texts, snapshot=old))
        if read.snapshot is None:
            log.error("files.not_taken", reason="no configuration can be used")
            return
        new = until_restart(read.snapshot, old)
        if _means(new) == _means(old):
            return
        await self._take(new, old)
        log.info(
            "files.taken",
            version=new.version,
            rules=len(new.rules),
            refused=list(new.refused),
            at_next_start=list(new.waiting),
            ms=round((time.perf_counter() - started) * 1000),
        )
        await self._tell_changes(read, new, old)

    async def _take(self, new: Snapshot, old: Snapshot) -> None:
        if new.version != old.version:  # before an event can name it
            await self._store.save_version(new.version, new.texts)
        logs.configure(style=new.settings.log.format, level=new.settings.log.level, mask=logs.mask_of(new.secrets))
        self._swap(new)
        rest(new, old)
        if new.settings.destinations.keys() - old.settings.destinations.keys():
            await self._store.unhold(new.settings.destinations)

    async def _tell_changes(self, read: Read, new: Snapshot, old: Snapshot | None) -> None:
        """Tell what is refused, in the words of `bridge check`, and what no longer is."""
        metrics.FILES_REFUSED.set(len(new.refused))
        before = old.refused if old else {}
        for file, problems in new.refused.items():
            if before.get(file) != problems:
                words = as_text(report_of(read, new.settings.path, problems))
                await self._tell(refused_change(file, words, stays=new.stays(file)))
        for file in sorted(before.keys() - new.refused.keys()):
            deleted = file.endswith((RULES, TEMPLATES)) and not new.stays(file)
            await self._tell((gone if deleted else mended)(file, new.version))
        if new.waiting and new.waiting != (old.waiting if old else ()):
            await self._tell(waits_for_restart(new.waiting))


def until_restart(new: Snapshot, old: Snapshot) -> Snapshot:
    """The new snapshot with what only a start can change as it was."""
    kept = {key: getattr(old.settings, key) for key in AT_START_ONLY}
    waiting = tuple(key for key, value in kept.items() if getattr(new.settings, key) != value)
    return replace(new, settings=replace(new.settings, **kept), waiting=waiting) if waiting else new


@contextmanager
def _giving_way() -> Iterator[None]:
    """While another thread computes, the event loop gets its turn back after half a millisecond, not after five."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def rest(new: Snapshot, old: Snapshot | None = None) -> None:
    """Keep the collector from going through thousands of rules each time, which stops everything else meanwhile."""
    if old is not None and new.templates is not old.templates:
        gc.unfreeze()  # templates hold each other: what is left of the old ones only a collection finds
        gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT)


def _means(snapshot: Snapshot) -> tuple[object, ...]:
    return snapshot.version, snapshot.settings, snapshot.problems, snapshot.refused, snapshot.waiting


def _folders(snapshot: Snapshot) -> list[Path]:
    return [folder for folder in (snapshot.settings.rules, snapshot.settings.templates) if folder.is_dir()]


def _marks(snapshot: Snapshot) -> Marks:
    """What tells whether a file has changed."""
    paths = [snapshot.settings.path]
    for folder, suffix in ((snapshot.settings.rules, RULES), (snapshot.settings.templates, TEMPLATES)):
        for here, _, names in os.walk(folder):
            paths += [Path(here, name) for name in names if name.endswith(suffix)]
    return frozenset(mark for path in paths if (mark := _mark(path)))


def _mark(path: Path) -> tuple[str, int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return str(path), found.st_mtime_ns, found.st_size, found.st_ino


def _is_ours(_change: Change, name: str) -> bool:
    return name.endswith((RULES, TEMPLATES))


async def _nap(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
