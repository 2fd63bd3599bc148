"""Whether a source is known to send a field, and which one was probably meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bridge.model import Path
from bridge.rules.wording import nearest

Fields = Mapping[str, frozenset[str]]  # documented type → dotted paths below `resource`, list indexes skipped


def unknown_field(path: Path, types: Iterable[str], fields: Fields) -> tuple[bool, str | None]:
    """Whether no type sends the field of this path (root included), and the known path that was probably meant.

    Without types, any type may come. A type of which nothing is known may send anything.
    """
    known = [fields.get(name, frozenset()) for name in (tuple(types) or fields)]
    field = ".".join(step for step in below_root(path) if isinstance(step, str))
    if not field or not known or not all(known) or any(field in paths for paths in known):
        return False, None
    return True, nearest(field, sorted(frozenset().union(*known)))


def below_root(path: Path) -> Path:
    """The part of a path that names a field of the resource; nothing of other roots."""
    root, *steps = path
    if root == "changes":
        steps = steps[:-1] if steps and steps[-1] in ("old", "new") else steps
        return () if steps == ["fields"] else tuple(steps)
    return tuple(steps) if root in ("resource", "previous") else ()
