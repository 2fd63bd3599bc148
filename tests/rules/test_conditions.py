"""Maps and lists of tests: every mistake at its key or value, and warnings about fields that are not sent."""

from __future__ import annotations

import pickle

import pytest

from bridge.model import All, Leaf
from bridge.rules import parse_condition
from tests.rules.support import line, problems_of, read, yaml

FIELDS = {
    "Project": frozenset({"title", "status", "price", "price.amount", "brief_files", "brief_files.url", "deadline_at"}),
    "Work": frozenset({"won_at", "project", "project.title"}),
}

# yaml, line, column, width, code, words of the message, words of the help
MISTAKES = [
    ("{resource.n: {gtt: 1}}", 1, 19, 3, "unknown-operator", "`gtt`", "did you mean `gt`?"),
    ("{resource.price: {amount: {gte: 1}}}", 1, 23, 6, "unknown-operator", "`amount`", "`resource.price.amount: …`"),
    ("{resource.n: {not: 1}}", 1, 19, 3, "unknown-operator", "`not`", "`ne`"),
    ('{resource.n: {">=": 1}}', 1, 19, 2, "unknown-operator", "`>=`", "write `gte`"),
    ("{resource.n: {is_true: true}}", 1, 19, 7, "unknown-operator", "`is_true`", "operators"),
    ("{resource.n: {}}", 1, 18, 1, "condition", "no operator", "eq"),
    ("{resource.n: []}", 1, 18, 1, "empty-list", "empty", "value"),
    ("{resource.n: {in: []}}", 1, 23, 1, "empty-list", "empty", "value"),
    ("{resource.n: {in: a}}", 1, 23, 1, "wrong-argument", "`in` needs a list", ""),
    ("{resource.n: {gt: true}}", 1, 23, 4, "wrong-argument", "a number or a text", ""),
    ("{resource.n: {gt: [1]}}", 1, 23, 1, "wrong-argument", "this is a list", ""),
    ("{resource.n: {exists: yes}}", 1, 27, 3, "wrong-argument", "`true` or `false`, this is `yes`", ""),
    ("{resource.n: {changed: 1}}", 1, 28, 1, "wrong-argument", "`true` or `false`", ""),
    ("{resource.n: {startswith: 5}}", 1, 31, 1, "wrong-argument", "a text", ""),
    ("{resource.n: {matches: '('}}", 1, 28, 3, "bad-pattern", "missing )", "RE2"),
    ("{resource.n: {matches: '(?=a)'}}", 1, 28, 7, "bad-pattern", "cannot be read", "no look-around"),
    (r"{resource.n: {matches: '(a)\1'}}", 1, 28, 7, "bad-pattern", "cannot be read", r"no `\1`"),
    ("{resource.n: {matches: '" + "a" * 1001 + "'}}", 1, 28, 1003, "bad-pattern", "1,001 characters", ""),
    ("{resource.n: {before: soon}}", 1, 27, 4, "wrong-argument", "`now-2d`", ""),
    ("{resource.n: {before: now2d}}", 1, 27, 5, "wrong-argument", "this is `now2d`", ""),
    ("{resource.n: {after: 2026-02-31}}", 1, 26, 10, "wrong-argument", "a date", ""),
    ("{resource.n: {within: 2 days}}", 1, 27, 6, "wrong-argument", "`2d`", ""),
    ("{resource.n: {within: now}}", 1, 27, 3, "wrong-argument", "a time", ""),
    ("{resource.n: {eq: {a: 1}}}", 1, 23, 1, "wrong-argument", "a map", "{path:"),
    ("{resource.n: {gt: {path: 5}}}", 1, 23, 1, "wrong-argument", "a map", "{path:"),
    ("{resource.n: {gt: {path: resorce.n}}}", 1, 30, 7, "unknown-root", "`resorce`", "`resource.n`"),
    ("{resource.n: {gt: {path: resource.}}}", 1, 30, 9, "bad-path", "`resource.`", "name after the dot"),
    ("{resource.n: {exists: {path: resource.a}}}", 1, 34, 10, "wrong-argument", "this is a path", ""),
    ("{resource.n: [{a: 1}]}", 1, 18, 1, "wrong-argument", "this is a list that holds a map", ""),
    ("{resource.n: }", 1, 6, 10, "empty-value", "nothing to compare", "`null`"),
    ("{resorce.n: 1}", 1, 6, 7, "unknown-root", "`resorce`", "`resource.n`"),
    ("{status: 1}", 1, 6, 6, "unknown-root", "`status`", "`resource.status`"),
    ("{resource price: 1}", 1, 6, 14, "bad-path", "`resource price`", "resource.price.amount"),
    ("{resource.files.0: 1}", 1, 6, 16, "bad-path", "number", "[0]"),
    ("{event.secrets: 1}", 1, 6, 13, "unknown-field", "`secrets`", "id, type"),
    ("{event.type: {changed: true}}", 1, 19, 7, "no-earlier-value", "`changed`", "resource."),
    ("{resource.works: {any: {n: {changed: true}}}}", 1, 33, 7, "no-earlier-value", "`changed`", ""),
    ("{any: {resource.n: 1}}", 1, 6, 3, "wrong-type", "`any` is a list", "- "),
    ("{any: []}", 1, 11, 1, "empty-list", "no condition", ""),
    ("{not: {}}", 1, 11, 1, "condition", "no test", ""),
    ("{all: [5]}", 1, 12, 1, "condition", "`5` is no condition", ""),
    ("\n  resource.a: 1\n  resource.b: {gtt: 1}", 3, 16, 3, "unknown-operator", "`gtt`", ""),
    ("\n  - resource.a == 1\n  - resource.b = 1", 3, 16, 1, "expression", "`=`", "`==`"),
]


@pytest.mark.parametrize(("text", "row", "column", "width", "code", "message", "help"), MISTAKES)
def test_mistake(text: str, row: int, column: int, width: int, code: str, message: str, help: str) -> None:
    condition, problems = parse_condition(yaml(text))
    assert condition is None
    [problem] = problems
    place = problem.place
    assert (place.line, place.column, problem.width, problem.code) == (row, column, width, code)
    assert message in problem.message
    assert help in problem.help


def test_all_mistakes_of_a_map_are_told() -> None:
    problems = problems_of(yaml("{resorce.a: 1, resource.b: {gtt: 1, matches: '('}, any: ['a = 1']}"))
    assert [p.code for p in problems] == ["unknown-root", "unknown-operator", "bad-pattern", "expression"]


def test_leaves_know_their_line() -> None:
    condition = read(yaml("\n  resource.a: 1\n  resource.b:\n    gte: 1\n    lt: 5"))
    assert isinstance(condition, All)
    assert [leaf.line for leaf in condition.parts if isinstance(leaf, Leaf)] == [2, 4, 5]


UNKNOWN = [
    ("resource.titel == 'x'", ("Project",), "`titel`", "`title`"),
    ("resource.price.amout > 5", ("Project",), "`price.amout`", "`price.amount`"),
    ("previous.titel == 'x'", ("Project",), "`titel`", "`title`"),
    ("changes.titel.new == 'x'", ("Project",), "`titel`", "`title`"),
    ("any(resource.brief_files, ulr == 'x')", ("Project",), "`brief_files.ulr`", "`brief_files.url`"),
    ("resource.brief_files[0].ulr == 'x'", ("Project",), "`brief_files[0].ulr`", "`brief_files.url`"),
    ("resource.a == resource.titel", ("Work", "Project"), "`a`", ""),
    ("resource.zzz == 1", ("Project",), "`zzz`", "until it is sent"),
]


@pytest.mark.parametrize(("text", "types", "message", "help"), UNKNOWN)
def test_a_field_that_no_type_sends_is_a_warning(text: str, types: tuple[str, ...], message: str, help: str) -> None:
    condition, problems = parse_condition(line(text), types=types, fields=FIELDS)
    assert condition is not None
    assert problems[0].severity == "warning"
    assert problems[0].code == "unknown-field"
    assert message in problems[0].message
    assert help in problems[0].help


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("resource.title == 'x'", ("Project", "Work")),
        ("resource.won_at is none", ("Project", "Work")),
        ("resource.won_at is none", ()),
        ("resource.brief_files[-1].url == 'x'", ("Project",)),
        ("changes.price.amount.new > 5 and changes.fields contains 'x'", ("Project",)),
        ("resource.anything == 1", ("Invoice",)),
        ("event.type == 'Work' and source == 'creads'", ("Project",)),
    ],
)
def test_no_warning(text: str, types: tuple[str, ...]) -> None:
    read(line(text), types=types, fields=FIELDS)


def test_without_known_fields_nothing_is_warned_of() -> None:
    read(line("resource.anything == 1"))


def test_an_operator_in_the_place_of_a_field_is_a_warning() -> None:
    condition, [problem] = parse_condition(yaml("{resource.sizes: {any: {gte: 100}}}"))
    assert condition is not None
    assert (problem.severity, problem.code, problem.place.column) == ("warning", "operator-as-field", 29)


@pytest.mark.parametrize(
    "text", ["{resource.a: [1, null]}", "{any: [resource.b, {resource.c: {gt: {path: resource.d}}}]}",
             "{not: 'any(resource.w, x matches \"a\")'}", "{resource.a: {within: -2d, matches: b, from: x}}"]
)  # fmt: skip
def test_the_tree_can_be_pickled(text: str) -> None:
    condition = read(yaml(text))
    assert pickle.loads(pickle.dumps(condition)) == condition
