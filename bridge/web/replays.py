"""The acting half of events and deliveries below /api/v1: replayed, redirected, dropped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from quart import Blueprint, Response, g

from bridge import replay
from bridge.again import AskedWrongly, NotReplayed, NotThere, Way, outcome_view, sum_view
from bridge.explain import delivery_view
from bridge.store.rows import Filters
from bridge.web.api import BadFilter, filters
from bridge.web.body import BadBody, body
from bridge.web.problem import answer, problem
from bridge.web.window import Window

_WAY: dict[str, type] = {"to": str, "dry_run": bool}
_FILTERS = ("source", "type", "action", "gid", "rule", "destination", "state", "q", "since", "until")


def pages(window: Window) -> Blueprint:
    """The routes of this page."""
    acting = Blueprint("replays", __name__, url_prefix="/api/v1")

    @acting.errorhandler(BadBody)
    @acting.errorhandler(BadFilter)
    @acting.errorhandler(AskedWrongly)
    async def bad(error: Exception) -> Response:
        return problem(400, str(error))

    @acting.errorhandler(NotReplayed)
    async def refused(error: NotReplayed) -> Response:
        return problem(404 if isinstance(error, NotThere) else 409, str(error))

    @acting.post("/events/<int:event_id>/replay")
    async def event(event_id: int) -> Response:
        way = await _way(_WAY | {"force": bool, "rule": str})
        done = await replay.replay_event(window.store, window.snapshot(), _id(event_id), way, _now(window))
        return _answered(window, outcome_view(done, dry_run=way.dry_run))

    @acting.post("/deliveries/<int:delivery_id>/replay")
    async def delivery(delivery_id: int) -> Response:
        way = await _way(_WAY | {"anew": bool})
        done = await replay.replay_delivery(window.store, window.snapshot(), _id(delivery_id), way, _now(window))
        return _answered(window, outcome_view(done, dry_run=way.dry_run))

    @acting.post("/deliveries/<int:delivery_id>/redirect")
    async def redirect(delivery_id: int) -> Response:
        way = await _way(_WAY | {"anew": bool})
        if way.to is None:
            raise BadBody("`to` names the destination.")
        done = await replay.redirect_delivery(window.store, window.snapshot(), _id(delivery_id), way, _now(window))
        return _answered(window, outcome_view(done, dry_run=way.dry_run))

    @acting.post("/deliveries/<int:delivery_id>/drop")
    async def drop(delivery_id: int) -> Response:
        await body({})
        await replay.drop_delivery(window.store, _id(delivery_id), g.user)
        [row] = await window.store.replays.deliveries([delivery_id])
        return _answered(window, delivery_view(row))

    @acting.post("/deliveries/replay")
    async def many() -> Response:
        given = await body(_WAY | {"anew": bool, "filter": dict})
        wanted = _filters(given.pop("filter", {}))
        way = Way(who=g.user, **given)
        done = await replay.replay_many(window.store, window.snapshot(), wanted, way, _now(window))
        return _answered(window, sum_view(done, dry_run=way.dry_run))

    return acting


def _answered(window: Window, view: Any) -> Response:
    window.wake()
    return answer(view)


async def _way(allowed: Mapping[str, type]) -> Way:
    return Way(who=g.user, **await body(allowed))


def _filters(given: Mapping[str, Any]) -> Filters:
    if wrong := next((name for name, text in given.items() if name not in _FILTERS or not isinstance(text, str)), None):
        raise BadBody(f"`filter.{wrong[:40]}` cannot be used; known are {', '.join(_FILTERS)}, each a text.")
    wanted = filters(given, replay.REPEATABLE)
    del wanted["limit"]
    return cast(Filters, wanted)


def _id(given: int) -> int:
    if given >= 2**63:
        raise NotThere(f"there is nothing with the number {given}")
    return given


def _now(window: Window) -> datetime:
    return datetime.fromtimestamp(window.clock(), UTC)
