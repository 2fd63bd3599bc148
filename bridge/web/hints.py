"""What the page to try things on begins with: events to pick, the text of a rule in force, its template."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from bridge.config.shipped import shipped
from bridge.config.snapshot import Snapshot
from bridge.config.wording import lines_of
from bridge.explain import event_view, redacted
from bridge.sources import SOURCES
from bridge.store.rows import EventRow
from bridge.web import starters
from bridge.web.console import Console
from bridge.web.files import source
from bridge.web.happened import clean, headline, what
from bridge.web.look import Look

LATEST = 8  # events to pick
LONGEST = 100_000  # characters of a body
SAMPLE = "sample:"


async def choices(console: Console, look: Look) -> list[tuple[str, str]]:
    """(value, words) of the newest events, then of invented ones of each configured type of source."""
    settings = console.window.snapshot().settings
    rows = [row for row in await console.store.events(limit=LATEST) if row.has_payload]
    found = [
        (str(row.id), f"{look.clock(row.received_at)} {what(row)}: {headline(row, settings.redact)}") for row in rows
    ]
    for type_ in dict.fromkeys(one.type for one in settings.sources.values()):
        found += [(f"{SAMPLE}{type_}:{name}", look.say("sample: {name}", name=name)) for name in _samples(type_)]
    return [(value, clean(words, 90)) for value, words in found]


def _samples(type_: str) -> dict[str, bytes]:
    return dict(SOURCES[type_].samples(datetime.now(UTC))) if type_ in SOURCES else {}


async def _row(console: Console, chosen: str) -> EventRow | None:
    return await console.store.event(int(chosen)) if chosen.isdecimal() and len(chosen) < 19 else None


async def body_of(console: Console, chosen: str) -> str:
    """The body of a picked event, indented, secrets masked; empty when there is none."""
    if chosen.startswith(SAMPLE):
        type_, _, name = chosen.removeprefix(SAMPLE).partition(":")
        body = _samples(type_).get(name, b"")
    else:
        row = await _row(console, chosen)
        body = row.body if row and row.has_payload else b""
    return _indented(body, console.window.snapshot())


def _indented(body: bytes, snapshot: Snapshot) -> str:
    try:
        value = redacted(msgspec.json.decode(body), snapshot.settings.redact)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return ""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()[:LONGEST]


async def previous_of(console: Console, chosen: str) -> str:
    """What was known before a picked event, of the fields that it changed."""
    row = await _row(console, chosen)
    if row is None or row.previous is None:
        return ""
    now = row.resource or {}
    before = {name: value for name, value in row.previous.items() if now.get(name) != value}
    return _indented(msgspec.json.encode(before), console.window.snapshot())


async def rule_for(console: Console, chosen: str) -> str:
    """A rule to start from: one that fires for the picked event, or the first in force."""
    row, snapshot = await _row(console, chosen), console.window.snapshot()
    if row is None:
        return rule_text(snapshot, [rule.name for rule in snapshot.rules[:1]])
    view: Any = event_view(row, (), snapshot, None)
    destination = next(iter(snapshot.settings.destinations))
    return starters.rule(row.type, row.action, view["resource"], view["changes"], destination)


def rule_text(snapshot: Snapshot, names: Sequence[str]) -> str:
    """The lines of rules in force, as a rule file of their own."""
    parts = ["rules:"]
    for rule in snapshot.rules:
        if rule.name in names:
            lines = lines_of(snapshot.files.get(rule.place.file, ""))
            own = [lines[number - 1] for number, is_own, _ in source(snapshot, rule).lines if is_own]
            parts.append(textwrap.indent(textwrap.dedent("\n".join(own)), "  "))
    return "\n".join(parts) + "\n" if len(parts) > 1 else "rules: []\n"


def template_for(snapshot: Snapshot, rule: str) -> tuple[str, str]:
    """The template that a rule names, and its text."""
    for one in snapshot.rules:
        name = next((target.template for target in one.notify if target.template), None)
        if one.name == rule and name:
            return name, _template_text(snapshot, name)
    return "", ""


def _template_text(snapshot: Snapshot, name: str) -> str:
    path = snapshot.settings.templates / name
    own = next((text for file, text in snapshot.template_files.items() if path.as_posix().endswith(file)), None)
    if own is not None:
        return own
    ours = shipped("templates") / name
    return ours.read_text(encoding="utf-8") if ours.is_file() else ""
