"""Prints what `bridge check` found: for people with line and caret, as JSON, or as annotations of a pull request."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from bridge.config.hiding import Masked, Span
from bridge.config.snapshot import Snapshot
from bridge.config.wording import lines_of
from bridge.errors import Problem, Severity
from bridge.logs import mask_of, printable
from bridge.model import Place

MOST_SHOWN = 200
WINDOW = 120  # characters of a source line

_COLORS: dict[Severity, str] = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "info": "\x1b[1;36m"}
_PLAIN = "\x1b[0m"
_JOINERS = "\u200c\u200d"  # they make one sign of several, in some scripts and in emoji
_NOUNS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything one check found."""

    problems: Sequence[Problem]  # by file, line, column
    files: int  # how many were read
    rules: int
    snapshot: Snapshot | None  # None when there are errors
    root: Path = Path()  # the folder that the problems' paths start at
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)  # file → text
    hidden: Sequence[Span] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def errors(self) -> int:
        return sum(problem.severity == "error" for problem in self.problems)

    def path(self, problem: Problem) -> str:
        """The file as an editor or CI started here finds it."""
        path = os.path.relpath(self.root / problem.place.file)
        return printable(str(self.root / problem.place.file) if path.startswith("..") else path)


def as_text(report: Report, *, color: bool = False) -> str:
    """Each problem with its line, and a count at the end."""
    lines = _Lines(report)
    mask = mask_of(report.secrets)
    parts = []
    for problem in report.problems[:MOST_SHOWN]:
        parts.append(_told(problem, report.path(problem), lines.at(problem.place), color=color))
    if len(report.problems) > MOST_SHOWN:
        parts.append(f"… and {len(report.problems) - MOST_SHOWN:,} more.\n")
    return mask("\n".join([*parts, _count(report)]))


def as_json(report: Report) -> str:
    """A list of objects."""
    found = [
        {
            "path": report.path(problem),
            "line": problem.place.line,
            "column": problem.place.column,
            "severity": problem.severity,
            "code": problem.code,
            "message": printable(problem.message),
            "help": printable(problem.help),
            "docs": problem.docs,
        }
        for problem in report.problems
    ]
    return mask_of(report.secrets)(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())


def as_github(report: Report) -> str:
    """Workflow commands, which GitHub shows beside the lines."""
    mask = mask_of(report.secrets)
    commands = []
    for problem in report.problems:
        place = problem.place
        where = f"file={_escaped(report.path(problem))},line={place.line},col={place.column}"
        words = f"{problem.message}; {problem.help}" if problem.help else problem.message
        # masked before it is written otherwise; a line break as itself would end the command
        text = "%0A".join(printable(line).replace("%", "%25") for line in mask(words).split("\n"))
        commands.append(mask(f"::{_LEVELS[problem.severity]} {where},title={problem.code}::{text}"))
    return "\n".join(commands)


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")


class _Lines:
    """The source lines of a report as they may be shown; many problems may stand on one."""

    def __init__(self, report: Report) -> None:
        self.texts = {file: lines_of(text) for file, text in report.texts.items()}
        self.hidden: dict[tuple[str, int], list[Span]] = defaultdict(list)
        for begin, end in report.hidden:
            for number in range(begin.line, end.line + 1):
                self.hidden[begin.file, number].append((begin, end))
        self.shown: dict[tuple[str, int], Masked] = {}

    def at(self, place: Place) -> Masked:
        key = place.file, place.line
        if key not in self.shown:
            lines = self.texts.get(place.file, [])
            line = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
            self.shown[key] = Masked.of(line, place.line, self.hidden.get(key, ()))
        return self.shown[key]


def _told(problem: Problem, path: str, source: Masked, *, color: bool) -> str:
    place, severity = problem.place, problem.severity
    on, off = (_COLORS[severity], _PLAIN) if color else ("", "")
    head = f"{path}:{place.line}:{place.column}: {on}{severity}[{problem.code}]{off}: {printable(problem.message)}"
    gutter = " " * len(str(place.line))
    told = [head]
    if source.text.strip():
        line, padding, caret = _drawn(source.text, *source.at(place.column, problem.width))
        told += [f"{gutter} |", f"{place.line} | {line}", f"{gutter} | {padding}{on}{caret}{off}"]
    told += [f"{gutter} = {key}: {text}" for key, text in (("help", problem.help), ("docs", problem.docs)) if text]
    return "\n".join(told) + "\n"


def _drawn(line: str, column: int, width: int) -> tuple[str, str, str]:
    """The part of the line round the column, safe for a terminal; the padding before the caret; the caret."""
    start = 0 if column <= WINDOW - 20 else column - WINDOW // 2
    shown = line[start : start + WINDOW].rstrip()
    before = line[start : column - 1]
    under = line[column - 1 : min(column - 1 + width, start + WINDOW)]
    front, back = "…" if start else "", "…" if len(line.rstrip()) > start + WINDOW else ""
    padding = " " * (len(front) + sum(map(_columns, before)) + max(0, column - 1 - len(line)))
    return front + "".join(map(_safe, shown)) + back, padding, "^" * max(1, sum(map(_columns, under)))


def _safe(character: str) -> str:
    if character == "\t":
        return " "
    unseen = unicodedata.category(character) in ("Cf", "Cs") and character not in _JOINERS
    return "�" if unseen or printable(character) != character else character


def _columns(character: str) -> int:
    """How many columns of a terminal a character takes."""
    if unicodedata.east_asian_width(character) in ("W", "F"):
        return 2
    return 0 if unicodedata.category(character) in ("Mn", "Me") or character in _JOINERS else 1


def _count(report: Report) -> str:
    """“2 errors and 1 warning in 1 of 6 files.”"""
    counts = Counter(problem.severity for problem in report.problems)
    if not counts:
        return f"{_number(report.files, 'file')}, {_number(report.rules, 'rule')}: no problems."
    said = [_number(counts[severity], noun) for severity, noun in _NOUNS.items() if counts[severity]]
    touched = len({problem.place.file for problem in report.problems})
    words = f"{', '.join(said[:-1])} and {said[-1]}" if len(said) > 1 else said[0]
    return f"{words} in {touched} of {_number(max(report.files, touched), 'file')}."


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
