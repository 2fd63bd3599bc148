"""An explained event as text: what rules made of it, what was sent to whom, and what still waits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bridge import logs
from bridge.explain import brief
from bridge.gates.gates import lasting

View = dict[str, Any]

_TRUTHS = {True: "✓", False: "✗", None: "?"}


def explained(view: View) -> str:
    """The lines of an event as explain_event() and explain_file() give it."""
    lines = [*_head(view)]
    for item in view["decisions"]:
        lines += _decision(item)
    for item in view["deliveries"]:
        lines += _delivery(item)
    for item in view["follow_ups"]:
        lines.append(
            f"⏲ {item['rule']}, follow-up {item['step']}: due at {item['due_at']} if nothing disarms it before"
        )
    if view["state"] == "received":
        lines.append("Not matched yet.")
    elif view["state"] == "matched" and not view["decisions"]:
        lines.append("No rule looks at this event.")
    return "\n".join(logs.printable(line) for line in lines)


def _head(view: View) -> Iterator[str]:
    again = f" · sent {view['duplicates'] + 1} times, matched once" if view["duplicates"] else ""
    what = f"{view['type']} {view['action']} {view['gid']}"
    yield f"Event {view['id']}: {what} · {view['received_at']} · {view['state']}{again}"
    if view.get("reason"):
        yield f"  {view['reason']}: no rule was asked"
    if not view["payload_kept"]:
        yield "  Its payload is no longer kept (`keep` in the configuration): only the rules that fired are known."
    for path, change in view["changes"].items():
        old, new = (change, change) if isinstance(change, str) else (brief(change["old"]), brief(change["new"]))
        yield f"  {path}: {old} → {new}"
    for path, learned in view["remembered"].items():
        yield f"  {path}: remembered, not sent; learned {_before(learned, view['received_at'])} ({learned})"


def _before(learned: str, received: str) -> str:
    """How old it was when the event came."""
    seconds = (datetime.fromisoformat(received) - datetime.fromisoformat(learned)).total_seconds()
    if seconds < 1:
        return "just before"
    unit = next((unit for unit in (86400, 3600, 60) if seconds >= unit), 1)
    return f"{lasting(seconds // unit * unit)} before"


def _decision(item: View) -> Iterator[str]:
    yield f"{'✓' if item['fired'] else '✗'} {item['rule']}  ({item['file']}:{item['line']})"
    if item.get("reason"):
        yield f"    {item['reason']}"
    for leaf in item["conditions"]:
        found = leaf.get("reason") or f"found {brief(leaf['found'])}"
        unknown = "unknown: " if leaf["truth"] is None else ""
        where = f"  ({item['file']}:{leaf['line']})" if leaf["line"] else ""
        sign = _TRUTHS[leaf["truth"]]
        yield f"    {sign} {leaf['path']} {leaf['op']} {brief(leaf['expected'])}: {unknown}{found}{where}"


def _delivery(item: View) -> Iterator[str]:
    why = f": {item['reason']}" if item["reason"] else ""
    again = f" of {item['origin']}" if item["origin"] else ""
    kind = "" if item["kind"] == "event" else f" ({item['kind']}{again})"
    yield f"→ {item['destination']}{kind}: {item['state']}{why}  “{item['title']}”"
    for attempt in item["attempts"]:
        detail = f": {attempt['reason']}" if attempt["reason"] else ""
        asked = f", asks to wait {attempt['retry_after']:g} s" if attempt["retry_after"] else ""
        yield f"    {attempt['at']} {attempt['outcome']}{detail}{asked} ({attempt['took_ms']} ms)"
