"""GET /api/v1/destinations."""

from __future__ import annotations

from quart import Blueprint, Response

from bridge.standing import destinations_view
from bridge.web.problem import answer
from bridge.web.window import Window


def pages(window: Window) -> Blueprint:
    """The route of this page."""
    standing = Blueprint("standing", __name__, url_prefix="/api/v1")

    @standing.get("/destinations")
    async def destinations() -> Response:
        items = await destinations_view(window.store, window.snapshot(), window.clock())
        return answer({"items": items, "next": None})

    return standing
