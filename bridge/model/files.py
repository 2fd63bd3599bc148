"""Files that people write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bridge.model.values import Scalar


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in a file; line and column count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A YAML value with its place: a scalar, a list of nodes, or a map of nodes by key."""

    place: Place
    value: Scalar | list[Node] | dict[str, Node]
    text: str = ""  # a scalar as it was written, without quotes
    keys: Mapping[str, Place] = field(default_factory=dict)  # of a map: where each key stands
    style: Literal["plain", "quoted", "block", ""] = ""  # of a scalar
    exact: bool = True  # of a scalar: no escape or folded line stands between its text and the file's columns
    indent: int = 0  # of a block scalar: what its lines are indented by
    end: Place | None = None  # of a scalar: right behind its last character

    def at(self, offset: int) -> Place:
        """The place of the character at `offset` of this scalar's text; where that cannot be told, the scalar's."""
        if not self.exact:
            return self.place
        if self.style == "block":
            before = self.text[:offset]
            column = offset - before.rfind("\n") + self.indent if self.indent else 1
            return Place(self.place.file, self.place.line + 1 + before.count("\n"), column)
        return Place(self.place.file, self.place.line, self.place.column + offset + (self.style == "quoted"))
