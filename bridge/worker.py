"""The loop: match what was recorded, in order, by one replica at a time; delivery's side of it is in lanes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime

import structlog

from bridge import metrics
from bridge.config.snapshot import Snapshot
from bridge.delivery.senders import Senders
from bridge.errors import StoreUnavailable
from bridge.lanes import POLL, Lanes, nap
from bridge.model import Matched, Recorded
from bridge.news import News, not_matched, template_failed
from bridge.pipeline import fan_out, recall, sent_in
from bridge.store import Store

log = structlog.get_logger()

SLICE = 32  # events matched in one transaction: small, since accepts wait meanwhile
CLOCK = 5.0  # seconds between two rounds of leases and figures
LEASE = 15.0  # seconds one replica keeps the matching to itself


class Worker:
    """Runs from start() to stop()."""

    def __init__(
        self, snapshot: Snapshot, store: Store, senders: Senders, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.lanes = Lanes(snapshot, store, senders, clock=clock)
        self._snapshot = snapshot
        self._store = store
        self._clock = clock
        self._recorded = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self._leads_until = 0.0

    @property
    def snapshot(self) -> Snapshot:
        """What is in force; it may be exchanged at any time."""
        return self._snapshot

    @snapshot.setter
    def snapshot(self, snapshot: Snapshot) -> None:
        self._snapshot = self.lanes.snapshot = snapshot

    async def start(self) -> None:
        """Take up what an earlier run left, then follow what comes."""
        await self._store.unhold(self.snapshot.settings.destinations)
        self._store.listen(self._wake_all)
        for loop in (self._match_all, self.lanes.claim_all, self._keep_clock):
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
        self._recorded.set()

    def _wake_all(self) -> None:
        """Another process wrote to the store."""
        self._recorded.set()
        self.lanes.wake()

    # ---- match -----------------------------------------------------------------------------

    async def _match_all(self) -> None:
        while True:
            self._recorded.clear()
            batch = await self._store.unmatched(SLICE) if await self._leads() else []
            if batch:
                await self._match(batch)
            else:
                await nap(self._recorded, POLL)

    async def _leads(self) -> bool:
        """Whether this replica does the matching now: one at a time, so that events of a resource keep their order."""
        if self._clock() > self._leads_until - LEASE / 2 and await self._store.lease("match", LEASE):
            self._leads_until = self._clock() + LEASE
        return self._clock() < self._leads_until

    async def _match(self, batch: list[Recorded]) -> None:
        events = [(recorded, sent_in(recorded, self.snapshot)) for recorded in batch]
        memory = await recall(events, self.snapshot, self._store)
        results: list[Matched] = []
        news: list[News] = []
        for recorded, sent in events:
            started = time.perf_counter()
            try:
                now = datetime.fromtimestamp(self._clock(), UTC)
                matched, errors = fan_out(recorded, sent, self.snapshot, memory, now)
            except Exception as fault:  # whatever it is, it must not stop the events behind this one
                log.exception("event.not_matched", event_id=recorded.id)
                matched, errors = _unmatchable(recorded, self.snapshot), []
                news.append(not_matched(recorded.id, type(fault).__name__))
            results.append(matched)
            for error in errors:
                metrics.TEMPLATE_ERRORS.labels(error.rule.name).inc()
                log.warning(
                    "template.failed", event_id=recorded.id, rule=error.rule.name, file=error.file, line=error.line
                )
                news.append(template_failed(error))
            _tell_matched(recorded, matched, time.perf_counter() - started)
            await asyncio.sleep(0)  # accepts go first
        self.lanes.offer(await self._store.write_matched(results, full=self.lanes.full()))
        for item in news:
            await self.lanes.tell(item)

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


def _unmatchable(recorded: Recorded, snapshot: Snapshot) -> Matched:
    return Matched(
        event_id=recorded.id,
        key=recorded.key,
        state="matched",
        version=snapshot.version,
        previous=None,
        filled={},
        resource=None,
        decisions=(),
        planned=(),
        remembered={},
    )


def _tell_matched(recorded: Recorded, matched: Matched, seconds: float) -> None:
    metrics.EVENTS.labels(recorded.key.source, matched.state).inc()
    metrics.MATCH_SECONDS.observe(seconds)
    for decision in matched.decisions:
        metrics.FIRED.labels(decision.rule).inc()
    log.info(
        "event.matched",
        event_id=recorded.id,
        source=recorded.key.source,
        type=recorded.key.type,
        action=recorded.action,
        gid=recorded.key.gid,
        state=matched.state,
        rules=[decision.rule for decision in matched.decisions],
        deliveries=len(matched.planned),
        ms=round(seconds * 1000, 2),
    )
