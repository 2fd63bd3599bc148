"""What differs between two states of a resource, by leaf path; and the one equality that rules know."""

from __future__ import annotations

from typing import Any

import msgspec

from bridge.model import Change, Json, Path
from bridge.rules.paths import dotted

_encoder = msgspec.json.Encoder()


def same(one: Json, other: Json) -> bool:
    """Strict equality: `"4"` is not 4, false is not 0, 1020 is 1020.0; lists and maps by their parts."""
    if type(one) is type(other) and not isinstance(one, (list, tuple, dict)):
        return bool(one == other)
    if isinstance(one, (list, tuple)):
        return isinstance(other, (list, tuple)) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and one.keys() == other.keys()
            and all(same(value, other[key]) for key, value in one.items())
        )
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


class Changes(dict[str, Change]):
    """Changes by dotted leaf path: `changes["price.amount"].new`, or step by step: `changes.price.amount.new`."""

    __slots__ = ()

    @property
    def fields(self) -> list[str]:
        """The paths that changed."""
        return sorted(self)

    def lookup(self, name: str, default: Any = None) -> Any:
        """The change of that name, or the Changes below it; `fields` lists the paths; else the default."""
        step = dotted((name,))
        if change := self.get(name) or self.get(step):
            return change
        below = Changes(
            {
                path[len(step) :].removeprefix("."): change
                for path, change in self.items()
                if path.startswith((f"{step}.", f"{step}["))
            }
        )
        if below:
            return below
        return self.fields if name == "fields" else default


def changes_between(old: dict[str, Json] | None, new: dict[str, Json] | None) -> Changes:
    """The leaf paths whose value differs; lists count as a whole, what is missing as null.

    Where a state is unknown, nothing changed.
    """
    changes = Changes()
    if old is not None and new is not None:
        _compare(old, new, (), changes)
    return changes


def _compare(old: dict[str, Json], new: dict[str, Json], above: Path, changes: Changes) -> None:
    for key in old if old.keys() == new.keys() else old | new:
        before, after = old.get(key), new.get(key)
        if before is after or (isinstance(before, str) and before == after):
            continue  # nearly all fields end here, cheaply
        one, other = _as_map(before, after), _as_map(after, before)
        if one is not None and other is not None:
            _compare(one, other, (*above, key), changes)
        elif not (_same_text(before, after) or same(before, after)):
            changes[dotted((*above, key))] = Change(before, after)


def _same_text(one: Json, other: Json) -> bool:
    """Whether two lists are the same as JSON, and so in every part: a quick yes, where no says nothing."""
    if not isinstance(one, list) or not isinstance(other, list):
        return False
    try:
        return _encoder.encode(one) == _encoder.encode(other)
    except UnicodeEncodeError:  # half a surrogate pair
        return False


def _as_map(value: Json, beside: Json) -> dict[str, Json] | None:
    """A map to walk; null beside a map that holds something is an empty one."""
    if isinstance(value, dict):
        return value
    return {} if value is None and isinstance(beside, dict) and beside else None
