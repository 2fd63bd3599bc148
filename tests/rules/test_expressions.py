"""The one-line condition: what it means, where its mistakes stand, and that no text can hurt."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model import All, AnyOf, Condition, Leaf, Node, Not, Other, Place
from bridge.rules import parse_condition
from tests.rules.support import judged, line, problems_of, read, yaml


def bare(condition: Condition) -> Condition:
    """The tree without its places."""
    match condition:
        case Not(part):
            return Not(bare(part))
        case All(parts):
            return All(tuple(map(bare, parts)))
        case AnyOf(parts):
            return AnyOf(tuple(map(bare, parts)))
        case Leaf(path=path, op=op, expected=expected):
            inner = bare(expected) if op in ("any", "all", "none") else expected
            return Leaf(path=path, op=op, expected=inner)


SAME = [
    ("resource.status == 'paid'", "{resource.status: paid}"),
    ("'paid' == resource.status", "{resource.status: paid}"),
    ("resource.status in ['a', 'b']", "{resource.status: [a, b]}"),
    ("resource.status not in ['a']", "{resource.status: {not_in: [a]}}"),
    ("resource.n >= 1 and resource.n < 5", "{resource.n: {gte: 1, lt: 5}}"),
    ("1 <= resource.n < 5", "{resource.n: {gte: 1, lt: 5}}"),
    ("resource.n > -1.5e3", "{resource.n: {gt: -1500.0}}"),
    ("resource.a is defined", "{resource.a: {exists: true}}"),
    ("resource.a is not defined", "{resource.a: {exists: false}}"),
    ("resource.a is none", "{resource.a: null}"),
    ("resource.a is not none", "{resource.a: {ne: null}}"),
    ("resource.t matches '^a'", "{resource.t: {matches: ^a}}"),
    (
        "resource.t startswith 'a' or resource.t endswith 'b'",
        "{any: [{resource.t: {startswith: a}}, {resource.t: {endswith: b}}]}",
    ),
    ("resource.t contains 'a'", "{resource.t: {contains: a}}"),
    ("'a' in resource.t", "{resource.t: {contains: a}}"),
    ("'a' not in resource.t", "{not: {resource.t: {contains: a}}}"),
    ("resource.a > resource.b.c", "{resource.a: {gt: {path: resource.b.c}}}"),
    ("resource.a in resource.b", "{resource.a: {in: {path: resource.b}}}"),
    ("not (resource.a == 1 or resource.b == 2)", "{not: {any: [{resource.a: 1}, {resource.b: 2}]}}"),
    ("any(resource.works, status == 'won' and n > 2)", "{resource.works: {any: {status: won, n: {gt: 2}}}}"),
    ("all(resource.tags, 'x')", "{resource.tags: {all: x}}"),
    ("resource.from == true and resource.class != none", "{resource.from: true, resource.class: {ne: null}}"),
    ("resource['odd name'][0].é == 1", "{'resource[\"odd name\"][0].é': 1}"),
    ("resource.x[-1] == \"it's\"", "{'resource.x[-1]': it's}"),
    ("((resource.a == 1))", "{resource.a: 1}"),
    ("(resource.a == 1 and resource.b == 2) and resource.c == 3", "{resource.a: 1, resource.b: 2, resource.c: 3}"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "mapping"), SAME)
def test_both_spellings_give_one_tree(text: str, mapping: str) -> None:
    assert bare(read(line(text))) == bare(read(yaml(mapping)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"""resource.t == "a\"b\\c\n" """, 'a"b\\c\n'),
        (r"resource.t == '\d+\b'", r"\d+\b"),
        ("resource.t == 'é'", "é"),
    ],
)
def test_texts(text: str, expected: str) -> None:
    assert bare(read(line(text))) == Leaf(path=("resource", "t"), op="eq", expected=expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        ("x", True),
        (1, True),
        ([0], True),
        (0, False),
        ("", False),
        (None, False),
        ([], False),
        ({}, False),
    ],
)
def test_a_path_alone_holds_as_in_jinja(value: object, expected: bool) -> None:
    assert judged(line("resource.x"), {"x": value}) is expected


# text, column, width, code, words of the message, words of the help
MISTAKES = [
    ("resource.a = 1", 12, 1, "expression", "`=`", "`==`"),
    ("resource.a == 1 && resource.b", 17, 2, "expression", "`&&`", "`and`"),
    ("resource.a || resource.b", 12, 2, "expression", "`||`", "`or`"),
    ("!resource.a", 1, 1, "expression", "`!`", "`not`"),
    ("resource.a === 1", 12, 3, "expression", "`===`", "`==`"),
    ("resource.a <> 1", 12, 2, "expression", "`<>`", "`!=`"),
    ("resource.a AND resource.b", 12, 3, "expression", "`AND`", "`and`"),
    ("resource.a == null", 15, 4, "unknown-root", "`null`", "write `resource.a is none`"),
    ("resource.a == paid", 15, 4, "unknown-root", "`paid`", 'in quotes: "paid"'),
    ("resource.a contains paid", 21, 4, "unknown-root", "`paid`", 'in quotes: "paid"'),
    ("resource.a in [paid]", 16, 4, "expression", "constants only", 'in quotes: "paid"'),
    ("resource.a.startswith('x')", 1, 21, "call", "is a call", "write `resource.a startswith …`"),
    ("resource.a like 'x'", 12, 4, "expression", "`like`", "`contains`"),
    ("resource.a containz 'x'", 12, 8, "expression", "`containz`", "did you mean `contains`?"),
    ("resource.a|lower == 'x'", 11, 1, "expression", "`|`", "filters"),
    ("resource.title.lower() == 'x'", 1, 20, "call", "`resource.title.lower(…)`", "`resource.title: {ieq: …}`"),
    ("len(resource.x) > 1", 1, 3, "call", "`len(…)`", "no calls"),
    ("resource.a + 1 > 2", 12, 1, "expression", "`+`", "calculate"),
    ("resource.a - 1 > 2", 12, 1, "expression", "`-`", "calculate"),
    ("{{ resource.a }}", 1, 2, "expression", "`{{`", "without"),
    ("resource.a == “x”", 15, 1, "expression", "`“`", "straight"),
    ("resource.a == 'x", 15, 1, "expression", "never closed", "end it"),
    ("(resource.a == 1", 17, 1, "expression", "missing after `1`", "`)`"),
    ("resource.a == 1)", 16, 1, "expression", "`)` cannot stand here", ""),
    ("resource.a ==", 14, 1, "expression", "missing after `==`", ""),
    ("resource.a and", 15, 1, "expression", "missing after `and`", ""),
    ("and resource.a", 1, 3, "expression", "`and` cannot stand here", ""),
    ("resource.a == 1 resource.b", 17, 10, "expression", "`resource.b` cannot stand here", "`and`"),
    ("resource.a is empty", 15, 5, "expression", "unknown test `empty`", "is defined"),
    ("resource.a is null", 15, 4, "expression", "unknown test `null`", "is none"),
    ("resource.a is", 14, 1, "expression", "a test is missing", "is defined"),
    ("resource.a not 5", 12, 3, "expression", "`not` cannot stand here", "not in"),
    ("resource.a in 'abc'", 15, 5, "expression", "needs a list", "['abc']"),
    ("resource.a in ['b', resource.c]", 21, 10, "expression", "constants only", "=="),
    ("resource.a in []", 15, 2, "empty-list", "empty", "value"),
    ("resource.a in [1 2]", 18, 1, "expression", "`2` cannot stand here", "`,`"),
    ("resource.a > true", 14, 4, "wrong-argument", "true or false", ""),
    ("resource.a startswith 5", 23, 1, "wrong-argument", "a text", ""),
    ("resource.a matches '('", 20, 3, "bad-pattern", "cannot be read", "RE2"),
    ("resource.a matches resource.b", 20, 10, "wrong-argument", "a path", ""),
    ("1 == 1", 3, 2, "expression", "two constants", "resource"),
    ("'a' in ['a']", 5, 2, "expression", "two constants", "resource"),
    ("true", 1, 4, "expression", "alone says nothing", ""),
    ("resource.a and 'x'", 16, 3, "expression", "alone says nothing", ""),
    ("'x' startswith resource.a", 1, 3, "expression", "before `startswith`", ""),
    ("(resource.a) == 1", 14, 2, "expression", "parentheses", ""),
    ("any(resource.works)", 19, 1, "expression", "`)`", "any(resource.works, condition)"),
    ("any('x', a == 1)", 5, 3, "expression", "a list of the event", ""),
    ("resource. a == 1", 9, 1, "bad-path", "no path", ""),
    ("resource.files.0.url == 1", 15, 1, "bad-path", "number", "[0]"),
    ("resource.a == 1; resource.b", 16, 1, "expression", "`;`", ""),
    ("resource.a if resource.b else 2", 12, 2, "expression", "`if`", "`and`"),
    ("resorce.a == 1", 1, 7, "unknown-root", "`resorce`", "did you mean `resource.a`?"),
    ("status == 1", 1, 6, "unknown-root", "`status`", "`resource.status`"),
    ("lambda: 1", 7, 1, "expression", "`:`", ""),
    ("resource.a == 5x", 16, 1, "expression", "a number ends here", ""),
    ("resource.a == 1e999", 15, 5, "expression", "too large", ""),
    ("resource.a == \x00", 15, 1, "expression", "U+0000", ""),
    ("event == 1", 1, 5, "unknown-field", "`event`", "id, type"),
    ("event.typ == 1", 1, 9, "unknown-field", "`typ`", "did you mean `type`?"),
    ("source.name == 1", 1, 11, "unknown-field", "`source` is a text", ""),
    ("-resource.a == 1", 1, 1, "expression", "`-`", "calculate"),
    ("-'x' == resource.a", 1, 1, "expression", "negative", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column", "width", "code", "message", "help"), MISTAKES)
def test_mistake(text: str, column: int, width: int, code: str, message: str, help: str) -> None:
    condition, problems = parse_condition(line(text))
    assert condition is None
    [problem] = problems
    assert (problem.place.line, problem.place.column, problem.width, problem.code) == (1, column, width, code)
    assert message in problem.message
    assert help in problem.help
    assert problem.docs == "docs/rules.md#if"


def test_each_mistaken_name_is_a_problem_of_its_own() -> None:
    problems = problems_of(line("resorce.a == 1 and resource.b matches '(' and sorce == 'x'"))
    assert [(p.code, p.place.column) for p in problems] == [
        ("unknown-root", 1),
        ("bad-pattern", 39),
        ("unknown-root", 47),
    ]


SEVERAL = [  # (text, where each mistake begins with its code): one mistake, one problem
    ("resorce.a == 1 and resource.b > true and lower(resource.c) == 'x'",
     [(1, "unknown-root"), (33, "wrong-argument"), (42, "call")]),
    ("lower(resorce.a) == 'x' or len(resource.b) > 3 and resource.c in [paid, done, sent]",
     [(1, "call"), (28, "call"), (67, "expression")]),
    ("lower(resource.a) == resorce.b and resource.c is empty", [(1, "call"), (22, "unknown-root"), (50, "expression")]),
    ("lower(resource.a) == draft", [(1, "call")]),
    ("resource.a is divisibleby(3) and resorce.b", [(15, "expression"), (34, "unknown-root")]),
    ("resource.a is divisibleby 3 and resorce.b", [(15, "expression")]),
    ("'x' == 'x' and 'y' is defined and 5 and -'z' == resorce.a",
     [(5, "expression"), (20, "expression"), (35, "expression"), (41, "expression"), (49, "unknown-root")]),
    ("'x' startswith resorce.a and resorce.b in 'abc'",
     [(1, "expression"), (16, "unknown-root"), (30, "unknown-root"), (43, "expression")]),
    ("any('x', a == 1) and any(lower(resource.b), c == 1) and all(resource.d, e > true)",
     [(5, "expression"), (26, "call"), (77, "wrong-argument")]),
    ("resorce.a matches '(' and resource.b matches paid",
     [(1, "unknown-root"), (19, "bad-pattern"), (46, "unknown-root")]),
    ("1 < resorce.a < resorce.b < 5", [(5, "unknown-root"), (17, "unknown-root")]),
    ("resorce.a == 1 and resource.b = 2", [(31, "expression")]),  # a syntax error: names before it may be none
    ("lower(resource.a) == 1 and and resource.b", [(1, "call")]),  # a syntax error behind a slip may be the same
    ("resorce.a == 1 and lower(resource.b", [(20, "call")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SEVERAL)
def test_independent_mistakes_are_all_told(text: str, expected: list[tuple[int, str]]) -> None:
    condition, problems = parse_condition(line(text))
    assert condition is None
    assert sorted((one.place.column, one.code) for one in problems) == expected


def test_an_unknown_field_does_not_hide_the_other_mistakes() -> None:
    known: dict[str, Any] = {"types": ["Project"], "fields": {"Project": frozenset({"title", "status"})}}
    problems = problems_of(line("resource.titel == 'x' and lower(resource.status) and resource.title > true"), **known)
    assert [(one.place.column, one.code) for one in problems] == [
        (1, "unknown-field"),
        (27, "call"),
        (71, "wrong-argument"),
    ]


@pytest.mark.parametrize(
    ("text", "line_number", "column"),
    [
        ("'resource.a == 1 && x'", 1, 22),
        ("|\n  resource.a == 1\n  && x", 3, 3),
        (">\n  resource.a == 1\n\n  && x", 4, 3),
        ('"resource.a == \\"b\\" && x"', 1, 5),  # an escape before it: the place of the whole text
    ],
)
def test_places_in_the_file(text: str, line_number: int, column: int) -> None:
    [problem] = problems_of(yaml(text))
    assert (problem.place.line, problem.place.column) == (line_number, column)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 2000 + "resource.a" + ")" * 2000,
        "not " * 1000 + "resource.a",
        "[" * 2000,
        "resource.a in " + "[" * 1000 + "1" + "]" * 1000,
        "any(resource.a, " * 250 + "a" + ")" * 250,
        "resource" + ".a" * 2000,
        "-" * 4000,
        "9" * 4000,
        "x" * 5000,
        "resource.a == '" + "\\" * 4000,
    ],
)
def test_depth_and_length_are_bounded(text: str) -> None:
    began = time.process_time()
    condition, problems = parse_condition(line(text))
    assert condition is None
    assert problems
    assert time.process_time() - began < 0.5


WORDS = [
    *("resource.a", "event.type", "a", "any", "all", "(", ")", "[", "]", ",", "and", "or", "not", "in", "is"),
    *("defined", "none", "true", "==", "!=", "<", ">=", "=", "matches", "contains", "'x'", '"', "5", "-", ".", "!"),
    *("resource['", "é", "\n", "\ud800"),
]


@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(
            st.sampled_from(WORDS),
            max_size=14,
        ).map(" ".join),
    )
)
def test_any_text_gives_a_condition_or_problems_with_places(text: str) -> None:
    condition, problems = parse_condition(line(text))
    assert (condition is None) == bool(problems)
    for problem in problems:
        assert problem.message
        assert problem.place.line == 1
        assert 1 <= problem.place.column <= len(text) + 1
        assert problem.width >= 1
        assert problem.message.isprintable()
    if condition is not None:
        judged(line(text), {"a": {"a": [1, "x"]}})


def test_empty_texts() -> None:
    for node in (yaml("''"), yaml("'  '"), yaml("{}"), yaml("[]"), yaml(""), yaml("5"), yaml("true")):
        [problem] = problems_of(node)
        assert problem.code in ("condition", "empty-list")


def test_other_paths_are_checked_too() -> None:
    [problem] = problems_of(line("resource.a == resorce.b"))
    assert problem.place == Place("rules/a.yaml", 1, 15)
    assert isinstance(read(line("resource.a == resource.b")), Leaf)
    leaf = read(line("resource.a == resource.b"))
    assert isinstance(leaf, Leaf)
    assert leaf.expected == Other(("resource", "b"))


def test_a_node_without_text_is_told_too() -> None:
    [problem] = problems_of(Node(place=Place("a", 1, 1), value=None))
    assert problem.message == "this condition is empty"
