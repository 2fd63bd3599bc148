"""Watches for what nobody else tells: pauses, silence, a full disk, a backlog, a clock that jumps."""

from __future__ import annotations

import shutil
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from bridge.config.reading import written
from bridge.config.snapshot import Snapshot
from bridge.lanes import Lanes
from bridge.model import replace
from bridge.news import News, again, backlog, bad_signatures, clock_jumped, disk_full, forgotten, over, paused, silent
from bridge.store import Store

log = structlog.get_logger()

DISK_LOW = 500_000_000  # bytes that are free
BACKLOG = 15 * 60.0  # seconds that something due may wait
JUMP = 30.0  # seconds by which the clock may differ from the time that passed
BURST, BURST_SECONDS = 20, 60.0  # bad signatures of one source


def free_bytes(store: str) -> int | None:
    """What is free where a SQLite file lies; None for a server's store."""
    if not store.startswith("sqlite:///"):
        return None
    return shutil.disk_usage(Path(store.removeprefix("sqlite:///")).parent).free


class Watch:
    """round() is called every few seconds; refused() whenever a signature was bad."""

    def __init__(
        self,
        lanes: Lanes,
        store: Store,
        *,
        clock: Callable[[], float],
        monotonic: Callable[[], float] = time.monotonic,
        free: Callable[[str], int | None] = free_bytes,
    ) -> None:
        self._lanes = lanes
        self._store = store
        self._clock = clock
        self._monotonic = monotonic
        self._free = free
        self._began = clock()
        self._ahead = clock() - monotonic()
        self._refused: dict[str, deque[float]] = {}
        self._bursts: list[News] = []
        self._unreachable = False

    @property
    def _snapshot(self) -> Snapshot:
        return self._lanes.snapshot

    def refused(self, source: str) -> None:
        """A post had a bad signature."""
        times = self._refused.setdefault(source, deque(maxlen=BURST))
        times.append(self._clock())
        if len(times) == BURST and times[-1] - times[0] <= BURST_SECONDS:
            self._bursts.append(bad_signatures(source, BURST, times[-1] - times[0]))
            times.clear()

    async def round(self) -> None:
        """Tell what began, what ended and what came again since the last time."""
        for burst in self._take_bursts():
            await self._lanes.tell(burst)
        if abs(jump := self._jump()) > JUMP:
            await self._lanes.tell(clock_jumped(jump))
        known = await self._store.lasting_troubles()
        now = {**await self._pauses(), **await self._others()}
        for trouble in now.keys() - known:
            await self._lanes.tell(self._owned(await now[trouble]()))
        for trouble in known - now.keys():
            if (news := self._over(trouble)) is not None:
                await self._lanes.tell_over(self._owned(news))
        for untold in await self._store.untold():
            await self._lanes.tell_again(self._owned(again(untold)))

    def _over(self, trouble: str) -> News | None:
        kind, _, name = trouble.partition(":")
        gone = kind == "paused" and name not in self._snapshot.settings.destinations
        return forgotten(name) if gone else over(trouble)

    def _owned(self, news: News) -> News:
        """The owner of a webhook hears of its pauses too."""
        kind, _, name = news.trouble.partition(":")
        place = self._snapshot.settings.destinations.get(name) if kind == "paused" else None
        return replace(news, owner=place.owner) if place else news

    def _take_bursts(self) -> list[News]:
        bursts, self._bursts = self._bursts, []
        return bursts

    def _jump(self) -> float:
        before, self._ahead = self._ahead, self._clock() - self._monotonic()
        return self._ahead - before

    async def _pauses(self) -> dict[str, Callable[[], Awaitable[News]]]:
        """The paused destinations; how much waits is counted only for news."""
        states = await self._store.destination_states()
        rows = {name: row for name, row in states.items() if row.state == "paused"}
        settings = self._snapshot.settings
        unreachable = settings.no_operator_hears(rows)
        if unreachable and not self._unreachable:
            log.error("operators.unreachable", paused=list(settings.operators))
        self._unreachable = unreachable

        def news(name: str) -> Callable[[], Awaitable[News]]:
            async def tell() -> News:
                held = await self._store.pauses.held(name)
                return paused(rows[name], held, settings.timezone)

            return tell

        return {f"paused:{name}": news(name) for name in rows}

    async def _others(self) -> dict[str, Callable[[], Awaitable[News]]]:
        found = [*await self._silent(), *self._disk(), *await self._backlogs()]

        def news(one: News) -> Callable[[], Awaitable[News]]:
            async def tell() -> News:
                return one

            return tell

        return {one.trouble: news(one) for one in found}

    async def _silent(self) -> list[News]:
        sources = {name: source.expect_every for name, source in self._snapshot.settings.sources.items()}
        if not any(sources.values()):
            return []
        heard = (await self._store.stats()).newest_event
        zone, found = ZoneInfo(self._snapshot.settings.timezone), []
        for name, every in sources.items():
            last = heard.get(name, self._began)  # one that was never heard is waited for since the start
            if every and self._clock() - last > every:
                at = datetime.fromtimestamp(last, zone).strftime("%d %b %H:%M")
                found.append(silent(name, at, written(every)))
        return found

    def _disk(self) -> Iterator[News]:
        free = self._free(self._snapshot.settings.store)
        if free is not None and free < DISK_LOW:
            yield disk_full(free)

    async def _backlogs(self) -> list[News]:
        waiting = zip(("events", "messages"), await self._store.waiting_since(), strict=True)
        aged = [(what, self._clock() - since) for what, since in waiting if since is not None]
        return [backlog(what, int(age // 60)) for what, age in aged if age > BACKLOG]
