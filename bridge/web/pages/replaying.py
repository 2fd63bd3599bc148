"""An event run through today's rules once more: first what would be sent, then, asked for again, sent."""

from __future__ import annotations

from datetime import UTC, datetime

from quart import Blueprint, Response, g, request
from werkzeug.exceptions import NotFound

from bridge.again import NotReplayed, Outcome, Way
from bridge.replay import replay_event
from bridge.store.rows import EventRow
from bridge.web.console import Console
from bridge.web.hands import done, is_sure
from bridge.web.happened import headline, outcome_of, what


def routes(console: Console) -> Blueprint:
    """The routes of this form."""
    page = Blueprint("replaying", __name__)
    window = console.window

    async def run(row: EventRow, *, force: bool, dry_run: bool) -> Outcome:
        way = Way(who=g.user, force=force, dry_run=dry_run)
        now = datetime.fromtimestamp(window.clock(), UTC)
        return await replay_event(console.store, window.snapshot(), row.id, way, now)

    @page.post("/events/<int:id>/replay")
    async def replay(id: int) -> Response:
        row = await console.store.event(id) if id < 2**63 else None
        if row is None:
            raise NotFound(console.look().say("There is no event {id}.", id=str(id)[:20]))
        form = await request.form
        try:
            if not is_sure(form):
                asked = await run(row, force=False, dry_run=True)
                return await _ask(console, row, asked, await run(row, force=True, dry_run=True))
            await run(row, force=form.get("force") == "yes", dry_run=False)
        except NotReplayed as error:
            return await _ask(console, row, Outcome(items=()), Outcome(items=()), refused=str(error))
        window.wake()
        return done(console, f"/events/{row.id}", "event.replayed")

    return page


async def _ask(console: Console, row: EventRow, asked: Outcome, forced: Outcome, refused: str = "") -> Response:
    look = console.look()
    told = {one.destination for one in await console.store.deliveries_of([row.id]) if one.state == "delivered"}
    outright = asked.items or forced.items
    return await console.page(
        "event-again.html",
        status=409 if refused else 200,
        here="/events",
        row=row,
        what=what(row),
        title=headline(row, console.window.snapshot().settings.redact),
        items=[(one, outcome_of(look, one.state), one.destination in told) for one in outright],
        sent=sum(one.state == "pending" for one in asked.items),
        forced=sum(one.state == "pending" for one in forced.items),
        warnings=asked.warnings,
        refused=refused,
    )
