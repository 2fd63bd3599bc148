"""/healthz, /readyz, /metrics."""

from __future__ import annotations

from collections.abc import Collection

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from quart import Blueprint, Response

from bridge.config.snapshot import Snapshot
from bridge.errors import StoreUnavailable
from bridge.metrics import REGISTRY
from bridge.web.problem import answer
from bridge.web.window import Window


def pages(window: Window) -> Blueprint:
    """The routes of this page."""
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    async def healthz() -> Response:
        return answer({"status": "ok"})

    @health.get("/readyz")
    async def readyz() -> Response:
        if (state := window.state()) != "running":
            return answer({"status": state, "problems": [f"the service is {state}"]}, 503)
        if trouble := window.store.trouble():  # it may still be read
            return _unusable(trouble)
        try:
            stats, states = await window.store.stats(), await window.store.destination_states()
        except StoreUnavailable as away:
            return _unusable(str(away))
        held = stats.deliveries.get("held", 0)
        problems = [f"{held} {'delivery is' if held == 1 else 'deliveries are'} held"] if held else []
        problems += _of_pauses(window.snapshot(), [name for name, row in states.items() if row.state == "paused"])
        return answer({"status": "ready", "problems": [*problems, *_of_files(window.snapshot())]})

    @health.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)

    return health


def _unusable(why: str) -> Response:
    reason = why.removeprefix("the store cannot be used now: ")
    return answer({"status": "unavailable", "problems": [f"the store cannot be used: {reason}"]}, 503)
