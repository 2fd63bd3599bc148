"""`if` → one tree of leaves: a map of tests, a list of conditions, or one line of text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bridge.errors import Problem
from bridge.model import Condition, Leaf, Node, Not, Other, Path, Place
from bridge.rules.expressions import parse_expression
from bridge.rules.fields import Fields
from bridge.rules.findings import width_of
from bridge.rules.leaves import WRITTEN, Scope, all_of, any_of
from bridge.rules.operators import OPERATORS
from bridge.rules.paths import BadPath, dotted, parse_path
from bridge.rules.wording import choices, nearest, said, suggestion

FORMS = "write a map of tests, a list of them, or one line such as `resource.price.amount >= 1000`"


def parse_condition(
    node: Node, *, types: Sequence[str] = (), fields: Fields | None = None
) -> tuple[Condition | None, list[Problem]]:
    """The condition of an `if`, and all that is wrong in it; None when an error leaves nothing to judge by.

    `types` are the documented types that the rule's events may have (none: any), `fields` what is known of them.
    """
    scope = Scope(types, fields or {})
    condition = _condition(node, scope)
    failed = any(problem.severity == "error" for problem in scope.findings.problems)
    return None if failed else condition, scope.findings.problems


def _condition(node: Node, scope: Scope) -> Condition | None:
    if isinstance(node.value, dict):
        return _map(node, node.value, scope)
    if isinstance(node.value, list):
        return _group(node, scope, all_of)
    if isinstance(node.value, str) and node.value.strip():
        return parse_expression(node, scope)
    what = "this condition is empty" if node.text.strip() == "" else f"{said(node.text)} is no condition"
    scope.findings.tell(node.place, "condition", what, help=FORMS, width=width_of(node))
    return None


def _group(node: Node, scope: Scope, join: Callable[[Sequence[Condition]], Condition]) -> Condition | None:
    """The items of a list, joined."""
    items = node.value if isinstance(node.value, list) else [node]
    if not items:
        scope.findings.tell(node.place, "empty-list", "this list has no condition", help=FORMS)
    parts = [part for item in items if (part := _condition(item, scope)) is not None]
    return join(parts) if parts else None


def _map(node: Node, entries: dict[str, Node], scope: Scope) -> Condition | None:
    if not entries:
        scope.findings.tell(node.place, "condition", "this map has no test", help=FORMS)
    parts = [part for key, inner in entries.items() if (part := _entry(key, node.keys[key], inner, scope)) is not None]
    return all_of(parts) if parts else None


def _entry(key: str, place: Place, node: Node, scope: Scope) -> Condition | None:
    if key == "not":
        part = _condition(node, scope)
        return None if part is None else Not(part)
    if key in ("all", "any"):
        if isinstance(node.value, list):
            return _group(node, scope, all_of if key == "all" else any_of)
        help = f"begin each with `- `; a list of the event is tested as `resource.works: {{{key}: …}}`"
        scope.findings.tell(place, "wrong-type", f"`{key}` is a list of conditions", help=help, width=len(key))
        return None
    try:
        path = parse_path(key)
    except BadPath as bad:
        scope.findings.tell(place, "bad-path", f"{said(key)} is no path: {bad}", help=bad.help, width=len(key))
        return None
    if scope.list_of is not None and key in OPERATORS:
        message, help = f"`{key}` is read as a field of each element", "name the field before the operator"
        scope.findings.tell(place, "operator-as-field", message, help=help, width=len(key), severity="warning")
    return _test(path, place, node, scope) if scope.path(path, place, len(key)) else None


def _test(path: Path, place: Place, node: Node, scope: Scope) -> Condition | None:
    """What stands beside a path: a constant, a list, or a map of operators."""
    if isinstance(node.value, dict):
        if not node.value:
            scope.findings.tell(node.place, "condition", "this map has no operator", help=_operators())
        parts = [_operator(path, op, node.keys[op], inner, scope) for op, inner in node.value.items()]
        return all_of([part for part in parts if part]) if any(parts) else None
    op = "in" if isinstance(node.value, list) else "eq"
    return _leaf(path, op, place, node, scope, len(dotted(path)))


def _operator(path: Path, op: str, place: Place, node: Node, scope: Scope) -> Condition | None:
    if op not in WRITTEN:
        _unknown_operator(path, op, place, scope)
        return None
    if OPERATORS[op].shape == "elements":
        inner = _inner(node, scope.elements_of(path))
        return Leaf(path=path, op=op, expected=inner, line=place.line, column=place.column) if inner else None
    if isinstance(node.value, dict):
        other = _other(op, place, node, scope)
        if other is None:
            return None
        return scope.leaf(path, op, Other(other), at=place, side=node.value["path"].place, width=len(dotted(other)))
    return _leaf(path, op, place, node, scope, len(op))


def _leaf(path: Path, op: str, place: Place, node: Node, scope: Scope, named: int) -> Leaf | None:
    """A leaf with a constant; `named` characters at `place` name what it is compared with."""
    if node.value is None and not node.text:
        help = "write `null` if that is meant"
        scope.findings.tell(place, "empty-value", "nothing to compare with", help=help, width=named)
        return None
    return scope.leaf(path, op, _constant(node), at=place, side=node.place, width=width_of(node))


def _constant(node: Node) -> Any:
    """The plain value that a node is; a list as a tuple, since rules never change."""
    if isinstance(node.value, list):
        return tuple(map(_constant, node.value))
    if isinstance(node.value, dict):
        return {key: _constant(inner) for key, inner in node.value.items()}
    return node.value


def _inner(node: Node, scope: Scope) -> Condition | None:
    """What each element is tested by: a map of tests, a constant, or a list of constants."""
    if isinstance(node.value, dict):
        return _map(node, node.value, scope)
    return _leaf((), "in" if isinstance(node.value, list) else "eq", node.place, node, scope, 1)


def _other(op: str, place: Place, node: Node, scope: Scope) -> Path | None:
    """The path of `{path: resource.x}`."""
    inner = node.value.get("path") if isinstance(node.value, dict) and len(node.value) == 1 else None
    if inner is None or not isinstance(inner.value, str):
        message, help = (
            f"`{op}` cannot be compared with a map",
            "another field is written `{path: resource.price.amount}`",
        )
        scope.findings.tell(node.place, "wrong-argument", message, help=help)
        return None
    try:
        path = parse_path(inner.value)
    except BadPath as bad:
        message = f"{said(inner.value)} is no path: {bad}"
        scope.findings.tell(inner.place, "bad-path", message, help=bad.help, width=width_of(inner))
        return None
    return path if scope.path(path, inner.place, width_of(inner)) else None


# What stands on one line, or in other programs → the operator of a map.
_OTHERS_SAY = {
    **dict.fromkeys(("=", "==", "===", "is", "equals"), "eq"),
    **dict.fromkeys(("!=", "<>", "is_not", "not_equals"), "ne"),
    **{">": "gt", ">=": "gte", "<": "lt", "<=": "lte"},
    **dict.fromkeys(("=~", "regex", "regexp", "like"), "matches"),
    **dict.fromkeys(("includes", "has"), "contains"),
}


def _unknown_operator(path: Path, op: str, place: Place, scope: Scope) -> None:
    if op == "not":
        help = f"write `ne`, `not_in`, or `not: {{{dotted(path)}: …}}`"
    elif op.lower() in _OTHERS_SAY:
        help = f"write `{_OTHERS_SAY[op.lower()]}`; {_operators()}"
    elif nearest(op, WRITTEN):
        help = f"{suggestion(op, WRITTEN)}{_operators()}"
    else:
        help = f"a field below is written `{dotted((*path, op))}: …`; {_operators()}"
    scope.findings.tell(place, "unknown-operator", f"unknown operator {said(op)}", help=help, width=len(op))


def _operators() -> str:
    return f"operators: {choices(WRITTEN)}"
