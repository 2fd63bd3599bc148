"""Gathers the problems of one `when` or `if`, each at its place."""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.errors import Problem, Severity
from bridge.model import Node, Place


@dataclass(slots=True)
class Findings:
    """The problems found so far."""

    docs: str
    problems: list[Problem] = field(default_factory=list)

    def tell(
        self, place: Place, code: str, message: str, *, help: str = "", width: int = 1, severity: Severity = "error"
    ) -> None:
        self.problems.append(
            Problem(
                place=place,
                code=code,
                message=message,
                help=help,
                docs=self.docs,
                severity=severity,
                width=max(1, width),
            )
        )


def written(node: Node) -> str:
    """A text whose offsets `node.at` understands: a block keeps its lines."""
    return node.text if node.style == "block" else str(node.value)


def width_of(node: Node) -> int:
    """How many characters of its line a scalar takes."""
    if node.end and node.end.line == node.place.line:
        return max(1, node.end.column - node.place.column)
    return 1
