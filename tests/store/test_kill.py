"""kill -9 while clocks tell: nothing is lost, nothing is told a second time."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path

from bridge.model import Armed, Bundling, GateKey, GateState
from bridge.store import Store
from tests.store.conftest import Open
from tests.store.support import KEY, Clock, matched, planned, record

KILLS = 3
COUNT = GateKey("New project", "throttle", "")


async def happen(store: Store, body: str) -> None:
    """An event that is counted, waits in a digest, and arms a follow-up that is due at once."""
    now = Clock().now
    await record(store, body, gid=body)
    for event in await store.unmatched(10):
        item = planned(state="merged", bundle=Bundling(kind="digest", key="", due_at=now))
        counted = (await store.gates([COUNT])).get(COUNT, GateState()).left_out
        await store.write_matched(
            [
                matched(
                    event,
                    item,
                    gates={COUNT: GateState(left_out=counted + 1)},
                    armed=(Armed(rule="New project", step=0, key=body, due_at=now),),
                )
            ]
        )


async def ring(store: Store) -> None:
    """Tell all that is due. A digest's body names its items."""
    now = Clock().now
    for bundle in await store.due_bundles(now, 10):
        items = await store.bundle_items(bundle.id)
        body = " ".join(f"{item.id}" for item in items)
        await store.tell_bundle(bundle, planned(kind="digest", body=body) if len(items) > 1 else None)
    for armed in await store.due_follow_ups(now, 10):
        await store.tell_follow_up(armed, (planned("boss", kind="follow_up"),), KEY, {})


async def work(url: str) -> None:
    """Events and clocks, until killed; a line for each round."""
    store = await Store.open(url, owner="victim", clock=Clock())
    base = len(await store.events(limit=100_000))
    for n in range(base, base + 100_000):
        await happen(store, f"{n}")
        if n % 3 == 0:
            await ring(store)
        sys.stdout.write(f"{n}\n")
        sys.stdout.flush()


def kill_after(url: str, rounds: int) -> None:
    """Kill a process that works at some moment of a later round."""
    root = Path(__file__).resolve().parents[2]
    program = "import asyncio, sys; from tests.store.test_kill import work; asyncio.run(work(sys.argv[1]))"
    with subprocess.Popen(
        [sys.executable, "-c", program, url],
        stdout=subprocess.PIPE,
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
    ) as victim:
        assert victim.stdout is not None
        for _ in range(rounds):
            assert victim.stdout.readline()
        victim.kill()


async def test_clocks_survive_kill(open_store: Open, url: str) -> None:
    for seed in range(KILLS):
        await asyncio.to_thread(kill_after, url, random.Random(seed).randint(5, 30))
    store = await open_store(url)
    await happen(store, "the last one")
    while await store.next_clock() is not None:
        await ring(store)

    events = {event.id for event in await store.events(state="matched", limit=100_000)}
    rows = await store.deliveries(limit=100_000)
    assert (await store.gates([COUNT]))[COUNT].left_out == len(events) > 5 * KILLS
    assert sorted(row.event_id for row in rows if row.kind == "follow_up" and row.event_id) == sorted(events)
    items = [row for row in rows if row.kind == "event"]
    assert sorted(row.event_id for row in items if row.event_id) == sorted(events)
    told = {row.id: row.body for row in rows if row.kind == "digest"}
    for item in items:
        if item.state == "merged":
            message = int(item.reason.removeprefix("told in delivery "))
            assert f"{item.id}" in told[message].split()
        else:
            assert (item.state, item.bundle_id) == ("pending", None)
    assert sum(len(body.split()) for body in told.values()) == sum(item.state == "merged" for item in items)
