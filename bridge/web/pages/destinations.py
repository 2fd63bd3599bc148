"""Destinations: how they stand; one of them: what must be mended, what waits; paused, resumed, tried by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from quart import Blueprint, Response, g, request
from werkzeug.exceptions import BadRequest, NotFound

from bridge.logs import mask_of
from bridge.model import Destination
from bridge.replay import Way, replay_many
from bridge.store.rows import AuditRow, DeliveryRow, Filters
from bridge.web import charts
from bridge.web.alarms import sentence
from bridge.web.console import WEEK, Console
from bridge.web.destinations import Standing, last_word, standings, tries, used_by
from bridge.web.hands import done, is_sure, just_did
from bridge.web.happened import clean, outcome_of
from bridge.web.look import Look

MOST = 60  # destinations on a page
MOST_ROWS = 12  # of what waits
READ = 200  # of what waits, to find the oldest
ANSWERS = 6
HOURS = 24
HIDDEN = "••••••"


def routes(console: Console) -> Blueprint:
    """The routes of this page."""
    page = Blueprint("destinations", __name__)
    hands = _Hands(console)

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
        match form.get("do"):
            case "test":
                return await hands.test(standing)
            case "pause" if is_sure(form):
                return await hands.pause(standing, form.get("why", ""))
            case "resume" if is_sure(form):
                return await hands.resume(standing, again="failed" in form)
            case "again" if is_sure(form):
                return await hands.again(standing)
            case "pause" | "resume" | "again" as wanted:
                return await console.page("destination-sure.html", one=standing, wanted=wanted)
        raise BadRequest(look.say("This form says nothing to do."))

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
    waits, is_whole = await _queue(console, name)
    return {
        "one": standing,
        "kind": standing.destination.kind.name,
        "word": last_word(look, standing, tried),
        "reason": sentence(standing.row.reason) if standing.row and standing.row.reason else "",
        "tried": [
            (one.attempt.at, ", ".join(filter(None, _answer(look, one.attempt))), one.delivery)
            for one in tried[:ANSWERS]
        ],
        "waits": [(row, clean(row.title) or clean(row.body), outcome_of(look, row.state)) for row in waits],
        "is_whole": is_whole,
        "missed": await _missed(console, look, name),
        "facts": _facts(look, standing.destination),
        "rules": used_by(snapshot, name),
        "place": f"{snapshot.settings.path.name}:{standing.destination.place.line}",
        "said": _said(look, await just_did(console)),
    }


def _answer(look: Look, attempt: Any) -> tuple[str, str, str, str]:
    return str(attempt.status or ""), clean(attempt.reason, 200), clean(attempt.answer, 200), look.took(attempt.took_ms)


async def _queue(console: Console, name: str) -> tuple[Sequence[DeliveryRow], bool]:
    """What waits, the oldest first where all of it could be looked at; and whether it could."""
    rows = [
        row
        for state in ("held", "pending")
        for row in await console.store.deliveries(destination=name, state=state, limit=READ)
        if row.bundle_id is None
    ]
    rows.sort(key=lambda row: row.id)
    return rows[:MOST_ROWS], len(rows) < READ


async def _missed(console: Console, look: Look, name: str) -> dict[str, Any] | None:
    """What was not delivered in each of the last hours, as bars."""
    since = (look.now // 3600 + 1 - HOURS) * 3600.0
    found = await console.store.counts.undelivered(since, 3600.0)
    series = {state: [0] * HOURS for state in ("failed", "held")}
    for one in found:
        if one.destination == name and one.state in series and 0 <= one.bucket < HOURS:
            series[one.state][one.bucket] += one.count
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
            look.say("{number} failures in a row", number=place.pause_after)
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


class _Hands:
    """What people may do with a destination; each leaves a line in the audit list."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._window = console.window

    async def test(self, one: Standing) -> Response:
        now = datetime.fromtimestamp(self._window.clock(), UTC)
        outcome = await self._window.test(one.destination, g.user, now)
        mask = mask_of(self._window.snapshot().secrets)
        how = outcome.result if outcome.result == "delivered" else f"refused, {clean(mask(outcome.reason), 300)}"
        return await self._noted(one, "destination.tested", how)

    async def pause(self, one: Standing, why: str) -> Response:
        await self._console.store.pauses.pause(one.name, clean(why, 200), who=g.user)
        return await self._noted(one, "destination.paused", clean(why, 200) or "no reason given")

    async def resume(self, one: Standing, *, again: bool) -> Response:
        count = await self._send_again(one) if again else 0
        await self._console.store.pauses.resume(one.name, who=g.user, max_age=one.destination.max_age)
        return await self._noted(one, "destination.resumed", f"{one.held} held, {count} again")

    async def again(self, one: Standing) -> Response:
        await self._send_again(one)
        self._window.wake()
        return done(self._console, f"/destinations/{one.name}", "deliveries.replayed")

    async def _send_again(self, one: Standing) -> int:
        """Send again what failed lately; what was sent again before is left out."""
        window, since = self._window, self._window.clock() - WEEK
        filters: Filters = {"destination": one.name, "state": "failed", "since": since}
        now = datetime.fromtimestamp(window.clock(), UTC)
        became = await replay_many(self._console.store, window.snapshot(), filters, Way(who=g.user), now)
        return became.done

    async def _noted(self, one: Standing, what: str, how: str) -> Response:
        await self._console.store.audit(g.user, what, f"{one.name}: {how}")
        self._window.wake()
        return done(self._console, f"/destinations/{one.name}", what)
