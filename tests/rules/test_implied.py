"""What is said of conditions without any event holds for every event: tried with random conditions and values."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.model import Condition
from bridge.rules import compile_condition, facts_of
from bridge.rules.implied import TooMany, clash, follows, ways
from tests.rules.support import NOW, event, line, read, yaml

SCALARS = st.sampled_from([0, 1, 1.0, 2, 5, -1, True, False, None, "a", "ab", "b", "", "2026-05-01", "2026-06-30"])
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=2))
FIELDS = ("a", "b")
SHORT = {"x": "resource.a", "y": "resource.b"}


@st.composite
def leaves(draw: st.DrawFn) -> str:
    path = draw(st.sampled_from(["resource.a", "resource.b", "previous.a"]))
    texts, orders = st.sampled_from(["a", "ab", "b", ""]), st.sampled_from([0, 1, 2, 5, 1.5, "a", "b"])
    dates = st.sampled_from(["2026-05-01", "2026-06-15", "now", "now-2d", "now+40d"])
    flags = st.booleans()
    kinds = {
        **dict.fromkeys(("eq", "ne"), VALUES),
        **dict.fromkeys(("in", "not_in"), st.lists(SCALARS, min_size=1, max_size=3)),
        **dict.fromkeys(("gt", "gte", "lt", "lte"), orders),
        **dict.fromkeys(("contains", "startswith", "endswith", "ieq", "icontains"), texts),
        **dict.fromkeys(("before", "after"), dates),
        "exists": flags,
    }
    if path == "resource.a":
        kinds |= {"from": VALUES, "to": VALUES, "changed": flags}
    op = draw(st.sampled_from(sorted(kinds)))
    return f"{path}: {{{op}: {written(draw(kinds[op]))}}}"


def written(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    return (
        {True: "true", False: "false", None: "null"}[value]
        if value is None or isinstance(value, bool)
        else (f'"{value}"' if isinstance(value, str) else str(value))
    )


def conditions() -> st.SearchStrategy[str]:
    leaf = leaves().map(lambda test: f"{{{test}}}")
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"{{all: [{', '.join(parts)}]}}"),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"{{any: [{', '.join(parts)}]}}"),
            inner.map(lambda part: f"{{not: {part}}}"),
        ),
        max_leaves=5,
    )


RESOURCES = st.dictionaries(st.sampled_from(FIELDS), VALUES)


def parsed(text: str) -> Condition | None:
    from bridge.rules import parse_condition

    condition, problems = parse_condition(yaml(text))
    return None if problems else condition  # `to: []` and the like


def holds(condition: Condition, resource: dict[str, Any], previous: dict[str, Any] | None) -> bool:
    happened = event(resource, previous=previous)
    return compile_condition(condition)(facts_of(happened, NOW)) is True


@settings(max_examples=500, deadline=None)
@given(conditions(), RESOURCES, st.one_of(st.none(), RESOURCES))
def test_what_can_never_hold_does_not(text: str, resource: dict[str, Any], previous: dict[str, Any] | None) -> None:
    condition = parsed(text)
    if condition is None or not holds(condition, resource, previous):
        return
    try:
        assert not all(clash(way) for way in ways(condition))
    except TooMany:
        return


@settings(max_examples=500, deadline=None)
@given(conditions(), conditions(), RESOURCES, st.one_of(st.none(), RESOURCES))
def test_what_follows_holds(one: str, other: str, resource: dict[str, Any], previous: dict[str, Any] | None) -> None:
    wide, narrow = parsed(one), parsed(other)
    if wide is None or narrow is None or not holds(narrow, resource, previous):
        return
    try:
        assert holds(wide, resource, previous) or not follows(ways(wide), ways(narrow))
    except TooMany:
        return


@pytest.mark.parametrize(
    "text",
    [
        "x == 1 and x == 2",
        "x in [1, 2] and x in [3]",
        "x == 1 and x != 1",
        "x > 5 and x < 3",
        "5 < x < 5",
        'x > 5 and x < "b"',
        "x is not defined and x == 1",
        "not (x == 1 or x != 1)",
        'x == "logo" and x startswith "L"',
        "x and x is none",
        "(x == 1 or x == 2) and x == 3",
        "any(y, z == 1 and z == 2)",
    ],
)
def test_a_contradiction(text: str) -> None:
    condition = read(line(text.replace("x", "resource.a").replace("y,", "resource.b,")))
    assert all(clash(way) for way in ways(condition))


@pytest.mark.parametrize(
    "text",
    [
        "resource.a: {from: draft, to: draft}",
        "resource.a: {from: draft, changed: false}",
        "{resource.a: {to: draft, eq: done}}",
        "{resource.a: {after: now, before: now-1d}}",
        "{resource.a: {exists: true}, not: {resource.a: {exists: true}}}",
    ],
)
def test_a_contradiction_in_a_map(text: str) -> None:
    condition = read(yaml(text if text.startswith("{") else f"{{{text}}}"))
    assert all(clash(way) for way in ways(condition))


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ("x > 5", "x > 6"),
        ("x >= 5", "x > 5"),
        ("x in [1, 2]", "x == 1"),
        ("x != 3", "x in [1, 2]"),
        ("x is defined", "x > 3"),
        ("x > 3 or y == 1", "y == 1 and x < 3"),
        ('x startswith "Lo"', 'x == "Logo"'),
        ("not (x < 5)", "x > 7"),
        ("y == 1 or x == 1", "x == 1 or y == 1"),
    ],
)
def test_what_is_wider(wide: str, narrow: str) -> None:
    one, other = (
        ways(read(line(text.replace("x", "resource.a").replace("y", "resource.b")))) for text in (wide, narrow)
    )
    assert follows(one, other)
    assert not follows(other, one) or wide.startswith("y")
