"""The acting half of events and deliveries below /api/v1: replayed, redirected, dropped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from quart import Blueprint, Response, g

from bridge import replay
from bridge.again import AskedWrongly, NotReplayed, NotThere, Sum, Way, outcome_view, sum_view
from bridge.explain import delivery_view, sees
from bridge.picked import MOST, drop_these, repeat_these
from bridge.store.rows import Filters
from bridge.web.api import BadFilter, filters
from bridge.web.body import BadBody, body
from bridge.web.problem import answer, problem
from bridge.web.window import Window

_WAY: dict[str, type] = {"to": str, "dry_run": bool}
_ID = re.compile(r"[0-9]{1,18}", re.ASCII)
LONGEST_WHY = 200
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

    _one(acting, window)
    _several(acting, window)
    return acting


def _one(acting: Blueprint, window: Window) -> None:
    """What is done to one event or delivery."""

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


def _several(acting: Blueprint, window: Window) -> None:
    """What is done to deliveries that are named, or that a filter finds."""

    @acting.post("/deliveries/drop")
    async def drop_several() -> Response:
        given = await body({"ids": list, "why": str})
        done = await drop_these(window.store, _ids(given.get("ids")), g.user, given.get("why", "")[:LONGEST_WHY])
        return _summed(window, done, dry_run=False)

    @acting.post("/deliveries/redirect")
    async def redirect_several() -> Response:
        given = await body(_WAY | {"anew": bool, "ids": list})
        if given.get("to") is None:
            raise BadBody("`to` names the destination.")
        return await several(given)

    @acting.post("/deliveries/replay")
    async def many() -> Response:
        given = await body(_WAY | {"anew": bool, "filter": dict, "ids": list})
        if "ids" in given and "filter" not in given:
            return await several(given)
        if "ids" in given:
            raise BadBody("`ids` or `filter`, not both.")
        wanted = _filters(given.pop("filter", {}))
        wanted["sees"] = sees(window.snapshot().settings.redact)
        way = Way(who=g.user, **given)
        done = await replay.replay_many(window.store, window.snapshot(), wanted, way, _now(window))
        return _answered(window, sum_view(done, dry_run=way.dry_run))

    async def several(given: dict[str, Any]) -> Response:
        ids = _ids(given.pop("ids", None))
        way = Way(who=g.user, **given)
        done = await repeat_these(window.store, window.snapshot(), ids, way, _now(window))
        return _summed(window, done, dry_run=way.dry_run)


def _answered(window: Window, view: Any) -> Response:
    window.wake()
    return answer(view)


def _summed(window: Window, done: Sum, *, dry_run: bool) -> Response:
    """What became of those that were named; a problem when none of them could be meant."""
    if len(done.refused) == done.count:
        raise NotReplayed("; ".join([*done.refused.values()][:3]))
    return _answered(window, sum_view(done, dry_run=dry_run))


async def _way(allowed: Mapping[str, type]) -> Way:
    return Way(who=g.user, **await body(allowed))


def _filters(given: Mapping[str, Any]) -> Filters:
    if wrong := next((name for name, text in given.items() if name not in _FILTERS or not isinstance(text, str)), None):
        raise BadBody(f"`filter.{wrong[:40]}` cannot be used; known are {', '.join(_FILTERS)}, each a text.")
    wanted = filters(given, replay.REPEATABLE)
    del wanted["limit"]
    return cast(Filters, wanted)


def _ids(given: object) -> list[int]:
    """The numbers in a list of texts."""
    texts = given if isinstance(given, list) else []
    if not 1 <= len(texts) <= MOST or not all(isinstance(one, str) and _ID.fullmatch(one) for one in texts):
        raise BadBody(f"`ids` is a list of 1 to {MOST} texts, each the id of a delivery.")
    return sorted({int(one) for one in texts})


def _id(given: int) -> int:
    if given >= 2**63:
        raise NotThere(f"there is nothing with the number {given}")
    return given


def _now(window: Window) -> datetime:
    return datetime.fromtimestamp(window.clock(), UTC)
