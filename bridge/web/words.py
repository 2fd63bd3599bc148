"""The console's words: a phrase is looked up by its English, and what it holds is escaped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from bridge.web import french, french_acts, french_events, french_hands, french_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language. Phrases are ours and may hold tags; the values put into them never become live."""

    language: str
    phrases: Mapping[str, str]  # English → this language; empty for English
    moment: str  # a time with its date
    exact: str  # … and its seconds and year
    one: Callable[[int], bool]  # does this number take the singular

    def say(self, english: str, **values: object) -> Markup:
        """The phrase with its blanks filled; of `one message|{n} messages`, the form that `n` takes."""
        forms = self.phrases.get(english, english).split("|")
        n = values.get("n")
        form = forms[0] if len(forms) == 1 or (isinstance(n, int) and self.one(n)) else forms[1]
        return Markup(form).format(**values)  # noqa: S704  # only phrases of the catalogue are made live


ENGLISH = Words(language="en", phrases={}, moment="d MMM HH:mm", exact="EEE d MMM y, HH:mm:ss", one=lambda n: n == 1)
FRENCH = Words(
    language="fr",
    phrases={
        phrase: said
        for pages in (french, french_events, french_rules, french_hands, french_acts)
        for phrase, said in pages.PHRASES.items()
    },
    moment="d MMM HH:mm",
    exact="EEE d MMM y 'à' HH:mm:ss",
    one=lambda n: abs(n) < 2,
)
LANGUAGES = {"en": ENGLISH, "fr": FRENCH}
