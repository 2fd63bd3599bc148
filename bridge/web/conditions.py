"""A rule's conditions in words: what each expected, what it found, and why the rule did not fire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from bridge.explain import finding_view
from bridge.logs import MASK
from bridge.model import Finding, Json
from bridge.web.happened import is_hidden, short
from bridge.web.look import Look

LONGEST = 120  # characters of a value

_SIGNS = {"eq": "", "ne": "≠ ", "gt": "> ", "gte": "≥ ", "lt": "< ", "lte": "≤ "}


class Row(NamedTuple):
    """One condition."""

    truth: bool | None
    path: str
    expected: str
    found: str
    missing: bool


def rows(look: Look, findings: Sequence[Finding], hidden: frozenset[str]) -> list[Row]:
    """Each condition with what it expected and found, secrets masked."""
    found = []
    for finding in findings:
        view = finding_view(finding, hidden)
        found.append(
            Row(
                truth=finding.truth,
                path=finding.path,
                expected=expected(look, finding.op, _masked(finding, view["expected"], hidden)),
                found=short(view["found"], LONGEST),
                missing=finding.missing,
            )
        )
    return found


def _masked(finding: Finding, wanted: Json, hidden: frozenset[str]) -> Json:
    """What a masked field was compared with would say what stands there, where the condition holds."""
    return MASK if is_hidden(finding.path, hidden) and not isinstance(wanted, bool) else wanted


def expected(look: Look, op: str, value: Json) -> str:
    """≥ 1000, contains urgent, one of a, b"""
    negated, name = op.startswith("not "), op.removeprefix("not ")
    words = _expected(look, name, value)
    return look.say("not: {words}", words=words) if negated else words


def _expected(look: Look, op: str, value: Json) -> str:
    if op in _SIGNS:
        return _SIGNS[op] + shown(value)
    match op, value:
        case "exists", bool():
            return look.say("there") if value else look.say("missing")
        case "changed", bool():
            return look.say("changed") if value else look.say("unchanged")
        case "is_true", _:
            return look.say("true")
    phrases = {
        "in": "one of {value}",
        "not_in": "none of {value}",
        "from": "was {value}",
        "to": "becomes {value}",
        "contains": "contains {value}",
        "startswith": "begins with {value}",
        "endswith": "ends with {value}",
        "matches": "matches {value}",
    }
    phrase = phrases.get(op)
    return look.say(phrase, value=shown(value)) if phrase else f"{op} {shown(value)}"


def shown(value: Json) -> str:
    """A value as a rule writes it; of another path, the path and what stands there."""
    if isinstance(value, dict) and "path" in value and len(value) <= 2:
        return f"{value['path']} ({short(value['value'], LONGEST)})" if "value" in value else str(value["path"])
    if isinstance(value, list):
        return ", ".join(short(item, LONGEST) for item in value[:8]) + (", …" if len(value) > 8 else "")
    return short(value, LONGEST)


def why(look: Look, finding: Finding, hidden: frozenset[str], *, changed: bool) -> Markup:
    """The condition that kept a rule from firing, as a sentence."""
    view = finding_view(finding, hidden)
    wanted = _masked(finding, view["expected"], hidden)
    blanks = {
        "path": finding.path,
        "expected": shown(wanted),
        "found": short(view["found"], LONGEST),
        "wanted": expected(look, finding.op, wanted),
        "reason": finding.reason,
    }
    if finding.truth is None:
        if finding.missing:
            return look.say("<code>{path}</code> is missing here, so its test is unknown", **blanks)
        return look.say("the test of <code>{path}</code> is unknown: {reason}", **blanks)
    if finding.op == "to" and changed:
        return look.say(
            "<code>{path}</code> should become <code>{expected}</code>, it became <code>{found}</code>", **blanks
        )
    if finding.op == "from" and changed:
        return look.say(
            "<code>{path}</code> should have been <code>{expected}</code>, it was <code>{found}</code>", **blanks
        )
    if finding.op in ("from", "to", "changed") and not changed:
        return look.say("<code>{path}</code> did not change", **blanks)
    if finding.missing:
        return look.say("<code>{path}</code> is missing here", **blanks)
    return look.say("<code>{path}</code> should be <code>{wanted}</code>, it is <code>{found}</code>", **blanks)
