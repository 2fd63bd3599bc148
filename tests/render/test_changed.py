"""A change in words: what an update says of the fields that differ, for types with and without a template of theirs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bridge.delivery.kinds import SLACK
from bridge.model import Event, Target
from bridge.rules import changes_between
from tests.render.cases import templates

NOW = datetime(2026, 1, 14, 9, 0, tzinfo=UTC)
READY = templates(why_link=False)


def told(old: dict[str, Any], new: dict[str, Any], *, kind: str = "Quote", body: str | None = None) -> list[str]:
    event = Event(
        id=1,
        source="creads",
        type=kind,
        action="updated",
        gid="q1",
        received_at=NOW,
        resource=new,
        previous=old,
        changes=changes_between(old, new),
    )
    target = Target(to="x", title="t", body=body) if body else None
    return READY.render(event, None, target, source_type="creads", kind=SLACK, now=NOW).body.split("\n")


def test_an_unknown_type_tells_the_important_first_and_leaves_out_noise() -> None:
    old = {"a": 1, "status": "draft", "price": {"amount": 3}, "modified_at": "1", "note": None, "z": [1]}
    new = {"a": 2, "status": "*sent*", "price": {"amount": 4.5}, "modified_at": "2", "note": "x", "z": [2]}
    assert told(old, new)[1:] == [
        "status: draft → ∗sent∗",
        "price.amount: 3 → 4.5",
        "a: 1 → 2",
        "and 2 more: note, z",
    ]


def test_null_and_what_was_not_there_are_a_dash_and_long_words_are_cut() -> None:
    lines = told({"brief": None, "t": "x"}, {"brief": "word " * 50, "u": False})
    assert lines[1].startswith("brief: – → word word")
    assert lines[1].endswith("…")
    assert lines[2:] == ["t: x → –", "u: – → false"]


def test_noise_alone_is_no_change() -> None:
    assert len(told({"modified_at": "1", "href": "a"}, {"modified_at": "2", "href": "b"})) == 1


def test_a_secret_that_changed_is_not_told() -> None:
    assert "hunter" not in "\n".join(told({"token": "hunter1"}, {"token": "hunter2"}))


def test_a_project_names_status_before_price_before_title() -> None:
    old = {"title": "A", "status": "draft", "price": {"amount": 100, "currency": "EUR"}, "modified_at": "1"}
    new = {"title": "B", "status": "in_progress", "price": {"amount": 200, "currency": "EUR"}, "modified_at": "2"}
    assert told(old, new, kind="Project")[:3] == [
        "Draft → in progress",
        "Price: €100.00 → €200.00",
        "Title: “A” → “B”",
    ]


def test_the_paths_are_there_for_templates() -> None:
    old, new = {"a": {"b": 1}, "x.y": 1, "c": 1}, {"a": {"b": 2}, "x.y": 2}
    assert told(old, new, body="{{ changes.fields|join(' ') }}") == ['("x.y") a.b c']  # brackets of an event are dead
    assert told(
        old, new, body="{% for f in changes.fields %}{{ changes[f].old }}→{{ changes[f].new }} {% endfor %}"
    ) == ["1→2 1→2 1→"]
    assert told(old, old, body="{{ changes.fields|count }}") == ["0"]
