"""Conditions as closures over facts: true, false or unknown (None); and the explanation, leaf by leaf."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bridge.model import All, AnyOf, Change, Condition, Finding, Json, Leaf, Not, Other, Path, Truth
from bridge.rules.changes import same
from bridge.rules.dates import instant
from bridge.rules.lookup import MISSING, Facts, missing_step, reader
from bridge.rules.operators import OPERATORS
from bridge.rules.paths import dotted
from bridge.rules.wording import kind

Test = Callable[[Facts], Truth]

ELEMENT: Path = ("element",)  # the root of paths inside `any`, `all` and `none`
NO_EARLIER = "no earlier state of this resource"


def compile_condition(condition: Condition) -> Test:
    """A function of the facts that says whether the condition holds."""
    return _compiled(condition, ())


def judge_of(leaf: Leaf) -> tuple[Callable[[Any, Any], Truth], Any] | None:
    """How a leaf judges a value that is there, and against what; None where it must see more than that value."""
    operator = OPERATORS[leaf.op]
    if operator.shape != "value" or isinstance(leaf.expected, Other):
        return None
    return operator.judge, operator.prepare(leaf.expected)


def explain_condition(condition: Condition, facts: Facts) -> list[Finding]:
    """What each leaf expected and found, in order; one below `not` is told negated."""
    return list(_explained(condition, facts, wanted=True))


def responsible(condition: Condition, facts: Facts) -> list[Finding]:
    """The findings that kept a condition from being true."""
    return _responsible(condition, facts, wanted=True)


# ---- compile -----------------------------------------------------------------------------------


def _compiled(condition: Condition, root: Path) -> Test:
    match condition:
        case Leaf():
            return _LEAVES[OPERATORS[condition.op].shape](condition, root)
        case Not(part):
            return _negated(_compiled(part, root))
        case All(parts):
            return _group([_compiled(part, root) for part in parts], decided_by=False)
        case AnyOf(parts):
            return _group([_compiled(part, root) for part in parts], decided_by=True)


def _negated(test: Test) -> Test:
    def negated(facts: Facts) -> Truth:
        truth = test(facts)
        return None if truth is None else not truth

    return negated


def _group(tests: list[Test], *, decided_by: bool) -> Test:
    def group(facts: Facts) -> Truth:
        truth: Truth = not decided_by
        for test in tests:
            one = test(facts)
            if one is decided_by:
                return decided_by
            if one is None:
                truth = None
        return truth

    return group


def _value_leaf(leaf: Leaf, root: Path) -> Test:
    operator = OPERATORS[leaf.op]
    judge, read = operator.judge, reader(root + leaf.path)
    if isinstance(leaf.expected, Other):
        read_other = reader(root + leaf.expected.path)

        def compare(facts: Facts) -> Truth:
            found, other = read(facts), read_other(facts)
            return None if found is MISSING or other is MISSING else judge(found, other)

        return compare
    expected = operator.prepare(leaf.expected)

    def test(facts: Facts) -> Truth:
        found = read(facts)
        return None if found is MISSING else judge(found, expected)

    return test


def _date_leaf(leaf: Leaf, root: Path) -> Test:
    operator = OPERATORS[leaf.op]
    judge, read = operator.judge, reader(root + leaf.path)
    read_other = reader(root + leaf.expected.path) if isinstance(leaf.expected, Other) else None
    fixed = None if read_other else operator.prepare(leaf.expected)

    def test(facts: Facts) -> Truth:
        found, now = read(facts), facts.get("now")
        expected = read_other(facts) if read_other else fixed
        return None if found is MISSING or expected is MISSING or now is None else judge(found, expected, now)

    return test


def _presence_leaf(leaf: Leaf, root: Path) -> Test:
    read = reader(root + leaf.path)
    return lambda facts: (read(facts) is not MISSING) is leaf.expected


def _change_leaf(leaf: Leaf, root: Path) -> Test:
    """`changed`, `from` and `to`; a field that is missing on one side counts as null there."""
    operator = OPERATORS[leaf.op]
    read, read_before = reader(leaf.path), reader(("previous", *leaf.path[1:]))
    expected = operator.prepare(leaf.expected)

    def test(facts: Facts) -> Truth:
        found, before = read(facts), read_before(facts)
        if "previous" not in facts or (found is MISSING and before is MISSING):
            return None
        found, before = _or_null(found), _or_null(before)
        changed = not same(before, found)
        if leaf.op == "changed":
            return changed is expected
        return changed and operator.judge(before if leaf.op == "from" else found, expected)

    return test


def _or_null(value: Any) -> Json:
    return None if value is MISSING else value


def _elements_leaf(leaf: Leaf, root: Path) -> Test:
    judge, read = OPERATORS[leaf.op].judge, reader(root + leaf.path)
    inner = _compiled(leaf.expected, ELEMENT)

    def test(facts: Facts) -> Truth:
        found = read(facts)
        if not isinstance(found, list):
            return None
        now = facts.get("now")
        return judge([inner({"element": element, "now": now}) for element in found])

    return test


_LEAVES: dict[str, Callable[[Leaf, Path], Test]] = {
    "value": _value_leaf,
    "date": _date_leaf,
    "presence": _presence_leaf,
    "change": _change_leaf,
    "elements": _elements_leaf,
}


# ---- explain -----------------------------------------------------------------------------------


def _explained(condition: Condition, facts: Facts, *, wanted: bool) -> list[Finding]:
    match condition:
        case Leaf():
            return [_finding(condition, facts, negated=not wanted)]
        case Not(part):
            return _explained(part, facts, wanted=not wanted)
        case All(parts) | AnyOf(parts):
            return [finding for part in parts for finding in _explained(part, facts, wanted=wanted)]


def _responsible(condition: Condition, facts: Facts, *, wanted: bool) -> list[Finding]:
    """The leaves that are to blame for a truth other than the wanted one: below a group, the parts that are so too."""
    if compile_condition(condition)(facts) is wanted:
        return []
    match condition:
        case Leaf():
            return [_finding(condition, facts, negated=not wanted)]
        case Not(part):
            return _responsible(part, facts, wanted=not wanted)
        case All(parts) | AnyOf(parts):
            return [finding for part in parts for finding in _responsible(part, facts, wanted=wanted)]


def _finding(leaf: Leaf, facts: Facts, *, negated: bool) -> Finding:
    truth = compile_condition(leaf)(facts)
    found = reader(leaf.path)(facts)
    if leaf.op == "from":
        found = reader(("previous", *leaf.path[1:]))(facts)
    return Finding(
        path=dotted(leaf.path),
        op=f"not {leaf.op}" if negated else leaf.op,
        expected=_shown(leaf.expected, facts),
        found=None if found is MISSING else _plain(found),
        truth=truth if truth is None or not negated else not truth,
        reason=_reason(leaf, facts, found, truth),
        missing=found is MISSING,
        line=leaf.line,
    )


def _plain(value: Any) -> Json:
    """A found value as JSON: of `changes`, maps of old and new."""
    if isinstance(value, Change):
        return {"old": value.old, "new": value.new}
    return {key: _plain(inner) for key, inner in value.items()} if isinstance(value, dict) else value


def _shown(expected: Any, facts: Facts) -> Json:
    """An expected side as JSON."""
    match expected:
        case Other(path):
            value = reader(path)(facts)
            return {"path": dotted(path)} | ({} if value is MISSING else {"value": _plain(value)})
        case Leaf(path=path, op=op):
            inner = _shown(expected.expected, {})
            test = inner if op == "eq" else {op: inner}
            return {dotted(path): test} if path else test
        case Not(part):
            return {"not": _shown(part, {})}
        case All(parts) | AnyOf(parts):
            return {"all" if isinstance(expected, All) else "any": [_shown(part, {}) for part in parts]}
        case tuple():
            return [_shown(item, facts) for item in expected]
    return expected


def _reason(leaf: Leaf, facts: Facts, found: Any, truth: Truth) -> str:
    """Why a leaf is unknown; and of two values that differ in kind, that they do."""
    operator, expected = OPERATORS[leaf.op], leaf.expected
    if isinstance(expected, Other):
        expected = reader(expected.path)(facts)
    if truth is not None:
        differ = truth is False and leaf.op == "eq" and kind(found) != kind(expected)
        return f"{kind(found)} compared with {kind(expected)}" if differ else ""
    if operator.shape == "change":
        return NO_EARLIER if "previous" not in facts else _absent(leaf.path, facts)
    if found is MISSING:
        return _absent(leaf.path, facts)
    if expected is MISSING:
        return _absent(leaf.expected.path, facts)
    if operator.shape == "elements":
        return f"{kind(found)} is not a list" if not isinstance(found, list) else "unknown for an element"
    if operator.shape == "date":
        return f"{kind(expected if instant(found) else found)} that is not a date"
    return f"{kind(found)} compared with {kind(expected)}"


def _absent(path: Path, facts: Facts) -> str:
    if path[0] == "previous" and "previous" not in facts:
        return NO_EARLIER
    upto = missing_step(path, facts)
    name = dotted(upto[1:])
    if path[0] == "changes":
        return NO_EARLIER if "previous" not in facts else f"`{name}` did not change"
    return f"no field `{name}`" if name else f"no `{upto[0]}`"
