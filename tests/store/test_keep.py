"""The rounds of retention: what `keep` says, by the clock, in steps, by the replica that leads."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridge.config.snapshot import Snapshot, load
from bridge.model import GateKey, GateState
from bridge.retention import EVERY, Retention
from bridge.store import Store, retention
from tests.live import CONFIG
from tests.store.support import DAY, NOON, Clock, match_all, matched, planned, record, settled

RULES = """\
rules:
  - name: Often
    when: "* *"
    notify: sink
    throttle: {max: 1, per: 10d}
"""
KEEP = CONFIG + "keep: {{events: 30d, payloads: 7d, failed: 90d}}\n"


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    """With `keep` and a throttle."""
    for name in ("rules", "templates"):
        (tmp_path / name).mkdir()
    (tmp_path / "rules" / "all.yaml").write_text(RULES, encoding="utf-8")
    config = tmp_path / "config.yaml"
    config.write_text(KEEP.format(port=8080, sink=9, store="sqlite:///bridge.db"), encoding="utf-8")
    return load(config, {"TEST_TOKEN": "t" * 40, "TEST_SECRET": "s" * 40})


def of(snapshot: Snapshot, store: Store, clock: Clock) -> Retention:
    """Without pauses."""
    return Retention(snapshot, store, clock=clock, pause=0)


async def a_day(store: Store, number: int) -> None:
    """One event that was told and one that could not be, both of that day."""
    at = NOON - number * DAY
    for name, state in (("told", "delivered"), ("failed", "failed")):
        await record(store, f"{name} {number}", at=at, gid=f"{name} {number}")
        for delivery in await match_all(store, planned()):
            await store.settle(settled(delivery, state))  # type: ignore[arg-type]


async def test_each_is_kept_for_its_time(snapshot: Snapshot, store: Store, clock: Clock) -> None:
    for number in (0, 8, 40, 100):
        clock.now = NOON - number * DAY
        await a_day(store, number)
    clock.now = NOON + 1
    keeper = of(snapshot, store, clock)
    assert keeper.is_due()
    await keeper.round()
    kept = {row.gid: row.has_payload for row in await store.events()}
    assert kept == {"told 0": True, "failed 0": True, "told 8": False, "failed 8": False, "failed 40": False}
    assert len(await store.deliveries()) == 5


async def test_a_round_an_hour(snapshot: Snapshot, store: Store, clock: Clock) -> None:
    keeper = of(snapshot, store, clock)
    await keeper.round()
    assert not keeper.is_due()
    clock.now += EVERY
    assert keeper.is_due()


async def test_emptied_events_are_not_looked_at_again(
    snapshot: Snapshot,
    store: Store,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retention, "EVENTS", 2)
    for number in range(8, 16):
        await record(store, f"{number}", at=NOON - number * DAY, gid=f"{number}")
    waiting = await store.unmatched(20)
    for one in waiting[:-2]:  # the oldest two wait
        await store.write_matched([matched(one)])
    keeper = of(snapshot, store, clock)
    await keeper.round()
    assert keeper._emptied == ()
    for one in waiting[-2:]:
        await store.write_matched([matched(one)])
    await keeper.round()
    assert not any(row.has_payload for row in await store.events())
    assert keeper._emptied == (NOON - 8 * DAY, waiting[0].id)


async def test_gates_stay_for_the_longest_per(snapshot: Snapshot, store: Store, clock: Clock) -> None:
    await record(store)
    (recorded,) = await store.unmatched(1)
    keys = {days: GateKey("Often", "throttle", f"{days}") for days in (9, 11)}
    gates = {key: GateState(passed=((NOON - days * DAY, 1),)) for days, key in keys.items()}
    await store.write_matched([matched(recorded, gates=gates)])
    await of(snapshot, store, clock).round()
    assert set(await store.gates(keys.values())) == {keys[9]}


async def test_accepts_go_between_the_steps(
    snapshot: Snapshot,
    store: Store,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retention, "EVENTS", 5)
    for number in range(100):
        await record(store, f"{number}", at=NOON - 100 * DAY, gid=f"{number}")
    await store.write_matched([matched(one) for one in await store.unmatched(200)])
    round = asyncio.create_task(of(snapshot, store, clock).round())
    left = []
    while not round.done():
        await record(store, f"new {len(left)}", gid="new")
        left.append(len(await store.events(limit=1000, gid="new")))
    await round
    assert len(left) > 5  # a post was answered after every few steps
    assert {row.gid for row in await store.events(limit=1000)} == {"new"}
