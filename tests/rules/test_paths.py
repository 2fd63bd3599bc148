"""Paths: read, written, and looked up in plain data only."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path as File
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rules import parse_condition
from bridge.rules.lookup import MISSING, reader
from bridge.rules.paths import BadPath, dotted, parse_path
from tests.rules.support import facts, line

CORPUS = json.loads((File(__file__).parents[1] / "corpus" / "paths.json").read_text(encoding="utf-8"))
DOTTED = [item for item in CORPUS["items"] if item["class"] == "dotted"]


def unpacked(value: Any) -> str:
    if isinstance(value, dict):
        return gzip.decompress(base64.b64decode(value["$gzip"])).decode("utf-8", "surrogatepass")
    return str(value)


def found(path: str, resource: Any) -> str:
    """What a condition finds at a path, as the corpus says it: `value:X`, `missing` or `problem`."""
    condition, problems = parse_condition(line(f"{path} is defined"))
    if condition is None:
        assert problems[0].place.line == 1
        return "problem"
    value = reader(parse_path(path))(facts(resource))
    return "missing" if value is MISSING else f"value:{value}"


@pytest.mark.parametrize("item", DOTTED, ids=[item["id"] for item in DOTTED])
def test_hostile_path(item: dict[str, Any]) -> None:
    assert found(unpacked(item["value"]), CORPUS["resource"]) in item["expect"].split(" or ")


def test_the_corpus_is_whole() -> None:
    assert len(DOTTED) == 32


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("resource", ("resource",)),
        ("resource.price.amount", ("resource", "price", "amount")),
        ("resource.files[0].url", ("resource", "files", 0, "url")),
        ("resource.files[-1]", ("resource", "files", -1)),
        ('resource["odd name"].x', ("resource", "odd name", "x")),
        ("resource['it\\'s']", ("resource", "it's")),
        ('resource["a\\"b\\\\"]', ("resource", 'a"b\\')),
        ("resource[ 'x' ]", ("resource", "x")),
        ("resource.class.from", ("resource", "class", "from")),
        ('resource[""]', ("resource", "")),
    ],
)
def test_read(text: str, path: tuple[str | int, ...]) -> None:
    assert parse_path(text) == path


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("", 0),
        (".a", 0),
        ("a.", 1),
        ("a..b", 1),
        ("a.b c", 3),
        ("a[", 1),
        ("a[x]", 1),
        ("a.0", 1),
        ("a[1.5]", 1),
        ("a-b", 1),
    ],
)
def test_unreadable(text: str, offset: int) -> None:
    with pytest.raises(BadPath) as bad:
        parse_path(text)
    assert bad.value.offset == offset
    assert bad.value.help


STEPS = st.one_of(st.text(max_size=8), st.integers(-999, 999))


@given(st.lists(STEPS, max_size=6))
def test_written_and_read_again(steps: list[str | int]) -> None:
    assert parse_path(dotted(("resource", *steps))) == ("resource", *steps)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("resource.files[0].url", "u0"),
        ("resource.files[-2].url", "u0"),
        ("resource.files[2]", MISSING),
        ("resource.files[-3]", MISSING),
        ("resource.files.url", MISSING),
        ("resource[0]", MISSING),
        ('resource["0"]', "zero"),
        ("resource.title[0]", MISSING),
        ("resource.none", None),
        ("resource.none.x", MISSING),
        ("changes.title.old", "Old"),
        ('changes["price.amount"].new', 5),
        ("changes.price.amount.new", 5),
        ("changes.price.amount.other", MISSING),
        ("changes.files", MISSING),
        ("changes.title[0]", MISSING),
        ("changes[0]", MISSING),
        ("changes.fields", ["price.amount", "title"]),
        ("event.type", "Project"),
        ("event.received_at", "2026-05-31T12:00:00+00:00"),
        ("source", "creads"),
    ],
)
def test_looked_up(path: str, value: Any) -> None:
    resource = {
        "files": [{"url": "u0"}, {"url": "u1"}],
        "0": "zero",
        "title": "Logo",
        "none": None,
        "price": {"amount": 5},
    }
    previous = {**resource, "title": "Old", "price": {"amount": 4}}
    looked_up = reader(parse_path(path))(facts(resource, previous))
    assert looked_up is value if value is MISSING else looked_up == value
