"""Deliveries: which messages did people not get, and why; by destination and cause, or by state."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from quart import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from bridge.config.snapshot import Snapshot
from bridge.explain import sees
from bridge.logs import mask_of
from bridge.store.figures import Stuck
from bridge.store.rows import DeliveryRow
from bridge.web.alarms import sentence
from bridge.web.api import DELIVERY_STATES
from bridge.web.asked import Asked, asked
from bridge.web.chosen import just_done
from bridge.web.console import HTML, WEEK, Console, Troubles
from bridge.web.happened import STATES, Outcome, clean, outcome_of, word_of
from bridge.web.look import Look

ROWS = 22  # on a page of groups, shared between them
LEAST = 5  # of a group
MOST_GROUPS = 12
MOST_CAUSES = 3  # told of a group
# The words of a mail as it was sent: its styles, nothing else, and no address to load from.
PREVIEW = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row."""

    id: int
    event: int | None
    at: float
    title: str
    more: str
    rule: str | None
    destination: str
    outcome: Outcome
    tries: int
    reason: str
    again: int | None  # the delivery that repeated it


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What did not reach people at one destination."""

    name: str
    kind: str  # the service
    state: str  # paused, failed, gone
    failed: int
    held: int
    since: float
    causes: Sequence[tuple[int, str]]  # how many, why
    lines: Sequence[Line]


def routes(console: Console) -> Blueprint:
    """The routes of this page."""
    page = Blueprint("deliveries", __name__)

    @page.get("/deliveries")
    async def deliveries() -> Response:
        look, snapshot = console.look(), console.window.snapshot()
        filters = asked(look, "/deliveries", request.args, {"state": DELIVERY_STATES})
        tip, troubles = await console.store.counts.tip(), await console.troubles()
        values: dict[str, Any] = {
            "asked": filters,
            "states": [(state, word_of(look, state)) for state in STATES],
            "destinations": [(name, name) for name in snapshot.settings.destinations],
            "rules": [(rule.name, rule.name) for rule in snapshot.rules],
            "ages": [("24h", look.say("24 hours")), ("7d", look.say("7 days"))],
            "groups": [],
            "lines": [],
            "next": None,
            "done": await just_done(console, look),
            "tip": tip,
        }
        if filters.get("state") or any(filters.get(name) for name in ("q", "rule", "since", "until", "gid")):
            rows = await console.store.deliveries(**filters.wanted, sees=sees(snapshot.settings.redact))
            again = await console.store.replays.repeated([row.id for row in rows])
            values["lines"] = [line_of(look, row, again.get(row.id)) for row in rows]
            values["next"] = filters.older(rows[-1].id) if len(rows) == filters.wanted["limit"] else None
        else:
            values["groups"] = await _groups(console, look, snapshot, troubles, filters)
        return await console.page("deliveries.html", live="cursor" not in request.args, **values)

    @page.get("/deliveries/<int:id>/preview")
    async def preview(id: int) -> Response:
        found = await console.store.deliveries(before=id + 1, limit=1) if id < 2**62 else []
        if not found or found[0].id != id or found[0].format != "html":
            raise NotFound
        words = mask_of(console.window.snapshot().secrets)(found[0].body)
        response = Response(words, content_type=HTML)
        response.headers["Content-Security-Policy"] = PREVIEW
        response.headers["Cache-Control"] = "no-store"
        return response

    return page


async def _groups(console: Console, look: Look, snapshot: Snapshot, troubles: Troubles, filters: Asked) -> list[Group]:
    """What did not reach people, by destination; the most first."""
    by_name: dict[str, list[Stuck]] = defaultdict(list)
    for stuck in troubles.stuck:
        if filters.get("destination") in ("", stuck.destination):
            by_name[stuck.destination].append(stuck)
    largest = sorted(by_name.items(), key=lambda item: -sum(stuck.count for stuck in item[1]))[:MOST_GROUPS]
    most = max(LEAST, ROWS // max(1, len(largest)))
    return [await _group(console, look, snapshot, troubles, name, causes, most) for name, causes in largest]


async def _group(
    console: Console,
    look: Look,
    snapshot: Snapshot,
    troubles: Troubles,
    name: str,
    causes: Sequence[Stuck],
    most: int,
) -> Group:
    kept = await console.store.counts.stuck_ids(look.now - WEEK, name, most)
    rows = await console.store.replays.deliveries(kept)
    count: Counter[str] = Counter()
    why: Counter[str] = Counter()
    for stuck in causes:
        count[stuck.state] += stuck.count
        why[sentence(stuck.reason)] += stuck.count
    destination = snapshot.settings.destinations.get(name)
    paused = troubles.paused.get(name)
    if paused and paused.reason:
        why = Counter({sentence(paused.reason): 0})
    return Group(
        name=name,
        kind=destination.kind.name if destination else "",
        state="gone" if destination is None else "paused" if paused else "failed",
        failed=count["failed"],
        held=count["held"],
        since=paused.since if paused else min(stuck.oldest for stuck in causes),
        causes=[(number, reason) for reason, number in why.most_common(MOST_CAUSES) if reason],
        lines=[line_of(look, row) for row in rows],
    )


def line_of(look: Look, row: DeliveryRow, again: int | None = None) -> Line:
    """A delivery as one row; `again`: the one that repeated it."""
    return Line(
        id=row.id,
        event=row.event_id,
        at=row.created_at,
        title=clean(row.title) or clean(row.body) or f"{row.id}",
        more=clean(f"{row.type} {row.action}") if row.type else look.say("Bridge’s own news"),
        rule=row.rule,
        destination=row.destination,
        outcome=outcome_of(look, row.state),
        tries=len(row.attempts),
        reason=clean(row.reason, 200),
        again=again,
    )
