"""The operators of conditions: for each, what it is compared with and when it holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import ge, gt, le, lt
from typing import Any, Literal

import re2

from bridge.model import All, AnyOf, Json, Leaf, Not, Truth
from bridge.rules.changes import same
from bridge.rules.dates import instant, limit, span

MAX_PATTERN = 1_000  # characters
MAX_SEARCHED = 64 * 1024  # characters of a text that a pattern looks at
MAX_PATTERN_MEMORY = 8 * 1024 * 1024
_COMPARABLE = frozenset({(str, str), (int, int), (float, float), (int, float), (float, int)})  # true is no number
_SURROGATE = re.compile("[\ud800-\udfff]")

Shape = Literal["value", "presence", "elements", "date", "change"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One word between a path and what it is compared with."""

    takes: str  # what may stand on its right side, in words
    fits: Callable[[Any], bool]  # whether a constant may stand there
    judge: Callable[..., Truth] = same  # (found, expected), of a date (found, expected, now); None: cannot be compared
    shape: Shape = "value"  # how evaluate.py asks it
    prepare: Callable[[Any], Any] = lambda expected: expected  # once, when a rule is compiled
    other_path: bool = False  # whether the right side may be `{path: …}`
    written: bool = True  # whether people may write it in a mapping


def pattern_problem(pattern: str) -> str:
    """What is wrong with a regular expression; empty when RE2 takes it."""
    if len(pattern) > MAX_PATTERN:
        return f"this pattern has {len(pattern):,} characters; {MAX_PATTERN:,} at most"
    try:
        compile_pattern(pattern)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        return f"this pattern cannot be read: {reason.decode() if isinstance(reason, bytes) else reason}"
    except UnicodeEncodeError:
        return "this pattern holds half a character (a lone surrogate)"
    return ""


def compile_pattern(pattern: str) -> Any:
    """The compiled pattern. Without captures: they are what lets nested groups eat memory."""
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = MAX_PATTERN_MEMORY
    return re2.compile(pattern, options)


# ---- what fits on the right side ---------------------------------------------------------------


def _is(*kinds: type) -> Callable[[Any], bool]:
    return lambda expected: type(expected) in kinds


def _value(expected: Any) -> bool:
    return all(map(_value, expected)) if isinstance(expected, tuple) else not isinstance(expected, dict)


def _list(expected: Any) -> bool:
    return isinstance(expected, tuple) and _value(expected)


def _date(expected: Any) -> bool:
    return limit(expected) is not None


def _span(expected: Any) -> bool:
    return isinstance(expected, str) and span(expected) is not None


_order = _is(str, int, float)
_inner = _is(All, AnyOf, Leaf, Not)
_item = _is(str, int, float, bool, type(None))
_text = _is(str)
_flag = _is(bool)


# ---- judging -----------------------------------------------------------------------------------


def _ordered(beyond: Callable[[Any, Any], bool]) -> Callable[[Json, Any], Truth]:
    def judge(found: Json, expected: Any) -> Truth:
        kinds = type(found), type(expected)
        return beyond(found, expected) if kinds in _COMPARABLE else None

    return judge


def _differs(found: Json, expected: Any) -> Truth:
    return not same(found, expected)


@dataclass(frozen=True, slots=True)
class _Members:
    """The items of a list, its texts hashed: rules list hundreds of gids."""

    texts: frozenset[str]
    others: tuple[Any, ...]


def _members(expected: Any) -> Any:
    if not isinstance(expected, tuple):
        return expected
    texts = frozenset(item for item in expected if isinstance(item, str))
    return _Members(texts, tuple(item for item in expected if not isinstance(item, str)))


def _within_list(found: Json, expected: Any) -> Truth:
    if isinstance(expected, _Members):
        return found in expected.texts if isinstance(found, str) else any(same(found, one) for one in expected.others)
    return _contains(expected, found)


def _not_within_list(found: Json, expected: Any) -> Truth:
    truth = _within_list(found, expected)
    return None if truth is None else not truth


def _one_of(found: Json, expected: Any) -> Truth:
    return _within_list(found, expected) if isinstance(expected, _Members) else same(found, expected)


def _contains(found: Json, expected: Any) -> Truth:
    if isinstance(found, list):
        return any(same(item, expected) for item in found)
    return expected in found if isinstance(found, str) and isinstance(expected, str) else None


def _contains_folded(found: Json, expected: Any) -> Truth:
    if isinstance(found, list):
        return any(_equals_folded(item, expected) for item in found)
    if isinstance(found, str) and isinstance(expected, str):
        return expected.casefold() in found.casefold()
    return None


def _equals_folded(found: Json, expected: Any) -> bool:
    if isinstance(found, str) and isinstance(expected, str):
        return found.casefold() == expected.casefold()
    return same(found, expected)


def _texts(holds: Callable[[str, str], bool]) -> Callable[[Json, Any], Truth]:
    def judge(found: Json, expected: Any) -> Truth:
        return holds(found, expected) if isinstance(found, str) and isinstance(expected, str) else None

    return judge


def _matches(found: Json, expected: Any) -> Truth:
    if not isinstance(found, str):
        return None
    text = found[:MAX_SEARCHED]
    try:
        return expected.search(text) is not None
    except UnicodeEncodeError:
        return expected.search(_SURROGATE.sub("\ufffd", text)) is not None


def _is_true(found: Json, expected: Any) -> Truth:
    return bool(found) is expected


def _sided(beyond: Callable[[Any, Any], bool]) -> Callable[[Json, Any, datetime], Truth]:
    def judge(found: Json, expected: Any, now: datetime) -> Truth:
        date = instant(found)
        bound = expected if isinstance(expected, (datetime, timedelta)) else instant(expected)
        if date is None or bound is None:
            return None
        # As distances from now: now itself less a long time may lie before the year 1.
        return beyond(date - now, bound if isinstance(bound, timedelta) else bound - now)

    return judge


def _within_time(found: Json, expected: tuple[str, timedelta], now: datetime) -> Truth:
    date = instant(found)
    if date is None:
        return None
    sign, length = expected
    nothing = timedelta()
    return (nothing if sign == "+" else -length) <= date - now <= (nothing if sign == "-" else length)


def _elements(decided_by: bool) -> Callable[[list[Truth]], Truth]:
    def judge(truths: list[Truth]) -> Truth:
        if decided_by in truths:
            return decided_by
        return None if None in truths else not decided_by

    return judge


_some, _every = _elements(decided_by=True), _elements(decided_by=False)


def _no_element(truths: list[Truth]) -> Truth:
    some = _some(truths)
    return None if some is None else not some


# ---- the table ---------------------------------------------------------------------------------

_INNER = "a map of tests for each element, or a plain value"
_ONE = "a plain value, or a list of them"
_FLAG = "`true` or `false`"
_TEXT = "a text"
_ORDER = "a number or a text"
_MOMENT = "a date such as `2026-05-31`, `now`, or `now-2d` (ms, s, m, h, d)"


OPERATORS: dict[str, Operator] = {
    "eq": Operator(takes=_ONE, fits=_value, other_path=True),
    "ne": Operator(takes=_ONE, fits=_value, judge=_differs, other_path=True),
    "in": Operator(takes="a list", fits=_list, judge=_within_list, prepare=_members, other_path=True),
    "not_in": Operator(takes="a list", fits=_list, judge=_not_within_list, prepare=_members, other_path=True),
    "gt": Operator(takes=_ORDER, fits=_order, judge=_ordered(gt), other_path=True),
    "gte": Operator(takes=_ORDER, fits=_order, judge=_ordered(ge), other_path=True),
    "lt": Operator(takes=_ORDER, fits=_order, judge=_ordered(lt), other_path=True),
    "lte": Operator(takes=_ORDER, fits=_order, judge=_ordered(le), other_path=True),
    "contains": Operator(takes="a plain value", fits=_item, judge=_contains, other_path=True),
    "startswith": Operator(takes=_TEXT, fits=_text, judge=_texts(str.startswith), other_path=True),
    "endswith": Operator(takes=_TEXT, fits=_text, judge=_texts(str.endswith), other_path=True),
    "matches": Operator(takes="a regular expression (RE2)", fits=_text, judge=_matches, prepare=compile_pattern),
    "ieq": Operator(takes=_TEXT, fits=_text, judge=_equals_folded, other_path=True),
    "icontains": Operator(takes=_TEXT, fits=_text, judge=_contains_folded, other_path=True),
    "istartswith": Operator(
        takes=_TEXT,
        fits=_text,
        judge=_texts(lambda found, start: found.casefold().startswith(start.casefold())),
        other_path=True,
    ),
    "iendswith": Operator(
        takes=_TEXT,
        fits=_text,
        judge=_texts(lambda found, end: found.casefold().endswith(end.casefold())),
        other_path=True,
    ),
    "exists": Operator(takes=_FLAG, fits=_flag, shape="presence"),
    "any": Operator(takes=_INNER, fits=_inner, judge=_some, shape="elements"),
    "all": Operator(takes=_INNER, fits=_inner, judge=_every, shape="elements"),
    "none": Operator(takes=_INNER, fits=_inner, judge=_no_element, shape="elements"),
    "before": Operator(takes=_MOMENT, fits=_date, judge=_sided(lt), prepare=limit, shape="date", other_path=True),
    "after": Operator(takes=_MOMENT, fits=_date, judge=_sided(gt), prepare=limit, shape="date", other_path=True),
    "within": Operator(
        takes="a time such as `2d`, `-2d` (past only) or `+2d` (ms, s, m, h, d)",
        fits=_span,
        judge=_within_time,
        prepare=span,
        shape="date",
    ),
    "from": Operator(takes=_ONE, fits=_value, judge=_one_of, prepare=_members, shape="change"),
    "to": Operator(takes=_ONE, fits=_value, judge=_one_of, prepare=_members, shape="change"),
    "changed": Operator(takes=_FLAG, fits=_flag, shape="change"),
    "is_true": Operator(takes=_FLAG, fits=_flag, judge=_is_true, written=False),  # a path alone in an expression
}
