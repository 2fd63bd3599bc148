"""POST /api/v1/rules/{name}/enable and disable."""

from __future__ import annotations

from quart import Blueprint, Response, g

from bridge.web.body import BadBody, body
from bridge.web.problem import answer, problem
from bridge.web.switching import NotSwitched, switch
from bridge.web.window import Window


def pages(window: Window) -> Blueprint:
    """The routes of this page."""
    switches = Blueprint("switches", __name__, url_prefix="/api/v1/rules")

    @switches.errorhandler(BadBody)
    async def bad(error: BadBody) -> Response:
        return problem(400, str(error))

    @switches.errorhandler(NotSwitched)
    async def refused(error: NotSwitched) -> Response:
        return problem(409, str(error))

    @switches.post("/<path:rule_name>/enable")
    async def enable(rule_name: str) -> Response:
        return await _switched(window, rule_name, enabled=True)

    @switches.post("/<path:rule_name>/disable")
    async def disable(rule_name: str) -> Response:
        return await _switched(window, rule_name, enabled=False)

    return switches


async def _switched(window: Window, name: str, *, enabled: bool) -> Response:
    await body({})
    if not any(rule.name == name for rule in window.snapshot().rules):
        return problem(404, "No rule in force has this name; /api/v1/rules names them.")
    became = await switch(window, name, g.user, enabled=enabled)
    written = became.written
    return answer(
        {
            "name": name,
            "file": written.file,
            "line": written.line,
            "enabled": enabled,
            "changed": written.changed,
            "in_force": became.in_force,
        }
    )
