"""The history of a rule file: the versions that were in force, each against the one before."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from markupsafe import Markup, escape

from bridge.store.versions import Past
from bridge.web.console import Console

VERSIONS = 40  # looked through
SHOWN = 12  # revisions of a file
LINES = 160  # of a difference
COMPARED = 4000  # lines; comparing more would take too long
AROUND = 2  # lines of context


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A text of the file, and the one before it."""

    hash: str  # of the first version that had it
    at: float
    text: str
    before: str | None  # None: nothing older is known
    plus: int
    minus: int


async def revisions(console: Console, file: str) -> list[Revision]:
    """Newest first; versions in which the file stayed as it was are one."""

    async def found() -> list[Revision]:
        past = await console.store.past_of(file, VERSIONS)
        return await asyncio.to_thread(_revisions, past)

    return await console.kept.get(("revisions", console.window.snapshot().version, file), found)


def _revisions(past: Sequence[Past]) -> list[Revision]:
    changed = [one for one, older in zip_longest(past, past[1:]) if not older or older.text != one.text]
    found = []
    for one, older in zip_longest(changed, changed[1:]):
        if one.text is None:
            continue
        before = older.text if older else None
        lines = _compared(before or "", one.text) if older else []
        plus = sum(line.startswith("+") for line in lines)
        minus = sum(line.startswith("-") for line in lines)
        found.append(Revision(hash=one.hash, at=one.at, text=one.text, before=before, plus=plus, minus=minus))
    return found[:SHOWN]


def _compared(before: str, text: str) -> list[str]:
    """What differs, with a few lines around it; nothing where there is too much to compare."""
    old, new = before.splitlines(), text.splitlines()
    if len(old) + len(new) > COMPARED:
        return []
    return list(difflib.unified_diff(old, new, lineterm="", n=AROUND))[2:]  # without the names of files


def difference(one: Revision) -> Markup | None:
    """What the revision changed, marked; None where nothing can be compared."""
    if one.before is None:
        return None
    lines = _compared(one.before, one.text)
    shown = [_marked(line) for line in lines[:LINES]]
    if len(lines) > LINES:
        shown.append(escape("…"))
    return Markup("").join(shown)


def _marked(line: str) -> Markup:
    """What came and what went are blocks of their own."""
    if line.startswith("+"):
        return Markup("<ins>{}</ins>").format(line)
    return Markup("<del>{}</del>").format(line) if line.startswith("-") else escape(f"{line}\n")
