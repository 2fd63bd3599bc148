"""Looks paths up in plain maps and lists: never an attribute, never an exception."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from bridge.model import Change, Json, Path
from bridge.rules.changes import Changes

Facts = Mapping[str, Any]


class Missing:
    """What stands for a field that is not there; `null` is a value."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


def step_into(value: Json, step: str | int) -> Json | Missing:
    """One step: a key of a map, an item of a list; never an attribute."""
    if isinstance(value, Changes):
        return value.lookup(step, MISSING) if isinstance(step, str) else MISSING
    if isinstance(value, dict):
        return value.get(step, MISSING)
    if isinstance(value, Change):
        return value.old if step == "old" else value.new if step == "new" else MISSING
    if isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
        return value[step]
    return MISSING


def reader(path: Path) -> Callable[[Facts], Any]:
    """A function that finds the path's value in facts, or MISSING."""
    root, *steps = path
    if root == "changes" or any(isinstance(step, int) for step in steps):

        def walk(facts: Facts) -> Any:
            value = facts.get(root, MISSING)  # type: ignore[arg-type]  # a root is always a name
            for step in steps:
                value = step_into(value, step)
            return value

        return walk

    # Nearly all paths are names only: this is the inner loop of matching.
    def walk_maps(facts: Facts) -> Any:
        value = facts.get(root, MISSING)  # type: ignore[arg-type]  # a root is always a name
        for step in steps:
            if not isinstance(value, dict):
                return MISSING
            value = value.get(step, MISSING)
        return value

    return walk_maps


def missing_step(path: Path, facts: Facts) -> Path:
    """The path up to the first step that leads nowhere."""
    value: Any = facts
    for count, step in enumerate(path, 1):
        value = value.get(step, MISSING) if count == 1 else step_into(value, step)
        if value is MISSING:
            return path[:count]
    return path
