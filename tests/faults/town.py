"""A town in trouble: lanes, pauses and fallbacks on a real store, against services that follow scripts of faults.

Only the sender processes and the clock are played. After each move of the clock the town comes to rest.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bridge.config.snapshot import Snapshot, load
from bridge.lanes import Lanes
from bridge.matching import Matching
from bridge.model import Notification, Outcome
from bridge.store import Store
from bridge.store.rows import DeliveryRow
from tests.config.folder import ENVIRON, lay
from tests.store.support import NOON, Clock, match_all, planned, record

CONFIG = """\
sources:
  creads: {type: creads, secrets: ["${CREADS_WEBHOOK_SECRET}"]}
destinations:
  team: {url: "json://team.example.com", concurrency: 3, pause_after: 2, fallback: {to: boss, after: 40s}}
  chat: {url: "json://chat.example.com", concurrency: 2, pause_after: 3, retry: {schedule: [2s, 5s, 9s]}}
  slow: {url: "json://slow.example.com", concurrency: 1, rate: 1/s, pause_after: 2, max_age: 20s}
  boss: {url: "json://boss.example.com", pause_after: 0, retry: {schedule: [2s, 5s], give_up_after: 60s}}
  ops: {url: "json://ops.example.com"}
operators: ops
"""
RULES = "rules:\n  - {name: New project, when: Project updated, notify: team}\n"
PLACES = ("team", "chat", "slow", "boss")
FINE = Outcome(result="delivered", status=200)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service does with one message, and how many seconds it takes for that."""

    outcome: Outcome
    takes: float = 0.0


@dataclass(slots=True)
class Sent:
    """One attempt, as the service saw it. Times are the clock's."""

    id: int  # of the delivery
    place: str
    at: float
    answer: Answer
    future: asyncio.Future[Outcome]
    life: int  # of the process that sent it: the first, the second …
    lost: bool = False  # its process was killed before the answer

    @property
    def until(self) -> float:
        return self.at + self.answer.takes


@dataclass
class Wire:
    """In the place of the sender processes. A service whose script is over takes everything."""

    clock: Clock
    scripts: Mapping[str, list[Answer]]
    sent: list[Sent] = field(default_factory=list)
    life: int = 1

    def send(self, *, id: int, url: str, notification: Notification, **_: Any) -> asyncio.Future[Outcome]:
        place = url.removeprefix("json://").partition(".")[0]
        script = self.scripts.get(place, [])
        one = Sent(id, place, self.clock.now, script.pop(0) if script else Answer(FINE), asyncio.Future(), self.life)
        self.sent.append(one)
        self.answer()
        return one.future

    def open(self) -> list[Sent]:
        return [one for one in self.sent if not one.future.done()]

    def answer(self) -> None:
        """What is due by now."""
        for one in self.open():
            if one.until <= self.clock.now:
                one.future.set_result(one.answer.outcome)

    async def stop(self, grace: float) -> None:
        """There is no process."""


@cache
def snapshot() -> Snapshot:
    with TemporaryDirectory() as folder:
        return load(lay(Path(folder), RULES, config=CONFIG), ENVIRON)


class Town:
    """`async with Town(folder, scripts)`."""

    def __init__(self, folder: Path, scripts: Mapping[str, list[Answer]]) -> None:
        self.clock = Clock()
        self.wire = Wire(self.clock, scripts)
        self._url = f"sqlite:///{folder}/bridge.db"
        self.store: Store
        self.lanes: Lanes
        self._matching: Matching
        self._loops: list[asyncio.Task[None]]
        self._events = 0

    async def __aenter__(self) -> Town:
        await self._start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill(again=False)

    async def _start(self) -> None:
        self.store = await Store.open(self._url, owner="me", clock=self.clock)
        self.lanes = Lanes(snapshot(), self.store, self.wire, clock=self.clock)  # type: ignore[arg-type]  # a wire
        self._matching = Matching(snapshot(), self.store, clock=self.clock)
        self._loops = [asyncio.create_task(loop()) for loop in (self.lanes.claim_all, self.lanes.mind_pauses)]

    async def kill(self, *, again: bool = True) -> None:
        """What is in flight is never heard of again."""
        for one in self.wire.open():
            one.lost = True
            one.future.cancel()
        tasks = [*self._loops, *self.lanes._sends]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for lane in self.lanes._lanes.values():
            if lane.timer:
                lane.timer.cancel()
        await self.store.close()
        self.wire.life += 1
        if again:
            await self._start()

    async def post(self, gid: str, to: Sequence[str]) -> None:
        """An event about a resource, for these."""
        self._events += 1
        body = f"{gid} {self._events}"
        await record(self.store, body, gid=gid)
        self.lanes.offer(await match_all(self.store, *(planned(name, title=body) for name in to)))
        await self.rest()

    async def rest(self) -> None:
        """Wait until nothing more happens at this moment of the clock."""
        for loop in self._loops:
            assert not loop.done(), loop.exception()
        self.wire.answer()
        self.lanes.wake()
        quiet, seen = 0, -1
        while quiet < 6:  # a round of either loop writes fewer times than that
            await self.store.renew()
            still = len(self.lanes._sends) == len(self.wire.open()) and len(self.wire.sent) == seen
            quiet, seen = quiet + 1 if still else 0, len(self.wire.sent)
        rings_at = await self.store.next_clock()
        if rings_at is not None and rings_at <= self.clock.now:
            self.lanes.offer(await self._matching.ring())
            await self.rest()

    async def wait(self, seconds: float) -> None:
        """Move the clock, from one answer to the next."""
        end = self.clock.now + seconds
        while self.clock.now < end:
            self.clock.now = min([end, *(one.until for one in self.wire.open())])
            await self.rest()

    async def wait_for_peace(self) -> None:
        """Until nothing waits any more, or for a week."""
        step = 1.0
        while self.clock.now < NOON + 7 * 86400 and await self.waiting():
            await self.wait(step)
            step = min(step * 1.5, 3600.0)

    async def waiting(self) -> bool:
        """Whether anything is under way, due one day, held, or gathered for a digest."""
        if self.wire.open() or await self.store.next_clock() is not None:
            return True
        return any([await self.store.deliveries(state=state, limit=1) for state in ("pending", "held")])

    async def rows(self) -> dict[int, DeliveryRow]:
        return {row.id: row for row in await self.store.deliveries(limit=10_000)}


def run(scripts: Mapping[str, list[Answer]], story: Any) -> None:
    """Play a story, a coroutine of a Town, in a folder of its own."""

    async def play() -> None:
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            async with Town(Path(folder), scripts) as town:
                await story(town)

    with contextlib.closing(asyncio.Runner()) as runner:
        runner.run(play())
