"""Silences: what is kept from people for a while; added from a form, ended by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from quart import Blueprint, Response, g, request
from werkzeug.exceptions import NotFound

from bridge.model import Silence
from bridge.silencing import Asked, BadSilence, read_silence, state_of
from bridge.store.rows import AuditRow
from bridge.web.access import see
from bridge.web.console import Console, href
from bridge.web.hands import done, is_sure, just_did
from bridge.web.look import Look

PAST = 30 * 86400.0  # seconds that those which are over stay on the page
MOST_PAST = 20
COUNTED = 200  # messages
DAY = 86400.0
CRITERIA = ("destination", "rule", "source", "type", "gid")
FIELDS = (*CRITERIA, "where", "for", "why", "everything")
LASTING = {"30m": 1800, "1h": 3600, "4h": 4 * 3600, "12h": 12 * 3600, "1d": 86400, "3d": 3 * 86400, "7d": 7 * 86400}
LASTING |= {"30d": 30 * 86400}
MOST_RULES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One silence."""

    silence: Silence
    what: Markup
    count: str  # messages it kept back
    link: str
    is_planned: bool


def routes(console: Console) -> Blueprint:
    """The routes of this page."""
    page = Blueprint("silences_page", __name__)
    store, window = console.store, console.window

    @page.get("/silences")
    async def silences() -> Response:
        return await _page(console, request.args)

    @page.get("/events/<int:id>/mute")
    async def mute(id: int) -> Response:
        """Where `links.mute` of a message leads: the form, filled in with its resource."""
        row = await store.event(id) if id < 2**63 else None
        return see(href("/silences", gid=row.gid, source=row.source, type=row.type) if row else "/silences")

    @page.post("/silences")
    async def added() -> Response:
        form = await request.form
        try:
            silence, warnings = read_silence(_asked(form), window.snapshot(), window.clock())
        except BadSilence as error:
            return await _page(console, form, wrong=str(error), status=400)
        if not is_sure(form):
            return await _asks(console, form, silence, [one.message for one in warnings])
        await store.add_silence(silence)
        window.wake()
        return done(console, "/silences", "silence.added")

    @page.post("/silences/<int:id>/end")
    async def ended(id: int) -> Response:
        look = console.look()
        found = next((one for one in await store.silences() if one.id == id), None)
        if found is None:
            raise NotFound(look.say("There is no silence {id} in force.", id=str(id)[:20]))
        if not is_sure(await request.form):
            return await console.page("silence-end.html", silence=found, what=what(look, found))
        await store.end_silence(id, g.user)
        window.wake()
        return done(console, "/silences", "silence.ended")

    return page


async def _asks(console: Console, form: Mapping[str, str], silence: Silence, warnings: list[str]) -> Response:
    """Whether it is meant: what it would have kept back lately."""
    look = console.look()
    return await console.page(
        "silence-sure.html",
        given={name: form[name] for name in FIELDS if form.get(name)},
        silence=silence,
        what=what(look, silence),
        count=await _would(console, look, silence),
        warnings=warnings,
    )


async def _page(console: Console, given: Mapping[str, str], wrong: str = "", status: int = 200) -> Response:
    look, snapshot, now = console.look(), console.window.snapshot(), console.window.clock()
    every = await console.store.silences(all=True)
    on = [await _line(console, look, one) for one in every if state_of(one, now) != "expired"]
    over = [one for one in reversed(every) if state_of(one, now) == "expired" and one.ends_at > now - PAST]
    types = dict.fromkeys(kind for source in snapshot.sources.values() for kind in source.EVENTS)
    return await console.page(
        "silences.html",
        status=status,
        on=on,
        over=[await _line(console, look, one) for one in over[:MOST_PAST]],
        given={name: given.get(name, "")[:2000] for name in FIELDS},
        wrong=wrong,
        destinations=[(name, name) for name in snapshot.settings.destinations],
        rules=[(rule.name, rule.name) for rule in snapshot.rules[:MOST_RULES]],
        sources=[(name, name) for name in snapshot.sources],
        types=[(name, name) for name in types],
        lasting=[(name, look.lasting(seconds)) for name, seconds in LASTING.items()],
        said=_said(look, await just_did(console)),
    )


def _asked(form: Mapping[str, str]) -> Asked:
    """What the form asks for; an empty field says nothing."""
    texts = {name: form[name].strip() for name in FIELDS if form.get(name, "").strip()}
    everything = texts.pop("everything", "") == "yes"
    return Asked(who=g.user, lasts=texts.pop("for", None), everything=everything, **texts)


def what(look: Look, silence: Silence) -> Markup:
    """What a silence keeps back: every message to managers about Project p1."""
    phrases = {
        "destination": "to {value}",
        "rule": "of the rule “{value}”",
        "source": "from {value}",
        "type": "about {value}",
        "gid": "gid {value}",
        "where": "where <code>{value}</code>",
    }
    given = [(phrase, getattr(silence, name)) for name, phrase in phrases.items() if getattr(silence, name) is not None]
    parts = [look.say(phrase, value=value) for phrase, value in given]
    return Markup(" ").join([look.say("every message"), *parts])


def _filters(silence: Silence) -> dict[str, Any]:
    return {name: getattr(silence, name) for name in CRITERIA if getattr(silence, name) is not None}


async def _line(console: Console, look: Look, silence: Silence) -> Line:
    wanted = _filters(silence)
    rows = await console.store.deliveries(**wanted, state="suppressed", since=silence.starts_at, limit=COUNTED)
    count = sum(row.reason.endswith(f"(silence {silence.id})") for row in rows)
    return Line(
        silence=silence,
        what=what(look, silence),
        count=look.number(count) + ("+" if len(rows) == COUNTED else ""),
        link=href("/deliveries", state="suppressed", **wanted),
        is_planned=silence.starts_at > console.window.clock(),
    )


async def _would(console: Console, look: Look, silence: Silence) -> str:
    """How many messages of the last day are such; an expression is not asked of them."""
    rows = await console.store.deliveries(**_filters(silence), since=look.now - DAY, limit=COUNTED)
    return look.number(len(rows)) + ("+" if len(rows) == COUNTED else "")


def _said(look: Look, row: AuditRow | None) -> tuple[str, str, str] | None:
    match row.what if row else "":
        case "silence.added":
            return "suppressed", "suppressed", look.say("The silence is on.")
        case "silence.ended":
            return "delivered", "delivered", look.say("The silence has ended: messages go out again.")
    return None
