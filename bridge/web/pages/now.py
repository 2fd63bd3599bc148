"""Now: did everyone get everything? If not: how many, who, since when, and why."""

from __future__ import annotations

import asyncio
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from babel.dates import format_datetime
from quart import Blueprint, Response, request

from bridge.config.snapshot import Snapshot
from bridge.store.figures import Stuck, Waiting
from bridge.web import charts
from bridge.web.alarms import alarms
from bridge.web.console import WEEK, Console, Troubles
from bridge.web.happened import headline, outcomes, what
from bridge.web.history import Figures, Week
from bridge.web.look import Look
from bridge.web.span import DAY, HOUR, SPANS, Span, rows, ticks

LATEST = 6  # events
MOST = 12  # destinations, sources
TOP = 5  # rules
BARS = 24


def routes(console: Console) -> Blueprint:
    """The routes of this page."""
    page = Blueprint("now", __name__)

    @page.get("/")
    async def now() -> Response:
        if (await console.store.counts.tip()).event == 0:
            return await console.page("now-first.html", live=True, snapshot=console.window.snapshot())
        name = request.args.get("span", "24h")
        span = SPANS.get(name, SPANS["24h"])
        look, snapshot = console.look(), console.window.snapshot()
        since = span.begins(look.now)
        figures, troubles, waiting, latest, extent = await asyncio.gather(
            console.kept.get(("figures", name), lambda: console.history.figures(since, span)),
            console.troubles(),
            console.kept.get("waiting", console.store.counts.waiting),
            _latest(console, look, snapshot),
            console.store.counts.extent(),
        )
        return await console.page(
            "now.html",
            live=True,
            alarms=alarms(look, snapshot, troubles),
            people=_people(troubles.stuck),
            oldest=min((group.oldest for group in troubles.stuck), default=None),
            well_since=max(look.now - WEEK, extent.oldest or 0.0),
            span=name if name in SPANS else "24h",
            spans={"6h": "6 h", "24h": "24 h", "7d": look.say("7 d")},
            chart=_chart(look, span, since, figures, troubles),
            destinations=await _destinations(console, snapshot, span, since, figures, troubles, waiting),
            latest=latest,
            waiting=_waiting(troubles, waiting),
            sources=await _sources(console, look, snapshot, troubles),
            fired=await _fired(console, look, snapshot),
            snapshot=snapshot,
        )

    return page


# ---- what did not arrive ---------------------------------------------------------------------------


class People(NamedTuple):
    """Who did not get how many."""

    by_destination: Sequence[tuple[str, int]]
    failed: int
    held: int


def _people(stuck: Sequence[Stuck]) -> People:
    by_destination: Counter[str] = Counter()
    by_state: Counter[str] = Counter()
    for group in stuck:
        by_destination[group.destination] += group.count
        by_state[group.state] += group.count
    return People(by_destination.most_common(6), by_state["failed"], by_state["held"])


# ---- charts ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One row of the chart."""

    kind: str  # events, delivered, undelivered
    total: int
    lately: int  # in the last hour
    most: int
    top: int
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """All that the template draws."""

    width: int
    grid: str
    band: int  # where the last hour begins
    series: Sequence[Series]
    axis: Sequence[tuple[str, float]]  # label, percent
    rows: Sequence[tuple[float, float, tuple[int, ...]]]
    paused: tuple[str, float, float] | None  # destination, since when, percent


def _chart(look: Look, span: Span, since: float, figures: Figures, troubles: Troubles) -> Chart:
    came, delivered, missed = figures.events, figures.delivered, figures.missed
    shared, own = charts.top_of(max(*came, *delivered)), charts.top_of(max(missed))
    hour = HOUR // span.step
    lines = ticks(span, since, look.local)
    return Chart(
        width=span.buckets,
        grid=charts.grid([bucket for bucket, _ in lines], span.buckets),
        band=span.buckets - hour,
        series=[
            Series(
                kind=kind,
                total=sum(values),
                lately=sum(values[-hour:]),
                most=max(values),
                top=top,
                path=charts.stairs(values, top),
            )
            for kind, values, top in (
                ("events", came, shared),
                ("delivered", delivered, shared),
                ("undelivered", missed, own),
            )
        ],
        axis=[
            (
                format_datetime(
                    at, "EEE" if span.tick == 24 else "EEE HH" if at.hour == 0 else "HH", locale=look.locale
                ),
                round(bucket / span.buckets * 100, 1),
            )
            for bucket, at in lines
            if 0.02 < bucket / span.buckets < 0.9
        ],
        rows=rows(span, since, look.local, (came, delivered, missed)),
        paused=_paused(span, since, troubles),
    )


def _paused(span: Span, since: float, troubles: Troubles) -> tuple[str, float, float] | None:
    """The last pause that began in the span."""
    began = [(row.since, name) for name, row in troubles.paused.items() if row.since >= since]
    if not began:
        return None
    at, name = max(began)
    return name, at, round((at - since) / span.seconds * 100, 1)


# ---- panels ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationLine:
    """One row of the destinations."""

    name: str
    kind: str
    state: str  # paused, failing, active
    waiting: int
    sent: int
    missed: int
    bars: str
    median: int | None  # milliseconds


async def _destinations(
    console: Console,
    snapshot: Snapshot,
    span: Span,
    since: float,
    figures: Figures,
    troubles: Troubles,
    waiting: Sequence[Waiting],
) -> list[DestinationLine]:
    """Paused first, then failing, then those with the most to send."""
    configured = snapshot.settings.destinations
    counts = console.store.counts
    written = await console.kept.get(("sent", span.buckets), lambda: counts.by_destination(list(configured), since))
    missed: dict[str, list[int]] = defaultdict(lambda: [0] * BARS)
    open_: Counter[str] = Counter()
    for one in figures.undelivered:
        open_[one.destination] += one.number
        if one.state in ("failed", "held"):
            missed[one.destination][min(BARS - 1, one.bucket * BARS // span.buckets)] += one.number
    queue: Counter[str] = Counter()
    for line in waiting:
        queue[line.destination] += line.count
    for group in troubles.stuck:
        queue[group.destination] += group.count if group.state == "held" else 0

    def state(name: str) -> str:
        return "paused" if name in troubles.paused else "failing" if sum(missed[name]) else "active"

    order = {"paused": 0, "failing": 1, "active": 2}
    names = sorted(configured, key=lambda name: (order[state(name)], -written.get(name, 0), name))[:MOST]
    took = await console.kept.get(("took", *names), lambda: counts.took(names))
    return [
        DestinationLine(
            name=name,
            kind=configured[name].kind.name,
            state=state(name),
            waiting=queue[name],
            sent=max(0, written.get(name, 0) - open_[name]),
            missed=sum(missed[name]),
            bars=charts.bars(missed[name]),
            median=took[name][len(took[name]) // 2] if took.get(name) else None,
        )
        for name in names
    ]


async def _latest(console: Console, look: Look, snapshot: Snapshot) -> list[dict[str, object]]:
    events = await console.store.events(limit=LATEST)
    deliveries = await console.store.deliveries_of([row.id for row in events])
    return [
        {
            "id": row.id,
            "at": row.received_at,
            "title": headline(row, snapshot.settings.redact),
            "what": what(row),
            "outcomes": outcomes(look, row, [one for one in deliveries if one.event_id == row.id]),
        }
        for row in events
    ]


@dataclass(slots=True, kw_only=True)
class WaitingLine:
    """One reason to wait."""

    why: str  # paused, queue, again, digest, hours
    count: int = 0
    oldest: float = math.inf
    next_at: float = math.inf
    path: str = ""  # its part of the meter


def _waiting(troubles: Troubles, waiting: Sequence[Waiting]) -> list[WaitingLine]:
    """What waits, by why."""
    found = [("paused", one.count, one.oldest, math.inf) for one in troubles.stuck if one.state == "held"]
    found += [(one.why, one.count, one.oldest, one.next_at or math.inf) for one in waiting]
    lines: dict[str, WaitingLine] = {}
    for why, count, oldest, next_at in found:
        line = lines.setdefault(why, WaitingLine(why=why))
        line.count += count
        line.oldest = min(line.oldest, oldest)
        line.next_at = min(line.next_at, next_at)
    for line, path in zip(lines.values(), charts.meter([line.count for line in lines.values()]), strict=True):
        line.path = path
    return list(lines.values())


async def _sources(
    console: Console, look: Look, snapshot: Snapshot, troubles: Troubles
) -> list[tuple[str, str, int, float | None]]:
    """(source, state, events of a day, when it was last heard)"""
    names = list(snapshot.settings.sources)[:MOST]
    counts = await console.kept.get("sources", lambda: console.store.counts.by_source(names, look.now - DAY))
    heard = (await console.kept.get("stats", console.store.stats)).newest_event
    return [
        (
            name,
            "silent" if name in troubles.silent else "heard" if name in heard else "never",
            counts.get(name, 0),
            heard.get(name),
        )
        for name in names
    ]


async def _fired(console: Console, look: Look, snapshot: Snapshot) -> list[tuple[str, Week, str]]:
    """The rules that fired most in 7 days, with their bars."""
    found = await console.fired(look)
    best = sorted(found.items(), key=lambda item: -sum(item[1].days))[:TOP]
    return [(name, fired, charts.bars(fired.days)) for name, fired in best if any(fired.days)]
