"""explain, events, deliveries: what happened."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bridge import logs
from bridge.commands.shared import FINE, pretty, reading, table
from bridge.config.snapshot import Snapshot
from bridge.errors import BridgeError
from bridge.explain import Matchers, brief, delivery_view, event_view, explain_file
from bridge.store import Store
from bridge.web.api import DELIVERY_STATES, EVENT_STATES, BadFilter, filters


def explain(wanted: argparse.Namespace, config: Path) -> int:
    """Explain a stored event, or an event file against the rules of now."""

    async def work(store: Store, snapshot: Snapshot) -> int:
        if wanted.event.isdigit():
            row = await store.event(int(wanted.event))
            if row is None:
                raise BridgeError(f"there is no event {wanted.event}; `bridge events` lists what is kept")
            deliveries = await store.deliveries_of([row.id])
            matcher = await Matchers(store, lambda: snapshot).of(row.version)
            view = event_view(row, deliveries, snapshot, matcher)
        else:
            view = await explain_file(Path(wanted.event), snapshot, store, datetime.now(UTC))
        if wanted.rule:
            view["decisions"] = [item for item in view["decisions"] if item["rule"] == wanted.rule]
            view["deliveries"] = [item for item in view["deliveries"] if item["rule"] == wanted.rule]
            if not view["decisions"]:
                raise BridgeError(f"no rule `{wanted.rule}` looks at {view['type']} {view['action']}")
        print(pretty(view) if wanted.json else explained(view))
        return FINE

    return reading(work, config)


def explained(view: dict[str, Any]) -> str:
    """An event for people: each rule with the conditions that failed, each delivery with its attempts."""
    lines = [
        f"Event {view['id']}: {view['type']} {view['action']} {view['gid']} · {view['received_at']} · {view['state']}"
    ]
    for path, change in view["changes"].items():
        old, new = (change, change) if isinstance(change, str) else (brief(change["old"]), brief(change["new"]))
    if not view["payload_kept"]:
        lines.append("  Its payload is no longer kept (`keep` in the configuration): of the rules only those that fired are known.")
        lines.append(f"  {path}: {old} → {new}")
    for item in view["decisions"]:
        lines.append(f"{'✓' if item['fired'] else '✗'} {item['rule']}  ({item['file']}:{item['line']})")
        if item.get("reason"):
            lines.append(f"    {item['reason']}")
        for leaf in item["failed"]:
            why = leaf.get("reason") or f"found {brief(leaf['found'])}"
            lines.append(f"    {leaf['path']} {leaf['op']} {brief(leaf['expected'])}: {why}")
    for item in view["deliveries"]:
        why = f": {item['reason']}" if item["reason"] else ""
        lines.append(f"→ {item['destination']}: {item['state']}{why}  “{item['title']}”")
        for attempt in item["attempts"]:
            detail = f": {attempt['reason']}" if attempt["reason"] else ""
            lines.append(f"    {attempt['at']} {attempt['outcome']}{detail} ({attempt['took_ms']} ms)")
    if not view["decisions"]:
        lines.append("No rule looks at this event.")
    return "\n".join(logs.printable(line) for line in lines)


def chosen(wanted: argparse.Namespace, states: tuple[str, ...]) -> dict[str, Any]:
    """The filters of a listing as arguments of the store's reads."""
    given = {
        name: str(value) for name, value in vars(wanted).items() if name not in ("command", "config", "json") and value
    }
    try:
        return filters(given, states)
    except BadFilter as error:
        raise BridgeError(str(error)) from error


def events(wanted: argparse.Namespace, config: Path) -> int:
    """List events."""

    async def work(store: Store, snapshot: Snapshot) -> int:
        rows = await store.events(**chosen(wanted, EVENT_STATES))
        deliveries = await store.deliveries_of([row.id for row in rows])
        matchers = Matchers(store, lambda: snapshot)
        views = [
            event_view(row, [d for d in deliveries if d.event_id == row.id], snapshot, await matchers.of(row.version))
            for row in rows
        ]
        if wanted.json:
            print(pretty({"items": views, "next": None}))
        else:
            table("Event", "Received", "What", "State", "Rules", "Told", rows=[_event_line(view) for view in views])
        return FINE

    return reading(work, config)


def _event_line(view: dict[str, Any]) -> list[str]:
    rules = ", ".join(item["rule"] for item in view["decisions"] if item["fired"]) or "–"
    told = ", ".join(f"{item['destination']} {item['state']}" for item in view["deliveries"]) or "nobody"
    return [view["id"], view["received_at"], f"{view['type']} {view['action']}", view["state"], rules, told]


def deliveries(wanted: argparse.Namespace, config: Path) -> int:
    """List deliveries."""

    async def work(store: Store, _snapshot: Snapshot) -> int:
        rows = await store.deliveries(**chosen(wanted, DELIVERY_STATES))
        views = [delivery_view(row) for row in rows]
        if wanted.json:
            print(pretty({"items": views, "next": None}))
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
