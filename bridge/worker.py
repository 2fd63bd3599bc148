"""The loop: match what was recorded, in order, by one replica at a time; delivery's side of it is in lanes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence

import structlog

from bridge import metrics
from bridge.config.snapshot import Snapshot
from bridge.delivery.senders import Senders
from bridge.errors import StoreUnavailable
from bridge.lanes import POLL, Lanes, nap
from bridge.matching import SLICE, Matching, Waiting
from bridge.model import Matched, Recorded
from bridge.retention import Retention
from bridge.store import Store
from bridge.watch import Watch

log = structlog.get_logger()

CLOCK = 5.0  # seconds between two rounds of leases and figures
# A sender waits for its 202, people do not count milliseconds: while posts pour in faster than any matching follows,
# matching leaves the process to them, but never for long and never when it is a second behind already.
BURST = 8  # posts that came during one slice: it may be a flood
FLOOD = 2000  # posts a second
GLANCE = 0.02  # seconds in which they are counted: they come in the handfuls of a transaction
CALM = 0.1  # seconds after a glance that saw no flood in which none is looked for: matching stands still meanwhile
GIVE_WAY_MOST = 0.25  # seconds between two slices
BEHIND_MOST = 1.0  # seconds
LEASE = 15.0  # seconds one replica keeps the matching to itself


class Worker:
    """Runs from start() to stop()."""

    def __init__(
        self, snapshot: Snapshot, store: Store, senders: Senders, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.lanes = Lanes(snapshot, store, senders, clock=clock)
        self.matching = Matching(snapshot, store, clock=clock)
        self.retention = Retention(snapshot, store, clock=clock)
        self.watch = Watch(self.lanes, store, clock=clock)
        self._store = store
        self._clock = clock
        self._snapshot = snapshot
        self._recorded = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self._leads_until = 0.0
        self._came = 0  # events recorded since the start
        self._calm_until = 0.0
        self._look_again = True  # somebody may have written silences

    @property
    def snapshot(self) -> Snapshot:
        """What is in force; it may be exchanged at any time."""
        return self._snapshot

    @snapshot.setter
    def snapshot(self, snapshot: Snapshot) -> None:
        self._snapshot = self.lanes.snapshot = self.retention.snapshot = snapshot
        self._recorded.set()

    async def start(self) -> None:
        """Take up what an earlier run left, then follow what comes."""
        await self._store.unhold(self.snapshot.settings.destinations)
        await self.lanes.recall()
        self._store.listen(self.wake_all)
        delivering = (self.lanes.claim_all, self.lanes.mind_pauses)
        for loop in (self._match_all, *delivering, self._keep_clock, self._watch_all, self._retain):
            self._loops.append(asyncio.create_task(self._persist(loop)))

    async def stop(self, grace: float) -> None:
        """No new work; sends in flight may finish within `grace` seconds, the rest is given back."""
        for task in self._loops:
            task.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await self.lanes.stop(grace)
        await self._store.drop_lease("match")

    def wake(self) -> None:
        """Something was recorded."""
        self._came += 1
        self._recorded.set()

    def wake_all(self) -> None:
        """Another process wrote to the store, or somebody did by hand in this one."""
        self._look_again = True
        self._recorded.set()
        self.lanes.wake()

    # ---- match -----------------------------------------------------------------------------

    async def _match_all(self) -> None:
        ahead: Sequence[Waiting] = ()
        while True:
            self._recorded.clear()
            if self.matching.snapshot is not self._snapshot:  # here alone: one slice has one version of the files
                self.matching.snapshot, ahead = self._snapshot, ()
            if self._clock() >= self._leads_until:  # another may match meanwhile what was read before
                ahead = ()
            if not await self._leads():
                await nap(self._recorded, POLL)
                continue
            batch = ahead or await self.matching.next(SLICE)
            if self._look_again:  # after the batch was read: a silence kept before an event came is asked for it
                await self._refresh()
            ahead = await self._match(batch) if batch else ()
            rings_at = await self._store.next_clock()
            if rings_at is not None and rings_at <= self._clock():
                self.lanes.offer(await self.matching.ring())
            for item in self.matching.take_news():
                await self.lanes.tell(item)
            if not batch:
                await nap(self._recorded, POLL if rings_at is None else max(0.0, min(POLL, rings_at - self._clock())))

    async def _match(self, batch: Sequence[Waiting]) -> Sequence[Waiting]:
        """Match a slice and write it; the next one, which is read meanwhile."""
        events, came, full = [recorded for recorded, _ in batch], self._came, self.lanes.full()
        matched = await self.matching.slice(batch)
        # Each to its end, whatever becomes of the other: the next round must not meet a slice that is half written.
        written, ahead = await asyncio.gather(
            self._write(matched, full), self._read_ahead(events), return_exceptions=True
        )
        if isinstance(written, BaseException):
            raise written
        if isinstance(ahead, BaseException):
            raise ahead
        if self._came - came >= BURST and self._clock() >= self._calm_until:
            await self._give_way(events[-1].received_at)
        return ahead

    async def _write(self, matched: Sequence[Matched], full: Sequence[str]) -> None:
        """What a slice gave leaves as soon as it is written, however long the next one takes to be read."""
        given = await self._store.write_matched(matched, full=full)
        self.matching.written()
        self.lanes.offer(given)
        if full:
            self.lanes.look()

    async def _read_ahead(self, events: Sequence[Recorded]) -> Sequence[Waiting]:
        await asyncio.sleep(0)  # on SQLite: behind the statements of who writes, beside its COMMIT
        return await self.matching.next(SLICE, but=events)

    async def _give_way(self, matched_until: float) -> None:
        """Wait while there is a flood of posts."""
        end = min(self._clock() + GIVE_WAY_MOST, matched_until + BEHIND_MOST)
        while self._clock() < end:
            came = self._came
            await asyncio.sleep(GLANCE)
            if self._came - came < FLOOD * GLANCE:
                self._calm_until = self._clock() + CALM
                return

    async def _refresh(self) -> None:
        self._look_again = False
        try:
            await self.matching.refresh()
        except StoreUnavailable:
            self._look_again = True
            raise

    async def _leads(self) -> bool:
        """Whether this replica does the matching now: one at a time, so that events of a resource keep their order."""
        if self._clock() > self._leads_until - LEASE / 2 and await self._store.lease("match", LEASE):
            self._leads_until = self._clock() + LEASE
        return self._clock() < self._leads_until

    # ---- clock -----------------------------------------------------------------------------

    async def _keep_clock(self) -> None:
        while True:
            await self._store.renew()
            stats = await self._store.stats()
            metrics.UNMATCHED.set(stats.events.get("received", 0))
            metrics.OLDEST.set(stats.oldest_pending or 0)
            for state in ("pending", "held"):
                metrics.WAITING.labels(state).set(stats.deliveries.get(state, 0))
            await asyncio.sleep(CLOCK)

    async def _watch_all(self) -> None:
        while True:
            if self._clock() < self._leads_until:
                await self.watch.round()
            await asyncio.sleep(CLOCK / 2)  # a trouble is told within 5 s

    async def _retain(self) -> None:
        while True:
            if self._clock() < self._leads_until and self.retention.is_due():
                await self.retention.round()
            await asyncio.sleep(CLOCK)

    async def _persist(self, loop: Callable[[], Coroutine[None, None, None]]) -> None:
        """Run a loop for as long as the worker lives; a store that is away is waited for."""
        while True:
            try:
                await loop()
            except StoreUnavailable as away:
                log.warning("store.unavailable", reason=str(away))
            except Exception:  # a fault in one round must not end the rounds after it
                log.exception("worker.fault", loop=loop.__name__)
            await asyncio.sleep(POLL)
