"""Events: what came in, newest first, filtered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from quart import Blueprint, Response, request

from bridge.config.snapshot import Snapshot
from bridge.explain import event_of, sees
from bridge.model import Change, fold
from bridge.store.figures import Tip
from bridge.store.reads import SEARCHED
from bridge.store.rows import DeliveryRow, EventRow
from bridge.web.api import EVENT_STATES, OUTCOMES
from bridge.web.asked import Asked, asked
from bridge.web.console import Console
from bridge.web.happened import Outcome, headline, is_hidden, outcomes, short
from bridge.web.look import Look

ALLOWED = {"outcome": OUTCOMES, "state": EVENT_STATES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row."""

    id: int
    at: float
    title: str
    more: Sequence[Markup | str]
    type: str
    action: str
    known: bool  # a documented type
    gid: str
    outcomes: Sequence[Outcome]


def routes(console: Console) -> Blueprint:
    """The routes of this page."""
    page = Blueprint("events", __name__)

    @page.get("/events")
    async def events() -> Response:
        look, snapshot = console.look(), console.window.snapshot()
        filters = asked(look, "/events", request.args, ALLOWED)
        tip = await console.store.counts.tip()
        rows = await console.store.events(**filters.wanted, sees=sees(snapshot.settings.redact))
        deliveries = await console.store.deliveries_of([row.id for row in rows])
        return await console.page(
            "events.html",
            live="cursor" not in request.args,
            asked=filters,
            lines=[_line(look, snapshot, row, [one for one in deliveries if one.event_id == row.id]) for row in rows],
            next=_next(filters, rows, tip),
            tip=tip,
            bounded=_is_bounded(filters) and len(rows) < filters.wanted["limit"],
            searched=SEARCHED,
            choices=_choices(look, snapshot, filters),
            keep=look.lasting(snapshot.settings.keep.events),
        )

    return page


def _is_bounded(filters: Asked) -> bool:
    """Whether the store looks through the newest rows only."""
    return bool(filters.get("q")) or filters.get("outcome") == "nobody"


def _next(filters: Asked, rows: Sequence[EventRow], tip: Tip) -> str | None:
    if len(rows) == filters.wanted["limit"]:
        return filters.older(rows[-1].id)
    if _is_bounded(filters):
        top = filters.wanted.get("before") or tip.event + 1
        if top > SEARCHED:
            return filters.older(top - SEARCHED)
    return None


def _choices(look: Look, snapshot: Snapshot, filters: Asked) -> Mapping[str, Sequence[tuple[str, Any]]]:
    events = [source.EVENTS for source in snapshot.sources.values()]
    types = dict.fromkeys(type for known in events for type in known)
    actions = dict.fromkeys(action for known in events for type in known.values() for action in type)
    return {
        "type": _picked(filters, "type", types),
        "action": _picked(filters, "action", actions),
        "source": _picked(filters, "source", snapshot.sources),
        "rule": _picked(filters, "rule", [rule.name for rule in snapshot.rules]),
        "outcome": [
            ("nobody", look.say("told nobody")),
            ("undelivered", look.say("not delivered")),
            ("delivered", look.say("delivered")),
        ],
        "since": [("1h", look.say("1 hour")), ("24h", look.say("24 hours")), ("7d", look.say("7 days"))],
    }


def _picked(filters: Asked, name: str, known: Sequence[str] | Mapping[str, Any]) -> list[tuple[str, str]]:
    """The known values, in the spelling that is asked for where it is one of theirs."""
    chosen = filters.get(name)
    return [(chosen if fold(one) == fold(chosen) else one, one) for one in known]


def _line(look: Look, snapshot: Snapshot, row: EventRow, deliveries: Sequence[DeliveryRow]) -> Line:
    source = snapshot.sources.get(row.source)
    return Line(
        id=row.id,
        at=row.received_at,
        title=headline(row, snapshot.settings.redact),
        more=_more(look, row, snapshot.settings.redact),
        type=row.type,
        action=row.action,
        known=source is None or source.documented(row.type) is not None,
        gid=row.gid,
        outcomes=outcomes(look, row, deliveries),
    )


def _more(look: Look, row: EventRow, hidden: frozenset[str]) -> list[Markup | str]:
    """What else is worth a glance: the first change, and that it was sent again."""
    changes = event_of(row).changes if row.action == "updated" else {}
    told: list[Markup | str] = []
    for path, change in changes.items():
        if not is_hidden(path, hidden) and not isinstance(change.new, (dict, list)):
            told.append(_change(path, change))
            break
    if told and len(changes) > 1:
        told.append(look.say("and {number} more", number=len(changes) - 1))
    if row.duplicates:
        told.append(look.say("sent again {number} ×, counted once", number=row.duplicates))
    return told


def _change(path: str, change: Change) -> str:
    return f"{path} {short(change.old)} → {short(change.new)}"
