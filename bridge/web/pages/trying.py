"""Try: an event, a rule and a template side by side; what would fire, and what people would read. Nothing is sent."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup
from quart import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from bridge.backtest import Summary, differences
from bridge.config.snapshot import Snapshot
from bridge.logs import mask_of
from bridge.model import Event
from bridge.tryout import LONGEST, Edited, NotTried, Said, Tried, edited, pasted, stored, tried
from bridge.web import conditions
from bridge.web.conditions import why
from bridge.web.console import HTML, Console
from bridge.web.hints import body_of, choices, previous_of, rule_for, rule_text, template_for
from bridge.web.look import Look
from bridge.web.pages.deliveries import PREVIEW

FIELDS = ("event", "loaded", "body", "previous", "rule", "template", "text")
MOST_MAILS = 60  # that can still be looked at
BACK = 7 * 86400.0
MOST_EVENTS = 5_000  # looked at by a back-test in the service


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What became of one rule, for the page."""

    name: str
    fired: bool
    why: Markup
    rows: Sequence[conditions.Row]
    said: Sequence[tuple[Said, str]]  # with the address of its mail


class Mails:
    """The last mails that were previewed, for the frames that show them."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def keep(self, html: str) -> str:
        """The address of a frame's content."""
        while len(self._texts) >= MOST_MAILS:
            del self._texts[next(iter(self._texts))]
        token = secrets.token_urlsafe(16)
        self._texts[token] = html
        return f"/try/mail/{token}"

    def get(self, token: str) -> str | None:
        """The mail; None when it is long ago."""
        return self._texts.get(token)


def routes(console: Console) -> Blueprint:
    """The routes of this page."""
    page, mails = Blueprint("trying", __name__), Mails()

    @page.get("/try")
    async def form() -> Response:
        return await _page(console, await _begin(console, request.args))

    @page.post("/try")
    async def result() -> Response:
        given = await _given(console, await request.form)
        look, snapshot = console.look(), console.window.snapshot()
        now = datetime.fromtimestamp(look.now, UTC)
        try:
            event = await _event(console, given, now)
        except NotTried as error:
            return await _page(console, given, wrong=str(error))
        files = await _edited(snapshot, given)
        found = await asyncio.to_thread(tried, files.snapshot, event, now) if files.snapshot else []
        shown = [_shown(look, snapshot, event, one, mails, console) for one in found]
        return await _page(console, given, said=files.said, found=shown, is_done=files.snapshot is not None)

    @page.post("/try/backtest")
    async def backtest() -> Response:
        given = await _given(console, await request.form)
        snapshot = console.window.snapshot()
        new = await _edited(snapshot, given)
        if new.snapshot is None:
            return await _page(console, given, said=new.said)
        names = [rule.name for rule in new.snapshot.rules]
        old = await asyncio.to_thread(edited, snapshot, rule_text(snapshot, names), None)
        summary = Summary()
        if old.snapshot is not None:
            since = console.window.clock() - BACK
            summary = await differences(console.store, old.snapshot, new.snapshot, since=since, limit=MOST_EVENTS)
        return await _page(console, given, said=new.said, summary=summary)

    @page.get("/try/mail/<token>")
    async def mail(token: str) -> Response:
        html = mails.get(token)
        if html is None:
            raise NotFound
        words = mask_of(console.window.snapshot().secrets)(html)
        response = Response(words, content_type=HTML)
        response.headers["Content-Security-Policy"] = PREVIEW
        response.headers["Cache-Control"] = "no-store"
        return response

    return page


async def _page(console: Console, given: Mapping[str, str], **found: Any) -> Response:
    look = console.look()
    values = {"wrong": "", "said": "", "found": [], "is_done": False, "summary": None, **found}
    return await console.page(
        "try.html",
        given=given,
        choices=await choices(console, look),
        most_events=MOST_EVENTS,
        **values,
    )


# ---- what is tried -------------------------------------------------------------------------------


async def _begin(console: Console, asked: Mapping[str, str]) -> dict[str, str]:
    """The form as a link opens it: with an event, or a rule in force, or both."""
    snapshot = console.window.snapshot()
    chosen = asked.get("event", "")[:40] or next((value for value, _ in await choices(console, console.look())), "")
    body = await body_of(console, chosen)
    name = asked.get("rule", "")
    rule = rule_text(snapshot, [name]) if name else await rule_for(console, chosen)
    template, text = template_for(snapshot, name)
    return {
        "event": chosen if body else "",
        "loaded": chosen if body else "",
        "body": body,
        "previous": await previous_of(console, chosen),
        "rule": rule or "rules:\n",
        "template": template,
        "text": text,
    }


async def _given(console: Console, form: Mapping[str, str]) -> dict[str, str]:
    """The form as it was sent; another event that was picked comes with its texts."""
    given = {name: form.get(name, "")[:LONGEST].replace("\r\n", "\n") for name in FIELDS}
    if given["event"] and given["event"] != given["loaded"]:
        given["loaded"], given["body"] = given["event"], await body_of(console, given["event"])
        given["previous"] = await previous_of(console, given["event"])
    return given


async def _event(console: Console, given: dict[str, str], now: datetime) -> Event:
    """The event that was picked, as rules saw it, or, once its texts were edited, as they say it is."""
    chosen = given["event"]
    untouched = given["body"].strip() == (await body_of(console, chosen)).strip()
    if untouched and given["previous"].strip() == (await previous_of(console, chosen)).strip() and chosen.isdecimal():
        row = await console.store.event(int(chosen)) if len(chosen) < 19 else None
        if row is not None and row.has_payload:
            return stored(row)
    return await pasted(console.window.snapshot(), console.store, given["body"], given["previous"], now)


async def _edited(snapshot: Snapshot, given: Mapping[str, str]) -> Edited:
    name = given["template"].strip()
    return await asyncio.to_thread(edited, snapshot, given["rule"], (name, given["text"]) if name else None)


# ---- what became of it ---------------------------------------------------------------------------


def _shown(look: Look, snapshot: Snapshot, event: Event, one: Tried, mails: Mails, console: Console) -> Shown:
    hidden = snapshot.settings.redact
    what = f"{event.type} {event.action}"
    if one.decision is None:
        reason = look.say("It does not wait for “{what}”.", what=what)
    elif one.decision.fired:
        reason = look.say("It fires for “{what}”.", what=what)
    elif one.decision.failed:
        changed = {f"resource.{path}" for path in event.changes}
        reason = Markup(", ").join(
            why(look, finding, hidden, changed=finding.path in changed) for finding in one.decision.failed
        )
    else:
        reason = Markup("{}").format(one.decision.reason)
    return Shown(
        name=one.rule.name,
        fired=one.decision is not None and one.decision.fired,
        why=reason,
        rows=conditions.rows(look, one.findings, hidden),
        said=[(said, mails.keep(said.mail.body) if said.mail else "") for said in one.said],
    )
