"""Every leaf says what it expected and what it found."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from bridge.rules import compile_condition, explain_condition
from bridge.rules.evaluate import responsible
from tests.rules.support import facts, line, read, yaml

GONE = object()
NO_EARLIER = "no earlier state of this resource"
RESOURCE = {
    "status": "paid",
    "n": "4",
    "none": None,
    "price": {"amount": 5},
    "works": [{"status": "lost"}, {}],
    "at": "soon",
}


@pytest.mark.parametrize(
    ("text", "path", "op", "expected", "found", "truth", "reason"),
    [
        ("{resource.status: draft}", "resource.status", "eq", "draft", "paid", False, ""),
        ("{resource.status: [draft]}", "resource.status", "in", ["draft"], "paid", False, ""),
        ("{resource.n: 4}", "resource.n", "eq", 4, "4", False, "text compared with a number"),
        ("{resource.n: {gt: 4}}", "resource.n", "gt", 4, "4", None, "text compared with a number"),
        ("{resource.none: {gt: 4}}", "resource.none", "gt", 4, None, None, "null compared with a number"),
        ("{resource.gone: 4}", "resource.gone", "eq", 4, GONE, None, "no field `gone`"),
        ("{resource.price.x.y: 4}", "resource.price.x.y", "eq", 4, GONE, None, "no field `price.x`"),
        ("{'resource.works[7]': 4}", "resource.works[7]", "eq", 4, GONE, None, "no field `works[7]`"),
        ("{previous.x: 4}", "previous.x", "eq", 4, GONE, None, NO_EARLIER),
        ("{changes.x.new: 4}", "changes.x.new", "eq", 4, GONE, None, NO_EARLIER),
        ("{resource.status: {changed: true}}", "resource.status", "changed", True, "paid", None, NO_EARLIER),
        ("{resource.status: {any: a}}", "resource.status", "any", "a", "paid", None, "text is not a list"),
        (
            "{resource.works: {any: {status: won}}}",
            "resource.works",
            "any",
            {"status": "won"},
            RESOURCE["works"],
            None,
            "unknown for an element",
        ),
        ("{resource.at: {before: now}}", "resource.at", "before", "now", "soon", None, "text that is not a date"),
        ("{resource.status: {exists: false}}", "resource.status", "exists", False, "paid", False, ""),
        ("{not: {resource.status: paid}}", "resource.status", "not eq", "paid", "paid", False, ""),
        ("{not: {resource.gone: 4}}", "resource.gone", "not eq", 4, GONE, None, "no field `gone`"),
        (
            "{resource.status: {gt: {path: resource.none}}}",
            "resource.status",
            "gt",
            {"path": "resource.none", "value": None},
            "paid",
            None,
            "text compared with null",
        ),
        (
            "{resource.status: {gt: {path: resource.gone}}}",
            "resource.status",
            "gt",
            {"path": "resource.gone"},
            "paid",
            None,
            "no field `gone`",
        ),
        ("{event.type: Work}", "event.type", "eq", "Work", "Project", False, ""),
    ],
)
def test_finding(text: str, path: str, op: str, expected: Any, found: Any, truth: Any, reason: str) -> None:
    [finding] = explain_condition(read(yaml(text)), facts(RESOURCE))
    assert (finding.path, finding.op, finding.expected) == (path, op, expected)
    assert (GONE if finding.missing else finding.found) == found
    assert finding.truth is truth
    assert finding.reason == reason
    msgspec.json.encode(finding)


def test_after_an_earlier_state() -> None:
    known = facts(RESOURCE, previous={**RESOURCE, "status": "draft"})
    [before, after, same] = explain_condition(
        read(yaml("{resource.status: {from: finished, to: paid}, changes.n.new: 4}")), known
    )
    assert (before.expected, before.found, before.truth) == ("finished", "draft", False)
    assert (after.expected, after.found, after.truth) == ("paid", "paid", True)
    assert same.reason == "`n` did not change"
    [change] = explain_condition(read(line("changes.status == 'x'")), known)
    assert change.found == {"old": "draft", "new": "paid"}


def test_all_leaves_in_order_with_their_lines() -> None:
    condition = read(
        yaml("\n  - resource.status == 'paid' or resource.n == 4\n  - not: {resource.gone: 1}\n  - event.gid: g1")
    )
    findings = explain_condition(condition, facts(RESOURCE))
    assert [(f.path, f.line, f.truth) for f in findings] == [
        ("resource.status", 2, True),
        ("resource.n", 2, False),
        ("resource.gone", 3, None),
        ("event.gid", 4, True),
    ]


@pytest.mark.parametrize(
    ("text", "blamed"),
    [
        ("resource.status == 'x' and event.gid == 'g1'", ["resource.status eq"]),
        ("resource.status == 'x' and resource.n == 4", ["resource.status eq", "resource.n eq"]),
        ("resource.status == 'x' or resource.n == 4", ["resource.status eq", "resource.n eq"]),
        ("(resource.status == 'x' or event.gid == 'g1') and resource.n == 4", ["resource.n eq"]),
        ("not (resource.status == 'paid' and event.gid == 'g1')", ["resource.status not eq", "event.gid not eq"]),
        ("not (resource.status == 'paid' or resource.n == 4)", ["resource.status not eq"]),
        ("not (resource.status == 'paid' and resource.n == 4)", []),
        ("not not resource.n == 4", ["resource.n eq"]),
        ("resource.gone == 1 or event.gid == 'x'", ["resource.gone eq", "event.gid eq"]),
    ],
)
def test_the_leaves_to_blame(text: str, blamed: list[str]) -> None:
    condition, known = read(line(text)), facts(RESOURCE)
    assert [f"{finding.path} {finding.op}" for finding in responsible(condition, known)] == blamed
    assert all(finding.truth is not True for finding in responsible(condition, known))
    assert (compile_condition(condition)(known) is True) is (not blamed)


def test_inner_conditions_are_shown_as_they_are_written() -> None:
    condition = read(yaml("{resource.works: {none: {n: {gt: {path: m}}, any: [{a: 1}, {not: {b: [2, 3]}}]}}}"))
    [finding] = explain_condition(condition, facts(RESOURCE))
    assert finding.expected == {
        "all": [{"n": {"gt": {"path": "m"}}}, {"any": [{"a": 1}, {"not": {"b": {"in": [2, 3]}}}]}]
    }
