"""What differs between two states."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model import Change
from bridge.rules import Changes, changes_between

PLAIN = st.sampled_from([None, True, False, 0, 1, 1.0, 2.5, "", "a", "1"])
JSON = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c.d"]), inner, max_size=3),
    max_leaves=8,
)
MAPS = st.dictionaries(st.sampled_from(["a", "b", "c.d", "e f"]), JSON, max_size=4)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1}, {"a": 1.0}, {}),
        ({"a": 1}, {"a": True}, {"a": (1, True)}),
        ({"a": 4}, {"a": "4"}, {"a": (4, "4")}),
        ({"a": "x"}, {"a": "y"}, {"a": ("x", "y")}),
        ({"a": "x"}, {}, {"a": ("x", None)}),
        ({}, {"a": "x"}, {"a": (None, "x")}),
        ({"a": None}, {}, {}),
        ({"p": {"n": 1, "c": "EUR"}}, {"p": {"n": 2, "c": "EUR"}}, {"p.n": (1, 2)}),
        ({"p": None}, {"p": {"n": 2, "c": "EUR"}}, {"p.n": (None, 2), "p.c": (None, "EUR")}),
        ({"p": {"n": {"m": 1}}}, {}, {"p.n.m": (1, None)}),
        ({"p": {"n": 1}}, {"p": "free"}, {"p": ({"n": 1}, "free")}),
        ({"p": {}}, {"p": None}, {"p": ({}, None)}),
        ({"l": [1, 2]}, {"l": [2, 1]}, {"l": ([1, 2], [2, 1])}),
        ({"l": [{"a": 1}]}, {"l": [{"a": 1.0}]}, {}),
        ({"l": [{"a": 1}]}, {"l": [{"a": True}]}, {"l": ([{"a": 1}], [{"a": True}])}),
        ({"a.b": 1, "c": {"d e": 1}}, {"a.b": 2, "c": {"d e": 2}}, {'["a.b"]': (1, 2), 'c["d e"]': (1, 2)}),
    ],
)
def test_changes(old: Any, new: Any, expected: Any) -> None:
    assert changes_between(old, new) == expected


def test_where_a_state_is_unknown_nothing_changed() -> None:
    assert changes_between(None, {"a": 1}) == changes_between({"a": 1}, None) == {}


def test_looked_up() -> None:
    changes = changes_between(
        {"status": "a", "price": {"amount": 1, "odd key": 1}, "x.y": 1, "gone": "x"},
        {"status": "b", "price": {"amount": 2, "odd key": 2}, "x.y": 2},
    )
    assert changes.fields == ['["x.y"]', "gone", "price.amount", 'price["odd key"]', "status"]
    assert changes.lookup("status") == Change("a", "b")
    assert changes.lookup("gone").new is None
    assert changes.lookup("price.amount").new == 2
    assert changes.lookup("x.y").new == 2
    assert changes.lookup("price") == Changes({"amount": Change(1, 2), '["odd key"]': Change(1, 2)})
    assert changes.lookup("price").lookup("odd key").old == 1
    assert changes.lookup("pric") is None
    assert changes.lookup("title", "nothing") == "nothing"
    assert changes.lookup("fields") == changes.fields


def test_a_field_called_fields_wins() -> None:
    assert changes_between({"fields": 1}, {"fields": 2}).lookup("fields") == Change(1, 2)


@given(MAPS, MAPS)
def test_turned_round_the_changes_turn_round(old: Any, new: Any) -> None:
    assert changes_between(old, old) == {}
    there, back = changes_between(old, new), changes_between(new, old)
    assert {path: Change(change.new, change.old) for path, change in there.items()} == back
