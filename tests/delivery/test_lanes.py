"""When what leaves: rates, Retry-After, order, pauses, probes and fallbacks, by a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bridge.config.snapshot import load
from bridge.lanes import Lanes
from bridge.matching import Matching
from bridge.model import Notification, Outcome, replace
from bridge.news import no_destination
from bridge.store import Store
from bridge.store.rows import DeliveryRow
from tests.config.folder import ENVIRON, lay
from tests.store.support import NOON, Clock, ids, match_all, planned, record

CONFIG = """\
sources:
  creads: {{type: creads, secrets: ["${{CREADS_WEBHOOK_SECRET}}"]}}
destinations:
  team: {{url: "json://team.example.com", concurrency: 1{more}}}
  boss: {{url: "json://boss.example.com", pause_after: 0, fallback: head}}
  head: {{url: "json://head.example.com"}}
  ops: {{url: "json://ops.example.com"}}
operators: ops
"""
RULES = """\
rules:
  - name: New project
    when: Project updated
    notify: {to: team, title: "{{ event.gid }}", body: "Written by the rule"}
"""
FINE = Outcome(result="delivered")
BUSY = Outcome(result="retry", reason="busy", status=503)
GONE = Outcome(result="failed", reason="no such channel", status=404)


@dataclass
class Wire:
    """In the place of the sender processes: what was sent when, answered by a script."""

    clock: Clock
    sent: list[tuple[str, str, float]] = field(default_factory=list)  # host, title, when
    answers: Callable[[str, str], Outcome] = lambda _host, _title: FINE

    def send(self, *, url: str, notification: Notification, **_: Any) -> asyncio.Future[Outcome]:
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        host = url.removeprefix("json://").partition(".")[0]
        self.sent.append((host, notification.title, self.clock.now - NOON))
        future.set_result(self.answers(host, notification.title))
        return future

    async def stop(self, grace: float) -> None:
        """There is no process."""

    def to(self, host: str) -> list[str]:
        return [title for to, title, _ in self.sent if to == host]

    def times(self, host: str) -> list[float]:
        return [round(at, 3) for to, _, at in self.sent if to == host]


class Bench:
    """Lanes on a store, with a wire; run() moves the clock."""

    def __init__(self, store: Store, clock: Clock, folder: Path, more: str = "") -> None:
        self.store, self.clock, self.wire = store, clock, Wire(clock)
        config = lay(folder, RULES, config=CONFIG.format(more=more))
        self.lanes = Lanes(load(config, ENVIRON), store, self.wire, clock=clock)  # type: ignore[arg-type]  # a wire
        self.matching = Matching(self.lanes.snapshot, store, clock=clock)
        self.loops = [asyncio.create_task(self.lanes.claim_all()), asyncio.create_task(self.lanes.mind_pauses())]

    async def rest(self) -> None:
        """Wait until nothing more happens at this moment of the clock."""
        self.lanes.wake()
        quiet, seen = 0, -1
        while quiet < 8:  # a round of either loop writes fewer times than that
            await self.store.renew()
            still = not self.lanes._sends and len(self.wire.sent) == seen
            quiet, seen = quiet + 1 if still else 0, len(self.wire.sent)

    async def run(self, seconds: float, step: float = 1.0) -> None:
        end = self.clock.now + seconds
        await self.rest()
        while self.clock.now < end:
            self.clock.now += step
            await self.rest()

    async def post(self, *bodies: str, gid: str | None = None, to: Sequence[str] = ("team",)) -> None:
        """Events, each about a resource of its own unless one is named."""
        for body in bodies:
            await record(self.store, body, gid=gid or body)
            self.lanes.offer(await match_all(self.store, *(planned(name, title=body) for name in to)))

    async def rows(self, **wanted: Any) -> list[DeliveryRow]:
        return list(reversed(await self.store.deliveries(**wanted)))

    async def stop(self) -> None:
        for loop in self.loops:
            loop.cancel()
            with suppress(asyncio.CancelledError):
                await loop
        await self.lanes.stop(1)


Lay = Callable[..., Awaitable[Bench]]


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Lay]:
    """Makes a bench; `more` are keys of `team`."""
    clock, benches = Clock(), list[Bench]()
    store = await Store.open(f"sqlite:///{tmp_path}/bridge.db", owner="me", clock=clock)

    async def make(more: str = "") -> Bench:
        benches.append(Bench(store, clock, tmp_path, more))
        await benches[-1].lanes.recall()
        await benches[-1].rest()
        return benches[-1]

    yield make
    for one in benches:
        await one.stop()
    await store.close()


def letters(number: int) -> list[str]:
    return [chr(ord("a") + n) for n in range(number)]


# ---- rate and Retry-After ------------------------------------------------------------------------


@pytest.mark.parametrize(("rate", "apart"), [("1/s", 1), ("30/m", 2), ("1200/h", 3)])
async def test_a_rate_spaces_what_leaves(bench: Lay, rate: str, apart: int) -> None:
    bridge = await bench(f", rate: {rate}")
    await bridge.post(*letters(4), to=("team", "boss"))
    await bridge.run(3.0 * apart)
    assert bridge.wire.times("team") == [0, apart, 2 * apart, 3 * apart]
    assert bridge.wire.times("boss") == [0] * 4


async def test_a_rate_keeps_little_in_hand_and_order_in_the_table(bench: Lay) -> None:
    bridge = await bench(", rate: 1/s")
    await bridge.post(*letters(26))
    assert bridge.lanes.full() == ["team"]
    await bridge.run(30)
    assert bridge.wire.to("team") == letters(26)


async def test_a_retry_after_holds_all_that_waits_for_the_destination(bench: Lay) -> None:
    bridge = await bench(', retry: {schedule: ["1s", "1s"]}')
    allowed = NOON + 5

    def limited(host: str, title: str) -> Outcome:
        wait = allowed - bridge.clock.now
        return Outcome(result="retry", reason="slow down", status=429, retry_after=wait) if wait > 0 else FINE

    bridge.wire.answers = limited
    await bridge.post("a", "b", "c", to=("team",))
    await bridge.run(4.5, step=0.5)
    assert bridge.wire.times("team") == [0]
    await bridge.run(10, step=0.5)
    assert sorted(bridge.wire.to("team")) == ["a", "a", "b", "c"]
    assert min(bridge.wire.times("team")[1:]) >= 5


async def test_what_is_about_one_resource_leaves_in_order(bench: Lay) -> None:
    bridge = await bench(', retry: {schedule: ["5s", "5s"]}')
    bridge.wire.answers = lambda host, title: BUSY if title == "a" and bridge.clock.now < NOON + 4 else FINE
    await bridge.post("a", "b", "c", gid="g1")
    await bridge.post("other")
    await bridge.run(8)
    assert bridge.wire.to("team") == ["a", "other", "a", "b", "c"]


async def test_an_attempt_that_may_have_arrived_is_repeated_later_and_says_so(bench: Lay) -> None:
    bridge = await bench(', retry: {schedule: ["5s", "5s"]}')
    bridge.wire.answers = lambda host, title: (
        Outcome(result="retry", reason="no answer", ambiguous=True) if bridge.clock.now < NOON + 1 else FINE
    )
    await bridge.post("a")
    await bridge.run(7)
    assert bridge.wire.times("team") == [0]
    await bridge.run(6)
    (row,) = await bridge.rows()
    assert [one.reason for one in row.attempts] == ["no answer", "a repeat: an attempt before it may have arrived"]


async def test_what_is_given_up_says_whether_it_may_have_arrived(bench: Lay) -> None:
    bridge = await bench(", retry: {schedule: [5s]}")
    silent, final = Outcome(result="retry", reason="no answer", ambiguous=True), Outcome(result="failed", reason="no")
    bridge.wire.answers = lambda host, title: silent if title == "a" and bridge.clock.now < NOON + 1 else final
    await bridge.post("a", "b")
    await bridge.run(20)
    assert {row.title: (row.state, row.reason) for row in await bridge.rows() if row.rule} == {
        "a": ("failed", "no; an attempt may have arrived all the same"),
        "b": ("failed", "no"),
    }


# ---- pauses --------------------------------------------------------------------------------------


async def test_failures_in_a_row_pause_and_the_probe_that_arrives_resumes(bench: Lay) -> None:
    bridge = await bench(", pause_after: 3")
    back = NOON + 30
    bridge.wire.answers = lambda host, title: BUSY if host == "team" and bridge.clock.now < back else FINE
    await bridge.post(*letters(6), to=("team", "boss"))
    await bridge.rest()
    assert bridge.wire.times("team") == [0, 0, 0]
    await bridge.post("late")
    rows = await bridge.rows(destination="team")
    assert {row.state for row in rows} == {"held"}
    assert {row.reason for row in rows} == {"`team` is paused since 12:00 UTC: busy"}
    await bridge.run(29)
    assert bridge.wire.times("team")[3:] == [5, 15]
    assert bridge.wire.to("team")[3:] == ["a", "a"]
    await bridge.run(10)
    assert bridge.wire.times("team")[5] == 35
    assert bridge.wire.to("team")[5:] == [*letters(6), "late"]
    rows = await bridge.rows(destination="team")
    assert {row.state for row in rows} == {"delivered"}
    assert await bridge.store.claim(10) == []
    assert (await bridge.store.destination_states())["team"].state == "active"


async def test_attempts_of_a_pause_do_not_count(bench: Lay) -> None:
    bridge = await bench(', pause_after: 1, retry: {schedule: ["1s"]}')
    bridge.wire.answers = lambda host, title: BUSY if bridge.clock.now < NOON + 4000 else FINE
    await bridge.post("a")
    await bridge.run(5000, step=50)
    (row,) = await bridge.rows()
    assert row.state == "delivered"
    assert len(row.attempts) > 10


async def test_final_refusals_pause_alike_and_do_not_stand_in_the_way(bench: Lay) -> None:
    bridge = await bench(", pause_after: 2")
    bad = {"a", "b", "c"}
    bridge.wire.answers = lambda host, title: GONE if host == "team" and title in bad else FINE
    await bridge.post("a", "b", "c", "d")
    await bridge.run(60)
    assert bridge.wire.to("team").count("d") == 1
    await bridge.post("e")
    await bridge.run(60)
    rows = {row.title: row.state for row in await bridge.rows(destination="team")}
    assert rows == {"a": "failed", "b": "failed", "c": "failed", "d": "delivered", "e": "delivered"}


async def test_too_many_without_a_word_when_to_come_again_is_a_failure(bench: Lay) -> None:
    bridge = await bench(", pause_after: 3")
    bridge.wire.answers = lambda host, title: replace(BUSY, status=429) if host == "team" else FINE
    await bridge.post(*letters(5))
    await bridge.run(60)
    assert {row.state for row in await bridge.rows(destination="team")} == {"held"}
    bridge.wire.answers = lambda host, title: FINE
    await bridge.run(60)
    assert {row.state for row in await bridge.rows(destination="team")} == {"delivered"}


async def test_a_request_to_wait_is_no_failure_and_zero_never_pauses(bench: Lay) -> None:
    bridge = await bench(', pause_after: 1, retry: {schedule: ["1s", "1s", "1s", "1s"]}')
    limited = Outcome(result="retry", reason="slow down", status=429, retry_after=1.0)
    bridge.wire.answers = lambda host, title: limited if host == "team" else BUSY
    await bridge.post(*letters(5), to=("team", "boss"))
    await bridge.run(3)
    assert await bridge.rows(state="held") == []
    assert {row.state for row in (await bridge.store.destination_states()).values()} == {"active"}


async def test_a_retry_after_holds_probes_back_too(bench: Lay) -> None:
    bridge = await bench(", pause_after: 1")
    bridge.wire.answers = lambda host, title: Outcome(result="retry", reason="down", status=503, retry_after=40.0)
    await bridge.post("a")
    await bridge.run(39)
    assert bridge.wire.times("team") == [0]
    await bridge.run(3)
    assert bridge.wire.times("team") == [0, 40]


async def test_a_clock_set_back_makes_no_wait_of_years(bench: Lay) -> None:
    first = await bench()
    limited = Outcome(result="retry", reason="slow down", status=429, retry_after=10.0)
    first.wire.answers = lambda host, title: limited
    await first.post("a")
    await first.rest()
    await first.stop()
    first.clock.now -= 1e8
    second = await bench()
    await second.post("b")
    await second.run(3700, step=100)
    assert second.wire.to("team")[:1] == ["b"]


async def test_a_pause_outlives_a_restart_and_probes_begin_anew(bench: Lay) -> None:
    first = await bench(", pause_after: 1")
    first.wire.answers = lambda host, title: BUSY
    await first.post("a", "b")
    await first.run(100)
    await first.stop()
    second = await bench()
    at = second.clock.now - NOON
    await second.run(6)
    assert second.wire.sent == [("team", "a", at + 5), ("team", "b", at + 5)]


async def test_a_pause_by_hand_waits_for_a_hand(bench: Lay) -> None:
    bridge = await bench()
    await bridge.store.pauses.pause("team", "moves house", who="camille")
    await bridge.rest()
    await bridge.post("a", "b", gid="g1")
    await bridge.run(100, step=10)
    assert bridge.wire.sent == []
    await bridge.store.pauses.resume("team", who="camille")
    await bridge.rest()
    assert bridge.wire.to("team") == ["a", "b"]


@pytest.mark.parametrize("who", ["camille", None])
async def test_a_pause_of_a_destination_that_is_gone_ends(bench: Lay, who: str | None) -> None:
    bridge = await bench()
    await bridge.store.pauses.pause("team", "moves house", who=who)
    await bridge.rest()
    await bridge.post("a", "b", gid="g1")
    await bridge.rest()
    whole = bridge.lanes.snapshot
    others = {name: one for name, one in whole.settings.destinations.items() if name != "team"}
    bridge.lanes.snapshot = replace(whole, settings=replace(whole.settings, destinations=others))
    await bridge.post("c", gid="g1")
    await bridge.run(100, step=10)
    assert {row.state: row.reason for row in await bridge.rows(destination="team")} == {
        "held": "no destination `team` in the configuration"
    }
    assert bridge.wire.to("ops") == ["Held: deliveries for team, which is not configured"]
    bridge.lanes.snapshot = whole
    await bridge.store.unhold(whole.settings.destinations)
    await bridge.rest()
    assert bridge.wire.to("team") == ["a", "b", "c"]


async def test_whoever_writes_active_lets_the_queue_go(bench: Lay) -> None:
    bridge = await bench()
    await bridge.store.pauses.pause("team", "", who="camille")
    await bridge.post("a", "b")
    await bridge.rest()
    row = (await bridge.store.destination_states())["team"]
    await bridge.store.set_destination(type(row)(name="team", state="active", by="hand", since=row.since))
    await bridge.run(2)
    assert bridge.wire.to("team") == ["a", "b"]


async def test_the_queue_of_a_pause_leaves_at_its_rate(bench: Lay) -> None:
    bridge = await bench(", pause_after: 1, rate: 1/s")
    bridge.wire.answers = lambda host, title: BUSY if bridge.clock.now < NOON + 4 else FINE
    await bridge.post(*letters(6))
    await bridge.run(20)
    assert bridge.wire.times("team") == [0, 5, 6, 7, 8, 9, 10]
    assert bridge.wire.to("team")[1:] == letters(6)


async def test_one_dead_destination_does_not_delay_another(bench: Lay) -> None:
    bridge = await bench(", pause_after: 2")
    bridge.wire.answers = lambda host, title: BUSY if host == "team" else FINE
    for body in letters(20):
        await bridge.post(body, to=("team", "boss"))
    await bridge.rest()
    assert bridge.wire.times("boss") == [0] * 20
    assert len(bridge.lanes._lanes["team"].waiting) == 0


async def test_what_is_too_old_when_it_is_back_becomes_one_digest(bench: Lay) -> None:
    bridge = await bench(", pause_after: 1, max_age: 10m")
    back = NOON + 3000
    bridge.wire.answers = lambda host, title: BUSY if host == "team" and bridge.clock.now < back else FINE
    await bridge.post(*letters(14))
    await bridge.run(2990, step=10)
    await bridge.post("new")
    bridge.wire.sent.clear()
    await bridge.run(400, step=10)
    assert bridge.wire.to("team") == ["a", "new"]
    bridge.lanes.offer(await bridge.matching.ring())
    await bridge.rest()
    assert bridge.wire.to("team") == ["a", "new", "13 older messages while team was away"]
    assert {row.state for row in await bridge.rows(destination="team")} == {"delivered", "merged"}


# ---- repeats ------------------------------------------------------------------------------------


async def test_a_short_wait_is_not_rounded_up_to_a_poll(bench: Lay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.lanes.POLL", 3600.0)
    bridge = await bench(", retry: {schedule: [200ms, 1h]}, pause_after: 0")
    bridge.wire.answers = lambda host, title: BUSY
    await bridge.post("a")
    async with asyncio.timeout(10):
        while not (await bridge.rows())[0].attempts:
            pass
        bridge.clock.now += 0.3
        while len(bridge.wire.sent) < 2:
            await bridge.rows()


# ---- fallbacks -----------------------------------------------------------------------------------


async def test_a_final_refusal_goes_to_the_fallback_at_once(bench: Lay) -> None:
    bridge = await bench(", fallback: boss")
    bridge.wire.answers = lambda host, title: GONE if host == "team" else FINE
    await bridge.post("a")
    await bridge.run(1)
    one, other = await bridge.rows()
    assert (one.state, one.reason, one.attempts[0].reason) == ("failed", "sent to `boss` instead", "no such channel")
    assert (other.state, other.kind, other.origin, other.rule) == ("delivered", "fallback", one.id, one.rule)
    assert other.body == "Written by the rule"
    assert bridge.wire.to("ops") == []


async def test_after_the_schedule_the_fallback_gets_it(bench: Lay) -> None:
    bridge = await bench(', fallback: boss, pause_after: 0, retry: {schedule: ["2s", "2s"]}')
    bridge.wire.answers = lambda host, title: BUSY if host == "team" else FINE
    await bridge.post("a")
    await bridge.run(8)
    assert len(bridge.wire.to("team")) == 3
    assert bridge.wire.to("boss") == ["a"]


async def test_what_waits_too_long_in_a_pause_goes_to_the_fallback(bench: Lay) -> None:
    bridge = await bench(", fallback: {to: boss, after: 60s}, pause_after: 1")
    bridge.wire.answers = lambda host, title: BUSY if host == "team" else FINE
    await bridge.post("a", "b")
    await bridge.run(55, step=5)
    assert bridge.wire.to("boss") == []
    await bridge.run(30, step=5)
    assert bridge.wire.to("boss") == ["a", "b"]
    assert [row.state for row in await bridge.rows(destination="team")] == ["failed", "failed"]
    assert ids(await bridge.rows(state="held")) == []


async def test_what_a_pause_holds_goes_to_the_fallback_when_it_would_be_given_up(bench: Lay) -> None:
    bridge = await bench(", fallback: boss, pause_after: 1, retry: {give_up_after: 60s}")
    bridge.wire.answers = lambda host, title: BUSY if host == "team" else FINE
    await bridge.post("a", "b")
    await bridge.run(50)
    assert bridge.wire.to("boss") == []
    await bridge.run(20)
    assert bridge.wire.to("boss") == ["a", "b"]


async def test_what_waits_for_its_next_attempt_has_its_time_before_the_fallback(bench: Lay) -> None:
    bridge = await bench(', fallback: {to: boss, after: 10s}, pause_after: 0, retry: {schedule: ["2s", "60s"]}')
    bridge.wire.answers = lambda host, title: BUSY if host == "team" else FINE
    await bridge.post("a")
    await bridge.run(9)
    assert (bridge.wire.to("team"), bridge.wire.to("boss")) == (["a", "a"], [])
    await bridge.run(2)
    assert (bridge.wire.to("team"), bridge.wire.to("boss")) == (["a", "a"], ["a"])
    (one,) = await bridge.rows(destination="team")
    assert (one.state, one.reason, len(one.attempts)) == ("failed", "sent to `boss` instead", 2)


async def test_what_a_service_asks_to_wait_for_goes_to_the_fallback_in_time(bench: Lay) -> None:
    bridge = await bench(", fallback: {to: boss, after: 10s}, pause_after: 0")
    asked = replace(BUSY, status=429, retry_after=30.0)
    bridge.wire.answers = lambda host, title: asked if host == "team" else FINE
    await bridge.post("a", "b")
    await bridge.run(9)
    assert bridge.wire.to("boss") == []
    await bridge.run(3)
    assert bridge.wire.to("boss") == ["a", "b"]
    await bridge.run(60, step=5)
    assert bridge.wire.to("team") == ["a"]


async def test_what_waits_for_its_turn_goes_to_the_fallback_in_time(bench: Lay) -> None:
    bridge = await bench(", fallback: {to: boss, after: 10s}, rate: 1/m")
    await bridge.post(*letters(4))
    await bridge.post("e", "f", gid="one")
    await bridge.run(9)
    assert bridge.wire.to("boss") == []
    await bridge.run(4)
    assert sorted(bridge.wire.to("boss")) == ["b", "c", "d", "one", "one"]
    assert bridge.wire.to("team") == ["a"]


async def test_if_nobody_of_a_chain_takes_it_the_last_has_failed_and_is_told(bench: Lay) -> None:
    bridge = await bench(", fallback: boss")
    bridge.wire.answers = lambda host, title: FINE if host == "ops" else GONE
    await bridge.post("a")
    await bridge.run(2)
    one, two, three = [row for row in await bridge.rows() if row.rule]
    assert [one.reason, two.reason] == ["sent to `boss` instead", "sent to `head` instead"]
    assert (three.destination, three.state, three.origin, three.reason) == ("head", "failed", two.id, "no such channel")
    assert bridge.wire.to("ops") == ["Not delivered to head: a"]


# ---- news ----------------------------------------------------------------------------------------


async def test_news_that_is_given_up_is_logged_and_makes_no_news(
    bench: Lay, capsys: pytest.CaptureFixture[str]
) -> None:
    bridge = await bench()
    bridge.wire.answers = lambda host, title: GONE
    await bridge.lanes.tell(no_destination("old"))
    await bridge.run(3)
    assert bridge.wire.to("ops") == ["Held: deliveries for old, which is not configured"]
    [line] = [line for line in capsys.readouterr().out.splitlines() if "operators.not_told" in line]
    for words in ("Held: deliveries for old", "ops", "no such channel"):
        assert words in line


async def test_news_that_a_fallback_takes_is_told(bench: Lay, capsys: pytest.CaptureFixture[str]) -> None:
    bridge = await bench()
    settings = bridge.lanes.snapshot.settings
    bridge.lanes.snapshot = replace(bridge.lanes.snapshot, settings=replace(settings, operators=("boss",)))
    bridge.wire.answers = lambda host, title: GONE if host == "boss" else FINE
    await bridge.lanes.tell(no_destination("old"))
    await bridge.run(3)
    assert len(bridge.wire.to("head")) == 1
    assert "operators.not_told" not in capsys.readouterr().out
