"""What operators are told of: each trouble once, its end, what comes again by the hour; never of themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from bridge.config.snapshot import load
from bridge.lanes import Lanes
from bridge.model import Outcome, replace
from bridge.news import given_up, no_destination
from bridge.store import Store
from bridge.watch import Watch
from tests.config.folder import ENVIRON, lay
from tests.store.support import Clock, arrival, deliver_one, ids, settled

CONFIG = """\
timezone: Europe/Paris
sources:
  creads: {type: creads, secrets: ["${CREADS_WEBHOOK_SECRET}"], expect_every: 1d}
destinations:
  team: {url: "json://team.example.com"}
  ops: {url: "json://ops.example.com"}
  boss: {url: "json://boss.example.com"}
operators: [ops, boss]
"""
HOUR = 3600.0
FREE = 10**12


class Post:
    """What the watch tells, kept in the store and never sent."""

    def __init__(self, store: Store, clock: Clock, folder: Path, config: str = CONFIG) -> None:
        self.store, self.clock, self.free = store, clock, FREE
        self.drift = 0.0
        snapshot = load(lay(folder, "rules: []\n", config=config), ENVIRON)
        self.lanes = Lanes(snapshot, store, None, clock=clock)  # type: ignore[arg-type]  # nothing is sent
        self.lanes._stopping = True
        self.watch = Watch(
            self.lanes, store, clock=clock, monotonic=lambda: clock.now - self.drift, free=lambda _: self.free
        )
        self._seen: set[int] = set()

    async def round(self) -> list[tuple[str, str]]:
        """One round; what was told in it: (whom, title)."""
        await self.watch.round()
        for lane in self.lanes._lanes.values():
            while lane.waiting:
                await self.store.settle(settled(lane.waiting.popleft()))
        rows = [row for row in await self.store.deliveries(limit=200) if row.rule is None and row.id not in self._seen]
        self._seen.update(ids(rows))
        return sorted((row.destination, row.title) for row in rows)

    async def body(self, destination: str) -> str:
        return (await self.store.deliveries(destination=destination, limit=1))[0].body


Make = Callable[..., Awaitable[Post]]


@pytest_asyncio.fixture
async def post(tmp_path: Path) -> AsyncIterator[Make]:
    """Makes a watch on a store of its own."""
    clock = Clock()
    store = await Store.open(f"sqlite:///{tmp_path}/bridge.db", owner="me", clock=clock)

    async def make(config: str = CONFIG) -> Post:
        return Post(store, clock, tmp_path, config)

    yield make
    await store.close()


def both(title: str) -> list[tuple[str, str]]:
    return [("boss", title), ("ops", title)]


async def test_a_pause_is_told_once_with_what_waits_and_so_is_its_end(post: Make) -> None:
    bridge = await post()
    assert await bridge.round() == []
    await bridge.store.pauses.pause("team", "no such channel", failures=5)
    await deliver_one(bridge.store)
    assert await bridge.round() == both("team is paused")
    assert await bridge.body("ops") == (
        "5 failures in a row, at 13:00 the last: no such channel. 1 message waits; nothing is lost.\n"
        "It is tried again by itself, and the queue leaves when it is back. "
        "`bridge destinations test team` says what it answers."
    )
    assert await bridge.round() == []
    await bridge.store.pauses.resume("team")
    assert await bridge.round() == both("team is back")
    assert await bridge.round() == []


async def test_one_failure_is_one(post: Make) -> None:
    bridge = await post()
    await bridge.store.pauses.pause("team", "no such channel", failures=1)
    await bridge.round()
    assert (await bridge.body("ops")).startswith("1 failure in a row, at 13:00 the last: no such channel.")


async def test_a_restart_does_not_tell_again(post: Make) -> None:
    first = await post()
    await first.store.pauses.pause("team", "gone", failures=5)
    assert len(await first.round()) == 2
    second = await post()
    second._seen = first._seen
    assert await second.round() == []
    await second.store.pauses.resume("team")
    assert await second.round() == both("team is back")


async def test_nobody_is_told_of_itself(post: Make) -> None:
    bridge = await post()
    await bridge.store.pauses.pause("ops", "gone", failures=5)
    assert await bridge.round() == [("boss", "ops is paused")]
    await bridge.store.pauses.resume("ops")
    assert ("boss", "ops is back") in await bridge.round()


async def test_what_flaps_is_told_once_and_then_by_the_hour(post: Make) -> None:
    bridge = await post()
    told = []
    for _ in range(4):
        await bridge.store.pauses.pause("team", "gone", failures=5)
        told += await bridge.round()
        bridge.clock.now += 60
        await bridge.store.pauses.resume("team")
        told += await bridge.round()
    assert told == [*both("team is paused"), *both("team is back")]
    bridge.clock.now += HOUR
    assert await bridge.round() == both("Again, 3 more times: team is paused")
    bridge.clock.now += HOUR
    assert await bridge.round() == []


async def test_what_comes_again_is_grouped_by_the_hour(post: Make) -> None:
    bridge = await post()
    for _ in range(5):
        await bridge.lanes.tell(no_destination("gone"))
    assert await bridge.round() == both("Held: deliveries for gone, which is not configured")
    bridge.clock.now += HOUR
    again = "Again, 4 more times: Held: deliveries for gone, which is not configured"
    assert await bridge.round() == both(again)


async def test_a_source_that_falls_silent(post: Make) -> None:
    bridge = await post()
    await deliver_one(bridge.store)
    bridge.clock.now += 24 * HOUR - 1
    assert [told for told in await bridge.round() if "silent" in told[1]] == []
    bridge.clock.now += 2
    assert [told for told in await bridge.round() if "silent" in told[1]] == both("creads is silent")
    assert "since 25 Nov 13:00; one is expected every 1d at least." in await bridge.body("ops")
    await bridge.store.record(arrival("another", at=bridge.clock.now), window=1)
    assert ("ops", "creads is heard again") in await bridge.round()


@pytest.mark.parametrize("every", ["300ms", "8s", "90m", "36h", "3d"])
async def test_a_silence_is_told_in_the_words_of_the_configuration(post: Make, every: str) -> None:
    bridge = await post(CONFIG.replace("1d", every))
    bridge.clock.now += 100 * HOUR
    await bridge.round()
    assert f"one is expected every {every} at least." in await bridge.body("ops")


async def test_a_source_that_was_never_heard_is_waited_for_since_the_start(post: Make) -> None:
    bridge = await post()
    bridge.clock.now += 25 * HOUR
    assert await bridge.round() == both("creads is silent")


async def test_a_burst_of_bad_signatures(post: Make) -> None:
    bridge = await post()
    for _ in range(19):
        bridge.watch.refused("creads")
        bridge.clock.now += 1
    assert await bridge.round() == []
    for _ in range(30):
        bridge.watch.refused("creads")
    assert await bridge.round() == both("creads: 20 posts with a bad signature within 19 s")
    assert "secrets" in await bridge.body("ops")


async def test_an_operator_that_is_called_as_the_source_hears_that_it_came_again(post: Make) -> None:
    bridge = await post(CONFIG.replace("boss", "creads"))
    for _ in range(40):
        bridge.watch.refused("creads")
    assert [name for name, _ in await bridge.round()] == ["creads", "ops"]
    bridge.clock.now += HOUR
    assert [name for name, title in await bridge.round() if title.startswith("Again")] == ["creads", "ops"]


async def test_what_came_again_is_not_told_to_whom_it_is_about(post: Make) -> None:
    bridge = await post()
    (one,) = await deliver_one(bridge.store, destination="ops")
    for _ in range(2):
        await bridge.lanes.tell(given_up(settled(one, "failed", reason="no", outcome=Outcome(result="failed"))))
        await bridge.store.pauses.pause("ops", "gone", failures=5)
        await bridge.round()
        await bridge.store.pauses.resume("ops")
        await bridge.round()
    bridge.clock.now += HOUR
    again = "Again, 1 more time: "
    told = [(name, title) for name, title in await bridge.round() if title.startswith(again)]
    assert told == [("boss", f"{again}Not delivered to ops: Title"), ("boss", f"{again}ops is paused")]


async def test_bad_signatures_now_and_then_are_no_burst(post: Make) -> None:
    bridge = await post()
    for _ in range(100):
        bridge.watch.refused("creads")
        bridge.clock.now += 4
    assert await bridge.round() == []


async def test_a_disk_that_fills_up(post: Make) -> None:
    bridge = await post()
    bridge.free = 120_000_000
    assert await bridge.round() == both("The disk is nearly full: 120 MB are free")
    bridge.free = 110_000_000
    assert await bridge.round() == []
    bridge.free = FREE
    assert await bridge.round() == both("There is room on the disk again")


async def test_a_backlog(post: Make) -> None:
    bridge = await post()
    (one,) = await deliver_one(bridge.store)
    await bridge.store.release([one.id])
    bridge.clock.now += 15 * 60
    assert await bridge.round() == []
    bridge.clock.now += 61
    assert await bridge.round() == both("A backlog: messages wait for 16 minutes")


@pytest.mark.parametrize(("jump", "title"), [(-90, "back by 90 s"), (4000, "ahead by 4000 s")])
async def test_a_clock_that_jumped(post: Make, jump: float, title: str) -> None:
    bridge = await post()
    bridge.drift += jump
    bridge.clock.now += jump
    assert await bridge.round() == both(f"The clock jumped {title}")
    assert await bridge.round() == []


async def test_without_another_operator_the_log_says_it(post: Make, capsys: pytest.CaptureFixture[str]) -> None:
    bridge = await post(CONFIG.replace("[ops, boss]", "ops"))
    await bridge.store.pauses.pause("ops", "gone", failures=5)
    assert await bridge.round() == []
    assert "operators.unreachable" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("operators", "paused"),
    [("", ["team", "boss"]), ("operators: ops\n", ["ops"])],
    ids=["no operators", "the only one is paused"],
)
async def test_what_nobody_can_be_told_is_logged_once_and_then_by_the_hour(
    post: Make, capsys: pytest.CaptureFixture[str], operators: str, paused: list[str]
) -> None:
    bridge = await post(CONFIG.replace("operators: [ops, boss]\n", operators))
    for name in paused:
        await bridge.store.pauses.pause(name, "gone", failures=5)
    for _ in range(2):
        for _ in range(5):
            assert await bridge.round() == []
            bridge.clock.now += 2.5
        logged = capsys.readouterr().out
        assert [logged.count(f"{name} is paused") for name in paused] == [1] * len(paused)
        assert logged.count("operators.not_told") == len(paused)
        bridge.clock.now += HOUR


async def test_what_nobody_could_be_told_is_told_as_soon_as_somebody_can(post: Make) -> None:
    bridge = await post(CONFIG.replace("operators: [ops, boss]\n", ""))
    await bridge.store.pauses.pause("team", "gone", failures=5)
    assert await bridge.round() == []
    settings = replace(bridge.lanes.snapshot.settings, operators=("ops", "boss"))
    bridge.lanes.snapshot = replace(bridge.lanes.snapshot, settings=settings)
    assert await bridge.round() == both("team is paused")


async def test_given_up_deliveries_are_not_told_to_whom_failed(post: Make) -> None:
    bridge = await post()
    (one,) = await deliver_one(bridge.store, destination="ops")
    await bridge.lanes.tell(given_up(settled(one, "failed", reason="no", outcome=Outcome(result="failed"))))
    assert await bridge.round() == [("boss", "Not delivered to ops: Title")]
