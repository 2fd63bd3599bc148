"""explain, events, deliveries: what happened."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bridge.commands.explaining import explained
from bridge.commands.shared import FINE, moment, pretty, reading, table
from bridge.config.snapshot import Snapshot
from bridge.errors import BridgeError
from bridge.explain import Matchers, delivery_view, event_view, explain_event, explain_file, sees
from bridge.store import Store
from bridge.store.rows import DeliveryRow, EventRow
from bridge.web.api import DELIVERY_STATES, EVENT_STATES, filters


def explain(wanted: argparse.Namespace, config: Path) -> int:
    """Explain a stored event, or an event file against the rules of now."""

    async def work(store: Store, snapshot: Snapshot) -> int:
        if wanted.event.isdigit():
            row = await store.event(int(wanted.event))
            if row is None:
                raise BridgeError(f"there is no event {wanted.event}; `bridge events` lists what is kept")
            matcher = await Matchers(store, lambda: snapshot).of(row.version)
            view = await explain_event(row, snapshot, store, matcher)
        else:
            view = await explain_file(Path(wanted.event), snapshot, store, datetime.now(UTC))
        if wanted.rule:
            view["decisions"] = [item for item in view["decisions"] if item["rule"] == wanted.rule]
            for told in ("deliveries", "follow_ups"):
                view[told] = [item for item in view[told] if item["rule"] == wanted.rule]
            if not view["decisions"]:
                raise BridgeError(f"no rule `{wanted.rule}` looks at {view['type']} {view['action']}")
        print(pretty(view) if wanted.json else explained(view))
        return FINE

    return reading(work, config)


def chosen(wanted: argparse.Namespace, states: tuple[str, ...]) -> dict[str, Any]:
    """The filters of a listing as arguments of the store's reads."""
    given = {
        name: str(value) for name, value in vars(wanted).items() if name not in ("command", "config", "json") and value
    }
    return filters(given, states)


def _next(rows: Sequence[EventRow | DeliveryRow], asked: dict[str, Any]) -> str | None:
    """The cursor of the page behind this one."""
    return str(rows[-1].id) if len(rows) == asked["limit"] else None


def events(wanted: argparse.Namespace, config: Path) -> int:
    """List events."""

    async def work(store: Store, snapshot: Snapshot) -> int:
        asked = chosen(wanted, EVENT_STATES)
        rows = await store.events(**asked, sees=sees(snapshot.settings.redact))
        deliveries = await store.deliveries_of([row.id for row in rows])
        matchers = Matchers(store, lambda: snapshot)
        views = [
            event_view(row, [d for d in deliveries if d.event_id == row.id], snapshot, await matchers.of(row.version))
            for row in rows
        ]
        if wanted.json:
            print(pretty({"items": views, "next": _next(rows, asked)}))
        elif views:
            lines = [_event_line(view) for view in views]
            table("Event", "Received (UTC)", "What", "State", "Rules", "Told", rows=lines)
        else:
            print("No events." if len(asked) > 1 else "No events yet: `bridge send SOURCE FILE` posts one.")
        return FINE

    return reading(work, config)


def _event_line(view: dict[str, Any]) -> list[str]:
    rules = ", ".join(item["rule"] for item in view["decisions"] if item["fired"]) or "–"
    told = ", ".join(f"{item['destination']} {item['state']}" for item in view["deliveries"]) or "nobody"
    return [view["id"], moment(view["received_at"]), f"{view['type']} {view['action']}", view["state"], rules, told]


def deliveries(wanted: argparse.Namespace, config: Path) -> int:
    """List deliveries."""

    async def work(store: Store, snapshot: Snapshot) -> int:
        asked = chosen(wanted, DELIVERY_STATES)
        rows = await store.deliveries(**asked, sees=sees(snapshot.settings.redact))
        views = [delivery_view(row) for row in rows]
        if wanted.json:
            print(pretty({"items": views, "next": _next(rows, asked)}))
        elif not views:
            print("No deliveries.")
        else:
            lines = [
                [
                    v["id"],
                    v["event_id"] or "–",
                    v["destination"],
                    v["state"],
                    str(len(v["attempts"])),
                    v["title"],
                    v["reason"] or "",
                ]
                for v in views
            ]
            table("Delivery", "Event", "Destination", "State", "Tries", "Title", "Reason", rows=lines)
        return FINE

    return reading(work, config)
