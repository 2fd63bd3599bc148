"""Every operator of the table, on what it holds for, what it does not, and what it cannot judge."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.rules.operators import OPERATORS
from tests.rules.support import judged

MISSING: Any = object()

CASES: list[tuple[str, Any, bool | None]] = [
    # eq, ne: strict types; int and float are numbers
    ("4", 4, True),
    ("4", "4", False),
    ("'4'", 4, False),
    ("1020", 1020.0, True),
    ("false", 0, False),
    ("0", False, False),
    ("1", True, False),
    ("null", None, True),
    ("null", 0, False),
    ("draft", None, False),
    ("draft", MISSING, None),
    ("null", MISSING, None),
    ("{eq: [a, b]}", ["a", "b"], True),
    ("{eq: [1]}", [True], False),
    ("{eq: [a]}", "a", False),
    ("{ne: draft}", "paid", True),
    ("{ne: draft}", "draft", False),
    ("{ne: draft}", None, True),
    ("{ne: 4}", "4", True),
    ("{ne: draft}", MISSING, None),
    # in, not_in; a list is in
    ("[draft, paid]", "paid", True),
    ("[draft, paid]", "other", False),
    ("[1, 2]", True, False),
    ("[1, 2]", 2.0, True),
    ("[null, draft]", None, True),
    ("[draft]", ["draft"], False),
    ("[draft]", MISSING, None),
    ("{in: [1, '2']}", "2", True),
    ("{not_in: [draft]}", "paid", True),
    ("{not_in: [draft]}", "draft", False),
    ("{not_in: [draft]}", None, True),
    ("{not_in: [draft]}", MISSING, None),
    # order: numbers with numbers, text with text
    ("{gt: 4}", 4.5, True),
    ("{gt: 4}", 4, False),
    ("{gte: 4}", 4.0, True),
    ("{lt: 4}", 3, True),
    ("{lt: 4}", 4, False),
    ("{lte: 4}", 4, True),
    ("{gt: 4}", "5", None),
    ("{gt: 0}", True, None),
    ("{gt: 4}", None, None),
    ("{gt: 4}", [5], None),
    ("{gt: a}", "b", True),
    ("{gt: a}", 1, None),
    ("{gt: 4}", MISSING, None),
    ("{gte: 1, lt: 5}", 3, True),
    ("{gte: 1, lt: 5}", 5, False),
    # texts
    ("{contains: ogo}", "Logo", True),
    ("{contains: OGO}", "Logo", False),
    ("{contains: a}", ["b", "a"], True),
    ("{contains: 1}", [True], False),
    ("{contains: null}", [None], True),
    ("{contains: a}", 5, None),
    ("{contains: 5}", "5", None),
    ("{contains: a}", {"a": 1}, None),
    ("{contains: a}", MISSING, None),
    ("{startswith: Lo}", "Logo", True),
    ("{startswith: lo}", "Logo", False),
    ("{startswith: lo}", None, None),
    ("{endswith: go}", "Logo", True),
    ("{endswith: go}", 5, None),
    ("{icontains: OGO}", "Logo", True),
    ("{icontains: A}", ["b", "a"], True),
    ("{icontains: strasse}", "Große Straße", True),
    ("{icontains: a}", None, None),
    ("{ieq: LOGO}", "Logo", True),
    ("{ieq: LOGO}", None, False),
    ("{istartswith: LO}", "Logo", True),
    ("{iendswith: GO}", "Logo", True),
    ("{iendswith: GO}", True, None),
    # matches: RE2, anywhere
    ("{matches: 'g.$'}", "Logo", True),
    ("{matches: '^o'}", "Logo", False),
    ("{matches: '(?i)LOGO|identité'}", "Identité", True),
    ("{matches: 'a'}", 5, None),
    ("{matches: 'a'}", MISSING, None),
    ("{matches: 'b'}", "\ud800 b", True),
    ("{matches: 'end'}", "x" * 70_000 + "end", False),
    ("{matches: '(a+)+$'}", "a" * 60_000 + "b", False),
    # exists: null is there
    ("{exists: true}", None, True),
    ("{exists: true}", MISSING, False),
    ("{exists: false}", MISSING, True),
    ("{exists: false}", "x", False),
    # lists
    ("{any: logo}", ["a", "logo"], True),
    ("{any: logo}", [], False),
    ("{any: [logo, a]}", ["a"], True),
    ("{all: logo}", [], True),
    ("{all: logo}", ["logo", "x"], False),
    ("{none: logo}", [], True),
    ("{none: logo}", ["logo"], False),
    ("{any: {status: won}}", [{"status": "lost"}, {"status": "won"}], True),
    ("{any: {status: won}}", [{"status": "lost"}, {}], None),
    ("{any: {status: won}}", [{"status": "won"}, {}], True),
    ("{all: {status: won}}", [{"status": "won"}, {}], None),
    ("{all: {status: won}}", [{"status": "lost"}, {}], False),
    ("{none: {status: won}}", [{"status": "lost"}, {}], None),
    ("{none: {status: won}}", [{"status": "won"}, {}], False),
    ("{any: {status: won, n: {gt: 2}}}", [{"status": "won", "n": 1}, {"status": "lost", "n": 3}], False),
    ("{any: {tags: {any: x}}}", [{"tags": ["y"]}, {"tags": ["x"]}], True),
    ("{any: {at: {before: now}}}", [{"at": "2026-05-30"}], True),
    ("{any: logo}", "logo", None),
    ("{any: logo}", None, None),
    ("{any: logo}", MISSING, None),
    # dates, at 2026-05-31 12:00 UTC
    ("{before: 2026-05-31}", "2026-05-30T23:59:59+0000", True),
    ("{before: 2026-05-31}", "2026-05-31", False),
    ("{after: 2015-08-04}", "2015-08-04T15:24:23+0000", True),
    ("{after: '2014-09-09T05:47:30+0000'}", "2014-09-08T22:47:31-07:00", True),
    ("{before: now}", "2026-05-31T11:59:59Z", True),
    ("{before: now-2d}", "2026-05-29T11:59:00Z", True),
    ("{before: now-2d}", "2026-05-29T12:01:00Z", False),
    ("{after: now+1h}", "2026-05-31T14:01:00+01:00", True),
    ("{before: now}", "soon", None),
    ("{before: now}", "2026-02-31", None),
    ("{before: now}", 1_780_000_000, None),
    ("{before: now}", None, None),
    ("{before: now}", MISSING, None),
    ("{within: 2d}", "2026-06-02T12:00:00Z", True),
    ("{within: 2d}", "2026-05-29T12:00:00Z", True),
    ("{within: 2d}", "2026-06-02T12:00:01Z", False),
    ("{within: -2d}", "2026-05-30", True),
    ("{within: -2d}", "2026-06-01", False),
    ("{within: +2d}", "2026-06-01", True),
    ("{within: +2d}", "2026-05-30", False),
    ("{within: 300ms}", "2026-05-31T12:00:00.200Z", True),
    ("{within: 2d}", "x", None),
    ("{after: now-999999d}", "0001-01-01T00:00:00+14:00", True),
    ("{before: now+999999d}", "9999-12-31T23:59:59-14:00", False),
]


@pytest.mark.parametrize(("test", "value", "expected"), CASES)
def test_operator(test: str, value: Any, expected: bool | None) -> None:
    resource = {} if value is MISSING else {"x": value}
    assert judged(f"{{resource.x: {test}}}", resource) is expected


CHANGES: list[tuple[str, Any, Any, bool | None]] = [
    ("{changed: true}", "a", "b", True),
    ("{changed: true}", "a", "a", False),
    ("{changed: false}", "a", "a", True),
    ("{changed: true}", 1, 1.0, False),
    ("{changed: true}", 1, True, True),
    ("{changed: true}", MISSING, "b", True),
    ("{changed: true}", "a", MISSING, True),
    ("{changed: true}", None, MISSING, False),
    ("{changed: true}", MISSING, MISSING, None),
    ("{changed: true}", {"n": 1}, {"n": 2}, True),
    ("{from: a}", "a", "b", True),
    ("{from: a}", "a", "a", False),
    ("{from: x}", "a", "b", False),
    ("{from: [x, a]}", "a", "b", True),
    ("{from: null}", MISSING, "b", True),
    ("{to: b}", "a", "b", True),
    ("{to: b}", "b", "b", False),
    ("{to: [b, c]}", "a", "c", True),
    ("{from: a, to: b}", "a", "b", True),
    ("{from: a, to: c}", "a", "b", False),
    ("{from: a}", MISSING, MISSING, None),
]


@pytest.mark.parametrize(("test", "before", "after", "expected"), CHANGES)
def test_change(test: str, before: Any, after: Any, expected: bool | None) -> None:
    states = [{} if value is MISSING else {"x": value} for value in (before, after)]
    assert judged(f"{{resource.x: {test}}}", states[1], previous=states[0]) is expected


@pytest.mark.parametrize("test", ["{changed: true}", "{changed: false}", "{from: a}", "{to: a}"])
def test_without_an_earlier_state_a_change_is_unknown(test: str) -> None:
    assert judged(f"{{resource.x: {test}}}", {"x": "a"}) is None


OTHERS: list[tuple[str, Any, Any, bool | None]] = [
    ("gt", 5, 4, True),
    ("gt", 5, "4", None),
    ("gt", 5, MISSING, None),
    ("eq", ["a"], ["a"], True),
    ("ne", 1, True, True),
    ("in", "a", ["a", "b"], True),
    ("in", "a", "abc", True),
    ("in", "a", 5, None),
    ("not_in", "a", ["b"], True),
    ("contains", ["a"], "a", True),
    ("startswith", "Logo", "Lo", True),
    ("icontains", "Logo", "LO", True),
    ("before", "2026-05-01", "2026-05-02", True),
    ("after", "2026-05-01", "x", None),
    ("before", "2026-05-01", "now", None),  # a word of rules, not of events
]


@pytest.mark.parametrize(("op", "value", "other", "expected"), OTHERS)
def test_right_side_may_be_another_path(op: str, value: Any, other: Any, expected: bool | None) -> None:
    resource = {"x": value} | ({} if other is MISSING else {"y": {"z": other}})
    assert judged(f"{{resource.x: {{{op}: {{path: resource.y.z}}}}}}", resource) is expected


def test_every_operator_has_cases() -> None:
    told = " ".join(test for test, *_ in (*CASES, *CHANGES))
    assert [
        op for op, operator in OPERATORS.items() if operator.written and op not in ("eq", "in") and op not in told
    ] == []


@pytest.mark.parametrize("pattern", ["(" * 450 + "a" + ")" * 450, "(" * 300 + "a*" + ")*" * 300, "(x+x+)+y"])
def test_a_pattern_bomb_is_harmless(pattern: str) -> None:
    assert judged(f"{{resource.x: {{matches: '{pattern}'}}}}", {"x": "x" * 65_536}) in (True, False)
