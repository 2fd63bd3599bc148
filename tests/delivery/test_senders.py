"""The sender process dies, hangs, spins and stops; what was handed to it is settled all the same."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bridge.delivery import senders as module
from bridge.delivery.senders import Exit, Senders
from bridge.errors import GivenBack, SenderGone
from bridge.model import Notification, Outcome
from tests.services import FakeWorld, Reply

NOTE = Notification(title="A", body="b", format="text")


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROGRAM", "tests.delivery.odd_sender")


@contextlib.asynccontextmanager
async def running(threads: int = 4, exits: list[Exit] | None = None, processes: int = 1) -> AsyncIterator[Senders]:
    senders = Senders(processes=processes, threads=threads, on_exit=exits.append if exits is not None else None)
    await senders.start()
    try:
        yield senders
    finally:
        await senders.stop(grace=0)


def asks(senders: Senders, deadline: float = 5.0) -> Callable[..., asyncio.Future[Outcome]]:
    def ask(url: str, id: int = 1, deadline: float = deadline) -> asyncio.Future[Outcome]:
        return senders.send(id=id, url=url, notification=NOTE, deadline=deadline)

    return ask


# ---- death -------------------------------------------------------------------------------------


async def test_killed_in_flight(world: FakeWorld) -> None:
    world.answer("127.0.0.1", Reply(wait=20))
    exits: list[Exit] = []
    async with running(threads=4, exits=exits) as senders:
        await senders.ready()
        (before,) = senders.pids
        url = f"json://127.0.0.1:{world.port}/"
        futures = [senders.send(id=number, url=url, notification=NOTE, deadline=15) for number in range(6)]
        await asyncio.to_thread(world.wait_for, 4)
        os.kill(before, signal.SIGKILL)
        started = time.monotonic()
        results = await asyncio.gather(*futures[:4], return_exceptions=True)
        assert time.monotonic() - started < 1
        assert [type(result) for result in results] == [SenderGone] * 4
        assert exits == [Exit(pid=before, code=-signal.SIGKILL, in_doubt=(0, 1, 2, 3))]
        world.answer("127.0.0.1", Reply())
        assert [outcome.result for outcome in await asyncio.gather(*futures[4:])] == ["delivered"] * 2
        assert senders.pids != [before]
        assert len(senders.pids) == 1


async def test_one_of_two_dies(odd: None) -> None:
    async with running(threads=2, processes=2) as senders:
        await senders.ready()
        ask = asks(senders)
        results = await asyncio.gather(ask("exit"), ask("slow:1"), ask("slow:1"), return_exceptions=True)
        assert [type(result) for result in results].count(SenderGone) <= 2
        await senders.ready()
        assert len(set(senders.pids)) == 2


async def test_a_process_that_cannot_start_is_tried_again_with_a_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROGRAM", "bridge.delivery.missing")
    exits: list[Exit] = []
    async with running(exits=exits) as senders:
        future = asks(senders)("console://")
        with pytest.raises(SenderGone):  # it was handed to the process that could not start
            await future
        await asyncio.sleep(1.0)
        assert 2 <= len(exits) <= 6
        monkeypatch.setattr(module, "PROGRAM", "bridge.delivery.sender")
        async with asyncio.timeout(10):
            await senders.ready()


async def test_no_sender_outlives_its_parent(tmp_path: Path) -> None:
    script = """
import asyncio, os, signal
from bridge.delivery.senders import Senders
async def main():
    senders = Senders(threads=2)
    await senders.start()
    await senders.ready()
    print(*senders.pids, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    for _ in range(100):
        if not _lives(pid):
            return
        await asyncio.sleep(0.05)
    pytest.fail("the sender is still there")


def _lives(pid: int) -> bool:
    """Whether a process runs; one that ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


# ---- plug-ins that misbehave -------------------------------------------------------------------


async def test_what_hangs_is_given_up_and_the_rest_arrives(odd: None) -> None:
    async with running(threads=8) as senders:
        ask = asks(senders, deadline=0.3)
        hanging = [ask("hang") for _ in range(3)]
        outcomes = await asyncio.gather(*hanging, *[ask("fine") for _ in range(20)])
        assert [(one.result, one.ambiguous) for one in outcomes[:3]] == [("retry", True)] * 3
        assert outcomes[0].reason == "The destination did not answer within 0.3 s"
        assert {one.result for one in outcomes[3:]} == {"delivered"}


async def test_an_answer_that_comes_too_late_is_dropped(odd: None) -> None:
    async with running(threads=1) as senders:
        ask = asks(senders, deadline=0.1)
        assert (await ask("late")).result == "retry"
        after = await ask("slow:1", deadline=5)
        assert after.reason != "too late"


@pytest.mark.parametrize("what", ["hang", "spin"])
async def test_a_process_with_too_many_stuck_threads_is_replaced(odd: None, what: str) -> None:
    exits: list[Exit] = []
    async with running(threads=8, exits=exits) as senders:
        await asyncio.gather(*[asks(senders, deadline=0.1)(what) for _ in range(4)], return_exceptions=True)
        for _ in range(100):
            if exits:
                break
            await asyncio.sleep(0.1)
        assert exits[0].code == 3
        assert (await asks(senders)("fine")).result == "delivered"


async def test_a_process_that_does_not_answer_at_all_is_killed(odd: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BACKSTOP", 0.2)
    monkeypatch.setattr(module, "TICK", 0.1)
    async with running(threads=2) as senders:
        await senders.ready()
        (pid,) = senders.pids
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(SenderGone):
            await asks(senders, deadline=0.2)("fine")
        assert (await asks(senders)("fine")).reason != str(pid)


# ---- the window, the stop ----------------------------------------------------------------------


async def test_what_is_beyond_the_threads_waits_here(odd: None, tmp_path: Path) -> None:
    exits: list[Exit] = []
    async with running(threads=2, exits=exits) as senders:
        ask = asks(senders)
        futures = [ask("slow:0.2") for _ in range(6)]
        outcomes = await asyncio.gather(*futures)
        assert {outcome.result for outcome in outcomes} == {"delivered"}
        assert all(outcome.took_ms < 1000 for outcome in outcomes)  # the wait is not the attempt's


async def test_who_no_longer_waits_is_not_sent(odd: None, tmp_path: Path) -> None:
    async with running(threads=1) as senders:
        ask = asks(senders)
        first, second = ask("slow:0.2"), ask(f"mark:{tmp_path / 'sent'}")
        second.cancel()
        await first
        assert (await ask("fine")).result == "delivered"
        assert not (tmp_path / "sent").exists()


async def test_stop_lets_finish_gives_back_and_leaves(odd: None) -> None:
    senders = Senders(threads=2)
    await senders.start()
    await senders.ready()
    ask = asks(senders)
    soon, never, waiting = ask("slow:0.3"), ask("hang"), ask("fine")
    started = time.monotonic()
    await senders.stop(grace=0.8)
    assert 0.7 < time.monotonic() - started < 2
    assert (await soon).result == "delivered"
    with pytest.raises(SenderGone) as gone:
        await never
    assert not isinstance(gone.value, GivenBack)
    with pytest.raises(GivenBack):
        await waiting
    with pytest.raises(GivenBack):
        await ask("fine")
    assert senders.pids == []


async def test_signals_meant_for_the_parent_do_not_end_a_send(odd: None) -> None:
    async with running(threads=1) as senders:
        await senders.ready()
        future = asks(senders)("slow:0.3")
        await asyncio.sleep(0.1)
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(senders.pids[0], number)
        assert (await future).result == "delivered"
