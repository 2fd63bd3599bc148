"""The server: every wait ends, who waits longest makes room for others, and a stop lets work end."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from bridge.serve import Limits, Server, _is_loopback, _State
from tests.receive.support import Recorder, Served, answers, envelope, exchange, request, serving

SHORT = 0.4
LONG = 30.0
HEAD = b"POST /hooks/creads HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(Limits(head=SHORT, body=SHORT, idle=SHORT)) as server:
        yield server


async def closed_after(served: Served, data: bytes) -> tuple[list[int], float]:
    """The statuses that came until the server closed, and after how long it did."""
    began = time.monotonic()
    got = await exchange(served.port, data, quiet=5.0, patience=5.0)
    return [answer.status for answer in got], time.monotonic() - began


@pytest.mark.parametrize(
    ("data", "statuses"),
    [
        pytest.param(b"", [], id="nothing is said"),
        pytest.param(b"POST /ho", [408], id="half a line"),
        pytest.param(HEAD, [408], id="half a head"),
        pytest.param(HEAD + b"Content-Length: 5\r\n\r\nab", [408], id="half a body"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab", [408], id="half a chunk"),
        pytest.param(request(envelope("kept")), [202], id="idle after an answer"),
        pytest.param(request(envelope("next")) + HEAD, [202, 408], id="half a head after an answer"),
        pytest.param(b"GET /nothing HTTP/1.1\r\nContent-Length: 9\r\n\r\n", [404], id="answered before its body"),
    ],
)
async def test_every_wait_ends(served: Served, data: bytes, statuses: list[int]) -> None:
    got, took = await closed_after(served, data)
    assert got == statuses
    assert took < SHORT + 2.0


async def test_a_drip_does_not_put_the_end_off(served: Served) -> None:
    began = time.monotonic()
    got = await exchange(served.port, HEAD + b"X: " + b"y" * 1000, pace=0.05)
    assert [answer.status for answer in got] == [408]
    assert time.monotonic() - began < SHORT + 2.0


async def test_a_deadline_is_told_as_a_problem_and_counted(served: Served) -> None:
    seen = served.recorder.seen
    before = seen.count(("creads", 408))
    (answer,) = await exchange(served.port, HEAD + b"Content-Length: 5\r\n\r\nab")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["connection"] == "close"
    assert b"did not arrive in time" in answer.body
    await asyncio.sleep(0.05)
    assert seen.count(("creads", 408)) == before + 1


async def test_too_many_headers_of_a_post_are_counted(served: Served) -> None:
    before = served.recorder.seen.count(("creads", 431))
    (answer,) = await exchange(served.port, HEAD + b"X: y\r\n" * 101 + b"\r\n")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["connection"] == "close"
    assert b"more than 100 headers" in answer.body
    assert served.recorder.seen.count(("creads", 431)) == before + 1


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param(HEAD + b"X: y\r\n" * 101 + b"\r\n", 431, id="too many headers"),
        pytest.param(HEAD.replace(b"hooks", b"login") + b"X: y\r\n" * 101 + b"\r\n", 431, id="elsewhere"),
        pytest.param(HEAD + b"X: " + b"y" * 300_000, 431, id="a header without end"),
        pytest.param(b"POST /" + b"y" * 300_000, 431, id="an address without end"),
        pytest.param(b"not HTTP at all\r\n\r\n", 400, id="not HTTP"),
        pytest.param(
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1;" + b"e" * 300_000,
            431,
            id="a chunk extension without end",
        ),
        pytest.param(
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n" + b"X: y\r\n" * 101 + b"\r\n",
            431,
            id="too many trailers",
        ),
    ],
)
async def test_heads_have_bounds(served: Served, data: bytes, status: int) -> None:
    got = await exchange(served.port, data)
    assert [answer.status for answer in got] == [status]


async def test_a_refusal_is_seen_by_who_is_still_sending(served: Served) -> None:
    """A plain close would reset the connection while 20 MB are under way."""
    got = await exchange(served.port, request(b"x" * 20_000_000))
    assert [answer.status for answer in got] == [413]


async def test_keep_alive_and_pipelining(served: Served) -> None:
    got = await exchange(served.port, b"".join(request(envelope(f"p{number}")) for number in range(5)))
    assert [answer.status for answer in got] == [202] * 5


# ---- room --------------------------------------------------------------------------------------


async def test_who_waits_longest_gives_way() -> None:
    with serving(Limits(head=LONG, body=LONG, idle=LONG, connections=3)) as served:
        held = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(3)]
        await asyncio.sleep(0.1)  # a connection exists for its client before the server has taken it
        held[0][1].write(HEAD)  # it speaks now: the second has been silent for longest
        await asyncio.sleep(0.1)
        got = await exchange(served.port, request(envelope("a1")))
        assert [answer.status for answer in got] == [202]
        assert await asyncio.wait_for(held[1][0].read(), 5) == b""
        held[0][1].write(b"\r\n")
        assert b" 401 " in await asyncio.wait_for(held[0][0].readline(), 5)
        for _, writer in held:
            writer.close()


async def test_when_everyone_is_being_served_newcomers_are_turned_away() -> None:
    release: Future[None] = Future()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.wrap_future(release)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    with serving(Limits(head=LONG, body=LONG, idle=LONG, connections=2), slow) as served:
        at_work = [asyncio.create_task(exchange(served.port, b"GET / HTTP/1.1\r\n\r\n")) for _ in range(2)]
        await asyncio.sleep(0.2)
        (answer,) = await exchange(served.port, b"")
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        release.set_result(None)
        assert [got[0].status for got in await asyncio.gather(*at_work)] == [204, 204]


def test_one_address_cannot_take_every_place() -> None:
    state = _State(Limits(per_address=2))
    assert [state.admit("203.0.113.7") for _ in range(3)] == [True, True, False]
    assert state.admit("203.0.113.8")
    assert all(state.admit("127.0.0.1") for _ in range(5))
    for _ in range(3):
        state.forget(None, "203.0.113.7")  # type: ignore[arg-type]  # who it was does not count here
    assert state.addresses == {"203.0.113.8": 1}


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("", True),
        ("10.0.0.1", False),
    ],
)
def test_loopback(address: str, loopback: bool) -> None:
    assert _is_loopback(address) is loopback


# ---- start and stop ----------------------------------------------------------------------------


async def test_an_address_that_is_taken_is_told_as_such() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        await Server(Recorder().ingest(), host="127.0.0.1", port=taken.getsockname()[1]).start()


async def test_two_servers_in_one_loop() -> None:
    servers = [Server(Recorder().ingest(), host="127.0.0.1", port=0) for _ in range(2)]
    for server in servers:
        await server.start()
    assert servers[0].port != servers[1].port
    for server in servers:
        assert [got.status for got in await exchange(server.port, request(envelope("a1")))] == [202]
    await asyncio.gather(*(server.stop() for server in servers))


async def test_a_stop_lets_posts_end_and_takes_no_more() -> None:
    with serving(Limits(head=LONG, body=LONG, idle=LONG), grace=5.0) as served:
        idle_reader, idle_writer = await asyncio.open_connection("127.0.0.1", served.port)
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        whole = request(envelope("a1"))
        writer.write(whole[:-5])
        await asyncio.sleep(0.1)
        stopped = served.stop()
        assert await asyncio.wait_for(idle_reader.read(), 5) == b"", "who is idle is let go"
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(whole[-5:])
        (answer,) = answers(await asyncio.wait_for(reader.read(), 5))
        assert (answer.status, answer.headers["connection"]) == (202, "close")
        await asyncio.wait_for(asyncio.wrap_future(stopped), 5)
        for open_writer in (idle_writer, writer):
            open_writer.close()


async def test_a_stop_does_not_wait_longer_than_its_grace() -> None:
    with serving(Limits(head=LONG, body=LONG, idle=LONG), grace=0.5) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(request(envelope("a1"))[:-5])
        await asyncio.sleep(0.1)
        began = time.monotonic()
        await asyncio.wait_for(asyncio.wrap_future(served.stop()), 5)
        assert time.monotonic() - began < 3
        assert b" 500 " not in await asyncio.wait_for(reader.read(), 5)
        writer.close()
