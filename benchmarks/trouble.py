"""What trouble costs: a sink that is down, a long queue, a dead and a slow neighbour, a slow sink, TLS."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import ssl
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import certifi
import trustme
import uvloop

from benchmarks.load import FINE, MARK, Result, Sink, load, quantile
from benchmarks.service import CONFIG, RULE, Running, running
from bridge.delivery.senders import Senders
from bridge.model import Notification

T = TypeVar("T")
Row = tuple[str, str, str]  # what, what was found, what is aimed at

BUSY = b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"
HEALTHY = 20
WARM = 500  # events before anything is measured
STEPS = 10  # parts of a long load, each measured
BURST, BURSTS = 1_000, 7  # events, and how often
WAIT = 240.0  # seconds in which what waited must have left


class Troubled(Sink):
    """A sink that can be down, except for the operators."""

    def __init__(self, delay: float = 0.0) -> None:
        super().__init__(delay)
        self.down, self.refused, self.told = False, 0, Counter[str]()

    def take(self, head: bytes, body: bytes, now: float) -> bytes:
        if head.startswith(b"POST /ops"):
            title = re.search(rb'"title": ?"([^"]*)"', body)
            self.told[title[1].decode() if title else ""] += 1
            return FINE
        if self.down:
            self.refused += 1
            return BUSY
        return super().take(head, body, now)


class Many(Sink):
    """A sink for many destinations: notes each arrival."""

    def __init__(self, delay: float = 0.0) -> None:
        super().__init__(delay)
        self.arrivals: list[tuple[int, float]] = []

    def take(self, head: bytes, body: bytes, now: float) -> bytes:
        self.arrivals += [(int(mark), now) for mark in MARK.findall(body)]
        return FINE


def in_loop(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run it on the loop that the service runs on too."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work())


@contextlib.asynccontextmanager
async def served(port: int, rules: str = RULE, config: str = CONFIG) -> AsyncIterator[Running]:
    """A service, started and ended beside the loop."""
    context = running(port, rules, config=config)
    service = await asyncio.to_thread(context.__enter__)
    try:
        yield service
    finally:
        await asyncio.to_thread(context.__exit__, None, None, None)


# ---- a sink that is down -------------------------------------------------------------------------


def down(count: int) -> list[Row]:
    """Down for a whole load, then back."""

    async def run() -> list[Row]:
        sink = Troubled()
        sink.down = True
        async with served(await sink.start()) as service:
            result = await load(service.port, None, count=count)
            await _until(lambda: sink.told["sink is paused"] > 0, 30)
            sink.down = False
            took = await _drained(sink, count)
            await _until(lambda: sink.told["sink is back"] > 0, 30)
        statuses = ", ".join(f"{number:,} x {status}" for status, number in result.statuses.items())
        return [
            (f"sink down for {count:,} events: answers", statuses, f"{count:,} x 202"),
            ("    lost / twice", f"{count - len(sink.seen)} / {sink.twice}", "0 / 0"),
            ("    tried while it was down", f"{sink.refused}", ""),
            ("    drained after, s", f"{took:.1f}", ""),
            ("    operators told", _told(sink), "paused once, back once"),
        ]

    return in_loop(run)


def backlog(count: int) -> list[Row]:
    """A long queue for a dead destination: what it costs while it grows and once it is there, and how it leaves."""

    async def run() -> list[Row]:
        sink = Troubled()
        sink.down = True
        memory, results = list[float](), list[Result]()
        async with served(await sink.start()) as service:
            await load(service.port, None, count=WARM)
            before, posted = await _bursts(service, WARM)
            for _ in range(STEPS):
                results.append(await load(service.port, None, count=count // STEPS, first=posted))
                posted += count // STEPS
                memory.append(service.memory())
            after, posted = await _bursts(service, posted)
            sink.down = False
            took = await _drained(sink, posted)
            memory.append(service.memory())
        early, late = results[0], results[-1]
        return [
            (
                f"bursts of {BURST:,}, none / {count:,} waiting: accepts/s",
                _both(before, after, lambda bursts: statistics.median(burst.accepts_per_s for burst in bursts)),
                "same",
            ),
            (
                "    answer p99, ms",
                _both(before, after, lambda bursts: statistics.median(quantile(burst.ack, 0.99) for burst in bursts)),
                "same",
            ),
            (
                "    while it grows, first / last tenth: accepts/s",
                _both(early, late, lambda result: result.accepts_per_s),
                "",
            ),
            (
                "    memory, MB, first / last tenth / drained",
                " / ".join(f"{memory[n]:.0f}" for n in (0, -2, -1)),
                "flat",
            ),
            ("    tried while it was down", f"{sink.refused}", ""),
            ("    drained at, events/s", f"{posted / took:,.0f}", "full rate"),
            ("    lost / twice", f"{posted - len(sink.seen)} / {sink.twice}", "0 / 0"),
        ]

    return in_loop(run)


async def _bursts(service: Running, posted: int) -> tuple[list[Result], int]:
    """Some bursts, each begun when all before it is matched; gives also how many events there are then."""
    results = []
    for _ in range(BURSTS):
        await _all_matched(service, posted)
        results.append(await load(service.port, None, count=BURST, first=posted))
        posted += BURST
    await _all_matched(service, posted)
    return results, posted


async def _all_matched(service: Running, posted: int) -> None:
    await _until(lambda: service.matched() >= posted, WAIT)
    assert service.matched() >= posted, "what is measured next would share the process with matching"


async def _drained(sink: Sink, count: int) -> float:
    """Seconds until so many are there, from the moment that the first was let in."""
    await _until(lambda: bool(sink.seen), WAIT)
    began = time.perf_counter()
    await _until(lambda: len(sink.seen) >= count, WAIT)
    return time.perf_counter() - began


async def _until(holds: Callable[[], bool], seconds: float) -> None:
    end = time.perf_counter() + seconds
    while not holds() and time.perf_counter() < end:  # noqa: ASYNC110 -- what is measured must not be told
        await asyncio.sleep(0.02)


def _told(sink: Troubled) -> str:
    return ", ".join(f"{title}: {number}" for title, number in sink.told.items())


def _both(first: T, last: T, value: Callable[[T], float]) -> str:
    return f"{value(first):,.0f} / {value(last):,.0f}"


# ---- neighbours ----------------------------------------------------------------------------------


def fairness(count: int, rate: float = 15.0) -> list[Row]:
    """The same load for 20 destinations, alone, then beside a dead and a slow one; both twice, by turns."""
    alone, beside = list[float](), list[float]()
    for _ in range(2):
        alone.append(in_loop(lambda: _healthy_p99(count, rate, troubled=False)))
        beside.append(in_loop(lambda: _healthy_p99(count, rate, troubled=True)))
    found = f"{min(alone):.1f} / {min(beside):.1f} ({min(beside) / min(alone):.2f} x)"
    return [("20 healthy, alone / beside 1 dead, 1 slow: p99, ms", found, "<= 1.2 x")]


async def _healthy_p99(count: int, rate: float, *, troubled: bool) -> float:
    fine, slow, dead = Many(), Sink(1.0), Sink(3600.0)
    ports = [await sink.start() for sink in (fine, slow, dead)]
    names = {f"h{number}": ports[0] for number in range(HEALTHY)}
    if troubled:
        names |= {"slow": ports[1], "dead": ports[2]}
    places = "".join(f'  {name}: {{{{url: "json://127.0.0.1:{port}/{name}"}}}}\n' for name, port in names.items())
    config = CONFIG + places + f"  all: [{', '.join(names)}]\n"
    async with served(ports[0], RULE.replace("to: sink", "to: all"), config) as service:
        await load(service.port, None, count=30, rate=rate, salt="warm")
        await asyncio.sleep(1)
        fine.arrivals.clear()
        result = await load(service.port, None, count=count, rate=rate)
        await _until(lambda: len(fine.arrivals) >= count * HEALTHY, 60)
    return quantile([1000 * (at - result.sent[mark]) for mark, at in fine.arrivals], 0.99)


# ---- a slow sink, and TLS ------------------------------------------------------------------------


def slow_sink(count: int) -> list[Row]:
    """50 ms an answer, with what an operator sets for that."""
    wide = CONFIG.replace("concurrency: 32", "concurrency: 64") + "senders: {{processes: 2, threads: 32}}\n"

    async def run() -> Result:
        sink = Sink(0.05)
        async with served(await sink.start(), config=wide) as service:
            await load(service.port, None, count=300, salt="warm")
            await asyncio.sleep(2)
            sink.seen.clear()
            sink.twice = 0
            return await load(service.port, sink, count=count)

    result = in_loop(run)
    lost = f"{count - result.arrived} / {result.twice}"
    return [
        ("a sink that takes 50 ms: events/s", f"{result.arrived_per_s:,.0f}", ">= 1,000"),
        ("    lost / twice", lost, "0 / 0"),
    ]


def tls(count: int) -> list[Row]:
    """CPU of a sender process for one send over TLS, with the usual CA bundle and one authority more."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    async def run() -> float:
        server = await asyncio.start_server(Sink()._serve, "localhost", 0, ssl=context)
        try:
            return await _cpu_of_sends(f"jsons://localhost:{server.sockets[0].getsockname()[1]}/", count)
        finally:
            server.close()

    with tempfile.NamedTemporaryFile() as bundle:
        bundle.write(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())
        bundle.flush()
        os.environ |= {"REQUESTS_CA_BUNDLE": bundle.name, "NO_PROXY": "localhost"}
        return [("a send over TLS: CPU, ms", f"{in_loop(run):.2f}", "< 3")]


async def _cpu_of_sends(url: str, count: int) -> float:
    note = Notification(title="A message", body="of some words. " * 20, format="text")
    senders = Senders()
    await senders.start()
    await senders.ready()
    try:
        process = Running(0, senders.pids[0], 0.0)
        await asyncio.gather(*(senders.send(id=0, url=url, notification=note, deadline=15) for _ in range(32)))
        before = process.cpu()
        outcomes = await asyncio.gather(
            *(senders.send(id=number, url=url, notification=note, deadline=60) for number in range(count))
        )
        assert {outcome.result for outcome in outcomes} == {"delivered"}
        return 1000 * (process.cpu() - before) / count
    finally:
        await senders.stop(0)
