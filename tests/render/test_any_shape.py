"""The default templates find words for resources of which any part is missing, null or of another shape."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from bridge.model import Event, Key, Memory, Recorded
from bridge.rules import State, understand
from bridge.sources import SOURCES
from tests.render.cases import CHAT, LOCALES, NOW, ours, templates

MISSING = object()
SHAPES: tuple[Any, ...] = (MISSING, None, "soon", 7, [1], {"a": 1}, True)
WHOLE: tuple[Any, ...] = (MISSING, None, "soon", -1, [], {}, False)
READY = {language: templates(language) for language in LOCALES}
SAMPLES: dict[str, Any] = {name: one for name, one in ours()["samples"].items() if one.get("resource")}


def paths(value: Any) -> Iterator[tuple[Any, ...]]:
    """To every part of a resource; of a list, to its first item."""
    parts = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for name, inner in parts:
        yield (name,)
        yield from ((name, *below) for below in paths(inner))


def with_part(resource: dict[str, Any], path: tuple[Any, ...], part: Any) -> dict[str, Any]:
    """The resource with another part there."""
    changed: Any = copy.deepcopy(resource)
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    if part is MISSING:
        holder.pop(path[-1])
    else:
        holder[path[-1]] = part
    return dict(changed)


def variants(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The resource with one part changed, and with all at its top."""
    for path in paths(resource):
        yield from (with_part(resource, path, part) for part in SHAPES)
    yield from ({name: part for name in resource if part is not MISSING} for part in WHOLE)


def event_of(sample: dict[str, Any], resource: dict[str, Any], before: dict[str, Any] | None) -> Event:
    """The event of a sample with another resource; `before` is what was remembered of it."""
    action, gid = sample["event"].rpartition(".")[2], sample["resource_gid"]
    key = Key("creads", sample["resource_type"], gid)
    memory = {} if before is None else {key: Memory(resource=before)}
    recorded = Recorded(id=1, key=key, action=action, received_at=NOW.timestamp(), body=b"{}")
    source = SOURCES["creads"]("creads", (b"a secret of the tests",))
    return understand(recorded, State(resource), source, memory).event


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("name", SAMPLES)
def test_a_part_that_is_not_as_documented_is_left_out(name: str, language: str) -> None:
    sample = SAMPLES[name]
    usual = sample["resource"]
    for resource in variants(usual):
        remembered = (None, resource) if sample["event"].endswith("deleted") else (None, usual)
        events = [event_of(sample, resource, before) for before in remembered]
        if sample["event"].endswith("updated"):
            events.append(event_of(sample, usual, resource))
        for event in events:
            sent = READY[language].render(event, None, None, source_type="creads", kind=CHAT, now=NOW)
            assert sent.title, resource
