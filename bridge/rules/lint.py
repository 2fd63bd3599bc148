"""What is most likely not meant in rules that can be read: warnings, from the rules alone and from what was seen."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bridge.errors import Problem
from bridge.model import All, AnyOf, Condition, Json, Leaf, Node, Not, Other, Path, Place, Rule, Trigger, fold
from bridge.rules.fields import below_root
from bridge.rules.findings import width_of
from bridge.rules.implied import TooMany, Wanted, Way, candidates, clash, follows, ways
from bridge.rules.operators import OPERATORS
from bridge.rules.paths import dotted
from bridge.rules.seen import Seen
from bridge.rules.when import ANY, Sources
from bridge.rules.wording import kind, said

DOCS = "docs/editors.md#what-lint-warns-of"
TEXT_OPERATORS = ("startswith", "endswith", "matches", "icontains", "istartswith", "iendswith")


class Sent(NamedTuple):
    """One kind of event, in the spelling that events have."""

    source: str
    type: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """A rule with the node it was read from."""

    rule: Rule
    node: Node

    @property
    def name(self) -> Node:
        entries = self.node.value if isinstance(self.node.value, dict) else {}
        return entries.get("name", self.node)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What rules are held against."""

    sources: Sources  # what each source sends
    seen: Mapping[str, Seen]  # by documented type; empty where no events are stored
    fired: Collection[str]  # the rules that a test makes fire
    quiet: Collection[Sent]  # the events of tests that expect nothing


def lint(rules: Sequence[Linted], ground: Ground) -> list[Problem]:
    """All warnings; `rules` in the order in which they are asked."""
    problems: list[Problem] = []
    for one in rules:
        problems += [*_never(one, ground), *_other_kinds(one, ground), *_missing_keys(one, ground)]
        problems += _untested(one, ground)
    return problems + list(_shadowed(rules))


def _warning(place: Place, code: str, message: str, help: str, width: int = 1) -> Problem:
    return Problem(place=place, code=code, message=message, help=help, docs=DOCS, severity="warning", width=width)


def _at_name(one: Linted, code: str, message: str, help: str) -> Problem:
    return _warning(one.name.place, code, message, help, width_of(one.name))


def _sent(rule: Rule, sources: Sources) -> list[Sent]:
    """The documented events that a rule looks at; none where a source may send what nobody documented."""
    named = [
        (trigger, name, events)
        for trigger in rule.when
        for name, (_, events) in sources.items()
        if trigger.source in (ANY, fold(name))
    ]
    if not all(events for _, _, events in named):
        return []
    found = [
        Sent(name, kind_of_event, action)
        for trigger, name, events in named
        for kind_of_event, actions in events.items()
        for action in actions
        if trigger.type in (ANY, fold(kind_of_event)) and trigger.action in (ANY, fold(action))
    ]
    return list(dict.fromkeys(found))


# ---- never fires -------------------------------------------------------------------------------


def _never(one: Linted, ground: Ground) -> Iterator[Problem]:
    try:
        possible = ways(one.rule.condition)
    except TooMany:
        return
    clashes = [clash(way) for way in possible]
    if (first := clashes[0]) and all(clashes):
        both = f"{said(str(first.first))} and {said(str(first.second))}"
        message = f"the rule never fires: no {said(dotted(first.path))} is {both}"
        place = _place_of(first.second.leaf, one.rule)
        yield _warning(place, "never-fires", message, "write the alternatives below `any:`, or join them with `or`")
        return
    sent = _sent(one.rule, ground.sources)
    if not sent or any(not _kept_out(way, event) for event in sent for way in possible):
        return
    leaf = next(found for way in possible if (found := _kept_out(way, sent[0])))
    events = ", ".join(dict.fromkeys(f"{event.type} {event.action}" for event in sent[:3]))
    if leaf.path[0] in ("event", "source"):
        message = f"the rule never fires: {said(dotted(leaf.path))} is another one in {said(events)}"
        help = "make `when` and `if` speak of the same events"
    else:
        message = f"the rule never fires: {said(events)} has no earlier state to compare {said(dotted(leaf.path))} with"
        help = "what was just created did not change; `when: … updated` is told of changes"
    yield _warning(_place_of(leaf, one.rule), "never-fires", message, help)


def _place_of(leaf: Leaf, rule: Rule) -> Place:
    return Place(rule.place.file, leaf.line, leaf.column) if leaf.line else rule.place


def _kept_out(way: Way, event: Sent) -> Leaf | None:
    """The test that no event of this kind passes."""
    known = {("event", "type"): event.type, ("event", "action"): event.action, ("source",): event.source}
    known[("event", "source")] = event.source
    for wanted in way:
        leaf = wanted.leaf
        value = known.get(tuple(map(str, leaf.path)))
        if value is not None and clash((wanted, Wanted(Leaf(path=leaf.path, op="eq", expected=value)))):
            return leaf
        if fold(event.action) == "created" and _looks_back(wanted):
            return leaf
    return None


def _looks_back(wanted: Wanted) -> bool:
    """Whether a test can only hold where an earlier state of the resource is known."""
    leaf = wanted.leaf
    if OPERATORS[leaf.op].shape == "change":
        return True
    return leaf.path[0] in ("previous", "changes") and (leaf.op != "exists" or leaf.expected is wanted.true)


# ---- stopped by another ------------------------------------------------------------------------


def _shadowed(rules: Sequence[Linted]) -> Iterator[Problem]:
    stopping = _Stopping()
    for one in rules:
        if not one.rule.enabled:
            continue
        try:
            own = ways(one.rule.condition)
        except TooMany:
            continue
        for above, wide in stopping.that_may_cover(own):
            if _covers(above.rule.when, one.rule.when) and follows(wide, own):
                stop = f"{said(above.rule.name)} ({above.rule.place.file}:{above.rule.place.line})"
                message = f"the rule is never asked: {stop} fires on all of its events, and stops"
                help = "give this one the higher `priority`, or narrow the other one's `if`"
                yield _at_name(one, "shadowed", message, help)
                break
        if one.rule.stop:
            stopping.add(one, own)


class _Stopping:
    """Rules with `stop`, found by a constant that they need: thousands of them may differ only in that."""

    def __init__(self) -> None:
        self._all: list[tuple[Linted, list[Way]]] = []
        self._by_constant: dict[tuple[Path, Json], list[tuple[Linted, list[Way]]]] = {}

    def add(self, one: Linted, own: list[Way]) -> None:
        needed = next(_constants(own[0]), None) if len(own) == 1 else None
        (self._by_constant.setdefault(needed, []) if needed else self._all).append((one, own))

    def that_may_cover(self, own: list[Way]) -> Iterator[tuple[Linted, list[Way]]]:
        yield from self._all
        for needed in _constants(own[0]):
            yield from self._by_constant.get(needed, ())


def _constants(way: Way) -> Iterator[tuple[Path, Json]]:
    """The paths that may have one value only, with it."""
    for wanted in way:
        values = candidates(wanted)
        if values and len(values) == 1 and isinstance(values[0], str | int | float | None):
            yield wanted.leaf.path, values[0]


def _covers(wide: Sequence[Trigger], narrow: Sequence[Trigger]) -> bool:
    return all(any(_covers_one(one, other) for one in wide) for other in narrow)


def _covers_one(wide: Trigger, narrow: Trigger) -> bool:
    parts = ((wide.source, narrow.source), (wide.type, narrow.type), (wide.action, narrow.action))
    return all(one in (ANY, other) for one, other in parts)


# ---- values and fields, as they were seen ------------------------------------------------------


def _types_seen(rule: Rule, ground: Ground) -> dict[str, Seen]:
    """What was seen of the types that a rule looks at."""
    names = [name for name in ground.seen if any(trigger.type in (ANY, fold(name)) for trigger in rule.when)]
    return {name: ground.seen[name] for name in names}


def _other_kinds(one: Linted, ground: Ground) -> Iterator[Problem]:
    types = _types_seen(one.rule, ground)
    for leaf, path in _leaves(one.rule.condition) if types else ():
        name = ".".join(step for step in below_root(path) if isinstance(step, str))
        kinds = {kind for seen in types.values() for kind in seen.kinds.get(name, ())} - {"null"}
        fitting, what = _fitting(leaf)
        if name and kinds and fitting and not kinds & fitting and leaf.path[:1] != ("changes",):
            was = " or ".join(sorted(kinds))
            message = f"{said(dotted(path))} is compared with {what}, and was {was} in every event so far"
            help = 'types are strict: `4` is a number, `"4"` a text' if leaf.op not in TEXT_OPERATORS else ""
            yield _warning(_place_of(leaf, one.rule), "other-type", message, help, len(dotted(leaf.path)))


def _fitting(leaf: Leaf) -> tuple[frozenset[str], str]:
    """The kinds of values that a test may hold for, and how to name its right side; nothing: all of them."""
    shape, expected = OPERATORS[leaf.op].shape, leaf.expected
    if isinstance(expected, Other) or leaf.op in ("exists", "changed", "is_true", "ne", "not_in"):
        return frozenset(), ""
    if shape == "elements":
        return frozenset({"a list", "a list that holds a map"}), "the elements of a list"
    if shape == "date" or leaf.op in TEXT_OPERATORS or leaf.op == "ieq":
        both = {"a list"} if leaf.op == "icontains" else set()
        return frozenset({"text", *both}), "a date" if shape == "date" else "text"
    kinds = {kind(value) for value in (expected if isinstance(expected, tuple) else (expected,))}
    if leaf.op == "contains":
        kinds.add("a list")
    if "null" in kinds or (leaf.op == "eq" and isinstance(expected, tuple)):
        return frozenset(), ""
    return frozenset(kinds), " or ".join(sorted(kinds - {"a list"}))


def _leaves(condition: Condition | None, above: Path = ()) -> Iterator[tuple[Leaf, Path]]:
    """Every leaf with its whole path; those about elements with the path of their list before it."""
    if isinstance(condition, Leaf):
        path = above + condition.path
        yield condition, path
        if OPERATORS[condition.op].shape == "elements":
            yield from _leaves(condition.expected, path)
    elif isinstance(condition, Not):
        yield from _leaves(condition.part, above)
    elif isinstance(condition, All | AnyOf):
        for part in condition.parts:
            yield from _leaves(part, above)


def _missing_keys(one: Linted, ground: Ground) -> Iterator[Problem]:
    """What gates count by, where some events have no such field."""
    types = _types_seen(one.rule, ground)
    for gate, paths in (("once", one.rule.once), ("throttle", one.rule.throttle), ("digest", one.rule.digest)):
        for path in paths.by if paths else ():
            name = ".".join(step for step in path[1:] if isinstance(step, str))
            lacking = {kind: seen.events - seen.having[name] for kind, seen in types.items()}
            without = sum(lacking.values())
            if path[0] != "resource" or not name or not without:
                continue
            events = sum(seen.events for seen in types.values())
            message = f"{said(dotted(path))} was missing in {without:,} of {events:,} events: those count as one key"
            help = "add a path that is always there, such as `resource.gid`"
            at = _by(one, gate, dotted(path))
            yield _warning(at.place, "missing-key", message, help, width_of(at))


def _by(one: Linted, gate: str, path: str) -> Node:
    """Where a path of a gate's `by` stands."""
    entries = one.node.value if isinstance(one.node.value, dict) else {}
    node = entries.get(gate)
    by = node.value.get("by") if node is not None and isinstance(node.value, dict) else None
    items = by.value if by is not None and isinstance(by.value, list) else []
    return next((item for item in items if item.text == path), by or one.name)


# ---- tests -------------------------------------------------------------------------------------


def _untested(one: Linted, ground: Ground) -> Iterator[Problem]:
    if one.rule.name in ground.fired:
        return
    if not any(_fits(trigger, event) for trigger in one.rule.when for event in ground.quiet):
        help = "write one below `tests:` in its file: an event, and what is to be told, or `expect: nothing`"
        yield _at_name(one, "untested", "no test makes this rule fire, and none says that it must not", help)


def _fits(trigger: Trigger, event: Sent) -> bool:
    parts = ((trigger.source, event.source), (trigger.type, event.type), (trigger.action, event.action))
    return all(part in (ANY, fold(value)) for part, value in parts)
