"""create_app(): the only module that joins rooms, and Service, which runs what it joined."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from http import HTTPStatus
from typing import Any, Literal, cast

import structlog

from bridge import metrics
from bridge.config.hosts import is_loopback
from bridge.config.lastgood import Last, Loader
from bridge.config.settings import Settings
from bridge.config.snapshot import Read, Snapshot
from bridge.delivery.senders import Exit, Senders
from bridge.model import Receipt
from bridge.pipeline import accept
from bridge.receive import ASGIApp, Ingest
from bridge.refusals import Refusals
from bridge.reload import Reloader, rest
from bridge.serve import Server
from bridge.store import Store
from bridge.trial import send_test
from bridge.web import Window, build
from bridge.worker import Worker

log = structlog.get_logger()

GRACE = 5.0  # seconds that requests and sends in flight get when the service stops
State = Literal["starting", "running", "stopping"]


class Service:
    """One running Bridge: start(), then stop()."""

    def __init__(self, snapshot: Snapshot, loader: Loader | None = None) -> None:
        self.snapshot = snapshot
        self._loader = loader  # None: the files are not looked at again
        self._reloader: Reloader | None = None
        self.state: State = "starting"
        self.token = snapshot.settings.admin_token or secrets.token_urlsafe(24)
        self.link = secrets.token_urlsafe(24) if needs_link(snapshot.settings) else ""
        self.refusals = Refusals()
        self.store: Store
        self.worker: Worker
        self.senders: Senders
        self._servers: list[Server] = []

    async def start(self) -> None:
        """Open the store, start sender and worker, then listen. Raises StoreUnavailable, OSError."""
        async with AsyncExitStack() as on_failure:  # a store that is not closed is left in the middle of a write
            await self._start(on_failure)
            on_failure.pop_all()
        self.state = "running"
        log.info("service.started", listen=self.url, rules=len(self.snapshot.rules), version=self.snapshot.version)

    async def _start(self, on_failure: AsyncExitStack) -> None:
        settings = self.snapshot.settings
        self.store = await Store.open(
            settings.store, owner=f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        )
        on_failure.push_async_callback(self.store.close)
        begun = await self._with_last_good() if self._loader else None
        await self.store.save_version(self.snapshot.version, self.snapshot.texts)
        self.senders = Senders(
            processes=settings.senders.processes, threads=settings.senders.threads, on_exit=_sender_ended
        )
        on_failure.push_async_callback(self.senders.stop, grace=0)
        await self.senders.start()
        self.worker = Worker(self.snapshot, self.store, self.senders)
        await self.worker.start()
        on_failure.push_async_callback(self.worker.stop, GRACE / 2)
        app = create_app(self)
        hooks = create_hooks(self, None) if settings.listen_hooks else None
        for listen, asgi in ((settings.listen, app), (settings.listen_hooks, hooks)):
            if listen and asgi:
                server = Server(asgi, host=listen[0], port=listen[1], grace=GRACE)
                await server.start()
                on_failure.push_async_callback(server.stop)
                self._servers.append(server)
        if self._loader and begun:
            self._reloader = Reloader(
                self._loader, self.store, current=lambda: self.snapshot, swap=self._swap, tell=self.worker.lanes.tell
            )
            rest(self.snapshot)
            await self._reloader.start(begun)

    async def _with_last_good(self) -> Read:
        """Load again, now that the store can say what was good last."""
        assert self._loader  # noqa: S101 -- start() looked
        last = Last(texts=await self.store.newest_version() or {})
        read = await asyncio.to_thread(self._loader.load, last)
        self.snapshot = read.snapshot or self.snapshot
        return read

    def _swap(self, snapshot: Snapshot) -> None:
        self.snapshot = self.worker.snapshot = snapshot
        self.worker.wake()

    def reload(self) -> None:
        """Take the files at once."""
        if self._reloader:
            self._reloader.now()

    @property
    def url(self) -> str:
        """Where the first listener answers."""
        host = self.snapshot.settings.listen[0]
        return f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{self._servers[0].port}"  # noqa: S104

    @property
    def door(self) -> str:
        """Where people get in, the first one without signing in if nobody could."""
        return f"{self.url}/login?token={self.link}" if self.link else self.url

    async def stop(self) -> None:
        """No new posts; what is in flight finishes or is given back; the store is closed."""
        self.state = "stopping"
        await asyncio.gather(*(server.stop() for server in self._servers))
        if self._reloader:
            await self._reloader.stop()
        await self.worker.stop(GRACE / 2)
        await self.store.close()
        log.info("service.stopped")


def needs_link(settings: Settings) -> bool:
    """Whether nobody could sign in but by a link, and whoever reaches the address is on this machine."""
    anybody = settings.admin_token or settings.users or settings.auth
    return not anybody and is_loopback(settings.listen[0])


def _sender_ended(gone: Exit) -> None:
    metrics.SENDERS_LOST.inc()
    log.warning("sender.ended", pid=gone.pid, code=gone.code, in_doubt=list(gone.in_doubt))


def create_hooks(service: Service, inner: ASGIApp | None) -> Ingest:
    """The ingest in front of `inner`."""

    async def take(source: str, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Receipt | None:
        snapshot = service.snapshot
        window = snapshot.settings.sources[source].duplicate_window
        receipt = await accept(
            snapshot.sources[source], headers, body, store=service.store, window=window, now=time.time()
        )
        if receipt is None:
            log.info("post.void", source=source)
        elif receipt.duplicate:
            metrics.DUPLICATES.labels(source).inc()
            log.info("event.repeated", event_id=receipt.id, source=source)
        else:
            log.info("event.recorded", event_id=receipt.id, source=source, bytes=len(body))
            service.worker.wake()
        return receipt

    def limit(source: str) -> int | None:
        known = service.snapshot.settings.sources.get(source)
        return known.max_body if known else None

    def observe(source: str, status: int) -> None:
        metrics.of(metrics.POSTS, source, str(status)).inc()
        if status == HTTPStatus.UNAUTHORIZED:
            service.worker.watch.refused(source)

    return Ingest(inner, accept=take, limits=limit, observe=observe, refused=service.refusals.note)


def create_app(service: Service) -> ASGIApp:
    """The ASGI app of one service: the ingest in front of Quart."""
    window = Window(
        store=service.store,
        snapshot=lambda: service.snapshot,
        token=service.token,
        link=service.link,
        state=lambda: service.state,
        wake=service.worker.wake_all,
        test=lambda place, who, now: send_test(place, service.senders, who=who, now=now),
        reload=service.reload,
        refusals=service.refusals.newest,
    )
    quart = build(window)
    if service.snapshot.settings.listen_hooks is None:
        # Quart types each message of ASGI, uvicorn and the ingest do not: the casts say that it is the same protocol.
        ingest = create_hooks(service, cast(ASGIApp, quart.asgi_app))
        quart.asgi_app = cast(Any, ingest)  # type: ignore[method-assign]  # where Quart wants middleware to go
    return cast(ASGIApp, quart)
