"""The index finds what a walk over all rules finds; order, stop, and the decision of every rule."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridge.model import All, AnyOf, Condition, Event, Leaf, Not, Place, Rule, Trigger
from bridge.rules import Matcher, compile_condition, facts_of
from tests.rules.support import NOW, event, line, read, rule, yaml


def fired(rules: list[Rule], resource: Any, **about: Any) -> list[str]:
    happened = event(resource, **about)
    return [one.name for one in Matcher(rules).match(happened, facts_of(happened, NOW))]


def test_when_in_all_forms() -> None:
    whens = [
        "* * *",
        "* project *",
        "* project created",
        "* * deleted",
        "creads project updated",
        "hub project updated",
    ]
    rules = [rule(when, when=when) for when in whens]
    assert fired(rules, {}) == ["* * *", "* project *", "creads project updated"]
    assert fired(rules, {}, action="deleted") == ["* * *", "* project *", "* * deleted"]
    assert fired(rules, {}, type="Invoice") == ["* * *"]
    assert fired([rule("a", when="* projectmessage created")], {}, type="Project Message", action="created") == ["a"]
    assert fired([rule("a", when="* invoice paid")], {}, type="IN-voice", action="Paid") == ["a"]


def test_a_rule_with_several_triggers_fires_once() -> None:
    twice = rule("a", when="* project *")
    both = (*twice.when, Trigger(source="*", type="*", action="updated"))
    assert fired([Rule(name="a", place=twice.place, when=both, notify=())], {}) == ["a"]


def test_order_is_priority_then_file_then_place() -> None:
    rules = [
        rule("last", place=Place("rules/b.yaml", 1, 1)),
        rule("second", place=Place("rules/a.yaml", 9, 1)),
        rule("third", place=Place("rules/a.yaml", 10, 1)),
        rule("first", priority=5, place=Place("rules/z.yaml", 1, 1)),
    ]
    assert fired(rules, {}) == ["first", "second", "third", "last"]


def test_stop_ends_the_search() -> None:
    rules = [
        rule("a", place=Place("a", 1, 1)),
        rule("b", place=Place("a", 2, 1), stop=True),
        rule("c", place=Place("a", 3, 1)),
    ]
    assert fired(rules, {}) == ["a", "b"]


def test_switched_off_rules_never_fire() -> None:
    assert fired([rule("a", enabled=False), rule("b")], {}) == ["b"]


def test_constants_are_typed() -> None:
    rules = [rule(text, read(line(f"resource.x == {text}"))) for text in ("1", "true", "'1'", "0", "false", "none")]
    for value, expected in [
        (1, "1"),
        (1.0, "1"),
        (True, "true"),
        ("1", "'1'"),
        (0, "0"),
        (False, "false"),
        (None, "none"),
    ]:
        assert fired(rules, {"x": value}) == [expected]
    assert fired(rules, {"x": [1]}) == fired(rules, {"x": {"a": 1}}) == fired(rules, {}) == []


def test_a_field_that_is_gone_went_to_null() -> None:
    rules = [rule(text, read(yaml(f"{{resource.x: {{to: {text}}}}}"))) for text in ("null", "[null, 2]", "2")]
    for state, names in [
        ({}, ["null", "[null, 2]"]),
        ({"x": None}, ["null", "[null, 2]"]),
        ({"x": 2}, ["[null, 2]", "2"]),
    ]:
        assert fired(rules, state, previous={"x": 1}) == names


def test_decisions_of_every_rule_whose_when_fits() -> None:
    rules = [
        rule("plain", place=Place("rules/a.yaml", 1, 3)),
        rule(
            "not this", read(line("resource.status == 'draft' and resource.n > 5")), place=Place("rules/a.yaml", 2, 3)
        ),
        rule("off", enabled=False, place=Place("rules/a.yaml", 3, 3)),
        rule("other type", when="* comment created", place=Place("rules/a.yaml", 4, 3)),
        rule("big", stop=True, place=Place("rules/a.yaml", 5, 3)),
        rule("behind", place=Place("rules/a.yaml", 6, 3)),
        rule("off behind", enabled=False, place=Place("rules/a.yaml", 7, 3)),
    ]
    happened = event({"status": "paid", "n": 7})
    decisions = Matcher(rules).decisions(happened, facts_of(happened, NOW))
    assert [(d.rule, d.line, d.fired, d.reason) for d in decisions] == [
        ("plain", 1, True, ""),
        ("not this", 2, False, ""),
        ("off", 3, False, "switched off"),
        ("big", 5, True, ""),
        ("behind", 6, False, "stopped by “big”"),
        ("off behind", 7, False, "switched off"),
    ]
    [failed] = decisions[1].failed
    assert (failed.path, failed.op, failed.expected, failed.found, failed.truth) == (
        "resource.status",
        "eq",
        "draft",
        "paid",
        False,
    )


# ---- against a walk over all rules -------------------------------------------------------------

VALUES = st.sampled_from([None, True, False, 0, 1, 1.0, "a", "b", "1"])
LEAVES = st.one_of(
    st.builds(
        Leaf,
        path=st.sampled_from([("resource", "x"), ("resource", "y"), ("resource", "z", "w")]),
        op=st.sampled_from(["eq", "ne", "to"]),
        expected=VALUES,
    ),
    st.builds(
        Leaf,
        path=st.sampled_from([("resource", "x"), ("resource", "y")]),
        op=st.sampled_from(["in", "not_in", "eq", "to"]),
        expected=st.lists(VALUES, min_size=1, max_size=3).map(tuple),
    ),
    st.builds(Leaf, path=st.just(("resource", "y")), op=st.just("gt"), expected=st.just(0)),
)
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=4,
)
PARTS = {"source": ["creads", "*"], "type": ["project", "work", "*"], "action": ["created", "updated", "*"]}
TRIGGERS = st.builds(Trigger, **{name: st.sampled_from(values) for name, values in PARTS.items()})
RULES = st.lists(
    st.builds(
        rule,
        st.sampled_from("abcdef"),
        st.one_of(st.none(), CONDITIONS),
        place=st.builds(Place, st.just("rules/a.yaml"), st.integers(1, 99), st.just(1)),
        priority=st.integers(0, 1),
        stop=st.sampled_from([False, False, True]),
        enabled=st.sampled_from([True, True, False]),
    ),
    max_size=8,
)
STATES = st.fixed_dictionaries(
    {}, optional={"x": VALUES, "y": VALUES, "z": st.one_of(st.none(), st.fixed_dictionaries({"w": VALUES}))}
)


def walked(rules: list[Rule], happened: Event, facts: dict[str, Any]) -> list[Rule]:
    """What `match` means, without an index."""
    spelling = (happened.source, happened.type.lower(), happened.action)
    found: list[Rule] = []
    for one in sorted(rules, key=lambda r: (-r.priority, r.place.file, r.place.line, r.place.column)):
        fits = any(
            all(part in ("*", given) for part, given in zip((t.source, t.type, t.action), spelling, strict=True))
            for t in one.when
        )
        if one.enabled and fits and (one.condition is None or compile_condition(one.condition)(facts)):
            found.append(one)
            if one.stop:
                break
    return found


@given(RULES, st.lists(st.lists(TRIGGERS, min_size=1, max_size=2), min_size=8, max_size=8), STATES, st.none() | STATES)
def test_the_index_finds_what_a_walk_finds(
    rules: list[Rule], whens: list[list[Trigger]], resource: Any, previous: Any
) -> None:
    rules = [
        Rule(**{**{name: getattr(one, name) for name in Rule.__slots__}, "when": tuple(when)})
        for one, when in zip(rules, whens, strict=False)
    ]
    happened = event(resource, previous=previous)
    facts = facts_of(happened, NOW)
    matcher = Matcher(rules)
    matched = matcher.match(happened, facts)
    assert matched == walked(rules, happened, facts)
    assert [decision.rule for decision in matcher.decisions(happened, facts) if decision.fired] == [
        r.name for r in matched
    ]


def test_equal_parts_are_judged_once_whatever_their_place() -> None:
    rules = [rule(f"r{n}", read(line(" " * n + "resource.title matches 'logo' and resource.n > 1"))) for n in range(5)]
    assert len(Matcher(rules)._tests) == 2  # how often a part is judged shows nowhere else
