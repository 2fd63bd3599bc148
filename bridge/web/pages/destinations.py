"""Destinations: how they stand; one of them: what must be mended, what waits; paused, resumed, tried by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from quart import Blueprint, Response, g, request
from werkzeug.exceptions import BadRequest, NotFound

from bridge.model import Destination
from bridge.store.rows import AuditRow, DeliveryRow
from bridge.web import charts
from bridge.web.alarms import sentence
from bridge.web.console import WEEK, Console
from bridge.web.destinations import Standing, last_word, standings, tries, used_by
from bridge.web.hands import done, is_sure, just_did
from bridge.web.happened import clean, outcome_of
from bridge.web.look import Look
from bridge.web.moves import Moves

MOST = 60  # destinations on a page
MOST_ROWS = 12  # of what waits
READ = 100  # of what failed or waits, to put it in order
ANSWERS = 6
HOURS = 24
HIDDEN = "••••••"
# What a button asks for, and what the audit list calls it.
DID = {
    "test": "destination.tested",
    "pause": "destination.paused",
    "resume": "destination.resumed",
    "again": "deliveries.replayed",
}


def routes(console: Console) -> Blueprint:
    """The routes of this page."""
    page = Blueprint("destinations", __name__)
    moves = Moves(console.window)

    @page.get("/destinations")
    async def destinations() -> Response:
        look, snapshot = console.look(), console.window.snapshot()
        every = list(snapshot.settings.destinations)
        lines = await standings(console, look, snapshot, every[:MOST])
        words = {one.name: last_word(look, one, await tries(console, one.name)) for one in lines}
        return await console.page(
            "destinations.html",
            live=True,
            lines=lines,
            words=words,
            count=len(every),
            paused=sum(one.state == "paused" for one in lines),
            failing=sum(one.state == "failing" for one in lines),
            groups=snapshot.settings.groups,
            said=_said(look, await just_did(console)),
        )

    @page.get("/destinations/<name>")
    async def destination(name: str) -> Response:
        look = console.look()
        return await console.page("destination.html", live=True, **await _values(console, look, name))

    @page.post("/destinations/<name>")
    async def act(name: str) -> Response:
        look, form = console.look(), await request.form
        standing = await _standing(console, look, name)
        place, wanted = standing.destination, form.get("do", "")
        if wanted not in DID:
            raise BadRequest(look.say("This form says nothing to do."))
        if wanted != "test" and not is_sure(form):
            why = sentence(standing.row.reason) if standing.row else ""
            return await console.page("destination-sure.html", one=standing, wanted=wanted, why=why)
        match wanted:
            case "test":
                await moves.test(place, g.user)
            case "pause":
                await moves.pause(place, g.user, form.get("why", ""))
            case "resume":
                await moves.resume(place, g.user, again="failed" in form)
            case "again":
                await moves.again(place, g.user)
        return done(console, f"/destinations/{name}", DID[wanted])

    return page


async def _standing(console: Console, look: Look, name: str) -> Standing:
    snapshot = console.window.snapshot()
    if name not in snapshot.settings.destinations:
        raise NotFound(look.say("No destination is called “{name}”.", name=name[:100]))
    (found,) = await standings(console, look, snapshot, [name])
    return found


async def _values(console: Console, look: Look, name: str) -> dict[str, Any]:
    standing = await _standing(console, look, name)
    snapshot, tried = console.window.snapshot(), await tries(console, name)
    waits, is_whole = await _queue(console, look, name)
    return {
        "one": standing,
        "kind": standing.destination.kind.name,
        "word": last_word(look, standing, tried),
        "reason": sentence(standing.row.reason) if standing.row and standing.row.reason else "",
        "tried": [
            (one.attempt.at, ", ".join(filter(None, _answer(look, one.attempt))), one.delivery)
            for one in tried[:ANSWERS]
        ],
        "waits": [
            (
                row,
                clean(row.title) or clean(row.body),
                outcome_of(look, row.state),
                sentence(row.reason) if row.state == "failed" else "",
            )
            for row in waits
        ],
        "is_whole": is_whole,
        "missed": await _missed(console, look, name),
        "facts": _facts(look, standing.destination),
        "rules": used_by(snapshot, name),
        "place": f"{snapshot.settings.path.name}:{standing.destination.place.line}",
        "said": _said(look, await just_did(console)),
    }


def _answer(look: Look, attempt: Any) -> tuple[str, str, str, str]:
    return str(attempt.status or ""), clean(attempt.reason, 200), clean(attempt.answer, 200), look.took(attempt.took_ms)


async def _queue(console: Console, look: Look, name: str) -> tuple[Sequence[DeliveryRow], bool]:
    """What failed or waits, in the order it would leave in; and whether all of it could be looked at."""
    stuck = await console.store.counts.stuck_ids(look.now - WEEK, name, READ)
    rows = await console.store.replays.deliveries(stuck)
    rows += await console.store.deliveries(destination=name, state="pending", limit=READ)
    rows.sort(key=lambda row: (row.place, row.id))
    return rows[:MOST_ROWS], len(rows) < READ


async def _missed(console: Console, look: Look, name: str) -> dict[str, Any] | None:
    """What was not delivered in each of the last hours, as bars."""
    since = (look.now // 3600 + 1 - HOURS) * 3600.0
    found = await console.store.counts.undelivered(since, 3600.0)
    series = {state: [0] * HOURS for state in ("failed", "held")}
    for one in found:
        if one.destination == name and one.state in series and 0 <= one.bucket < HOURS:
            series[one.state][one.bucket] += one.number
    failed, held = series["failed"], series["held"]
    both = [a + b for a, b in zip(failed, held, strict=True)]
    if not any(both):
        return None
    top = charts.top_of(max(both))
    return {
        "both": charts.stairs(both, top, 44),
        "failed": charts.stairs(failed, top, 44),
        "top": top,
        "sums": (sum(failed), sum(held)),
        "begins": since,
    }


def _facts(look: Look, place: Destination) -> list[tuple[str, str]]:
    scheme = place.url.partition("://")[0]
    schedule = ", ".join(look.lasting(seconds) for seconds in place.schedule[:5])
    return [
        (look.say("Address"), f"{scheme if scheme.isalnum() else 'webhook'}://{HIDDEN}"),
        (
            look.say("Retry"),
            f"{schedule}{' …' if len(place.schedule) > 5 else ''}" if schedule else look.say("as usual"),
        ),
        (
            look.say("Pauses after"),
            look.say("1 failure|{count} failures in a row", n=place.pause_after)
            if place.pause_after
            else look.say("never"),
        ),
        (look.say("Fallback"), place.fallback or look.say("none")),
        (look.say("At once"), look.say("{number} messages", number=place.concurrency)),
        (look.say("Rate"), f"{place.rate:g}/s" if place.rate else look.say("no limit")),
    ]


def _said(look: Look, row: AuditRow | None) -> tuple[str, str, str] | None:
    """What the reader did, for the top of the page: mark, colour, words."""
    if row is None:
        return None
    name, _, rest = row.detail.partition(": ")
    match row.what:
        case "destination.paused":
            return "held", "held", look.say("{name} is paused: what comes for it waits.", name=name)
        case "deliveries.replayed":
            return "pending", "pending", look.say("What failed is sent again.")
        case "destination.resumed":
            return "delivered", "delivered", look.say("{name} is active again: what waited is on its way.", name=name)
        case "destination.tested" if rest.startswith("delivered"):
            return "delivered", "delivered", look.say("{name} took the test.", name=name)
        case "destination.tested":
            reason = sentence(rest.partition(", ")[2])
            return "failed", "failed", look.say("{name} did not take the test. {reason}", name=name, reason=reason)
    return None
