"""Clocks and late matching, by a clock that the test moves: what comes due at night, silenced, late, or in trouble."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from bridge import matching
from bridge.config.snapshot import load
from bridge.explain import event_view
from bridge.matching import Matching
from bridge.model import Bundling, Delivery, GateState, Silence
from bridge.pipeline import match
from bridge.render import Templates
from bridge.store import Store
from tests.config.folder import ENVIRON, lay
from tests.live import envelope
from tests.store.support import Clock, planned

CONFIG = """\
timezone: Europe/Paris
time_intervals:
  office: {weekdays: [mon-fri], times: ["09:00-18:00"]}
sources:
  creads: {type: creads, secrets: ["${CREADS_WEBHOOK_SECRET}"]}
destinations:
  projects: {url: console://}
  managers: {url: console://}
"""
RULES = """\
rules:
  - name: Flood
    when: Project created
    notify: {to: managers, title: New, body: "{{ event.gid }}"}
    throttle: {max: 1, per: 1h}
    hours: {only: office, otherwise: OTHERWISE}
  - name: Reminder
    when: Invitation created
    notify: {to: projects, title: Invited, body: "{{ event.gid }}"}
    once: {per: 10d}
    follow_up: {after: 1h, notify: managers, title: Late, body: "{{ event.gid }}"}
  - name: Unanswered
    when: Project Message created
    if: {resource.type: delivery}
    notify: projects
    follow_up:
      after: 24h
      unless: {when: Project Message created, if: {resource.type: accept}, same: resource.project.gid}
      notify: managers
  - name: Soon
    when: Work created
    if: {resource.deadline_at: {within: +2d}}
    notify: {to: managers, title: Soon, body: "{{ event.gid }}"}
  - name: Gathered
    when: Membership created
    notify: {to: managers, title: Joined, body: "{{ event.gid }}"}
    digest: {every: 1h}
"""
HOUR = 3600.0
TEN = datetime(2026, 1, 14, 10, 0, tzinfo=ZoneInfo("Europe/Paris")).timestamp()  # a Wednesday
NIGHT = TEN - 8 * HOUR


class World:
    """Matching on a store of its own; nothing is sent."""

    def __init__(self, folder: Path, rules: str, store: Store, clock: Clock) -> None:
        self.folder, self.store, self.clock = folder, store, clock
        self.snapshot = snapshot = load(lay(folder, rules, config=CONFIG), ENVIRON)
        self.matching = Matching(snapshot, store, clock=clock)

    async def record(self, gid: str, kind: str = "Project", **resource: Any) -> None:
        body = envelope(gid, kind=kind, **resource)
        arrival = self.snapshot.sources["creads"].read(body, self.clock.now)
        assert arrival is not None
        await self.store.record(arrival, window=0.0)

    async def match(self) -> list[Delivery]:
        return await self.store.write_matched(await self.matching.slice(await self.matching.next(100)))

    async def ring(self, at: float) -> list[tuple[str, str]]:
        """Title and body of what is told at a time."""
        self.clock.now = at
        return [(one.notification.title, one.notification.body) for one in await self.matching.ring()]

    async def reasons(self, rule: str) -> list[tuple[str, str, str]]:
        rows = await self.store.deliveries(rule=rule, limit=50)
        return [(row.kind, row.state, row.reason) for row in reversed(rows)]


@pytest.fixture
def rules() -> str:
    return RULES.replace("OTHERWISE", "hold")


@pytest_asyncio.fixture
async def world(tmp_path: Path, rules: str) -> AsyncIterator[World]:
    clock = Clock()
    clock.now = TEN
    store = await Store.open(f"sqlite:///{tmp_path}/bridge.db", owner="me", clock=clock)
    yield World(tmp_path, rules, store, clock)
    await store.close()


async def test_a_summary_that_comes_due_at_night_is_held_with_the_rest(world: World) -> None:
    world.clock.now = NIGHT
    for gid in ("a", "b"):
        await world.record(gid)
    await world.match()
    assert await world.ring(NIGHT + HOUR) == []
    assert (await world.reasons("Flood"))[-1] == ("summary", "held", "outside hours `office`: held until 09:00")
    [(title, body)] = await world.ring(TEN - HOUR)
    assert title == "2 messages from Creads"
    assert "1 more message in the last hour" in body


async def test_a_summary_is_told_at_once_where_its_event_is_gone(world: World) -> None:
    world.clock.now = NIGHT
    for gid in ("a", "b"):
        await world.record(gid)
    await world.match()
    [(key, _)] = await world.store.due_summaries(NIGHT + HOUR, 10)
    held = planned("managers", kind="summary", state="held", bundle=Bundling(kind="hours", key="", due_at=TEN))
    world.clock.now = NIGHT + HOUR
    [handed] = await world.store.tell_summary(key, GateState(), (held,), 999)
    assert (handed.event_id, handed.destination) == (None, "managers")


@pytest.mark.parametrize("rules", [RULES.replace("OTHERWISE", "drop")])
async def test_a_summary_that_comes_due_at_night_is_dropped_where_messages_are(world: World) -> None:
    world.clock.now = TEN + 7.5 * HOUR
    for gid in ("a", "b"):
        await world.record(gid)
    await world.match()
    assert await world.ring(TEN + 8.5 * HOUR) == []
    assert (await world.reasons("Flood"))[-1] == ("summary", "suppressed", "outside hours `office`")


async def test_a_follow_up_that_is_silenced_does_not_count_for_once(world: World) -> None:
    await world.store.add_silence(
        Silence(id=0, starts_at=TEN, ends_at=TEN + 2 * HOUR, reason="away", who="Ada", destination="managers")
    )
    await world.matching.refresh()
    await world.record("a", "Invitation")
    await world.match()
    assert await world.ring(TEN + HOUR) == []
    world.clock.now = TEN + 3 * HOUR
    await world.record("b", "Invitation")
    await world.match()
    assert await world.ring(TEN + 4 * HOUR) == [("Late", "b")]


async def test_an_event_disarms_while_the_rule_is_switched_off(world: World) -> None:
    """Who switches a rule off and on again is not told of what was answered in between."""
    await world.record("a", "ProjectMessage", type="delivery", project={"gid": "p1"})
    await world.match()
    off = RULES.replace("OTHERWISE", "hold").replace("name: Unanswered", "name: Unanswered\n    enabled: false")
    world.matching.snapshot = load(lay(world.folder, off, config=CONFIG), ENVIRON)
    await world.record("b", "ProjectMessage", type="accept", project={"gid": "p1"})
    assert await world.match() == []
    world.matching.snapshot = world.snapshot
    assert await world.ring(TEN + 25 * HOUR) == []


async def test_conditions_see_the_time_at_which_the_event_came(world: World) -> None:
    await world.record("a", "Work", deadline_at="2026-01-15T10:00:00+01:00")
    world.clock.now += 3 * 24 * HOUR  # the service was down
    assert [one.notification.title for one in await world.match()] == ["Soon"]
    row = await world.store.event(1)
    assert row is not None
    view = event_view(row, [], world.snapshot, world.snapshot.matcher)
    assert isinstance(view, dict)
    assert [one["fired"] for one in view["decisions"]] == [True]


async def test_a_fault_while_one_clock_rings_does_not_stop_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for gid in ("a", "b"):
        await world.record(gid, "Membership")
    await world.record("c", "Invitation")
    await world.match()

    def fail(*_: object, **__: object) -> None:
        raise RecursionError

    monkeypatch.setattr(Templates, "digest", fail)
    assert await world.ring(TEN + HOUR) == [("Joined", "a"), ("Joined", "b"), ("Late", "c")]
    assert await world.store.next_clock() is None
    [news] = world.matching.take_news()
    assert "RecursionError" in news.body


async def test_others_have_a_turn_between_events(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    turns, seen = 0, list[int]()

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def noted(*given: Any) -> Any:
        seen.append(turns)
        return match(*given)

    monkeypatch.setattr(matching, "STRETCH", -1.0)  # each event takes too long
    monkeypatch.setattr(matching, "match", noted)
    for gid in ("a", "b", "c"):
        await world.record(gid)
    other = asyncio.create_task(count())
    await world.match()
    other.cancel()
    assert len(set(seen)) == 3
