"""Delivery's side of the loop: claim what is due, keep a lane for each destination, send, settle."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field

import structlog

from bridge import metrics
from bridge.config.snapshot import Snapshot
from bridge.delivery.senders import Senders
from bridge.errors import GivenBack, StoreUnavailable
from bridge.model import Delivery, Destination, Settled
from bridge.news import News, given_up, no_destination
from bridge.pipeline import deliver
from bridge.store import Store

log = structlog.get_logger()

LANE_FULL = 500  # deliveries of one destination that wait in memory; more wait in the table
CLAIM = 200  # deliveries claimed at once
POLL = 1.0  # seconds; a wake-up that got lost costs this much, never a delivery


@dataclass(slots=True)
class Lane:
    """What waits in memory for one destination, and how many are being sent."""

    waiting: deque[Delivery] = field(default_factory=deque)
    in_flight: int = 0


class Lanes:
    """Sends what is offered and what is due; `snapshot` may be exchanged at any time."""

    def __init__(self, snapshot: Snapshot, store: Store, senders: Senders, *, clock: Callable[[], float]) -> None:
        self.snapshot = snapshot
        self._store = store
        self._senders = senders
        self._clock = clock
        self._lanes: dict[str, Lane] = {}
        self._due = asyncio.Event()
        self._sends: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def stop(self, grace: float) -> None:
        """Sends in flight may finish within `grace` seconds, the rest is given back."""
        self._stopping = True
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

    def wake(self) -> None:
        """Something may be due."""
        self._due.set()

    def full(self) -> list[str]:
        """The destinations that have enough in hand."""
        return [name for name, lane in self._lanes.items() if len(lane.waiting) >= LANE_FULL]

    async def claim_all(self) -> None:
        """Take up what is due, for ever."""
        while True:
            self._due.clear()
            claimed = await self._store.claim(CLAIM, exclude=self.full())
            self.offer(claimed)
            if len(claimed) < CLAIM:
                await nap(self._due, POLL)

    def offer(self, deliveries: Iterable[Delivery]) -> None:
        """Send these, which are in this process's hands."""
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
            self._spawn(self._send(lane, lane.waiting.popleft(), destination))
        if not lane.waiting:
            self._due.set()  # there is room again: more of this lane may wait in the table

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._sends.add(task)
        task.add_done_callback(self._sends.discard)

    async def _send(self, lane: Lane, delivery: Delivery, destination: Destination) -> None:
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
            await self.tell(given_up(settled))

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
        await self.tell(no_destination(name))

    async def tell(self, news: News) -> None:
        """Tell the operators, unless they were told of this trouble lately."""
        for planned in news.to(self.snapshot):
            trouble = f"{news.trouble}→{planned.destination}"
            self.offer(await self._store.tell(trouble, planned, event_id=news.event_id))


async def nap(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, so long at most."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


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
