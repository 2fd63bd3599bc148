"""A payload as a tree that folds: each field with its path, its value, and what it was before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.model import Json, Path
from bridge.rules.paths import dotted
from bridge.web.happened import short

MOST = 110  # fields shown; the whole is in the API
LONGEST = 300  # characters of one value
WIDE = 8  # fields of a map that still starts open


@dataclass(slots=True, kw_only=True)
class Field:
    """One line, and what stands below it."""

    name: str
    path: str  # as rules write it
    text: str = ""  # of a plain value
    quoted: bool = False  # the value is a text
    kind: str = ""  # map, list; empty for a plain value
    size: int = 0
    was: str | None = None
    remembered: str = ""  # how long it had been known, where it was filled in from memory
    fields: list[Field] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether it starts unfolded."""
        return self.kind == "map" and self.size <= WIDE and any(one.was is not None for one in self.fields)


class Tree:
    """Builds the fields below `resource`; `cut` when there were too many."""

    def __init__(self, changes: Mapping[str, str], remembered: Mapping[str, str]) -> None:
        self._changes = changes  # path below `resource` → what it was
        self._remembered = remembered  # path below `resource` → for how long
        self._left = MOST
        self.cut = False

    def below(self, value: Json, path: Path = ("resource",)) -> list[Field]:
        """The fields of a map, or the items of a list."""
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        found = []
        for name, inner in items:
            if self._left <= 0:
                self.cut = True
                break
            self._left -= 1
            found.append(self._field(name, inner, (*path, name)))
        return found

    def _field(self, name: str | int, value: Json, path: Path) -> Field:
        own = dotted(path[1:])
        one = Field(
            name=short(name, 80) if isinstance(name, str) else f"[{name}]",
            path=dotted(path),
            was=self._changes.get(own),
            remembered=self._remembered.get(own, ""),
        )
        if isinstance(value, (Mapping, list)) and value:
            one.kind, one.size = "map" if isinstance(value, Mapping) else "list", len(value)
            one.fields = self.below(value, path)
        else:
            one.text, one.quoted = short(value, LONGEST) if value != "" else "", isinstance(value, str)
        return one
