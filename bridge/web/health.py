"""/healthz, /readyz, /metrics."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from quart import Blueprint, Response

from bridge.config.snapshot import Snapshot
from bridge.errors import StoreUnavailable
from bridge.metrics import REGISTRY
from bridge.store.rows import DestinationRow
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
        problems += _of_destinations(window.snapshot(), states)
        return answer({"status": "ready", "problems": [*problems, *_of_files(window.snapshot())]})

    @health.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)

    return health


def _unusable(why: str) -> Response:
    return answer({"status": "unavailable", "problems": [why]}, 503)


def _of_destinations(snapshot: Snapshot, states: Mapping[str, DestinationRow]) -> list[str]:
    """Which destinations get nothing now; why stands where only those look who may."""
    paused = [name for name, row in states.items() if row.state == "paused"]
    failing = [name for name, row in states.items() if row.failures]
    said = [f"destination `{name}` is paused" for name in paused]
    if snapshot.settings.no_operator_hears(paused):
        said.append("no operator can be told of troubles: each destination of `operators` is paused")
    elif snapshot.settings.no_operator_hears({*paused, *failing}):
        said.append(
            "operators may not hear of troubles: each destination of `operators` is paused or failed when last tried"
        )
    return said


def _of_files(snapshot: Snapshot) -> list[str]:
    """Which changes are not in force. Anybody may read this, so the words of the files are at /api/v1/rules."""
    said = []
    for file, problems in snapshot.refused.items():
        first, more = problems[0], len(problems) - 1
        kept = "an earlier text of it is" if snapshot.stays(file) else "nothing of it is"
        also = f" and {more} more" if more else ""
        place = f"{first.place.file}:{first.place.line}:{first.place.column}"
        said.append(f"{file} is not in force, {kept}: {place}: {first.severity}[{first.code}]{also}")
    return said + [f"`{key}` was changed in the configuration: it waits for a restart" for key in snapshot.waiting]
