"""create_app(): the only module that joins rooms, and Service, which runs what it joined."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import time
from collections.abc import Sequence
from typing import Any, Literal, cast

import structlog

from bridge import metrics
from bridge.config.snapshot import Snapshot
from bridge.delivery.senders import Exit, Senders
from bridge.model import Receipt
from bridge.pipeline import accept
from bridge.receive import ASGIApp, Ingest
from bridge.serve import Server
from bridge.store import Store
from bridge.web import Window, build
from bridge.worker import Worker

log = structlog.get_logger()

GRACE = 5.0  # seconds that requests and sends in flight get when the service stops
State = Literal["starting", "running", "stopping"]


class Service:
    """One running Bridge: start(), then stop()."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.state: State = "starting"
        self.token = snapshot.settings.admin_token or secrets.token_urlsafe(24)
        self.store: Store
        self.worker: Worker
        self._servers: list[Server] = []

    async def start(self) -> None:
        """Open the store, start sender and worker, then listen. Raises StoreUnavailable, OSError."""
        settings = self.snapshot.settings
        self.store = await Store.open(
            settings.store, owner=f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        )
        await self.store.save_version(self.snapshot.version, self.snapshot.files)
        senders = Senders(processes=settings.senders.processes, threads=settings.senders.threads, on_exit=_sender_ended)
        await senders.start()
        self.worker = Worker(self.snapshot, self.store, senders)
        await self.worker.start()
        app = create_app(self)
        hooks = create_hooks(self, None) if settings.listen_hooks else None
        for listen, asgi in ((settings.listen, app), (settings.listen_hooks, hooks)):
            if listen and asgi:
                server = Server(asgi, host=listen[0], port=listen[1], grace=GRACE)
                await server.start()
                self._servers.append(server)
        self.state = "running"
        log.info("service.started", listen=self.url, rules=len(self.snapshot.rules), version=self.snapshot.version)

    @property
    def url(self) -> str:
        """Where the first listener answers."""
        host = self.snapshot.settings.listen[0]
        return f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{self._servers[0].port}"  # noqa: S104

    async def stop(self) -> None:
        """No new posts; what is in flight finishes or is given back; the store is closed."""
        self.state = "stopping"
        await asyncio.gather(*(server.stop() for server in self._servers))
        await self.worker.stop(GRACE / 2)
        await self.store.close()
        log.info("service.stopped")


def _sender_ended(gone: Exit) -> None:
    metrics.SENDERS_LOST.inc()
    log.warning("sender.ended", pid=gone.pid, code=gone.code, in_doubt=list(gone.in_doubt))


def create_hooks(service: Service, inner: ASGIApp | None) -> Ingest:
    """The ingest in front of `inner`."""
    settings = service.snapshot.settings

    async def take(source: str, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Receipt | None:
        window = settings.sources[source].duplicate_window
        receipt = await accept(
            service.snapshot.sources[source], headers, body, store=service.store, window=window, now=time.time()
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
        known = settings.sources.get(source)
        return known.max_body if known else None

    def observe(source: str, status: int) -> None:
        metrics.POSTS.labels(source, str(status)).inc()

    return Ingest(inner, accept=take, limits=limit, observe=observe)


def create_app(service: Service) -> ASGIApp:
    """The ASGI app of one service: the ingest in front of Quart."""
    window = Window(
        store=service.store,
        snapshot=lambda: service.snapshot,
        token=service.token,
        state=lambda: service.state,
    )
    quart = build(window)
    if service.snapshot.settings.listen_hooks is None:
        # Quart types each message of ASGI, uvicorn and the ingest do not: the casts say that it is the same protocol.
        ingest = create_hooks(service, cast(ASGIApp, quart.asgi_app))
        quart.asgi_app = cast(Any, ingest)  # type: ignore[method-assign]  # where Quart wants middleware to go
    return cast(ASGIApp, quart)
