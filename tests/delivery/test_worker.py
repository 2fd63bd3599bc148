"""Slices follow each other: while one is written, the next is read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import structlog

from bridge.config.snapshot import load
from bridge.errors import StoreUnavailable
from bridge.matching import SLICE
from bridge.model import Delivery, Matched, Outcome, Recorded, replace
from bridge.store import Store
from bridge.worker import LEASE, Worker
from tests.config.folder import ENVIRON, lay
from tests.delivery.test_lanes import CONFIG, FINE, RULES, Wire
from tests.live import envelope
from tests.store.support import Clock, record

NAMES = [f"p{number}" for number in range(3 * SLICE + 1)]


class House:
    """A worker with three slices before it and one event more; `ahead` is done when a slice was read ahead."""

    def __init__(self, store: Store, clock: Clock, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store, self.clock, self.asked = store, clock, list[int]()
        self.told = {name: asyncio.Event() for name in NAMES}
        self.wire = Wire(clock, answers=self._answer)
        config = lay(folder, RULES, config=CONFIG.format(more=""))
        self.worker = Worker(load(config, ENVIRON), store, self.wire, clock=clock)  # type: ignore[arg-type]  # a wire
        self._unmatched = store.unmatched
        monkeypatch.setattr(store, "unmatched", self._ask)

    async def start(self) -> None:
        for name in NAMES:
            await record(self.store, envelope(name, event="resource.updated").decode(), gid=name)
        await self.worker.start()

    async def until_told(self, name: str) -> None:
        await asyncio.wait_for(self.told[name].wait(), 20)

    async def ahead(self) -> None:
        """Nothing more than usual."""

    async def _ask(self, limit: int, but: Collection[int] = ()) -> list[Recorded]:
        self.asked.append(len(but))
        found = await self._unmatched(limit, but)
        if but:
            await self.ahead()
        return found

    def _answer(self, _host: str, title: str) -> Outcome:
        self.told[title].set()
        return FINE


@pytest_asyncio.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    clock = Clock()
    store = await Store.open(f"sqlite:///{tmp_path}/bridge.db", owner="me", clock=clock)
    yield House(store, clock, tmp_path, monkeypatch)
    await store.close()


async def test_every_event_is_told_once_and_in_order(house: House) -> None:
    await house.start()
    await house.until_told(NAMES[-1])
    await house.worker.stop(1)
    assert house.wire.to("team") == NAMES
    assert house.asked[:4] == [0, SLICE, SLICE, SLICE]


async def test_a_slice_leaves_though_the_next_cannot_be_read(house: House) -> None:
    async def fail() -> None:
        raise StoreUnavailable("gone for a moment")

    house.ahead = fail  # type: ignore[method-assign]
    await house.start()
    await house.until_told(NAMES[-1])
    await house.worker.stop(1)
    assert house.wire.to("team") == NAMES
    assert not any(row.ambiguous for row in await house.store.deliveries(limit=len(NAMES)))


async def test_a_slice_leaves_while_the_next_is_still_being_read(house: House) -> None:
    house.ahead = asyncio.Event().wait  # type: ignore[assignment]
    await house.start()
    await house.until_told(NAMES[SLICE - 1])
    await house.worker.stop(1)
    rows = await house.store.deliveries(limit=len(NAMES))
    assert [(row.state, row.ambiguous) for row in rows] == [("delivered", False)] * SLICE


async def test_what_was_read_ahead_is_read_again_when_another_may_have_matched_it(house: House) -> None:
    async def stall() -> None:
        house.clock.now += 2 * LEASE

    house.ahead = stall  # type: ignore[method-assign]
    await house.start()
    await house.until_told(NAMES[-1])
    await house.worker.stop(1)
    assert house.asked[:6] == [0, SLICE] * 3
    assert house.wire.to("team") == NAMES


async def test_what_was_read_ahead_is_read_again_with_the_files_in_force(house: House) -> None:
    async def edit() -> None:
        house.worker.snapshot = replace(house.worker.snapshot)

    house.ahead = edit  # type: ignore[method-assign]
    await house.start()
    await house.until_told(NAMES[-1])
    await house.worker.stop(1)
    assert house.asked[:6] == [0, SLICE] * 3


async def test_what_could_not_be_written_is_told_when_it_is(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    write, failing = house.store.write_matched, iter([True, False, True])

    async def fail_at_times(every: Sequence[Matched], **more: Any) -> list[Delivery]:
        if next(failing, False):
            raise StoreUnavailable("gone for a moment")
        return await write(every, **more)

    monkeypatch.setattr(house.store, "write_matched", fail_at_times)
    with structlog.testing.capture_logs() as logged:
        await house.start()
        await house.until_told(NAMES[-1])
        await house.worker.stop(1)
    assert [line["gid"] for line in logged if line["event"] == "event.matched"] == NAMES
