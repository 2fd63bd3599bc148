"""POST /api/v1/destinations/{name}/pause, resume and test."""

from __future__ import annotations

from quart import Blueprint, Response, g

from bridge.model import Destination
from bridge.standing import destinations_view
from bridge.web.body import BadBody, body
from bridge.web.moves import Moves
from bridge.web.problem import answer, problem
from bridge.web.window import Window


class NoSuch(Exception):
    """There is no destination of this name."""


def pages(window: Window) -> Blueprint:
    """The routes of this page."""
    moving = Blueprint("moving", __name__, url_prefix="/api/v1/destinations/<destination_name>")
    moves = Moves(window)

    @moving.errorhandler(BadBody)
    async def bad(error: BadBody) -> Response:
        return problem(400, str(error))

    @moving.errorhandler(NoSuch)
    async def unknown(_error: NoSuch) -> Response:
        return problem(404, "No destination has this name; /api/v1/destinations names them.")

    @moving.post("/pause")
    async def pause(destination_name: str) -> Response:
        place, given = _place(window, destination_name), await body({"why": str})
        if not await moves.pause(place, g.user, given.get("why", "")):
            return problem(409, "It is paused already.")
        return await _standing(window, place)

    @moving.post("/resume")
    async def resume(destination_name: str) -> Response:
        place, given = _place(window, destination_name), await body({"failed": bool})
        states = await window.store.destination_states()
        if place.name not in states or states[place.name].state != "paused":
            return problem(409, "It is not paused.")
        await moves.resume(place, g.user, again=given.get("failed", False))
        return await _standing(window, place)

    @moving.post("/test")
    async def test(destination_name: str) -> Response:
        place, _ = _place(window, destination_name), await body({})
        outcome = await moves.test(place, g.user)
        return answer(
            {
                "outcome": outcome.result,
                "reason": outcome.reason or None,
                "status": outcome.status,
                "ambiguous": outcome.ambiguous,
                "took_ms": outcome.took_ms,
            }
        )

    return moving


def _place(window: Window, name: str) -> Destination:
    place = window.snapshot().settings.destinations.get(name)
    if place is None:
        raise NoSuch
    return place


async def _standing(window: Window, place: Destination) -> Response:
    views = await destinations_view(window.store, window.snapshot(), window.clock())
    return answer(next(view for view in views if isinstance(view, dict) and view["name"] == place.name))
