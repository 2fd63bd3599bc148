"""`when`: its spellings, and what is told where no source sends such an event."""

from __future__ import annotations

import pytest

from bridge.model import Node, Place, Trigger
from bridge.rules import parse_when
from tests.rules.support import line, yaml

CREADS = {
    "Project": ("created", "updated", "deleted"),
    "Project Message": ("created",),
    "Work": ("created",),
    "Comment": ("created",),
}
ONE = {"creads": ("creads", CREADS)}
TWINS = {"paris": ("creads", CREADS), "Lyon Office": ("creads", CREADS)}
MIXED = {"creads": ("creads", CREADS), "hub": ("github", {"issues": ("opened", "closed")})}
OPEN = {"creads": ("creads", CREADS), "any": ("generic", {})}


def triggers(text: str, sources: dict = ONE) -> list[tuple[str, str, str]]:  # type: ignore[type-arg]  # as given above
    found, problems = parse_when(yaml(text), sources)
    assert not problems
    return [(t.source, t.type, t.action) for t in found]


@pytest.mark.parametrize(
    "text",
    ["Project Message created", "project_message created", "ProjectMessage  CREATED", "'project-message created '"],
)
def test_all_spellings_are_one(text: str) -> None:
    assert triggers(text) == [("*", "projectmessage", "created")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Project *", ("*", "project", "*")),
        ("'* deleted'", ("*", "*", "deleted")),
        ("'* *'", ("*", "*", "*")),
        ("'creads: Project created'", ("creads", "project", "created")),
        ("'creads:Project created'", ("creads", "project", "created")),
        ("'*: Project created'", ("*", "project", "created")),
    ],
)
def test_parts(text: str, expected: tuple[str, str, str]) -> None:
    assert triggers(text) == [expected]


def test_a_list_means_any_of_them() -> None:
    assert triggers("[Project created, Work created, project created]") == [
        ("*", "project", "created"),
        ("*", "work", "created"),
    ]


def test_sources_by_name() -> None:
    assert triggers("'lyon office: Project created'", TWINS) == [("lyonoffice", "project", "created")]
    assert triggers("'hub: issues opened'", MIXED) == [("hub", "issues", "opened")]
    assert triggers("'any: whatever happened'", OPEN) == [("any", "whatever", "happened")]
    assert triggers("Whatever happened", OPEN) == [("*", "whatever", "happened")]
    assert triggers("Whatever happened", {}) == [("*", "whatever", "happened")]


MISTAKES = [
    ("Comment deleted", ONE, 13, 7, "unknown-action", "never sends `Comment deleted`", "sends `Comment created`"),
    ("Comment deleted", TWINS, 13, 7, "unknown-action", "Creads never sends `Comment deleted`", "sends"),
    ("'creads: Comment deleted'", MIXED, 22, 7, "unknown-action", "Creads never sends `Comment deleted`", "sends"),
    ("project message updated", ONE, 21, 7, "unknown-action", "`Project Message updated`", "`Project Message created`"),
    ("Project updatd", ONE, 13, 6, "unknown-action", "`Project updatd`", "did you mean `updated`?"),
    ("Projct created", ONE, 5, 6, "unknown-type", "Creads never sends `Projct`", "did you mean `Project`?"),
    ("Invoice *", ONE, 5, 7, "unknown-type", "`Invoice`", "types: Project, Project Message"),
    ("'* destroyed'", ONE, 8, 9, "unknown-action", "`destroyed`", "created, updated, deleted"),
    ("'cread: Project created'", ONE, 6, 5, "unknown-source", "`cread`", "did you mean `creads`?"),
    ("Project", ONE, 5, 7, "event", "`Project` names no action", "`Project *`"),
    ("project.created", ONE, 5, 15, "event", "names no action", "write `Project created`"),
    ("'*'", ONE, 6, 1, "event", "names no action", "write a type and an action"),
    ("''", ONE, 6, 1, "event", "no event", "write a type and an action"),
    ("'creads:'", ONE, 6, 7, "event", "no event", "write a type and an action"),
    ("5", ONE, 5, 1, "wrong-type", "a text", "Project created"),
    ("[]", ONE, 5, 1, "empty-list", "no event", "Project created"),
    ("[Project created, Projct created]", ONE, 23, 6, "unknown-type", "`Projct`", "`Project`"),
    ("{Project: created}", ONE, 5, 1, "wrong-type", "a text", "Project created"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sources", "column", "width", "code", "message", "help"), MISTAKES)
def test_mistake(text, sources, column, width, code, message, help) -> None:  # type: ignore[no-untyped-def]  # a table
    _, problems = parse_when(yaml(text), sources)
    [problem] = problems
    assert (problem.place.column, problem.width, problem.code) == (column, width, code)
    assert problem.severity == "error"
    assert message in problem.message
    assert help in problem.help
    assert problem.docs == "docs/rules.md#when"


def test_where_several_types_of_source_may_send_it_is_a_warning() -> None:
    found, [problem] = parse_when(line("Comment deleted"), MIXED)
    assert found == (Trigger(source="*", type="comment", action="deleted"),)
    assert problem.severity == "warning"
    assert "no source is known to send `Comment deleted`" in problem.message
    assert "they send `Comment created`" in problem.help


def test_strange_words_are_shown_clean() -> None:
    _, [problem] = parse_when(Node(place=Place("a", 1, 1), value="\x1b[31m` created", text="\x1b[31m` created"), ONE)
    assert problem.message.isprintable()
