"""A sender of signed events and the service they end at, in one process, on one event loop."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

SECRET = "bench-secret-of-32-characters-xx"
FINE = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
MARK = re.compile(rb"m(\d{6})m")


@dataclass
class Result:
    """What one load did; times in milliseconds."""

    statuses: Counter[int] = field(default_factory=Counter)
    sent: dict[int, float] = field(default_factory=dict)  # by number, in seconds of perf_counter()
    accepts_per_s: float = 0.0
    ack: list[float] = field(default_factory=list)
    arrived_per_s: float = 0.0
    arrived: int = 0
    twice: int = 0
    latency: list[float] = field(default_factory=list)


class Sink:
    """Answers every POST with 200 after `delay` seconds and notes when a marker first arrives."""

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = delay
        self.seen: dict[int, float] = {}
        self.twice = 0
        self._server: asyncio.Server

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        return int(self._server.sockets[0].getsockname()[1])

    def stop(self) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(re.search(rb"(?i)content-length: *(\d+)", head)[1])  # type: ignore[index]
                body, now = await reader.readexactly(length), time.perf_counter()
                answer = self.take(head, body, now)
                if self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the other end left, or the benchmark is over
        finally:
            writer.close()

    def take(self, head: bytes, body: bytes, now: float) -> bytes:
        """Note what came; gives the answer."""
        for mark in MARK.findall(body):
            self.twice += int(mark) in self.seen
            self.seen.setdefault(int(mark), now)
        return FINE


def event(number: int, salt: str) -> bytes:
    """An envelope of about 1 KB, each of its own resource."""
    gid = f"{salt}{number:010x}"
    resource: dict[str, Any] = {
        "gid": gid,
        "type": "simple",
        "message": f"Bonjour, voici le brief m{number:06d}m de la semaine",
        "project": {"gid": f"p-{number % 50}", "title": "Refonte du logo"},
        "worker": {"gid": "559befeeab59b", "firstname": "Zoé"},
        "attached_files": [{"url": f"https://files.example/{gid}-{n}.zip"} for n in range(12)],
    }
    envelope = {
        "event": "resource.created",
        "resource_type": "Project Message",
        "resource_gid": gid,
        "resource": resource,
    }
    return json.dumps(envelope, ensure_ascii=False).encode()


def request(body: bytes, port: int) -> bytes:
    """The post as bytes, signed as Creads signs."""
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    head = (
        f"POST /hooks/creads HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"X-Partners-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def load(
    port: int,
    sink: Sink | None,
    *,
    count: int,
    connections: int = 32,
    rate: float = 0.0,
    salt: str = "a",
    first: int = 0,
    wait: float = 60.0,
) -> Result:
    """Post `count` events, `rate` a second or as fast as answers come, and wait until the sink has them.

    Their marks are `first` and those behind it.
    """
    requests = {number: request(event(number, salt), port) for number in range(first, first + count)}
    result, queue = Result(), iter(requests)
    sent = result.sent
    start = time.perf_counter()

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in queue:
            if rate:
                await asyncio.sleep(max(0.0, start + (number - first) / rate - time.perf_counter()))
            sent[number] = time.perf_counter()
            writer.write(requests[number])
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(re.search(rb"(?i)content-length: *(\d+)", head)[1]))  # type: ignore[index]
            result.ack.append(1000 * (time.perf_counter() - sent[number]))
            result.statuses[int(head.split(b" ", 2)[1])] += 1
        writer.close()

    await asyncio.gather(*(client() for _ in range(connections)))
    result.accepts_per_s = count / (time.perf_counter() - start)
    if sink is not None:
        end = time.perf_counter() + wait
        while len(sink.seen) < count and time.perf_counter() < end:  # noqa: ASYNC110 -- what is measured must not be told
            await asyncio.sleep(0.02)
        result.arrived, result.twice = len(sink.seen), sink.twice
        if sink.seen:
            result.arrived_per_s = len(sink.seen) / (max(sink.seen.values()) - start)
        result.latency = [1000 * (at - sent[number]) for number, at in sink.seen.items() if number in sent]
    return result


def quantile(values: list[float], part: float) -> float:
    """The value below which `part` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else float("nan")
