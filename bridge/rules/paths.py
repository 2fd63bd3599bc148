"""Paths such as `resource.price.amount`, `resource["odd name"]`, `resource.files[-1]`: read and written."""

from __future__ import annotations

import re

from bridge.model import Path

ROOTS = ("resource", "previous", "changes", "event", "source")
EVENT_FIELDS = ("id", "type", "action", "gid", "source", "received_at")
MAX_STEPS = 64  # no deeper than what a source may send

NAME = re.compile(r"[^\W\d]\w*")
_STEP = re.compile(
    r"""\.(?P<name>[^\W\d]\w*)"""
    r"""|\[\s*(?:"(?P<double>(?:[^"\\]|\\["'\\])*)"|'(?P<single>(?:[^'\\]|\\["'\\])*)'|(?P<index>-?\d{1,9}))\s*\]"""
)
_ESCAPE = re.compile(r"""\\(["'\\])""")


class BadPath(ValueError):
    """No path can be read here."""

    def __init__(self, offset: int, message: str, help: str) -> None:
        super().__init__(message)
        self.offset = offset
        self.help = help


def parse_path(text: str) -> Path:
    """The path that a whole text is. Raises BadPath."""
    path, end = read_path(text, 0)
    if end < len(text):
        raise _unreadable(text, end)
    return path


def read_path(text: str, start: int) -> tuple[Path, int]:
    """The path that begins at `start`, and where it ends. Raises BadPath."""
    name = NAME.match(text, start)
    if name is None:
        raise _unreadable(text, start)
    steps: list[str | int] = [name[0]]
    end = name.end()
    while found := _STEP.match(text, end):
        steps.append(_step(found))
        end = found.end()
    if len(steps) > MAX_STEPS:
        raise BadPath(start, f"this path has {len(steps):,} steps", f"{MAX_STEPS} at most")
    if text.startswith((".", "["), end):
        raise _unreadable(text, end)
    return tuple(steps), end


def _step(found: re.Match[str]) -> str | int:
    if found["index"] is not None:
        return int(found["index"])
    if found["name"] is not None:
        return found["name"]
    return _ESCAPE.sub(r"\1", found["double"] if found["double"] is not None else found["single"])


def _unreadable(text: str, offset: int) -> BadPath:
    if re.match(r"\.-?\d", text[offset : offset + 3]):
        return BadPath(offset, "a number cannot follow the dot", "write an item of a list as `[0]`, the last as `[-1]`")
    if text[offset:] in (".", "["):
        return BadPath(offset, "this path is not complete", "write a name after the dot")
    return BadPath(
        offset, "no path can be read here", 'write `resource.price.amount`; an odd name as `resource["odd name"]`'
    )


def dotted(path: Path) -> str:
    """The path as people write it."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif NAME.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += quoted(step)
    return text


def quoted(name: str) -> str:
    """A name that is no word, as a step: `["odd name"]`."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'["{escaped}"]'
