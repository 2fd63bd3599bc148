"""One source that floods does not starve another: it is answered 503 at once, the others are stored."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import receive
from bridge.model import Receipt
from bridge.receive import Ingest
from bridge.shares import Shares
from tests.receive.test_ingest import Answered, ask


class Slow:
    """A store whose COMMIT takes until it is let go."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.stored: list[str] = []

    async def accept(self, source: str, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Receipt:
        await self.go.wait()
        self.stored.append(source)
        return Receipt(id=len(self.stored), duplicate=False)

    def ingest(self) -> Ingest:
        return Ingest(None, accept=self.accept, limits=lambda name: 1_000_000)


def post(app: Ingest, source: str, body: bytes = b"{}") -> asyncio.Task[Answered]:
    return asyncio.create_task(ask(app, [body], path=f"/hooks/{source}"))


async def test_a_flood_is_refused_at_once_and_others_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive, "MAX_STORING", 10)
    store = Slow()
    app = store.ingest()
    flood = [post(app, "loud") for _ in range(30)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    refused = [task.result() for task in flood if task.done()]
    assert [answer.status for answer in refused] == [503] * 20
    assert refused[0].headers["retry-after"] == "5"
    assert refused[0].headers["connection"] == "close"
    quiet = [post(app, "quiet") for _ in range(3)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in quiet), "they wait to be stored"
    store.go.set()
    assert {(await task).status for task in quiet} == {202}
    assert sorted(store.stored) == ["loud"] * 10 + ["quiet"] * 3
    assert (await post(app, "loud")).status == 202, "there is room again"


async def test_one_that_has_less_than_its_share_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive, "MAX_STORING", 10)
    store = Slow()
    app = store.ingest()
    for _ in range(10):
        post(app, "loud")
    await asyncio.sleep(0)
    quiet = [post(app, "quiet") for _ in range(8)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert sum(task.done() for task in quiet) == 3, "the even share of two is five"
    store.go.set()
    await asyncio.gather(*quiet)


async def test_a_post_that_fails_gives_its_place_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive, "MAX_STORING", 1)

    async def broken(source: str, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Receipt:
        raise ZeroDivisionError

    app = Ingest(None, accept=broken, limits=lambda name: 1000)
    for _ in range(3):
        answer = await post(app, "creads")
        assert "could not be stored" in answer.detail


async def test_bodies_that_arrive_slowly_leave_room_for_another_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive, "MAX_HELD", 100)
    monkeypatch.setattr(receive, "SMALL", 5)
    store = Slow()
    store.go.set()
    app = store.ingest()
    app._arriving.take("loud", 100)  # half a post that says nothing more
    assert (await ask(app, [b"x" * 6, b"x"], path="/hooks/loud")).status == 503
    assert (await ask(app, [b"x" * 40, b"x"], path="/hooks/quiet")).status == 202
    app._arriving.take("loud", -100)
    assert (await ask(app, [b"x" * 6, b"x"], path="/hooks/loud")).status == 202


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=200))
def test_shares_are_bounded_and_fair(moves: list[tuple[str, bool]]) -> None:
    shares, held = Shares(6), dict.fromkeys("abc", 0)
    for source, wants in moves:
        if wants and not shares.is_full(source):
            shares.take(source)
            held[source] += 1
        elif wants:
            assert sum(held.values()) >= 6
            assert held[source] >= 2, "nobody is refused below an even share"
        elif held[source]:
            shares.take(source, -1)
            held[source] -= 1
        assert sum(held.values()) <= 6 + 2 * 2
