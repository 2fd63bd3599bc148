"""docs/conditions.md, “Where one could doubt”: what it decides is so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.support import judged

DOUBTS: list[tuple[str, dict[str, Any], dict[str, Any] | None, bool | None]] = [
    ("{resource.a: {exists: true}}", {"a": None}, None, True),
    ("{resource.a: null}", {"a": None}, None, True),
    ("{resource.a: {ne: draft}}", {"a": None}, None, True),
    ("{resource.a: {gt: 1}}", {"a": None}, None, None),
    ("resource.a", {"a": None}, None, False),
    ("{resource.a: {eq: {path: resource.b}}}", {"a": [1, {"x": 2}], "b": [1.0, {"x": 2}]}, None, True),
    ("{resource.a: '4'}", {"a": 4}, None, False),
    ("{resource.a: 1}", {"a": True}, None, False),
    ("{resource.a: {gt: {path: resource.b}}}", {"a": True, "b": False}, None, None),
    ("{resource.a: {any: {b: 1}}}", {"a": None}, None, None),
    ("{resource.a: {any: {b: 1}}}", {"a": [{}, {"b": 1}]}, None, True),
    ("{resource.a: {any: {b: 1}}}", {"a": [{}, {"b": 2}]}, None, None),
    ("{resource.a: {all: {b: 1}}}", {"a": [{}, {"b": 2}]}, None, False),
    ("{resource.a: {none: {b: 1}}}", {"a": "text"}, None, None),
    ("{resource.a: {changed: false}}", {"a": 1}, None, None),
    ("{resource.a: {from: null, to: 1, changed: true}}", {"a": 1}, {}, True),
    ("{resource.a: {from: 1, to: null}}", {}, {"a": 1}, True),
    ("{resource.a: {changed: false}}", {"b": 1}, {"b": 2}, None),
    ("{resource.a: {before: now}}", {"a": "soon"}, None, None),
    ("{resource.a: {after: 2026-05-31}}", {"a": "2026-05-31T00:00:00Z"}, None, False),
    ("{resource.a: {after: 2026-05-31}}", {"a": "2026-05-31T00:00:01Z"}, None, True),
    ("{resource.a: {matches: 'a$'}}", {"a": "a\nb"}, None, False),
    ("{resource.a: {matches: '(?m)a$'}}", {"a": "a\nb"}, None, True),
    ("{resource.a: {matches: 'a.b'}}", {"a": "a\nb"}, None, False),
    ("{resource.a: {matches: '(?s)a.b'}}", {"a": "a\nb"}, None, True),
    ("{resource.a: {ieq: STRASSE}}", {"a": "straße"}, None, True),
]


@pytest.mark.parametrize(("condition", "resource", "previous", "truth"), DOUBTS)
def test_what_is_decided(
    condition: str, resource: dict[str, Any], previous: dict[str, Any] | None, truth: bool | None
) -> None:
    assert judged(condition, resource, previous) is truth
