"""Sources: who speaks, who fell silent, who is refused, and how a sender is connected."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from markupsafe import Markup
from quart import Blueprint, Response

from bridge.config.source_settings import SourceSettings
from bridge.metrics import REGISTRY
from bridge.refusals import MOST as KEPT
from bridge.store.rows import EventRow
from bridge.web import charts
from bridge.web.alarms import sentence
from bridge.web.console import Console
from bridge.web.happened import what
from bridge.web.look import Look

MOST = 40  # sources on a page
MOST_REFUSED = 60
DAYS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One source."""

    name: str
    type: str
    state: str  # silent, refused, heard, never
    address: str
    story: Markup
    days: Sequence[int]  # events on each, the oldest first
    bars: str
    last: EventRow | None
    last_what: str
    facts: Sequence[tuple[str, str]]


def routes(console: Console) -> Blueprint:
    """The routes of this page."""
    page = Blueprint("sources", __name__)

    @page.get("/sources")
    async def sources() -> Response:
        look, settings = console.look(), console.window.snapshot().settings
        every = list(settings.sources.values())
        days = await console.kept.get("source-days", lambda: _days(console, look, [one.name for one in every[:MOST]]))
        lines = await asyncio.gather(*(_shown(console, look, one, days[one.name]) for one in every[:MOST]))
        order = {"silent": 0, "refused": 1, "heard": 2, "never": 3}
        return await console.page(
            "sources.html",
            live=True,
            lines=sorted(lines, key=lambda one: order[one.state]),
            count=len(every),
            silent=sum(one.state == "silent" for one in lines),
            refused=sum(one.state == "refused" for one in lines),
            refusals=[(one, sentence(one.reason)) for one in console.window.refusals()[:MOST_REFUSED]],
            most=KEPT,
        )

    return page


async def _days(console: Console, look: Look, names: Sequence[str]) -> dict[str, list[int]]:
    """Events of each source on each of the last days: what came since a midnight less what came since the next."""
    midnight = look.today.replace(hour=0, minute=0, second=0, microsecond=0)
    edges = [(midnight - timedelta(days=back)).timestamp() for back in range(DAYS - 1, -1, -1)]
    since = [await console.store.counts.by_source(names, edge) for edge in edges]
    return {
        name: [max(0, a.get(name, 0) - b.get(name, 0)) for a, b in zip(since, [*since[1:], {}], strict=True)]
        for name in names
    }


async def _shown(console: Console, look: Look, settings: SourceSettings, days: Sequence[int]) -> Shown:
    troubles, name = await console.troubles(), settings.name
    rows = await console.store.events(source=name, limit=1)
    last = rows[0] if rows else None
    refused = int(REGISTRY.get_sample_value("bridge_posts_total", {"source": name, "status": "401"}) or 0)
    state = "silent" if name in troubles.silent else "refused" if refused else "heard" if last else "never"
    facts = [
        (
            look.say("Expected"),
            look.say("every {lasting} or sooner", lasting=look.lasting(settings.expect_every))
            if settings.expect_every
            else look.say("no rhythm set"),
        ),
        (look.say("Signed with"), look.say("1 secret|{count} secrets, any of them", n=len(settings.secrets))),
        (
            look.say("The same again"),
            look.say("counts once in {lasting}", lasting=look.lasting(settings.duplicate_window)),
        ),
        (look.say("Largest body"), look.bytes(settings.max_body)),
    ]
    return Shown(
        name=name,
        type=settings.type,
        state=state,
        address=f"{console.window.snapshot().settings.public_url.rstrip('/')}/hooks/{name}",
        story=_story(look, settings, state, last, sum(days), refused),
        days=days,
        bars=charts.bars(days),
        last=last,
        last_what=what(last) if last else "",
        facts=facts,
    )


def _story(look: Look, settings: SourceSettings, state: str, last: EventRow | None, count: int, refused: int) -> Markup:
    """What is known of a source, in a sentence or two."""
    parts = []
    if last and state == "silent":
        parts.append(
            look.say(
                "No event for {lasting}; one is expected at least every {every}. A sender stops after too many errors:"
                " look there whether its webhook is disabled.",
                lasting=look.lasting(look.now - last.received_at),
                every=look.lasting(settings.expect_every or 0),
            )
        )
    elif last:
        parts.append(look.say("1 event in 14 days.|{count} events in 14 days.", n=count))
    else:
        parts.append(look.say("Nothing came from it yet."))
    if refused:
        parts.append(
            look.say(
                "Since Bridge started, 1 post had a bad signature and got 401.|Since Bridge started, {count} posts"
                " had a"
                " bad signature and got 401. Usually one machine still has another secret.",
                n=refused,
            )
        )
    return Markup(" ").join(parts)
