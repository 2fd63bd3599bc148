"""Delivery's side of the loop: claim what is due, keep a lane for each destination, send, settle."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from heapq import heappop, heappush
from typing import TypeVar

import structlog

from bridge import metrics
from bridge.config.snapshot import Snapshot
from bridge.delivery.senders import Senders
from bridge.errors import GivenBack, StoreUnavailable
from bridge.fallbacks import patience, with_instead
from bridge.lane import Lane
from bridge.model import Delivery, Destination, Outcome, Planned, Settled, replace
from bridge.news import News, given_up, no_destination
from bridge.pausing import Pausing
from bridge.pipeline import deliver
from bridge.store import Store

log = structlog.get_logger()

T = TypeVar("T")

CLAIM = 200  # deliveries claimed at once
OVERTAKEN = 50  # deliveries handed to a fallback in one round
HOUR = 3600.0  # seconds; as often as operators are told of a trouble
POLL = 1.0  # seconds; a wake-up that got lost costs this much, never a delivery


class Lanes:
    """Sends what is offered and what is due; `snapshot` may be exchanged at any time."""

    def __init__(self, snapshot: Snapshot, store: Store, senders: Senders, *, clock: Callable[[], float]) -> None:
        self.snapshot = snapshot
        self._store = store
        self._senders = senders
        self._clock = clock
        self._lanes: dict[str, Lane] = {}
        self._behind: set[str] = set()  # destinations that had enough in hand: more of theirs may wait in the table
        self._pausing = Pausing(store, clock)
        self._probing: set[str] = set()
        self._repeats: list[float] = []  # when attempts are due again, as a heap
        self._logged: dict[str, float] = {}  # troubles that nobody could be told → when the log said so
        self._due = asyncio.Event()
        self._look = asyncio.Event()
        self._sends: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def recall(self) -> None:
        """Learn how destinations stand, before anything leaves: which are paused, and what their services asked for."""
        await self._pausing.refresh()
        self._heed()

    def _heed(self) -> None:
        for name in self._pausing.known():
            self._lanes.setdefault(name, Lane()).heed(self._pausing.not_before(name))

    async def stop(self, grace: float) -> None:
        """Sends in flight may finish within `grace` seconds, the rest is given back."""
        self._stopping = True
        unsent = [id for lane in self._lanes.values() for id in lane.give_back()]
        if self._sends:
            await asyncio.wait(self._sends, timeout=grace)
        await self._senders.stop(grace=0)
        if self._sends:
            await asyncio.wait(self._sends, timeout=2)
        if unsent:
            await self._store.release(unsent)

    def wake(self) -> None:
        """Something may be due, or paused, or no longer."""
        self._due.set()
        self._look.set()

    def full(self) -> list[str]:
        """The destinations that have enough in hand: what comes for them meanwhile waits in the table."""
        known = self.snapshot.settings.destinations
        full = [name for name, lane in self._lanes.items() if lane.is_full(known.get(name))]
        self._behind.update(full)
        return full

    def look(self) -> None:
        """Something was written that is in nobody's hands."""
        self._due.set()

    async def claim_all(self) -> None:
        """Take up what is due, for ever."""
        while True:
            self._due.clear()
            while self._repeats and self._repeats[0] <= self._clock():
                heappop(self._repeats)
            claimed = await self._store.claim(CLAIM, exclude=self.full())
            self.offer(claimed)
            for name in [name for name, lane in self._lanes.items() if lane.waiting]:
                self._pump(name)
            if len(claimed) < CLAIM:
                await nap(self._due, self._until_repeat())

    def _until_repeat(self) -> float:
        """Seconds to the next attempt that this process knows of, no more than a poll."""
        return max(0.0, min(POLL, self._repeats[0] - self._clock())) if self._repeats else POLL

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
        if name in self._pausing.paused:
            self._spawn(self._give_back(lane))
            return
        now = self._clock()
        while lane.may_send(destination, now) and not self._stopping:
            lane.begin(destination, now)
            self._spawn(self._send(lane, lane.waiting.popleft(), destination))
        if not lane.waiting:
            if name in self._behind:
                self._behind.discard(name)
                self._due.set()
        elif lane.opens_at > now and lane.timer is None and not self._stopping:
            lane.timer = asyncio.get_running_loop().call_later(lane.opens_at - now, self._open, name)

    def _open(self, name: str) -> None:
        self._lanes[name].timer = None
        self._pump(name)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        self._keep(asyncio.create_task(work))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._sends.add(task)
        task.add_done_callback(self._sends.discard)

    async def _send(self, lane: Lane, delivery: Delivery, destination: Destination, *, probe: bool = False) -> None:
        try:
            settled = await deliver(delivery, destination, self._senders, at=self._clock())
        except GivenBack:
            return await self._store.release([delivery.id])
        finally:
            lane.in_flight -= 1
        lane.unwritten += 1
        try:
            settled = await self._kept(lane, settled, destination)
        finally:
            lane.unwritten -= 1
        if lane.waiting and not self._stopping:
            self._pump(delivery.destination)
        if probe and settled.state == "delivered":
            await self._surely(lambda: self._resume(destination))
        if settled.state == "failed" and settled.instead is None:
            await self._given_up(settled)

    async def _kept(self, lane: Lane, settled: Settled, destination: Destination) -> Settled:
        """Write down how a send ended; gives what became of the delivery. The next one leaves meanwhile."""
        due = self._pausing.is_due(settled, destination)
        lane.heed(self._pausing.not_before(destination.name))
        if due:
            await self._surely(lambda: self._pause(destination.name, settled.outcome.reason))
        if not self._stopping:
            self._pump(destination.name)
        final = judged = self._pausing.judged(settled, destination)
        if judged.state == "failed":
            final = await self._surely(lambda: with_instead(judged, destination, self.snapshot, self._store))
        _tell_attempted(final)
        can_wait = lane.can_wait(destination)
        if await self._surely(lambda: self._settle(final, can_wait)):
            self._due.set()
        if final.state == "pending" and final.next_at is not None:
            heappush(self._repeats, final.next_at)
            if final.next_at < self._clock() + POLL:  # sooner than whoever naps knows
                self._due.set()
        return final

    async def _settle(self, settled: Settled, can_wait: bool) -> bool:
        """Keep an outcome, and with it how its destination does, where that has changed."""
        name = settled.delivery.destination
        if (health := self._pausing.to_keep(name)) is not None:
            settled = replace(settled, health=health)
        try:
            return await self._store.settle(settled, can_wait=can_wait)
        except StoreUnavailable:
            self._pausing.not_kept(name)
            raise

    async def _give_back(self, lane: Lane) -> None:
        if waiting := lane.give_back():
            await self._surely(lambda: self._store.release(waiting))

    async def _surely(self, write: Callable[[], Awaitable[T]]) -> T:
        """Write, however long the store is away: what was sent must not be sent again."""
        while True:
            try:
                return await write()
            except StoreUnavailable as away:
                log.warning("delivery.not_settled", reason=str(away))
                await asyncio.sleep(POLL)

    # ---- pauses ----------------------------------------------------------------------------

    async def mind_pauses(self) -> None:
        """Hold the queues of paused destinations, probe them, and let go what is free again; for ever."""
        back: set[str] = set()
        await self._store.pauses.probe_anew()
        while True:
            self._look.clear()
            if back:  # whatever was held in the moment that a pause ended
                await self._store.unhold(back & self.snapshot.settings.destinations.keys())
                self._due.set()
            back = await self._pausing.refresh()
            self._heed()
            for name in list(self._pausing.paused):
                await self._mind_pause(name)
            for destination in self.snapshot.settings.destinations.values():
                if destination.fallback_after is not None and destination.name not in self._pausing.paused:
                    await self._overtake(destination)
            await nap(self._look, POLL)

    async def _mind_pause(self, name: str) -> None:
        if name in self._lanes:
            await self._give_back(self._lanes[name])
        destination = self.snapshot.settings.destinations.get(name)
        if destination is None:
            return await self._forget(name)
        if self._pausing.is_resuming(name):
            return await self._resume(destination)
        await self._store.pauses.hold_waiting(name)
        await self._overtake(destination)
        await self._probe(destination)

    async def _forget(self, name: str) -> None:
        """Nobody could resume what the configuration no longer has: its queue waits for the name instead."""
        if await self._store.pauses.held(name):
            await self.tell(no_destination(name))
        await self._store.pauses.forget(name, _nowhere(name))
        log.info("destination.resumed", destination=name, reason=_nowhere(name))

    async def _pause(self, name: str, reason: str) -> None:
        await self._pausing.pause(name, reason)
        log.warning("destination.paused", destination=name, reason=reason)
        self._look.set()

    async def _probe(self, destination: Destination) -> None:
        name, lane = destination.name, self._lanes.setdefault(destination.name, Lane())
        due = self._pausing.probe_at(name)
        if due is None or self._clock() < max(due, lane.opens_at) or name in self._probing:
            return
        refused = self._pausing.refused(name)
        delivery = await self._store.pauses.probe(name, refused)
        if delivery is None:
            if refused:
                self._pausing.forget_refused(name)
            return
        self._probing.add(name)
        lane.begin(destination, self._clock())
        probe = asyncio.create_task(self._send(lane, delivery, destination, probe=True))
        probe.add_done_callback(lambda _: self._probing.discard(name))
        self._keep(probe)

    async def _resume(self, destination: Destination) -> None:
        if await self._store.pauses.resume(destination.name, max_age=destination.max_age):
            log.info("destination.resumed", destination=destination.name)
        await self._pausing.refresh()
        self.wake()

    async def _overtake(self, destination: Destination) -> None:
        """What waited for too long goes to the fallback, without another try."""
        name, before = destination.name, self._clock() - patience(destination)
        if destination.fallback not in self.snapshot.settings.destinations:
            return
        if name in self._lanes and (late := self._lanes[name].give_back(before)):
            await self._store.release(late)
        for delivery in await self._store.pauses.overtake(name, before, OVERTAKEN):
            untried = Settled(delivery=delivery, at=self._clock(), outcome=Outcome(result="failed"), state="failed")
            await self._store.replace(await with_instead(untried, destination, self.snapshot, self._store))
            self._due.set()

    # ---- news ------------------------------------------------------------------------------

    async def _hold(self, name: str) -> None:
        await self._store.hold(name, _nowhere(name))
        await self.tell(no_destination(name))

    async def _given_up(self, settled: Settled) -> None:
        """Tell of it. News of Bridge itself makes no news, which could go round for ever: only the log has it."""
        delivery = settled.delivery
        if delivery.rule is not None or delivery.kind == "digest":
            return await self._surely(lambda: self.tell(given_up(settled)))
        title, reason = delivery.notification.title, settled.reason
        log.error("operators.not_told", title=title, destination=delivery.destination, reason=reason)

    async def tell(self, news: News) -> None:
        """Tell the operators, unless they were told of this trouble lately."""
        if planned := self._whom(news):
            self.offer(await self._store.tell(news.trouble, planned, event_id=news.event_id, lasting=news.lasting))

    async def tell_over(self, news: News) -> None:
        """Tell the operators that a lasting trouble is over, if they were told of it."""
        self.offer(await self._store.end_trouble(news.trouble, self._whom(news)))

    async def tell_again(self, news: News) -> None:
        """Tell the operators of what came again."""
        if planned := self._whom(news):
            self.offer(await self._store.tell_again(news.trouble, planned))

    def _whom(self, news: News) -> list[Planned]:
        planned = news.to(self.snapshot)
        if not planned:
            self._log_not_told(news)
        return planned

    def _log_not_told(self, news: News) -> None:
        """Each trouble once an hour: what lasts is seen anew every few seconds, as no store knows that it was told."""
        now = self._clock()
        self._logged = {trouble: at for trouble, at in self._logged.items() if 0 <= now - at < HOUR}
        if news.trouble not in self._logged:
            self._logged[news.trouble] = now
            log.error("operators.not_told", trouble=news.trouble, title=news.title)


async def nap(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, so long at most."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


def _nowhere(name: str) -> str:
    return f"no destination `{name}` in the configuration"


def _tell_attempted(settled: Settled) -> None:
    delivery, outcome = settled.delivery, settled.outcome
    metrics.of(metrics.ATTEMPTS, delivery.destination, outcome.result).inc()
    metrics.seconds_of(delivery.destination).observe(outcome.took_ms / 1000)
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
