"""rules list, show, enable, disable: the rules as their files say them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bridge import logs
from bridge.commands.shared import FINE, pretty, sound, table
from bridge.config.edit import rules_in, set_enabled
from bridge.config.nodes import read
from bridge.config.snapshot import Snapshot
from bridge.config.wording import lines_of, said, suggestion
from bridge.errors import BridgeError, Invalid
from bridge.model import Node, Rule, Trigger


def rules(wanted: argparse.Namespace, config: Path) -> int:
    """List rules, show one, or switch one on or off."""
    if wanted.action in ("enable", "disable"):
        return _switch(wanted, config)
    snapshot = sound(config)
    every = [rule_view(rule, snapshot) for rule in snapshot.matcher.rules]
    if wanted.action == "list":
        if wanted.json:
            print(pretty({"items": every, "next": None}))
        else:
            table("Rule", "When", "Tells", "On", "Where", rows=[_line(view) for view in every])
        return FINE
    view = next((one for one in every if one["name"] == wanted.name), None)
    if view is None:
        meant = suggestion(wanted.name, [one["name"] for one in every])
        raise BridgeError(f"there is no rule {said(wanted.name)}: {meant or '`bridge rules list` names them'}")
    text = _source(view, snapshot)
    mask = logs.mask_of(snapshot.secrets)
    if wanted.json:
        print(mask(pretty(view | {"text": text})))
    else:
        print(f"{view['file']}:{view['line']}: {'on' if view['enabled'] else 'switched off'}\n")
        print(mask("\n".join(logs.printable(line) for line in text.split("\n"))))
    return FINE


def _switch(wanted: argparse.Namespace, config: Path) -> int:
    enabled = wanted.action == "enable"
    try:
        done = set_enabled(config, wanted.name, enabled, os.environ)
    except Invalid as error:
        told = [f"{one.place.file}:{one.place.line}:{one.place.column}: {one.message}" for one in error.problems]
        raise BridgeError(f"nothing was changed\n{logs.printable('; '.join(told))}") from error
    view = {"name": wanted.name, "file": done.file, "line": done.line, "enabled": enabled, "changed": done.changed}
    if wanted.json:
        print(pretty(view))
    else:
        state = "on" if enabled else "off"
        words = f"switched {state}" if done.changed else f"{state} already"
        print(logs.printable(f"{done.file}:{done.line}: “{wanted.name}” is {words}"))
    return FINE


def rule_view(rule: Rule, snapshot: Snapshot) -> dict[str, Any]:
    """What one rule says, without its condition and its words."""
    return {
        "name": rule.name,
        "file": rule.place.file,
        "line": rule.place.line,
        "enabled": rule.enabled,
        "description": rule.description,
        "when": [_event(trigger, snapshot) for trigger in rule.when],
        "notify": [target.to for target in rule.notify],
        "priority": rule.priority,
        "stop": rule.stop,
        "labels": list(rule.labels),
        "owner": rule.owner,
    }


def _line(view: dict[str, Any]) -> list[str]:
    on = "on" if view["enabled"] else "off"
    return [view["name"], ", ".join(view["when"]), ", ".join(view["notify"]), on, f"{view['file']}:{view['line']}"]


def _event(trigger: Trigger, snapshot: Snapshot) -> str:
    """A trigger in the spelling of the source's documentation."""
    spelled = (source.documented(trigger.type) for source in snapshot.sources.values())
    kind = next((one for one in spelled if one), trigger.type)
    source = "" if trigger.source == "*" else f"{trigger.source}: "
    return f"{source}{kind} {trigger.action}"


def _source(view: dict[str, Any], snapshot: Snapshot) -> str:
    """The lines of the rule's file that it takes."""
    lines = lines_of(snapshot.files[view["file"]])
    whole, _ = read(snapshot.files[view["file"]].encode(), view["file"])
    rule = next(one for one in rules_in(whole) if one.place.line == view["line"] and _names(one, view["name"]))
    last = max(_last_lines(rule), default=view["line"])
    while last < len(lines) and lines[last].strip() and not lines[last].strip().rstrip(",").strip("}]"):
        last += 1  # braces that close on lines of their own
    return "\n".join(lines[view["line"] - 1 : last]).rstrip()


def _names(rule: Node, name: str) -> bool:
    return isinstance(rule.value, dict) and rule.value["name"].value == name


def _last_lines(node: Node) -> Iterator[int]:
    """Where its values end."""
    if isinstance(node.value, dict):
        yield from (place.line for place in node.keys.values())
    below = node.value.values() if isinstance(node.value, dict) else node.value if isinstance(node.value, list) else ()
    for inner in below:
        yield from _last_lines(inner)
    if node.end:
        # A block's text ends where the next line begins.
        yield node.end.line - 1 if node.style == "block" and node.end.column == 1 else node.end.line
