"""Builds leaves from what people wrote, whichever way they wrote it: paths, right sides and their checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.model import All, AnyOf, Condition, Leaf, Other, Path, Place, replace
from bridge.rules.fields import Fields, below_root, unknown_field
from bridge.rules.findings import Findings
from bridge.rules.operators import OPERATORS, pattern_problem
from bridge.rules.paths import EVENT_FIELDS, ROOTS, dotted
from bridge.rules.wording import DOCS_IF, choices, kind, nearest, said, suggestion

WRITTEN = tuple(name for name, operator in OPERATORS.items() if operator.written)


@dataclass(frozen=True, slots=True)
class Scope:
    """What paths may lead to, and where problems go."""

    types: Sequence[str] = ()  # documented types that may come; empty: any
    fields: Fields = field(default_factory=dict)
    list_of: Path | None = None  # inside `any`, `all` and `none`: the list whose elements paths begin at
    findings: Findings = field(default_factory=lambda: Findings(DOCS_IF))

    def elements_of(self, path: Path) -> Scope:
        """The scope of tests on the elements of a list."""
        return replace(self, list_of=path if self.list_of is None else self.list_of + path)

    def leaf(self, path: Path, op: str, expected: Any, *, at: Place, side: Place, width: int = 1) -> Leaf | None:
        """A leaf of a path that was checked; `side` is where its right side stands. None: told as a problem."""
        operator = OPERATORS[op]
        if operator.shape == "change" and (self.list_of is not None or path[0] != "resource"):
            message = f"`{op}` compares a field of `resource` with its value before"
            help = "write a path that begins with `resource.`"
            self.findings.tell(at, "no-earlier-value", message, help=help, width=len(op))
            return None
        if isinstance(expected, Other):
            if not operator.other_path:
                self._wrong(side, op, "a path", width)
                return None
        elif expected == () and op not in ("eq", "ne"):
            help = f"write at least one value, or `{op}: …` without a list"
            self.findings.tell(side, "empty-list", "this list is empty", help=help, width=width)
            return None
        elif not operator.fits(expected):
            self._wrong(side, op, said(expected) if isinstance(expected, str) else kind(expected), width)
            return None
        elif op == "matches" and (message := pattern_problem(expected)):
            self.findings.tell(
                side, "bad-pattern", message, help="patterns are RE2: no look-around, no `\\1`", width=width
            )
            return None
        return Leaf(path=path, op=op, expected=expected, line=at.line, column=at.column)

    def _wrong(self, side: Place, op: str, what: str, width: int) -> None:
        message = f"`{op}` needs {OPERATORS[op].takes}, this is {what}"
        self.findings.tell(side, "wrong-argument", message, width=width)

    def path(self, path: Path, at: Place, width: int) -> bool:
        """Whether facts have such a path; tells of a root or field that is not known."""
        if self.list_of is not None:
            self._field(self.list_of + path, at, width)
            return True
        root, *steps = path
        if root not in ROOTS:
            self._unknown_root(path, at, min(width, len(str(root))))
            return False
        if root == "source" and steps:
            self.findings.tell(
                at, "unknown-field", "`source` is a text, the source's name", help="write `source` alone", width=width
            )
            return False
        if root == "event" and (not steps or steps[0] not in EVENT_FIELDS or len(steps) > 1):
            help = f"{suggestion(dotted(tuple(steps)), EVENT_FIELDS)}fields of `event`: {choices(EVENT_FIELDS)}"
            message = f"`event` has no field {said(dotted(tuple(steps)))}" if steps else "`event` is no single value"
            self.findings.tell(at, "unknown-field", message, help=help, width=width)
            return False
        self._field(path, at, width)
        return True

    def _field(self, path: Path, at: Place, width: int) -> None:
        unknown, meant = unknown_field(path, self.types, self.fields)
        if not unknown:
            return
        senders = choices(self.types) if self.types else "no source"
        message = (
            f"{senders} {'is' if len(self.types) < 2 else 'are'} not known to send {said(dotted(below_root(path)))}"
        )
        help = f"did you mean {said(meant)}?" if meant else "it is missing, and the test unknown, until it is sent"
        self.findings.tell(at, "unknown-field", message, help=help, width=width, severity="warning")

    def _unknown_root(self, path: Path, at: Place, width: int) -> None:
        known = {name for fields in self.fields.values() for name in fields}
        name = dotted(path)
        if root := nearest(str(path[0]), ROOTS):
            help = f"did you mean {said(dotted((root, *path[1:])))}? "
        elif name in known or not known:
            help = f"did you mean {said(f'resource.{name}')}? "
        else:
            help = suggestion(f"resource.{name}", [f"resource.{field}" for field in sorted(known)])
        help += f"paths begin with {choices(ROOTS)}"
        self.findings.tell(at, "unknown-root", f"unknown name {said(str(path[0]))}", help=help, width=width)


def all_of(parts: Sequence[Condition]) -> Condition:
    """All parts as one condition, in the one form that equal conditions share."""
    flat = [one for part in parts for one in (part.parts if isinstance(part, All) else (part,))]
    return flat[0] if len(flat) == 1 else All(tuple(flat))


def any_of(parts: Sequence[Condition]) -> Condition:
    """Some part as one condition, in the one form that equal conditions share."""
    flat = [one for part in parts for one in (part.parts if isinstance(part, AnyOf) else (part,))]
    return flat[0] if len(flat) == 1 else AnyOf(tuple(flat))
