"""Which rules an event fires: an index by source, type and action, then by one constant of each condition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from time import perf_counter
from typing import Any

from bridge.model import All, AnyOf, Condition, Decision, Event, Leaf, Not, Other, Path, Rule, Trigger, Truth, fold
from bridge.rules.changes import Changes
from bridge.rules.evaluate import Test, compile_condition, judge_of, responsible
from bridge.rules.lookup import MISSING, Facts, reader

ANY = "*"
_INDEXED = ("eq", "in", "to")
_UNASKED = object()

_Judge = Callable[[Any, Any], Truth]
Fact = tuple[Path, tuple[Hashable, ...]]  # a path, and the values one of which it must have

_folded = lru_cache(maxsize=4096)(fold)


def facts_of(event: Event, now: datetime) -> dict[str, Any]:
    """What conditions may see of an event."""
    facts: dict[str, Any] = {
        "event": {
            "id": event.id,
            "type": event.type,
            "action": event.action,
            "gid": event.gid,
            "source": event.source,
            "received_at": event.received_at.isoformat(),
        },
        "source": event.source,
        "changes": event.changes if isinstance(event.changes, Changes) else Changes(event.changes),
        "now": now,
    }
    if event.resource is not None:
        facts["resource"] = event.resource
    if event.previous is not None:
        facts["previous"] = event.previous
    return facts


def looks_at(rules: Iterable[Rule], source: str, kind: str, action: str) -> bool:
    """Whether the `when` of one of these rules fits."""
    spelling = (_folded(source), _folded(kind), _folded(action))
    return any(_fits(trigger, spelling) for rule in rules for trigger in rule.when)


class Matcher:
    """All rules of a snapshot, ready to be asked."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = sorted(rules, key=lambda r: (-r.priority, r.place.file, r.place.line, r.place.column))
        predicates = _Predicates()
        by_trigger: dict[Trigger, _Group] = {}
        for rank, rule in enumerate(self.rules):
            if rule.enabled:
                parts = predicates.of(rule.condition)
                for trigger in dict.fromkeys(rule.when):
                    by_trigger.setdefault(trigger, _Group()).add(rank, parts, rule.condition)
        self._tests = predicates.tests
        self._index = {(t.source, t.type, t.action): group.indexed() for t, group in by_trigger.items()}
        # Which parts are `*` in the triggers that there are: most rule sets need one look-up or two.
        self._masks = sorted({tuple(part == ANY for part in key) for key in self._index})

    def match(self, event: Event, facts: Facts) -> list[Rule]:
        """The rules that fire, in order; one with `stop` is the last."""
        answers: dict[int, Any] = {}
        fired: set[int] = set()
        for index in self._indexes(event):
            for case in index.cases(facts):
                for part in case.parts:
                    truth = answers.get(part, _UNASKED)
                    if truth is _UNASKED:
                        truth = answers[part] = self._tests[part](facts)
                    if truth is not True:
                        break
                else:
                    fired.update(case.ranks)
        rules: list[Rule] = []
        for rank in sorted(fired):
            rules.append(self.rules[rank])
            if self.rules[rank].stop:
                break
        return rules

    def decisions(self, event: Event, facts: Facts) -> list[Decision]:
        """What each rule whose `when` fits made of the event, fired or not."""
        spelling = (_folded(event.source), _folded(event.type), _folded(event.action))
        decisions: list[Decision] = []
        stopped = ""
        for rule in self.rules:
            if any(_fits(trigger, spelling) for trigger in rule.when):
                decision = _decision(rule, facts, stopped)
                decisions.append(decision)
                if decision.fired and rule.stop:
                    stopped = f"stopped by “{rule.name}”"
        return decisions

    def timed(self, event: Event, facts: Facts) -> Iterator[tuple[Rule, float]]:
        """Each rule whose `when` fits, and the seconds that its condition takes."""
        spelling = (_folded(event.source), _folded(event.type), _folded(event.action))
        for rule in self.rules:
            if rule.enabled and rule.condition and any(_fits(trigger, spelling) for trigger in rule.when):
                test = compile_condition(rule.condition)
                began = perf_counter()
                test(facts)
                yield rule, perf_counter() - began

    def _indexes(self, event: Event) -> Iterator[_Index]:
        source, kind, action = _folded(event.source), _folded(event.type), _folded(event.action)
        for any_source, any_type, any_action in self._masks:
            key = (ANY if any_source else source, ANY if any_type else kind, ANY if any_action else action)
            if index := self._index.get(key):
                yield index


def _fits(trigger: Trigger, spelling: tuple[str, str, str]) -> bool:
    wanted = (trigger.source, trigger.type, trigger.action)
    return all(part in (ANY, given) for part, given in zip(wanted, spelling, strict=True))


def _decision(rule: Rule, facts: Facts, stopped: str) -> Decision:
    reason = stopped if rule.enabled else "switched off"
    failed = () if reason or rule.condition is None else tuple(responsible(rule.condition, facts))
    fired = not reason and not failed
    return Decision(
        rule=rule.name, file=rule.place.file, line=rule.place.line, fired=fired, failed=failed, reason=reason
    )


# ---- the index ---------------------------------------------------------------------------------


class _Predicates:
    """The parts of all conditions, equal ones once."""

    def __init__(self) -> None:
        self.tests: list[Test] = []
        self._numbers: dict[Hashable, int] = {}

    def of(self, condition: Condition | None) -> tuple[int, ...]:
        """The numbers of the parts that must all be true."""
        return tuple(self._number(part) for part in _parts(condition))

    def _number(self, part: Condition) -> int:
        key = _identity(part)
        if key not in self._numbers:
            self._numbers[key] = len(self.tests)
            self.tests.append(compile_condition(part))
        return self._numbers[key]


def _parts(condition: Condition | None) -> tuple[Condition, ...]:
    if condition is None:
        return ()
    return condition.parts if isinstance(condition, All) else (condition,)


def _identity(part: Any) -> Hashable:
    """What two parts share that mean the same: all but their place, with the kind of each constant (1 is not true)."""
    match part:
        case Leaf():
            return (part.op, part.path, _identity(part.expected))
        case Not(inner):
            return ("not", _identity(inner))
        case All(parts):
            return ("and", *map(_identity, parts))
        case AnyOf(parts):
            return ("or", *map(_identity, parts))
        case Other(path):
            return ("path", path)
        case tuple():
            return ("list", *map(_identity, part))
    return (type(part), part)


@dataclass(slots=True)
class _Case:
    """Rules with one and the same condition."""

    parts: tuple[int, ...]
    facts: list[Fact]  # any of which may serve to find it
    first: Condition | None  # the first of the parts
    ranks: list[int] = field(default_factory=list)


class _Group:
    """The rules of one trigger, being gathered."""

    def __init__(self) -> None:
        self._cases: dict[tuple[int, ...], _Case] = {}

    def add(self, rank: int, parts: tuple[int, ...], condition: Condition | None) -> None:
        if parts not in self._cases:
            self._cases[parts] = _Case(parts, list(_facts_needed(condition)), next(iter(_parts(condition)), None))
        self._cases[parts].ranks.append(rank)

    def indexed(self) -> _Index:
        """Each condition under the constant that fewest others need, so that a gid serves before a status."""
        load: Counter[tuple[Path, Hashable]] = Counter(
            (path, value) for case in self._cases.values() for path, values in case.facts for value in values
        )
        index = _Index()
        for case in self._cases.values():
            if not case.facts:
                index.add_unindexed(case)
                continue
            path, values = min(case.facts, key=lambda fact: sum(load[fact[0], value] for value in fact[1]))
            for value in values:
                index.table(path).setdefault(value, []).append(case)
        return index


class _Index:
    """The conditions of one trigger: by path and constant, and those that have none."""

    def __init__(self) -> None:
        self._open: list[_Case] = []
        # By path: it is read once for all that begin with a test of it.
        self._scans: dict[Path, tuple[Callable[[Facts], Any], list[tuple[_Judge, Any, _Case]]]] = {}
        self._tables: dict[Path, tuple[Callable[[Facts], Any], dict[Hashable, list[_Case]]]] = {}

    def add_unindexed(self, case: _Case) -> None:
        """A condition that no constant finds."""
        judged = judge_of(case.first) if isinstance(case.first, Leaf) else None
        if judged is None or not isinstance(case.first, Leaf):
            self._open.append(case)
        else:
            path = case.first.path
            self._scans.setdefault(path, (reader(path), []))[1].append((*judged, case))

    def table(self, path: Path) -> dict[Hashable, list[_Case]]:
        """The conditions that are found by the value at a path."""
        return self._tables.setdefault(path, (reader(path), {}))[1]

    def cases(self, facts: Facts) -> Iterable[_Case]:
        """All conditions that may be true of these facts."""
        yield from self._open
        for read, judged in self._scans.values():
            value = read(facts)
            if value is not MISSING:
                for judge, expected, case in judged:
                    if judge(value, expected) is True:
                        yield case
        for read, table in self._tables.values():
            value = read(facts)
            if isinstance(value, (str, int, float)) or value is None:
                yield from table.get(_typed(value), ())


def _facts_needed(condition: Condition | None) -> Iterator[Fact]:
    """What must be so for the condition to be true: the equalities among the parts that must all hold."""
    for part in _parts(condition):
        if isinstance(part, Leaf) and part.op in _INDEXED:
            values = part.expected if isinstance(part.expected, tuple) and part.op != "eq" else (part.expected,)
            if part.op == "to" and None in values:
                continue  # a field that is gone counts as null there, and no table has what is missing
            if all(value is None or isinstance(value, (str, int, float)) for value in values):
                yield part.path, tuple(dict.fromkeys(_typed(value) for value in values))


def _typed(value: Any) -> Hashable:
    """A constant as a key: 1 and 1.0 are one, true is another."""
    return (value,) if isinstance(value, bool) else value
