"""What of a source line is never shown: the values of secrets, whatever state the file is in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bridge.config.substitute import SECRET_KEYS
from bridge.config.wording import lines_of
from bridge.logs import MASK
from bridge.model import Place

Span = tuple[Place, Place]  # from, to

_SECRET_KEY = re.compile(rf"(?:{'|'.join(sorted(SECRET_KEYS))}|client_id|client_secret)[\"']?\s*:\s*", re.IGNORECASE)


def guessed(text: str, file: str) -> list[Span]:
    """What to hide of a configuration that could not be read as a whole, judged line by line, rather too much."""
    spans = []
    for number, line in enumerate(lines_of(text), 1):
        begin = _begin(line)
        if begin is not None:
            spans.append((Place(file, number, begin + 1), Place(file, number, len(line) + 1)))
    return spans


def _begin(line: str) -> int | None:
    """From where on a line is hidden."""
    if found := _SECRET_KEY.search(line):
        return found.end()
    address = line.find("://")
    if address >= 0:
        return max(line.rfind(mark, 0, address) for mark in " \t\"'[{,") + 1
    if ":" not in line and re.search(r"\w", line) and not line.lstrip().startswith("#"):
        return len(line) - len(line.lstrip(" -"))  # the rest of a text, or an item of a list: it may be of a secret
    return None


@dataclass(frozen=True, slots=True)
class Masked:
    """A source line as it may be shown, and which parts of the original are hidden in it."""

    text: str
    parts: list[tuple[int, int]]  # offsets of the original, in order, apart

    @classmethod
    def of(cls, line: str, number: int, spans: Iterable[Span]) -> Masked:
        parts = _on_line(line, number, spans)
        ends = [0, *(end for _, end in parts)]
        begins = [*(begin for begin, _ in parts), len(line)]
        return cls(MASK.join(line[end:begin] for end, begin in zip(ends, begins, strict=True)), parts)

    def at(self, column: int, width: int) -> tuple[int, int]:
        """Where a mark of the original went: (column, width)."""
        moved = 0
        for begin, end in self.parts:
            if begin < column <= end:
                return begin + 1 + moved, len(MASK)
            if column > end:
                moved += len(MASK) - (end - begin)
        return column + moved, width


def _on_line(line: str, number: int, spans: Iterable[Span]) -> list[tuple[int, int]]:
    """The hidden parts of one line as offsets, joined where they touch."""
    parts = []
    for start, stop in spans:
        if start.line <= number <= stop.line:
            begin = start.column - 1 if start.line == number else len(line) - len(line.lstrip())
            end = stop.column - 1 if stop.line == number else len(line)
            if begin < end:
                parts.append((begin, end))
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(parts):
        if joined and begin <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((begin, end))
    return joined
