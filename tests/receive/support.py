"""A real server on a loopback port, in a thread with uvloop as in production, and a client that sends bytes as told."""

from __future__ import annotations

import asyncio
import hmac
import json
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import uvloop

from bridge.model import Receipt
from bridge.receive import Ingest
from bridge.serve import Limits, Server
from bridge.sources.creads import Creads

SECRET = b"my_secret"
MAX_BODY = 1024 * 1024


class Got(NamedTuple):
    """One answer."""

    status: int
    headers: dict[str, str]
    body: bytes


class Recorder:
    """Stands in for the store: the real source reads, equal digests are one event."""

    def __init__(self) -> None:
        self.source = Creads("creads", (SECRET,))
        self.ids: dict[bytes, int] = {}
        self.seen: list[tuple[str, int]] = []
        self.refused: list[tuple[str, int, str, str]] = []
        self.fails: BaseException | None = None

    async def accept(self, name: str, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Receipt | None:
        self.source.verify(headers, body)
        arrival = self.source.read(body, 1.0)
        await asyncio.sleep(0)
        if self.fails:
            raise self.fails
        if arrival is None:
            return None
        duplicate = arrival.digest in self.ids
        return Receipt(id=self.ids.setdefault(arrival.digest, len(self.ids) + 1), duplicate=duplicate)

    def ingest(self, app: Any = None, max_body: int = MAX_BODY) -> Ingest:
        return Ingest(
            app,
            accept=self.accept,
            limits=lambda name: max_body if name == "creads" else None,
            observe=lambda source, status: self.seen.append((source, status)),
            refused=lambda *refusal: self.refused.append(refusal),
        )


@dataclass
class Served:
    """A running server, seen from another thread."""

    server: Server
    loop: asyncio.AbstractEventLoop
    recorder: Recorder

    @property
    def port(self) -> int:
        return self.server.port

    def stop(self) -> Future[None]:
        return asyncio.run_coroutine_threadsafe(self.server.stop(), self.loop)


@contextmanager
def serving(limits: Limits, app: Any = None, grace: float = 1.0) -> Iterator[Served]:
    """A server around the ingest, or around `app` instead."""
    ready: Future[Served] = Future()
    done = asyncio.Event()

    async def main() -> None:
        recorder = Recorder()
        server = Server(app or recorder.ingest(), host="127.0.0.1", port=0, limits=limits, grace=grace)
        await server.start()
        ready.set_result(Served(server, asyncio.get_running_loop(), recorder))
        await done.wait()
        if not server.should_exit:
            await server.stop()

    thread = threading.Thread(target=uvloop.run, args=(main(),))
    thread.start()
    served = ready.result(10)
    try:
        yield served
    finally:
        served.loop.call_soon_threadsafe(done.set)
        thread.join(10)


def signature(body: bytes) -> str:
    return hmac.new(SECRET, body, "sha256").hexdigest()


def envelope(gid: str) -> bytes:
    """A valid one."""
    resource = {"gid": gid, "title": "Logo"}
    whole = {"event": "resource.created", "resource_type": "Project", "resource_gid": gid, "resource": resource}
    return json.dumps(whole).encode()


def request(
    body: bytes,
    headers: Sequence[tuple[str, str]] | None = None,
    *,
    path: str = "/hooks/creads",
    length: int | None = None,
) -> bytes:
    """A POST; without `headers`, signed JSON."""
    if headers is None:
        headers = [("Content-Type", "application/json"), ("X-Partners-Signature", signature(body))]
    lines = [f"POST {path} HTTP/1.1", "Host: bridge.test", *(f"{name}: {value}" for name, value in headers)]
    if not any(name.lower() == "transfer-encoding" for name, _ in headers):
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def chunked(body: bytes, size: int = 65536) -> bytes:
    parts = (body[at : at + size] for at in range(0, len(body), size))
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


async def exchange(
    port: int, data: bytes, *, quiet: float = 0.1, patience: float = 10.0, pace: float = 0.0
) -> list[Got]:
    """Send bytes while reading; the answers until the server closes or has said nothing more for `quiet` seconds.

    `pace`: seconds between single bytes.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sending = asyncio.create_task(_write(writer, data, pace))
    received = b""
    try:
        while True:
            whole = bool(answers(received))
            chunk = await asyncio.wait_for(reader.read(65536), quiet if whole and sending.done() else patience)
            if not chunk:
                break
            received += chunk
    except (TimeoutError, ConnectionError):
        pass
    finally:
        sending.cancel()
        writer.close()
        with suppress(OSError, asyncio.CancelledError):
            await sending
            await writer.wait_closed()
    return answers(received)


async def _write(writer: asyncio.StreamWriter, data: bytes, pace: float) -> None:
    with suppress(ConnectionError):
        if not pace:
            writer.write(data)
        else:
            for at in range(len(data)):
                writer.write(data[at : at + 1])
                await writer.drain()
                await asyncio.sleep(pace)
        await writer.drain()


def answers(received: bytes) -> list[Got]:
    """The whole answers in what came over one connection."""
    found = []
    while b"\r\n\r\n" in received:
        head, _, rest = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            break
        found.append(Got(int(first.split()[1]), headers, rest[:length]))
        received = rest[length:]
    return found
