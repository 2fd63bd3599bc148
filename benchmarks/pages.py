"""What a page of the console costs: the server's time, and bytes over the wire, with a week of events behind it."""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from quart.typing import TestClientProtocol

from benchmarks.rules import RULES, fill, snapshot_of
from bridge.store import Store
from bridge.web import Window, build
from bridge.web.static_files import FILES

PAGES = (
    "/",
    "/events",
    "/events?q=Logo",
    "/events?outcome=nobody",
    "/events?outcome=undelivered",
    "/events/{event}",
    "/deliveries",
    "/deliveries?state=failed",
    "/rules",
    "/rule?name=Large",
    "/destinations",
    "/destinations/team",
    "/silences",
    "/sources",
    "/try",
    "/about",
    "/audit",
)
ROUNDS = 7
TOKEN = "a-token-of-the-benchmark-0123456789"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
# One in a hundred failed; all of it spread over a week.
AS_IN_A_WEEK = """
UPDATE event SET received_at = {now} - (SELECT max(id) FROM event) * 6.0 + id * 6.0;
UPDATE delivery SET created_at = (SELECT received_at FROM event WHERE event.id = event_id), next_at = NULL,
    owner = NULL, leased_until = NULL, state = CASE WHEN id % 100 = 0 THEN 'failed' ELSE 'delivered' END,
    reason = CASE WHEN id % 100 = 0 THEN 'no such channel ' || id % 3 ELSE '' END;
ANALYZE;
"""


def costs(events: int) -> Iterator[tuple[str, str, str]]:
    """Rows of the table."""
    with tempfile.TemporaryDirectory(prefix="bridge-bench-") as name:
        times, sizes = asyncio.run(_costs(Path(name), events))
    slowest = max(times, key=lambda path: times[path])
    largest = max(sizes, key=lambda path: sizes[path])
    static = sum(len(file.content) for file in FILES.values())
    yield f"a page at {events:,} events, the slowest: {slowest}, ms", f"{times[slowest]:.0f}", "< 50"
    yield "… the median of all pages, ms", f"{statistics.median(times.values()):.0f}", ""
    wire = (sizes[largest] + static) / 1000
    yield f"… the largest: {largest}, with styles and script, kB", f"{wire:.0f}", "< 60"


async def _costs(folder: Path, events: int) -> tuple[dict[str, float], dict[str, int]]:
    snapshot = snapshot_of(folder, RULES)
    store = await Store.open(snapshot.settings.store, owner="benchmark")
    await fill(store, snapshot, events)
    await store.save_version(snapshot.version, snapshot.texts)
    await store.close()
    with sqlite3.connect(snapshot.settings.store.removeprefix("sqlite:///")) as database:
        database.executescript(AS_IN_A_WEEK.format(now=time.time()))
    store = await Store.open(snapshot.settings.store, owner="benchmark")
    window = Window(store=store, snapshot=lambda: snapshot, token=TOKEN, state=lambda: "running")
    try:
        client = build(window).test_client()
        paths = [path.format(event=events) for path in PAGES]
        found = {path: [await _ask(client, path) for _ in range(ROUNDS)] for path in paths}
    finally:
        await store.close()
    times = {path: statistics.median(took for took, _ in asked) for path, asked in found.items()}
    return times, {path: asked[0][1] for path, asked in found.items()}


async def _ask(client: TestClientProtocol, path: str) -> tuple[float, int]:
    """Milliseconds and bytes."""
    began = time.perf_counter()
    response = await client.get(path, headers=HEADERS)
    body = await response.get_data(as_text=False)
    took = (time.perf_counter() - began) * 1000
    if response.status_code != 200:
        raise RuntimeError(f"{path}: {response.status_code}")
    return took, len(body)
