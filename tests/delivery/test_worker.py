"""Slices follow each other: while one is written, the next is read."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import Path

import pytest

from bridge.config.snapshot import load
from bridge.errors import StoreUnavailable
from bridge.matching import SLICE
from bridge.model import Outcome, Recorded
from bridge.store import Store
from bridge.worker import Worker
from tests.config.folder import ENVIRON, lay
from tests.delivery.test_lanes import CONFIG, FINE, RULES, Wire
from tests.live import envelope
from tests.store.support import Clock, record


@pytest.mark.parametrize("fails", [False, True])
async def test_every_event_is_told_once_and_in_order_though_reading_ahead_may_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    store = await Store.open(f"sqlite:///{tmp_path}/bridge.db", owner="me")
    unmatched, asked = store.unmatched, list[int]()

    async def ask(limit: int, but: Collection[int] = ()) -> list[Recorded]:
        asked.append(len(but))
        if but and fails:
            raise StoreUnavailable("gone for a moment")
        return await unmatched(limit, but)

    monkeypatch.setattr(store, "unmatched", ask)
    names = [f"p{number}" for number in range(3 * SLICE + 1)]
    all_told = asyncio.Event()

    def answer(_host: str, title: str) -> Outcome:
        if title == names[-1]:
            all_told.set()
        return FINE

    wire, config = Wire(Clock(), answers=answer), lay(tmp_path, RULES, config=CONFIG.format(more=""))
    worker = Worker(load(config, ENVIRON), store, wire)  # type: ignore[arg-type]  # a wire
    for name in names:
        await record(store, envelope(name, event="resource.updated").decode(), gid=name, action="updated")
    await worker.start()
    await asyncio.wait_for(all_told.wait(), 20)
    await worker.stop(1)
    rows = await store.deliveries(limit=len(names))
    await store.close()
    assert wire.to("team") == names
    assert [row.ambiguous for row in rows] == [False] * len(names)
    assert asked.count(SLICE) == 3  # read ahead behind each full slice
