"""Bridge's own words: English as the templates have it, and French by a plain table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bridge.render import french

_BLANK = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """One language. A phrase is looked up by its English; `one|many` are chosen by the blank `n`."""

    phrases: Mapping[str, str]  # empty for English
    moment: str  # pattern of a moment in this year
    moment_with_year: str
    one: Callable[[int], bool]  # does this number take the singular

    def phrase(self, english: str, n: object = None) -> str:
        """The phrase in this language with its blanks still open; unknown ones stay as they are."""
        forms = self.phrases.get(english, english).split("|")
        return forms[0] if len(forms) < 2 or (isinstance(n, int) and self.one(n)) else forms[1]

    def say(self, english: str, *, n: int | None = None) -> str:
        """A phrase with no blank but `n`."""
        return self.phrase(english, n).replace("{n}", str(n))


def blanks(phrase: str) -> Iterator[tuple[str, str]]:
    """`“{who} ordered”` → ("“", "who"), (" ordered", ""): each text and the blank after it."""
    end = 0
    for found in _BLANK.finditer(phrase):
        yield phrase[end : found.start()], found[1]
        end = found.end()
    yield phrase[end:], ""


ENGLISH = Catalogue(phrases={}, moment="EEE d MMM, HH:mm", moment_with_year="EEE d MMM y, HH:mm", one=lambda n: n == 1)
FRENCH = Catalogue(
    phrases=french.PHRASES,
    moment="EEE d MMM 'à' HH:mm",
    moment_with_year="EEE d MMM y 'à' HH:mm",
    one=lambda n: abs(n) < 2,
)


def catalogue(language: str) -> Catalogue:
    """French for French, English for all others."""
    return FRENCH if language == "fr" else ENGLISH
