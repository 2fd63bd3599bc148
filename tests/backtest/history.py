"""A folder of rules, and events that its rules of then decided on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bridge.config.snapshot import Snapshot, load
from bridge.matching import Matching
from bridge.store import Store
from tests.config.folder import ENVIRON, RULES
from tests.live import envelope

DAY = 86400.0


def project(gid: str = "p1", **changed: Any) -> bytes:
    """A project as its source sends it."""
    facts: dict[str, Any] = {"title": "Logo", "status": "draft", "price": {"amount": 500, "currency": "EUR"}}
    return envelope(gid, event="resource.updated", **(facts | changed))


def live(config: Path, bodies: Iterable[bytes], *, ago: float = DAY, every: float = 60.0) -> Snapshot:
    """Have the files served while events came in, the first so long ago and then one every so often."""
    snapshot = load(config, ENVIRON)

    async def run() -> None:
        now = time.time() - ago
        store = await Store.open(snapshot.settings.store, owner="test", clock=lambda: now)
        try:
            await store.save_version(snapshot.version, snapshot.texts)
            matching = Matching(snapshot, store, clock=lambda: now, rehearsing=True)
            await matching.refresh()
            for body in bodies:
                arrival = snapshot.sources["creads"].read(body, now)
                assert arrival is not None
                await store.record(arrival, window=0.0)
                await store.write_matched(await matching.slice(await matching.next(1)))
                now += every
        finally:
            await store.close()

    asyncio.run(run())
    return snapshot


def rewrite(config: Path, text: str, name: str = RULES) -> None:
    """Edit a file."""
    (config.parent / name).write_text(text, encoding="utf-8")
