"""The loop: match what was recorded, claim what is due, hand both to the pipeline, wait; owns the senders."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from bridge import metrics
from bridge.config.snapshot import Snapshot
from bridge.delivery.senders import Senders
from bridge.errors import GivenBack, StoreUnavailable
from bridge.model import Delivery, Matched, Recorded, Settled
from bridge.news import News, given_up, no_destination, not_matched, template_failed
from bridge.pipeline import deliver, fan_out, recall, sent_in
from bridge.store import Store

log = structlog.get_logger()

SLICE = 32  # events matched in one transaction: small, since accepts wait meanwhile
LANE_FULL = 500  # deliveries of one destination that wait in memory; more wait in the table
CLAIM = 200  # deliveries claimed at once
CLOCK = 5.0  # seconds between two rounds of leases and figures
POLL = 1.0  # seconds; a wake-up that got lost costs this much, never an event
LEASE = 15.0  # seconds one replica keeps the matching to itself


@dataclass(slots=True)
class Lane:
    """What waits in memory for one destination, and how many are being sent."""

    waiting: deque[Delivery] = field(default_factory=deque)
    in_flight: int = 0


class Worker:
    """Runs from start() to stop(); `snapshot` may be exchanged at any time."""

    def __init__(
        self, snapshot: Snapshot, store: Store, senders: Senders, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.snapshot = snapshot
        self._store = store
        self._senders = senders
        self._clock = clock
        self._lanes: dict[str, Lane] = {}
        self._recorded = asyncio.Event()
        self._due = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self._sends: set[asyncio.Task[None]] = set()
        self._leads_until = 0.0
        self._stopping = False

    async def start(self) -> None:
        """Take up what an earlier run left, then follow what comes."""
        await self._store.unhold(self.snapshot.settings.destinations)
        self._store.listen(self._wake_all)
        for loop in (self._match_all, self._claim_all, self._keep_clock):
            self._loops.append(asyncio.create_task(self._persist(loop)))

    async def stop(self, grace: float) -> None:
        """No new work; sends in flight may finish within `grace` seconds, the rest is given back."""
        self._stopping = True
        for task in self._loops:
            task.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        unsent = [delivery.id for lane in self._lanes.values() for delivery in lane.waiting]
        for lane in self._lanes.values():
            lane.waiting.clear()
        if self._sends:
            await asyncio.wait(self._sends, timeout=grace)
        await self._senders.stop(grace=0)
        if self._sends:
            await asyncio.wait(self._sends, timeout=2)
        if unsent:
            await self._store.release(unsent)
        await self._store.drop_lease("match")

    def wake(self) -> None:
        """Something was recorded."""
        self._recorded.set()

    def _wake_all(self) -> None:
        """Another process wrote to the store."""
        self._recorded.set()
        self._due.set()

    # ---- match -----------------------------------------------------------------------------

    async def _match_all(self) -> None:
        while True:
            self._recorded.clear()
            batch = await self._store.unmatched(SLICE) if await self._leads() else []
            if batch:
                await self._match(batch)
            else:
                await _nap(self._recorded, POLL)

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
        full = [name for name, lane in self._lanes.items() if len(lane.waiting) >= LANE_FULL]
        self._offer(await self._store.write_matched(results, full=full))
        for item in news:
            await self._tell(item)

    # ---- deliver ---------------------------------------------------------------------------

    async def _claim_all(self) -> None:
        while True:
            self._due.clear()
            full = [name for name, lane in self._lanes.items() if len(lane.waiting) >= LANE_FULL]
            claimed = await self._store.claim(CLAIM, exclude=full)
            self._offer(claimed)
            if len(claimed) < CLAIM:
                await _nap(self._due, POLL)

    def _offer(self, deliveries: Iterable[Delivery]) -> None:
        for delivery in deliveries:
            self._lanes.setdefault(delivery.destination, Lane()).waiting.append(delivery)
        for name in {delivery.destination for delivery in deliveries}:
            self._pump(name)

    def _pump(self, name: str) -> None:
        """Start as many sends to one destination as it takes at once."""
        lane = self._lanes[name]
        destination = self.snapshot.settings.destinations.get(name)
        if destination is None:
            lane.waiting.clear()
            self._spawn(self._hold(name))
            return
        while lane.waiting and lane.in_flight < destination.concurrency and not self._stopping:
            lane.in_flight += 1
            self._spawn(self._send(lane, lane.waiting.popleft()))
        if not lane.waiting:
            self._due.set()  # there is room again: more of this lane may wait in the table

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._sends.add(task)
        task.add_done_callback(self._sends.discard)

    async def _send(self, lane: Lane, delivery: Delivery) -> None:
        destination = self.snapshot.settings.destinations[delivery.destination]
        try:
            settled = await deliver(delivery, destination, self._senders, at=self._clock())
        except GivenBack:
            return await self._store.release([delivery.id])
        finally:
            lane.in_flight -= 1
        if not self._stopping:
            self._pump(delivery.destination)
        _tell_attempted(settled)
        await self._settle(settled)
        if settled.state == "failed" and delivery.rule is not None:  # news of Bridge itself makes no news
            await self._tell(given_up(settled))

    async def _settle(self, settled: Settled) -> None:
        """Write the outcome, however long the store is away: what was sent must not be sent again."""
        while True:
            try:
                if await self._store.settle(settled):
                    self._due.set()
                return
            except StoreUnavailable as away:
                log.warning("delivery.not_settled", delivery_id=settled.delivery.id, reason=str(away))
                await asyncio.sleep(POLL)

    async def _hold(self, name: str) -> None:
        await self._store.hold(name, f"no destination `{name}` in the configuration")
        await self._tell(no_destination(name))

    async def _tell(self, news: News) -> None:
        for planned in news.to(self.snapshot):
            trouble = f"{news.trouble}→{planned.destination}"
            self._offer(await self._store.tell(trouble, planned, event_id=news.event_id))

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


async def _nap(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


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


def _tell_attempted(settled: Settled) -> None:
    delivery, outcome = settled.delivery, settled.outcome
    metrics.ATTEMPTS.labels(delivery.destination, outcome.result).inc()
    metrics.ATTEMPT_SECONDS.labels(delivery.destination).observe(outcome.took_ms / 1000)
    log.info(
        "delivery.attempted",
        delivery_id=delivery.id,
        event_id=delivery.event_id,
        rule=delivery.rule,
        destination=delivery.destination,
        attempt=delivery.attempts + 1,
        result=outcome.result,
        state=settled.state,
        status=outcome.status,
        reason=outcome.reason or None,
        ms=outcome.took_ms,
    )
