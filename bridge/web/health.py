"""/healthz, /readyz, /metrics."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from quart import Blueprint, Response

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
        try:
            stats = await window.store.stats()
        except StoreUnavailable as away:
            return answer({"status": "unavailable", "problems": [f"the store cannot be used: {away}"]}, 503)
        problems = [f"{count} deliveries are held" for count in [stats.deliveries.get("held", 0)] if count]
        return answer({"status": "ready", "problems": problems})

    @health.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)

    return health
