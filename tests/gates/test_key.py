"""The key of `by`: alike for what conditions hold for equal, apart for all else, and short."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridge.gates import key_of
from bridge.gates.key import EXACT
from bridge.rules.changes import same
from tests.rules.support import event, facts

GID = ("resource", "gid")
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-EXACT, EXACT) | st.floats(-EXACT, EXACT) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def key(value: Any) -> str:
    return key_of([GID], {"resource": {"gid": value}})


def test_as_it_reads() -> None:
    found = {"resource": {"gid": "p1", "price": {"amount": 1020.0}, "worker": None}}
    paths = [GID, ("resource", "price", "amount"), ("resource", "worker"), ("resource", "title")]
    assert key_of(paths, found) == '["p1", 1020, null, {"missing": true}]'
    assert key_of([], found) == ""


def test_a_missing_value_is_a_key_of_its_own() -> None:
    keys = {key_of([GID], {}), key(None), key({"missing": True}), key(""), key("missing")}
    assert len(keys) == 5


def test_of_changes_and_lists() -> None:
    before = facts({"status": "a", "files": [{"name": "x"}]})
    paths: list[tuple[str | int, ...]] = [
        ("resource", "files", -1, "name"),
        ("changes", "status", "new"),
        ("event", "gid"),
    ]
    assert json.loads(key_of(paths, before)) == ["x", {"missing": True}, event({}).gid]
    assert key_of([("changes",), ("resource",)], before).count("sha256") == 2


@given(JSON, JSON)
def test_alike_when_equal(one: Any, other: Any) -> None:
    if not isinstance(one, (list, dict)):
        assert (key(one) == key(other)) is same(one, other)
    assert key(one) == key(json.loads(json.dumps(one)))
    assert (
        (key(one) != key(other))
        or json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
        or same(one, other)
    )


@given(JSON)
def test_short(value: Any) -> None:
    assert len(key([value] * 1000)) < 100
    assert len(key("é" * 100_000)) < 100
    assert len(key(value)) < 1300
