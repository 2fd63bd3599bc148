"""Conditions from YAML or from one line, judged on facts: the room's front door, shortened."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from bridge.config.nodes import compose
from bridge.errors import Problem
from bridge.model import Condition, Event, Node, Place, Rule, Trigger, Truth
from bridge.rules import changes_between, compile_condition, facts_of, parse_condition

NOW = datetime(2026, 5, 31, 12, 0, tzinfo=UTC)
UNSET: Any = object()


def yaml(text: str) -> Node:
    """The value of the one key `if` of a document."""
    node = compose(f"if: {text}".encode(), "rules/a.yaml")
    assert node is not None
    assert isinstance(node.value, dict)
    return node.value["if"]


def line(text: str) -> Node:
    """One line of text, whatever YAML would make of it; column 1 is its first character."""
    return Node(place=Place("rules/a.yaml", 1, 1), value=text, text=text, style="plain")


def node_of(value: Any) -> Node:
    """The node that YAML would give for a value, without its true place."""
    place = Place("rules/a.yaml", 1, 1)
    if isinstance(value, dict):
        inner = {key: node_of(one) for key, one in value.items()}
        return Node(place=place, value=inner, keys=dict.fromkeys(inner, place))
    if isinstance(value, list):
        return Node(place=place, value=[node_of(one) for one in value])
    return Node(place=place, value=value, text=json.dumps(value), style="plain")


def read(node: Node, **known: Any) -> Condition:
    condition, problems = parse_condition(node, **known)
    assert condition is not None, problems
    assert not problems
    return condition


def problems_of(node: Node, **known: Any) -> list[Problem]:
    return parse_condition(node, **known)[1]


def event(resource: Any, *, previous: Any = None, **other: Any) -> Event:
    given: dict[str, Any] = {
        "id": 7,
        "source": "creads",
        "type": "Project",
        "action": "updated",
        "gid": "g1",
        "received_at": NOW,
        "resource": resource,
        "previous": previous,
        "changes": changes_between(previous, resource),
    }
    return Event(**{**given, **other})


def facts(resource: Any = UNSET, previous: Any = None) -> dict[str, Any]:
    return facts_of(event(None if resource is UNSET else resource, previous=previous), NOW)


def judged(node: Node | str, resource: Any, previous: Any = None) -> Truth:
    """What a condition, given as YAML or as a node, makes of a resource."""
    condition = read(yaml(node) if isinstance(node, str) else node)
    return compile_condition(condition)(facts(resource, previous))


def rule(name: str, condition: Condition | None = None, when: str = "* project updated", **other: Any) -> Rule:
    source, kind, action = when.split()
    given: dict[str, Any] = {
        "name": name,
        "place": Place("rules/a.yaml", 1, 1),
        "when": (Trigger(source=source, type=kind, action=action),),
        "notify": (),
        "condition": condition,
    }
    return Rule(**{**given, **other})
