"""/api/v1/stream: tells open pages that something happened; they ask for themselves again, it carries no payload."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import msgspec
from quart import Blueprint, Response

from bridge.errors import StoreUnavailable
from bridge.store.figures import Tip
from bridge.web.problem import problem
from bridge.web.window import Window

MOST = 100  # open streams
LOOK = 0.5  # seconds between two looks, whoever wrote: at 5,000 writes a second, being told of each would cost more
HEARTBEAT = 15.0  # seconds after which a proxy would take a silent stream for a dead one
LONGEST = 3600.0  # seconds; then the browser comes again, and is asked again who it is

State = tuple[Tip, str]  # the newest ids, the version of the rules


class Watch:
    """Looks at the store while somebody listens, and wakes the listeners."""

    def __init__(self, look: Callable[[], Awaitable[State]], every: float = LOOK) -> None:
        self._look = look
        self._every = every
        self._listeners: set[asyncio.Queue[bytes]] = set()
        self._looking: asyncio.Task[None] | None = None

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    def join(self) -> asyncio.Queue[bytes]:
        """A listener's own queue; one message is enough, since it says no more than "look"."""
        queue: asyncio.Queue[bytes] = asyncio.Queue(maxsize=1)
        self._listeners.add(queue)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_on(), name="stream")
        return queue

    def leave(self, queue: asyncio.Queue[bytes]) -> None:
        self._listeners.discard(queue)

    async def _look_on(self) -> None:
        seen: State | None = None
        while self._listeners:
            with suppress(StoreUnavailable):  # the pages say so themselves
                state = await self._look()
                if seen is not None and state != seen:
                    self._tell(_message(seen, state))
                seen = state
            await asyncio.sleep(self._every)

    def _tell(self, message: bytes) -> None:
        for queue in self._listeners:
            if queue.empty():
                queue.put_nowait(message)


def _message(before: State, now: State) -> bytes:
    """What is new, by kind: the newest id of each kind of row, or the rules' version."""
    news: dict[str, str] = {
        kind: str(id) for kind, id, old in zip(Tip._fields, now[0], before[0], strict=True) if id != old
    }
    if now[1] != before[1]:
        news["rules"] = now[1]
    return b"data: " + msgspec.json.encode(news) + b"\n\n"


def pages(window: Window) -> Blueprint:
    """The route of this page."""
    stream = Blueprint("stream", __name__, url_prefix="/api/v1")

    async def look() -> State:
        return await window.store.counts.tip(), window.snapshot().version

    watch = Watch(look)

    @stream.get("/stream")
    async def listen() -> Response:
        if watch.listeners >= MOST:
            return problem(503, f"{MOST} pages already follow this stream.")
        response = Response(_events(watch, window), content_type="text/event-stream")
        response.timeout = None
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Accel-Buffering"] = "no"  # nginx would keep it back
        return response

    return stream


async def _events(watch: Watch, window: Window) -> AsyncIterator[bytes]:
    queue = watch.join()
    try:
        yield b"retry: 3000\n\n"
        end = asyncio.get_running_loop().time() + LONGEST
        quiet = 0.0
        while window.state() != "stopping" and asyncio.get_running_loop().time() < end:
            try:
                async with asyncio.timeout(1.0):  # often enough to leave in time when the service stops
                    message = await queue.get()
            except TimeoutError:
                quiet += 1.0
                if quiet >= HEARTBEAT:
                    quiet = 0.0
                    yield b":\n\n"
                continue
            quiet = 0.0
            yield message
    finally:
        watch.leave(queue)
