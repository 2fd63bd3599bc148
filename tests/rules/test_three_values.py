"""True, false, unknown: how `not`, `all` and `any` join them."""

from __future__ import annotations

import itertools

import pytest

from tests.rules.support import judged, line

LEAVES = {True: "resource.t == 1", False: "resource.t == 2", None: "resource.gone == 1"}
RESOURCE = {"t": 1}
TRUTHS = (True, False, None)


@pytest.mark.parametrize("one", TRUTHS)
def test_not(one: bool | None) -> None:
    expected = {True: False, False: True, None: None}[one]
    assert judged(line(f"not {LEAVES[one]}"), RESOURCE) is expected
    assert judged(f"{{not: ['{LEAVES[one]}']}}", RESOURCE) is expected


@pytest.mark.parametrize(("one", "other", "third"), list(itertools.product(TRUTHS, repeat=3)))
def test_all_and_any(one: bool | None, other: bool | None, third: bool | None) -> None:
    truths = (one, other, third)
    every = False if False in truths else None if None in truths else True
    some = True if True in truths else None if None in truths else False
    texts = [LEAVES[truth] for truth in truths]
    assert judged(line(" and ".join(texts)), RESOURCE) is every
    assert judged(line(" or ".join(texts)), RESOURCE) is some
    items = ", ".join(f"'{text}'" for text in texts)
    assert judged(f"[{items}]", RESOURCE) is every
    assert judged(f"{{all: [{items}]}}", RESOURCE) is every
    assert judged(f"{{any: [{items}]}}", RESOURCE) is some


@pytest.mark.parametrize(
    "text",
    [
        "resource.gone == 'x'",
        "not resource.gone == 'x'",
        "resource.gone != 'x'",
        "resource.gone not in ['x']",
        "resource.gone is none",
        "resource.gone",
        "not resource.gone",
        "resource.gone.deeper > 1",
        "resource.t.deeper > 1",
        "resource.t > 'text'",
        "not resource.t > 'text'",
    ],
)
def test_a_missing_field_is_unknown_both_ways(text: str) -> None:
    assert judged(line(text), RESOURCE) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("resource.gone is not defined", True),
        ("not resource.gone is defined", True),
        ("resource.gone is defined", False),
        ("resource.gone == 1 or event.action == 'updated'", True),
        ("resource.gone == 1 and event.action == 'deleted'", False),
        ("previous.t is defined", False),
    ],
)
def test_what_sees_a_missing_field(text: str, expected: bool) -> None:
    assert judged(line(text), RESOURCE) is expected


def test_no_resource_at_all() -> None:
    assert judged(line("resource.t == 1"), None) is None
    assert judged(line("resource.t is defined"), None) is False
