"""/api/v1/silences: listed, added, ended."""

from __future__ import annotations

from typing import Any

from quart import Blueprint, Response, g, request

from bridge.model import Silence
from bridge.silencing import CRITERIA, Asked, BadSilence, pointed, read_silence, silence_view
from bridge.web.api import BadFilter, one_each
from bridge.web.body import BadBody, body
from bridge.web.problem import answer, problem
from bridge.web.window import Window

_FIELDS: dict[str, type] = {**dict.fromkeys(CRITERIA, str), "everything": bool, "for": str, "from": str, "why": str}


def pages(window: Window) -> Blueprint:
    """The routes of this page."""
    silences = Blueprint("silences", __name__, url_prefix="/api/v1/silences")

    @silences.errorhandler(BadBody)
    @silences.errorhandler(BadFilter)
    @silences.errorhandler(BadSilence)
    async def bad(error: Exception) -> Response:
        return problem(400, str(error))

    @silences.get("")
    async def listed() -> Response:
        given = one_each(request.args)
        if unknown := set(given) - {"all"}:
            return problem(400, f"unknown parameter `{min(unknown)[:40]}`; known is all.")
        if (every := given.get("all", "false")) not in ("true", "false"):
            return problem(400, "`all` is true or false.")
        kept = await window.store.silences(all=every == "true")
        return answer({"items": [silence_view(one, window.clock()) for one in reversed(kept)], "next": None})

    @silences.post("")
    async def added() -> Response:
        given = await body(_FIELDS)
        asked = Asked(who=g.user, lasts=given.pop("for", None), starts=given.pop("from", None), **given)
        silence, warnings = read_silence(asked, window.snapshot(), window.clock())
        id = await window.store.add_silence(silence)
        window.wake()
        view = await _view(window, id)
        return answer(view | {"warnings": [pointed(one, asked.where or "") for one in warnings]}, 201)

    @silences.delete("/<int:silence_id>")
    async def ended(silence_id: int) -> Response:
        if silence_id >= 2**63 or not (known := await _find(window, silence_id)):
            return problem(404, f"There is no silence {silence_id}.")
        if not await window.store.end_silence(silence_id, g.user):
            return problem(409, f"Silence {known.id} is over already.")
        window.wake()
        return answer(await _view(window, silence_id))

    return silences


async def _find(window: Window, id: int) -> Silence | None:
    return next((one for one in await window.store.silences(all=True) if one.id == id), None)


async def _view(window: Window, id: int) -> dict[str, Any]:
    found = await _find(window, id)
    assert found  # noqa: S101 -- it was written a moment ago, and is never deleted
    return silence_view(found, window.clock())
