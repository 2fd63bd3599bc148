"""The reading half of /api/v1: events, deliveries, rules; bearer token, cursors, filters named as the fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from quart import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from bridge.errors import WrongUsage
from bridge.explain import Matchers, delivery_view, event_view, explain_event, sees
from bridge.explain import instant as at
from bridge.web.problem import answer, problem
from bridge.web.window import Window

PAGE = 50
LARGEST_PAGE = 200
LONGEST_FILTER = 500

_SOURCE_FILTERS = ("gid", "type", "action", "source", "rule", "destination", "q")
EVENT_STATES = ("received", "matched", "stale")
OUTCOMES = ("nobody", "undelivered", "delivered")  # of events: who was told
DELIVERY_STATES = ("pending", "held", "merged", "delivered", "failed", "suppressed")


class BadFilter(WrongUsage):
    """A query parameter that cannot be used; the text says which and what is allowed."""


def one_each(arguments: MultiDict[str, str]) -> Mapping[str, str]:
    """Query parameters of which each stands once: of a name that stands twice one would be passed over."""
    if twice := [name for name, texts in arguments.lists() if len(texts) > 1]:
        raise BadFilter(f"`{min(twice)[:40]}` stands more than once.")
    return arguments


def instant(name: str, text: str) -> float:
    """An ISO 8601 time as epoch seconds; without a zone it is UTC."""
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))  # a `+` in a query arrives as a space
    except ValueError:
        raise BadFilter(f"`{name}` is a time such as 2026-11-24T09:00:00Z.") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def number(name: str, text: str, largest: int) -> int:
    """A positive whole number."""
    if not re.fullmatch(r"[0-9]{1,18}", text) or not 1 <= int(text) <= largest:
        raise BadFilter(f"`{name}` is a whole number from 1 to {largest}.")
    return int(text)


def state(allowed: tuple[str, ...]) -> Callable[[str, str], str]:
    """A reader of `state`."""

    def read(name: str, text: str) -> str:
        if text not in allowed:
            raise BadFilter(f"`{name}` is one of {', '.join(allowed)}.")
        return text

    return read


def filters(arguments: Mapping[str, str], states: tuple[str, ...], outcomes: tuple[str, ...] = ()) -> dict[str, Any]:
    """Query parameters as keyword arguments of the store's reads; raises BadFilter."""
    readers: dict[str, tuple[str, Callable[[str, str], Any]]] = {
        "state": ("state", state(states)),
        "since": ("since", instant),
        "until": ("until", instant),
        "cursor": ("before", lambda name, text: number(name, text, 2**62)),
        "limit": ("limit", lambda name, text: number(name, text, LARGEST_PAGE)),
    }
    if outcomes:
        readers["outcome"] = ("outcome", state(outcomes))
    readers |= {name: (name, lambda _name, text: text) for name in _SOURCE_FILTERS}
    wanted: dict[str, Any] = {"limit": PAGE}
    for name, text in arguments.items():
        if name not in readers:
            raise BadFilter(f"unknown parameter `{name[:40]}`; known are {', '.join(sorted(readers))}.")
        if len(text) > LONGEST_FILTER:
            raise BadFilter(f"`{name}` is longer than {LONGEST_FILTER} characters.")
        argument, read = readers[name]
        wanted[argument] = read(name, text)
    return wanted


def pages(window: Window) -> Blueprint:
    """The routes of this page."""
    api = Blueprint("api", __name__, url_prefix="/api/v1")
    matchers = Matchers(window.store, window.snapshot)

    @api.errorhandler(BadFilter)
    async def bad_filter(error: BadFilter) -> Response:
        return problem(400, str(error))

    @api.get("/events")
    async def events() -> Response:
        wanted = filters(one_each(request.args), EVENT_STATES, OUTCOMES)
        rows = await window.store.events(**wanted, sees=sees(window.snapshot().settings.redact))
        deliveries = await window.store.deliveries_of([row.id for row in rows])
        items = []
        for row in rows:
            own = [delivery for delivery in deliveries if delivery.event_id == row.id]
            items.append(event_view(row, own, window.snapshot(), await matchers.of(row.version)))
        return answer({"items": items, "next": str(rows[-1].id) if len(rows) == wanted["limit"] else None})

    @api.get("/events/<int:event_id>")
    async def event(event_id: int) -> Response:
        row = await window.store.event(event_id) if event_id < 2**63 else None
        if row is None:
            return problem(404, f"There is no event {event_id}; it may be older than what is kept.")
        return answer(await explain_event(row, window.snapshot(), window.store, await matchers.of(row.version)))

    @api.get("/deliveries")
    async def deliveries() -> Response:
        wanted = filters(one_each(request.args), DELIVERY_STATES)
        rows = await window.store.deliveries(**wanted, sees=sees(window.snapshot().settings.redact))
        items = [delivery_view(row) for row in rows]
        return answer({"items": items, "next": str(rows[-1].id) if len(rows) == wanted["limit"] else None})

    @api.get("/audit")
    async def audit() -> Response:
        return await _audit(window)

    @api.get("/rules")
    async def rules() -> Response:
        return answer({"items": _rule_files(window), "next": None})

    return api


async def _audit(window: Window) -> Response:
    """Who did what, newest first."""
    given = one_each(request.args)
    if unknown := set(given) - {"cursor", "limit"}:
        raise BadFilter(f"unknown parameter `{min(unknown)[:40]}`; known are cursor, limit.")
    cursor, most = given.get("cursor"), given.get("limit")
    limit = number("limit", most, LARGEST_PAGE) if most is not None else PAGE
    before = number("cursor", cursor, 2**62) if cursor is not None else None
    rows = await window.store.audits(before, limit)
    items = [
        {"id": str(row.id), "at": at(row.at), "who": row.who, "what": row.what, "detail": row.detail} for row in rows
    ]
    return answer({"items": items, "next": str(rows[-1].id) if len(rows) == limit else None})


def _rule_files(window: Window) -> list[dict[str, Any]]:
    """Each rule file with its rules and the problems `bridge check` finds in it."""
    snapshot = window.snapshot()
    files: dict[str, dict[str, Any]] = {}

    def entry(file: str) -> dict[str, Any]:
        refused = file in snapshot.refused  # what lies on the disk is not in force; an earlier text may be
        return files.setdefault(file, {"file": file, "refused": refused, "rules": [], "problems": []})

    for file in (*snapshot.files, *snapshot.refused):
        entry(file)
    for rule in snapshot.rules:
        entry(rule.place.file)["rules"].append(
            {
                "name": rule.name,
                "line": rule.place.line,
                "enabled": rule.enabled,
                "priority": rule.priority,
                "description": rule.description,
                "labels": list(rule.labels),
                "notify": sorted({target.to for target in rule.notify}),
            }
        )
    for found in snapshot.problems:
        if found.place.file in files:
            entry(found.place.file)["problems"].append(
                {
                    "line": found.place.line,
                    "column": found.place.column,
                    "severity": found.severity,
                    "code": found.code,
                    "message": found.message,
                    "help": found.help,
                }
            )
    return sorted(files.values(), key=lambda item: str(item["file"]))
