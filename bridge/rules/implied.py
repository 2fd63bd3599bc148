"""What follows from conditions without any event: which can never hold, and which hold wherever another does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any

from bridge.model import All, AnyOf, Condition, Json, Leaf, Not, Other, Path, replace
from bridge.rules.dates import limit
from bridge.rules.operators import OPERATORS

MOST_WAYS = 64
_LOWER, _UPPER = {"gt": True, "gte": False}, {"lt": True, "lte": False}  # whether the bound itself is left out
_NEGATED = {"gt": "lte", "gte": "lt", "lt": "gte", "lte": "gt"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A leaf that is to be true, or false."""

    leaf: Leaf
    true: bool = True

    def __str__(self) -> str:
        expected = self.leaf.expected
        shown = "…" if isinstance(expected, Other | All | AnyOf | Not | Leaf) else _shown(expected)
        return f"{'' if self.true else 'not '}{self.leaf.op} {shown}"


Way = tuple[Wanted, ...]  # all of them make a condition hold


class TooMany(Exception):
    """A condition can hold in more ways than are looked at."""


def ways(condition: Condition | None, *, true: bool = True) -> list[Way]:
    """The ways in which a condition can be true (or false). Raises TooMany."""
    if condition is None:
        return [()]
    if isinstance(condition, Leaf):
        return [(Wanted(condition, true),)]
    if isinstance(condition, Not):
        return ways(condition.part, true=not true)
    parts = [ways(part, true=true) for part in condition.parts]
    if isinstance(condition, All) is not true:
        found = [way for part in parts for way in part]
    else:
        count = 1
        for part in parts:
            count *= len(part)
        if count > MOST_WAYS:
            raise TooMany
        found = [tuple(one for way in chosen for one in way) for chosen in product(*parts)]
    if len(found) > MOST_WAYS:
        raise TooMany
    return found


# ---- what can never hold -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Clash:
    """Two tests of one way that no value passes."""

    path: Path
    first: Wanted
    second: Wanted


def clash(way: Way) -> Clash | None:
    """Why no event goes this way; None where some may."""
    by_path: dict[Path, list[Wanted]] = {}
    for wanted in way:
        for path, one in _said_of(wanted):
            by_path.setdefault(path, []).append(one)
    for path, tests in by_path.items():
        if pair := _disjoint(tests):
            return Clash(path, *pair)
    for wanted in way:
        if wanted.leaf.op == "any" and wanted.true and (inner := _inner_clash(wanted.leaf)):
            return inner
    return _moved_nowhere(by_path)


def _said_of(wanted: Wanted) -> Iterator[tuple[Path, Wanted]]:
    """What a leaf says of the value now, and of the value before."""
    leaf = wanted.leaf
    yield leaf.path, wanted
    if leaf.op in ("from", "to") and wanted.true:
        op = "in" if isinstance(leaf.expected, tuple) else "eq"
        path = leaf.path if leaf.op == "to" else ("previous", *leaf.path[1:])
        yield path, Wanted(replace(leaf, path=path, op=op))


def _disjoint(tests: Sequence[Wanted]) -> tuple[Wanted, Wanted] | None:
    for number, first in enumerate(tests):
        for second in tests[number + 1 :]:
            if _absent(first) is not None and _absent(second) is not None and _absent(first) is not _absent(second):
                return first, second
            if _changed(first) is not None and _changed(second) is (not _changed(first)):
                return first, second
            if _beyond(first, second):
                return first, second
    return _no_candidate(tests)


def _no_candidate(tests: Sequence[Wanted]) -> tuple[Wanted, Wanted] | None:
    """Two tests of which one names the values that fit, and the other lets none of them pass."""
    for finite in tests:
        left = candidates(finite)
        for other in tests if left is not None else ():
            left = [value for value in left or () if other is finite or _passes(value, other)]
            if not left:
                return finite, other
    return None


def candidates(wanted: Wanted) -> list[Json] | None:
    """The only values that pass; None where they are not so few."""
    leaf = wanted.leaf
    if isinstance(leaf.expected, Other) or (leaf.op, wanted.true) not in (
        ("eq", True),
        ("in", True),
        ("ne", False),
        ("not_in", False),
    ):
        return None
    values = leaf.expected if leaf.op in ("in", "not_in") else (leaf.expected,)
    return [_json(value) for value in values]


def _passes(value: Json, wanted: Wanted) -> bool:
    """Whether a value may pass a test; tests that look at more than the value let it."""
    operator = OPERATORS[wanted.leaf.op]
    if isinstance(wanted.leaf.expected, Other) or operator.shape != "value":
        return True
    return operator.judge(value, operator.prepare(wanted.leaf.expected)) is wanted.true


def _absent(wanted: Wanted) -> bool | None:
    """Whether the field must be missing: true, false, or not said."""
    if wanted.leaf.op == "exists":
        return wanted.leaf.expected is not wanted.true
    # What is compared must be there, be the answer yes or no. Of a change, only the value before need be.
    return None if OPERATORS[wanted.leaf.op].shape == "change" else False


def _changed(wanted: Wanted) -> bool | None:
    if wanted.leaf.op == "changed":
        return wanted.leaf.expected is wanted.true
    return True if wanted.leaf.op in ("from", "to") and wanted.true else None


@dataclass(frozen=True, slots=True)
class _Bound:
    value: Any
    kind: str  # values of two kinds are never compared
    lower: bool
    strict: bool


def _bound(wanted: Wanted) -> _Bound | None:
    leaf = wanted.leaf
    if isinstance(leaf.expected, Other):
        return None
    if leaf.op in ("before", "after"):
        moment = limit(leaf.expected)
        kind = "moment" if isinstance(moment, datetime) else "distance"
        return _Bound(moment, kind, (leaf.op == "after") is wanted.true, wanted.true)
    op = leaf.op if wanted.true else _NEGATED.get(leaf.op, "")
    if op not in (*_LOWER, *_UPPER):
        return None
    kind = "text" if isinstance(leaf.expected, str) else "number"
    return _Bound(leaf.expected, kind, op in _LOWER, (_LOWER | _UPPER)[op])


def _beyond(first: Wanted, second: Wanted) -> bool:
    """Whether nothing lies between two bounds."""
    one, other = _bound(first), _bound(second)
    if one is None or other is None:
        return False
    if one.kind != other.kind:
        return {one.kind, other.kind} == {"text", "number"}
    if one.lower is other.lower:
        return False
    low, high = (one, other) if one.lower else (other, one)
    return bool(low.value > high.value or (low.value == high.value and (low.strict or high.strict)))


def _inner_clash(leaf: Leaf) -> Clash | None:
    """Why no element of a list fits, told of the list."""
    try:
        found = [clash(way) for way in ways(leaf.expected)]
    except TooMany:
        return None
    first = found[0]
    return replace(first, path=leaf.path + first.path) if first and all(found) else None


def _moved_nowhere(by_path: dict[Path, list[Wanted]]) -> Clash | None:
    """A value that is to change from one to the same."""
    for path, tests in by_path.items():
        moved = next((one for one in tests if _changed(one)), None)
        before = _only(by_path.get(("previous", *path[1:]), ()))
        now = _only(tests)
        if moved and before and now and candidates(before) == candidates(now):
            return Clash(path, before, now)
    return None


def _only(tests: Iterable[Wanted]) -> Wanted | None:
    return next((one for one in tests if len(candidates(one) or ()) == 1), None)


# ---- what follows ------------------------------------------------------------------------------


def follows(wide: Sequence[Way], narrow: Sequence[Way]) -> bool:
    """Whether the first condition holds wherever the second does, as far as that can be told."""
    return all(any(all(_follows(one, way) for one in other) for other in wide) for way in narrow)


def _follows(wanted: Wanted, way: Way) -> bool:
    return any(wanted.leaf.path == one.leaf.path and _from_one(wanted, one) for one in way)


def _from_one(wanted: Wanted, given: Wanted) -> bool:
    """Whether one test of the same value follows from another."""
    if wanted.true is given.true and _bare(wanted.leaf) == _bare(given.leaf):
        return True
    if wanted.leaf.op == "exists":
        return _absent(given) is _absent(wanted)
    if (values := candidates(given)) and OPERATORS[wanted.leaf.op].shape == "value":
        return not isinstance(wanted.leaf.expected, Other) and all(_passes(value, wanted) for value in values)
    bound, tighter = _bound(wanted), _bound(given)
    if bound is None or tighter is None or (bound.kind, bound.lower) != (tighter.kind, tighter.lower):
        return False
    if bound.value == tighter.value:
        return tighter.strict or not bound.strict
    return bool((tighter.value > bound.value) is bound.lower)


def _bare(part: Any) -> str:
    """A condition without its places; 1 and `true` stay apart."""
    if isinstance(part, Leaf):
        return f"{part.path!r} {part.op} {_bare(part.expected)}"
    if isinstance(part, Not):
        return f"not ({_bare(part.part)})"
    if isinstance(part, All | AnyOf):
        return f"{type(part).__name__}({', '.join(map(_bare, part.parts))})"
    return repr(part)


def _json(value: Any) -> Json:
    return [_json(item) for item in value] if isinstance(value, tuple) else value


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_shown, value))}]"
    return (
        {True: "true", False: "false", None: "null"}[value] if value is None or isinstance(value, bool) else str(value)
    )
