"""`bridge demo`: serve the example with a fresh store, post sample events to it, show what was sent."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import requests
from rich.console import Console
from rich.table import Table

from bridge import logs
from bridge.app import Service
from bridge.config.shipped import shipped
from bridge.config.snapshot import Snapshot, load
from bridge.model import replace

PATIENCE = 30.0  # seconds for all samples to be told


async def demo(*, once: bool) -> int:
    """Run the demo; with `once` it ends after the table, else at SIGINT or SIGTERM."""
    with tempfile.TemporaryDirectory(prefix="bridge-demo-") as folder:
        snapshot = example(Path(folder))
        logs.configure(level="warning", mask=logs.mask_of(snapshot.secrets))
        service, told = Service(snapshot), asyncio.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, told.set)
        await service.start()
        print(
            f"Bridge serves config.example.yaml at {service.url}; sample events of a design project come in:\n",
            flush=True,
        )
        try:
            names = await post_samples(service)
            await settled(service)
            await show(service, names)
            if not once:
                print(
                    f"\nLook at it: {service.door} (works once). For events of your own, `bridge init my-bridge` "
                    "makes a configuration: README.md. Ctrl-C ends it.",
                    flush=True,
                )
                await told.wait()
        finally:
            await service.stop()
    return 0


def example(folder: Path) -> Snapshot:
    """The example configuration with a secret made up for it, a store in `folder`, and a port that is free."""
    environ = {**os.environ, "CREADS_WEBHOOK_SECRET": secrets.token_hex(16)}
    snapshot = load(shipped("config.example.yaml"), environ)
    if (port := _free(*snapshot.settings.listen)) != snapshot.settings.listen[1]:  # links lead there too
        snapshot = load(shipped("config.example.yaml"), environ | {"BRIDGE_LISTEN": f"127.0.0.1:{port}"})
    return replace(snapshot, settings=replace(snapshot.settings, store=f"sqlite:///{folder / 'bridge.db'}"))


def _free(host: str, port: int) -> int:
    """The port if nothing listens on it, else another."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def post_samples(service: Service) -> dict[str, str]:
    """Post each sample as its source would; gives the event's id → its name."""
    posted: dict[str, str] = {}
    for source in service.snapshot.sources.values():
        for name, body in source.samples(datetime.now(UTC)):
            response = await asyncio.to_thread(
                requests.post,
                f"{service.url}/hooks/{source.name}",
                data=body,
                headers={"Content-Type": "application/json", **dict([source.sign(body, source.secrets[0])])},
                timeout=15,
            )
            response.raise_for_status()
            posted[response.json()["id"]] = name
    return posted


async def settled(service: Service) -> None:
    """Wait until nothing waits any more."""
    async with asyncio.timeout(PATIENCE):
        while True:
            stats = await service.store.stats()
            if not stats.events.get("received") and not stats.deliveries.get("pending"):
                return
            await asyncio.sleep(0.05)


async def show(service: Service, names: dict[str, str]) -> None:
    """Print what became of each event."""
    rows = {row.id: row for row in await service.store.events(limit=len(names))}
    table = Table(
        "Event", "Rules", "Destination", "Outcome", "ms", title="What happened", title_justify="left", box=None
    )
    for event_id in sorted(rows):
        row = rows[event_id]
        what = f"{row.type} {row.action}"
        for delivery in await service.store.deliveries_of([event_id]):
            took = str(delivery.attempts[-1].took_ms) if delivery.attempts else ""
            table.add_row(what, delivery.rule or "", delivery.destination, delivery.state, took)
            what = ""
        if what:
            table.add_row(what, "–", "nobody", row.state, "")
    Console().print(table)
