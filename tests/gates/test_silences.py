"""What a silence keeps from people: all that it says must hold."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.gates import fits
from bridge.model import Silence
from bridge.rules import compile_condition, facts_of
from tests.rules.support import NOW, event, line, read

PROJECT = event({"status": "finished"})


def silence(**said: Any) -> Silence:
    given: dict[str, Any] = {"id": 1, "starts_at": 100.0, "ends_at": 200.0, "reason": "move", "who": "anna"}
    return Silence(**{**given, **said})


def silenced(one: Silence, now: float = 150.0) -> bool:
    test = compile_condition(read(line(one.where))) if one.where else None
    return fits(one, PROJECT, "Big", "projects", facts_of(PROJECT, NOW), now, test)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, True),
        ({"rule": "Big"}, True),
        ({"rule": "big"}, False),
        ({"destination": "projects"}, True),
        ({"destination": "managers"}, False),
        ({"source": "creads"}, True),
        ({"source": "github"}, False),
        ({"type": "PROJECT"}, True),
        ({"type": "Comment"}, False),
        ({"gid": "g1"}, True),
        ({"gid": "g2"}, False),
        ({"where": 'resource.status == "finished"'}, True),
        ({"where": 'resource.status == "draft"'}, False),
        ({"where": 'resource.title == "x"'}, False),  # unknown is not true
        ({"rule": "Big", "destination": "managers"}, False),
        ({"rule": "Big", "destination": "projects", "type": "project"}, True),
    ],
)
def test_what_it_says(said: dict[str, Any], expected: bool) -> None:
    assert silenced(silence(**said)) is expected


@pytest.mark.parametrize(("now", "expected"), [(99.9, False), (100.0, True), (199.9, True), (200.0, False)])
def test_while_it_lasts(now: float, expected: bool) -> None:
    assert silenced(silence(), now) is expected


def test_a_condition_that_cannot_be_read_silences_nothing() -> None:
    facts = facts_of(PROJECT, NOW)
    assert not fits(silence(where="??"), PROJECT, "Big", "projects", facts, 150.0, None)
