"""The store in trouble: nothing acknowledged is lost, the one at fault gets the error, and it recovers by itself."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from bridge.errors import StoreUnavailable
from bridge.model import Delivery
from bridge.store import Store, writer
from tests.postgres import Server, server
from tests.store.conftest import Open
from tests.store.support import Clock, arrival, deliver_one, planned, record, settled

NO_SUCH = Delivery(id=999, event_id=None, rule=None, destination="team", notification=planned().notification)
TOO_LARGE = Delivery(id=2**70, event_id=None, rule=None, destination="team", notification=planned().notification)


def file_of(url: str) -> str:
    """The path in a URL."""
    return url.removeprefix("sqlite:///")


def damage(path: Path) -> None:
    """Write over some pages in the middle of a file."""
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 20000] = b"\xff" * 20000
    path.write_bytes(raw)


@pytest.mark.parametrize("bad", [NO_SUCH, TOO_LARGE], ids=["unknown", "too large"])
async def test_who_asks_for_the_impossible_gets_the_error_alone(store: Store, bad: Delivery) -> None:
    (delivery,) = await deliver_one(store)
    posts = [store.record(arrival(f"{n}", gid=f"{n}"), window=60) for n in range(5)]
    done = await asyncio.gather(
        *posts, store.settle(settled(bad)), store.settle(settled(delivery)), return_exceptions=True
    )
    failures = [result for result in done if isinstance(result, BaseException)]
    assert [done.index(failure) for failure in failures] == [5]
    assert not isinstance(failures[0], StoreUnavailable)
    assert len(await store.unmatched(10)) == 5
    assert [row.state for row in await store.deliveries()] == ["delivered"]
    assert not (await record(store, "after")).duplicate


async def test_whoever_goes_away_takes_nothing_with_him(store: Store) -> None:
    posts = [asyncio.ensure_future(record(store, f"{n}")) for n in range(3)]
    await asyncio.sleep(0)
    posts[1].cancel()
    await asyncio.gather(*posts, return_exceptions=True)
    assert len(await store.unmatched(10)) == 3


async def test_too_much_that_waits_is_refused_at_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MOST_WAITING", 3)
    done = await asyncio.gather(*(record(store, f"{n}") for n in range(5)), return_exceptions=True)
    assert [isinstance(result, StoreUnavailable) for result in done] == [False, False, False, True, True]
    assert len(await store.unmatched(10)) == 3


async def test_a_closed_store_says_so_and_has_written_all(open_store: Open, url: str, clock: Clock) -> None:
    store = await Store.open(url, owner="me", clock=clock)
    posts = [asyncio.ensure_future(record(store, f"{n}")) for n in range(3)]
    await asyncio.sleep(0)
    await store.close()
    assert all(not receipt.duplicate for receipt in await asyncio.gather(*posts))
    with pytest.raises(StoreUnavailable, match="closed"):
        await record(store, "late")
    assert len(await (await open_store(url)).unmatched(10)) == 3


# ---- SQLite ------------------------------------------------------------------------------------


async def test_a_lock_that_is_held_for_a_moment_is_waited_for(open_store: Open, sqlite_url: str) -> None:
    store = await open_store(sqlite_url)
    other = sqlite3.connect(file_of(sqlite_url), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    post = asyncio.ensure_future(record(store))
    await asyncio.sleep(0.05)  # the event loop goes on meanwhile
    assert not post.done()
    other.execute("COMMIT")
    other.close()
    assert not (await post).duplicate


async def test_a_lock_that_is_not_let_go(open_store: Open, sqlite_url: str) -> None:
    store = await open_store(sqlite_url, patience=0.05)
    other = sqlite3.connect(file_of(sqlite_url), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    done = await asyncio.gather(*(record(store, f"{n}") for n in range(3)), return_exceptions=True)
    assert [str(error) for error in done] == ["another process has kept the store locked"] * 3
    assert await store.unmatched(10) == []  # readers need no lock
    other.execute("ROLLBACK")
    other.close()
    assert not (await record(store, "0")).duplicate


async def test_a_full_disk(open_store: Open, sqlite_url: str) -> None:
    store = await open_store(sqlite_url)
    await record(store, "small")
    connection = store._writer._connected()
    driver = connection.connection.driver_connection
    assert driver is not None
    (pages,) = driver.execute("PRAGMA page_count").fetchone()
    driver.execute(f"PRAGMA max_page_count={pages}")
    assert not store.trouble()
    with pytest.raises(StoreUnavailable, match="full"):
        await record(store, b"x" * 500_000)
    await store.renew()  # it has nothing in hand, and a full disk takes nothing
    assert "full" in store.trouble()
    assert not (await record(store, b"y" * 500_000)).duplicate  # the limit went with the connection
    assert not store.trouble()
    assert len(await store.unmatched(10)) == 2


@pytest.mark.parametrize("instead", [False, True], ids=["gone", "replaced"])
async def test_a_file_that_is_taken_away_under_it(open_store: Open, sqlite_url: str, instead: bool) -> None:
    store, file = await open_store(sqlite_url), file_of(sqlite_url)
    await record(store, "before")
    aside = f"{file}.aside"
    os.rename(file, aside)
    if instead:
        shutil.copy(aside, file)
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="removed or replaced while it was in use: put it back"):
            await record(store, "lost")
    assert file in store.trouble()
    assert (os.path.basename(file) in os.listdir(os.path.dirname(file))) == instead, "no new file is made in its place"
    os.rename(aside, file)
    assert not (await record(store, "after")).duplicate
    assert not store.trouble()
    assert {event.body for event in await store.unmatched(10)} >= {b"before", b"after"}


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "bridge.db"
    path.write_bytes(b"nothing of the kind" * 500)
    with pytest.raises(StoreUnavailable, match="cannot be opened: file is not a database"):
        await Store.open(f"sqlite:///{path}", owner="me")


async def test_a_damaged_file_is_found_at_the_start(sqlite_url: str) -> None:
    store = await Store.open(sqlite_url, owner="me")
    await asyncio.gather(*(record(store, f"{n}" * 900, gid=f"{n}") for n in range(200)))
    await store.close()
    damage(Path(file_of(sqlite_url)))
    with pytest.raises(StoreUnavailable, match=r"damaged|malformed"):
        await Store.open(sqlite_url, owner="me")


# ---- PostgreSQL --------------------------------------------------------------------------------


@pytest.mark.postgres
async def test_postgresql_goes_away_and_comes_back(open_store: Open) -> None:
    running: Server = server()
    store = await open_store(url := running.new_database())
    woken = asyncio.Event()
    store.listen(woken.set)
    await record(store, "before")
    running.stop()
    try:
        done = await asyncio.gather(record(store, "1"), record(store, "2"), return_exceptions=True)
        assert all(isinstance(error, StoreUnavailable) for error in done)
        with pytest.raises(StoreUnavailable):
            await store.unmatched(10)
        assert store.trouble()
    finally:
        running.start()
    await store.renew()
    assert store.trouble()  # nothing was in hand to be written
    assert not (await record(store, "1")).duplicate
    assert not store.trouble()
    assert [event.body for event in await store.unmatched(10)] == [b"before", b"1"]
    woken.clear()
    await record(await open_store(url, "another"), "2")
    await asyncio.wait_for(woken.wait(), 5)


@pytest.mark.postgres
async def test_a_row_that_another_session_keeps_locked(open_store: Open) -> None:
    url = server().new_database()
    store = await open_store(f"{url}%20-clock_timeout%3D50ms")
    (delivery,) = await deliver_one(store)
    with psycopg.connect(url) as other:
        other.execute("SELECT 1 FROM delivery FOR UPDATE")
        done = await asyncio.gather(store.settle(settled(delivery)), record(store, "B"), return_exceptions=True)
        assert all(isinstance(error, StoreUnavailable) for error in done)
        assert "lock timeout" in str(done[0])
    assert not await store.settle(settled(delivery))


@pytest.mark.postgres
async def test_a_transaction_that_postgresql_breaks_off_is_done_again_piece_by_piece(open_store: Open) -> None:
    url = server().new_database()
    store = await open_store(url)
    handed = [*await deliver_one(store, "A", gid="1"), *await deliver_one(store, "B", gid="2")]
    with psycopg.connect(url) as other:  # a circle: it has the second and will want the first
        other.execute("SET deadlock_timeout = '10s'")
        other.execute("SELECT 1 FROM delivery WHERE id = %s FOR UPDATE", (handed[1].id,))
        both = asyncio.gather(*(store.settle(settled(delivery)) for delivery in handed))
        await asyncio.sleep(0.1)
        await asyncio.to_thread(other.execute, "SELECT 1 FROM delivery WHERE id = %s FOR UPDATE", (handed[0].id,))
        other.rollback()
    assert await both == [False, False]
    assert [row.state for row in await store.deliveries()] == ["delivered", "delivered"]


# ---- kill --------------------------------------------------------------------------------------

RECORDER = """
import asyncio, sys, time
from bridge.store import Store
from tests.store.support import arrival

async def main():
    store = await Store.open(sys.argv[1], owner="victim")
    async def post(lane):
        n = 0
        while True:
            receipt = await store.record(arrival(f"{lane} {n}", gid=f"{lane}"), window=86400)
            sys.stdout.write(f"{receipt.id} {lane} {n}\\n")
            n += 1
    async def tell():
        while True:
            sys.stdout.flush()
            await asyncio.sleep(0.002)
    await asyncio.gather(tell(), *(post(lane) for lane in range(16)))

asyncio.run(main())
"""


def acknowledged_until_killed(url: str, after: float) -> dict[int, bytes]:
    """What a process that records had answered, id → body, when it was killed some seconds after its first answer."""
    root = Path(__file__).resolve().parents[2]
    recorder = [sys.executable, "-c", RECORDER, url]
    with subprocess.Popen(
        recorder, stdout=subprocess.PIPE, cwd=root, env=os.environ | {"PYTHONPATH": str(root)}
    ) as victim:
        assert victim.stdout is not None
        first = victim.stdout.readline()
        time.sleep(after)
        victim.kill()
        told = (first + victim.stdout.read()).splitlines(keepends=True)
    return {int(id): body for id, body in (line[:-1].split(b" ", 1) for line in told if line.endswith(b"\n"))}


async def test_what_was_acknowledged_survives_kill(open_store: Open, url: str) -> None:
    acknowledged: dict[int, bytes] = {}
    for seed in range(2):
        after = random.Random(seed).uniform(0.02, 0.2)
        acknowledged |= await asyncio.to_thread(acknowledged_until_killed, url, after)
    store = await open_store(url)
    kept = {event.id: event.body for event in await store.unmatched(100_000)}
    assert len(acknowledged) > 20
    assert {id: kept.get(id) for id in acknowledged} == acknowledged
    assert len(set(kept.values())) == len(kept)
