"""The HTTP server: uvicorn with an end to every wait, a bound on every head, and a way out when it is full."""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
from collections import Counter
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, cast

import structlog
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from bridge.receive import CUT_SHORT, HOOKS, MAX_HEADERS, TOO_MANY_HEADERS, Answer, ASGIApp, problem

MAX_OVERHEAD = 64 * 1024  # bytes of a request that are not its body: head, chunk sizes, trailers

MALFORMED = problem(400, "this is not HTTP as it should be")
TIMED_OUT = problem(408, "the request did not arrive in time")
OVERSIZED_HEAD = problem(431, f"more than {MAX_OVERHEAD:,} bytes beside the body")
FULL = problem(503, "too many connections", (b"retry-after", b"5"))

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long, in seconds, and how many."""

    head: float = 10.0  # until a request's head is there; as long may a new connection say nothing
    body: float = 10.0  # from the head to the end of the body
    idle: float = 60.0  # between two requests
    connections: int = 1000
    per_address: int = 250  # loopback is spared: there stands a proxy


class _State(ServerState):
    """Who is connected, and whom we wait for, longest first."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self.limits = limits
        self.addresses: Counter[str] = Counter()
        self.waiting: dict[Connection, float] = {}  # until when

    def wait_for(self, connection: Connection, seconds: float) -> None:
        self.waiting.pop(connection, None)  # so that the dict stays in the order of the waits
        self.waiting[connection] = connection.loop.time() + seconds

    def admit(self, address: str) -> bool:
        """Count a new connection; when all places are taken, who keeps us waiting longest gives way."""
        if not _is_loopback(address):
            self.addresses[address] += 1
            if self.addresses[address] > self.limits.per_address:
                return False
        if len(self.connections) > self.limits.connections:
            longest = next(iter(self.waiting), None)
            if longest is None:
                return False
            longest.end(FULL)
        return True

    def forget(self, connection: Connection, address: str) -> None:
        self.waiting.pop(connection, None)
        if address in self.addresses:
            self.addresses[address] -= 1
            if not self.addresses[address]:
                del self.addresses[address]

    def end_overdue(self, now: float) -> None:
        for connection in [waiting for waiting, until in self.waiting.items() if until < now]:
            connection.end(TIMED_OUT)


class _Together:
    """A transport that sends what one turn of the event loop writes in one go.

    uvicorn writes head and body apart: two system calls, each of which wakes the other end.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        parts, self._parts = self._parts, []
        if parts and not self._transport.is_closing():  # the other end may have left meanwhile
            self._transport.write(b"".join(parts))


class Connection(HttpToolsProtocol):
    """One connection of uvicorn's. httptools refuses what could be read as two requests; time and size are ours."""

    server_state: _State

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self.transport = cast("asyncio.Transport", _Together(transport, self.loop))
        self.address = self.client[0] if self.client else ""
        self.stage = "between"  # two requests; then "head", "body"
        self.overhead = 0
        if self.server_state.admit(self.address):
            self.server_state.wait_for(self, self.server_state.limits.head)
        else:
            self.end(FULL, even_idle=True)

    def connection_lost(self, exc: Exception | None) -> None:
        self.server_state.forget(self, self.address)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self.overhead += len(data)
        super().data_received(data)
        if self.overhead > MAX_OVERHEAD:
            self.end(OVERSIZED_HEAD)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.stage = "head"
        self.server_state.wait_for(self, self.server_state.limits.head)

    def on_headers_complete(self) -> None:
        # A post's sender is refused by the ingest, which counts that; the path is known here for the first time.
        if len(self.headers) > MAX_HEADERS and not self.url.startswith(HOOKS.encode()):
            raise ValueError  # the parser stops, and send_400_response is asked to answer
        super().on_headers_complete()
        self.stage = "body"
        self.server_state.wait_for(self, self.server_state.limits.body)

    def on_body(self, body: bytes) -> None:
        self.overhead -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self.stage = "between"
        self.overhead = 0
        self.server_state.waiting.pop(self, None)
        if self.cycle.response_complete:
            self.server_state.wait_for(self, self.server_state.limits.idle)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.stage == "between" and not self.pipeline:
            self.server_state.wait_for(self, self.server_state.limits.idle)

    def send_400_response(self, msg: str) -> None:
        """uvicorn calls this when the parser refuses; its own text would carry none of our headers."""
        too_many = self.headers is not None and len(self.headers) > MAX_HEADERS
        self.end(TOO_MANY_HEADERS if too_many else MALFORMED, even_idle=True)

    def end(self, answer: Answer, *, even_idle: bool = False) -> None:
        """Close, with this answer where one is due and can still be given; the app learns that nobody listens."""
        self.server_state.waiting.pop(self, None)
        if self.transport.is_closing():
            return
        if (even_idle or self.stage != "between") and self._can_answer():
            self.transport.write(answer.as_http())
        if self.cycle is not None and not self.cycle.response_complete:
            cast("dict[str, Any]", self.cycle.scope)[CUT_SHORT] = answer.status
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        else:
            log.info("connection.ended", status=answer.status, reason=answer.reason, stage=self.stage)
        self.transport.close()

    def _can_answer(self) -> bool:
        """Not into the middle of another answer, nor before one that is due earlier."""
        if self.cycle is None:
            return True
        if self.pipeline or (self.stage == "body" and self.cycle.response_complete):
            return False
        return self.cycle.response_complete or not self.cycle.response_started


class Server(uvicorn.Server):
    """Serves one address until it is stopped. Several can run in one loop; signals are left to the caller."""

    server_state: _State

    def __init__(self, app: ASGIApp, *, host: str, port: int, limits: Limits | None = None, grace: float = 5.0) -> None:
        limits = limits or Limits()
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                http=Connection,
                ws="none",
                loop="none",
                lifespan="off",
                log_config=None,
                log_level="error",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=math.ceil(limits.idle),
                timeout_graceful_shutdown=math.ceil(grace),
            )
        )
        self.host = host
        self.port = port
        self.server_state = _State(limits)

    async def start(self) -> None:
        """Bind and accept; from now on `port` is the real one. Raises OSError when the address cannot be had."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._socket = socket.create_server((self.host, self.port), family=family, backlog=self.config.backlog)
        self.port = self._socket.getsockname()[1]
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        await self.startup(sockets=[self._socket])
        self._ticking = asyncio.create_task(self.main_loop())

    async def stop(self) -> None:
        """Accept no more, let requests in flight end within the grace, then close what is left."""
        self.should_exit = True
        await self._ticking
        await self.shutdown(sockets=[self._socket])
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    async def on_tick(self, counter: int) -> bool:
        """uvicorn calls this ten times a second."""
        self.server_state.end_overdue(asyncio.get_running_loop().time())
        return await super().on_tick(counter)


def _is_loopback(address: str) -> bool:
    with contextlib.suppress(ValueError):
        return ip_address(address.removeprefix("::ffff:")).is_loopback
    return True  # a Unix socket or a test: no address, nobody far away
