"""The two spellings agree with each other, and the one-line spelling with Jinja where every field is there."""

from __future__ import annotations

import json
import pickle
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2.sandbox import SandboxedEnvironment

from bridge.rules import compile_condition
from tests.rules.support import facts, line, node_of, read

# field → what it may hold, so that a constant beside it is of its kind
TEXTS = st.sampled_from(["", "draft", "paid", "Logo", "a'b", 'a"b', "é"])
NUMBERS = st.sampled_from([-3, -1.5, 0, 1, 4, 1020.0, 1e3])
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "status": TEXTS,
    "title": TEXTS,
    "n": NUMBERS,
    "price.amount": NUMBERS,
    "price.m": NUMBERS,
    "mine": st.booleans(),
    "tags": st.lists(TEXTS, max_size=3),
    "sizes": st.lists(NUMBERS, max_size=3),
}
OF_TEXT, OF_NUMBER = ["status", "title"], ["n", "price.amount", "price.m"]
ORDER = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte", "==": "eq", "!=": "ne"}
RESOURCES = st.fixed_dictionaries({name: values for name, values in FIELDS.items() if "." not in name}).flatmap(
    lambda flat: st.builds(
        lambda amount, other: {**flat, "price": {"amount": amount, "m": other}}, FIELDS["price.amount"], NUMBERS
    )
)
Pair = tuple[str, Any]  # one line of text, and the same as what YAML would give


def compared(fields: list[str], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Pair]:
    return st.builds(
        lambda field, op, value: (
            f"resource.{field} {op} {json.dumps(value, ensure_ascii=False)}",
            {f"resource.{field}": {ORDER[op]: value}},
        ),
        st.sampled_from(fields),
        st.sampled_from(sorted(ORDER)),
        values,
    )


def listed(fields: list[str], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Pair]:
    return st.builds(
        lambda field, op, items: (
            f"resource.{field} {op} {json.dumps(items, ensure_ascii=False)}",
            {f"resource.{field}": {op.replace(" ", "_"): items}},
        ),
        st.sampled_from(fields),
        st.sampled_from(["in", "not in"]),
        st.lists(values, min_size=1, max_size=3),
    )


def contained(field: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Pair]:
    return values.map(
        lambda value: (
            f"{json.dumps(value, ensure_ascii=False)} in resource.{field}",
            {f"resource.{field}": {"contains": value}},
        )
    )


def fields_compared(fields: list[str]) -> st.SearchStrategy[Pair]:
    return st.builds(
        lambda one, op, other: (
            f"resource.{one} {op} resource.{other}",
            {f"resource.{one}": {ORDER[op]: {"path": f"resource.{other}"}}},
        ),
        st.sampled_from(fields),
        st.sampled_from(sorted(ORDER)),
        st.sampled_from(fields),
    )


def ranged(low: float, field: str, high: float) -> Pair:
    return f"{low} <= resource.{field} < {high}", {f"resource.{field}": {"gte": low, "lt": high}}


LEAVES: st.SearchStrategy[Pair] = st.one_of(
    compared(OF_TEXT, TEXTS),
    compared(OF_NUMBER, NUMBERS),
    listed(OF_TEXT, TEXTS),
    listed(OF_NUMBER, NUMBERS),
    fields_compared(OF_TEXT),
    fields_compared(OF_NUMBER),
    contained("title", TEXTS),
    contained("tags", TEXTS),
    contained("sizes", NUMBERS),
    st.builds(ranged, NUMBERS, st.sampled_from(OF_NUMBER), NUMBERS),
    st.just(("resource.mine == true", {"resource.mine": True})),
    st.just(("resource.title is none", {"resource.title": None})),
    st.just(("resource.title is not none", {"resource.title": {"ne": None}})),
    st.just(("resource.price.amount is defined", {"resource.price.amount": {"exists": True}})),
    st.just(("resource.gone is not defined", {"resource.gone": {"exists": False}})),
)


def _grown(inner: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    several = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        several.map(lambda p: (" and ".join(f"({text})" for text, _ in p), {"all": [mapping for _, mapping in p]})),
        several.map(lambda p: (" or ".join(f"({text})" for text, _ in p), {"any": [mapping for _, mapping in p]})),
        inner.map(lambda p: (f"not ({p[0]})", {"not": p[1]})),
    )


PAIRS = st.recursive(LEAVES, _grown, max_leaves=6)
# Without parentheses, so that what binds tighter is tried too; a path alone is what a map cannot say.
FLAT = st.lists(
    st.tuples(
        st.sampled_from(["", "not "]),
        LEAVES.map(lambda pair: pair[0]) | st.sampled_from(sorted(FIELDS)).map("resource.{}".format),
    ).map("".join),
    min_size=1,
    max_size=4,
).flatmap(
    lambda texts: st.lists(st.sampled_from([" and ", " or "]), min_size=len(texts), max_size=len(texts)).map(
        lambda words: "".join(text + word for text, word in zip(texts, [*words[1:], ""], strict=True))
    )
)
JINJA = SandboxedEnvironment()


def truth_in_jinja(text: str, resource: dict[str, Any]) -> bool:
    return bool(JINJA.compile_expression(text, undefined_to_none=False)(resource=resource))


@settings(max_examples=250, deadline=None)
@given(PAIRS, RESOURCES)
def test_both_spellings_agree(pair: Pair, resource: dict[str, Any]) -> None:
    text, mapping = pair
    known = facts(resource)
    one, other = read(line(text)), read(node_of(mapping))
    truth = compile_condition(one)(known)
    assert truth is compile_condition(other)(known)
    assert truth is not None
    assert pickle.loads(pickle.dumps(one)) == one


@settings(max_examples=250, deadline=None)
@given(PAIRS.map(lambda pair: pair[0]) | FLAT, RESOURCES)
def test_jinja_agrees(text: str, resource: dict[str, Any]) -> None:
    assert compile_condition(read(line(text)))(facts(resource)) is truth_in_jinja(text, resource)


@settings(max_examples=150, deadline=None)
@given(PAIRS, RESOURCES, st.sets(st.sampled_from(["status", "n", "price", "tags", "title"])))
def test_both_spellings_agree_where_fields_are_missing(pair: Pair, resource: dict[str, Any], gone: set[str]) -> None:
    known = facts({name: value for name, value in resource.items() if name not in gone})
    truths = {compile_condition(read(node))(known) for node in (line(pair[0]), node_of(pair[1]))}
    assert len(truths) == 1
