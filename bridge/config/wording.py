"""Words that all problems of files share: quoting, suggestions, places, and YAML's mistakes in plain language."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from bridge.errors import Problem
from bridge.logs import printable
from bridge.model import Place
from bridge.rules.wording import tokenless

LONGEST = 60  # of the user's own words in a message
MOST_CHOICES = 8

_BREAK = re.compile("\r\n|\n|\r")

# What ruamel says → what we say, and what to do. Looked up by what its sentence begins with.
_SYNTAX = {
    "found character '\\t'": ("a tab cannot indent or begin a value", "use spaces"),
    "found character '`'": ("a text cannot begin with a backtick", "put quotes round it"),
    "found character '@'": ("a text cannot begin with `@`", "put quotes round it"),
    "found character '%'": ("a text cannot begin with `%`", "put quotes round it"),
    "expected alphabetic or numeric character": ("a text cannot begin with `*` or `&`", "put quotes round it"),
    "mapping values are not allowed here": ("a second `:` on this line", "put quotes round a text that holds `: `"),
    "mapping keys are not allowed here": ("a `?` cannot stand here", "put quotes round it"),
    "sequence entries are not allowed here": ("a `-` cannot begin a list here", "begin the list on the next line"),
    "could not find expected ':'": (
        "a `:` is missing after this key",
        "write `key: value`, with a space after the `:`",
    ),
    "found unexpected ':'": ("a `:` cannot stand here", "put quotes round a text that holds `:`"),
    "found unexpected end of stream": ("this quote is never closed", "close it"),
    "found unexpected document separator": ("this quote is never closed", "close it before the `---`"),
    "found unknown escape character": ("this escape is unknown", "write `\\\\` for a backslash, or use single quotes"),
    "expected escape sequence": ("this escape is not complete", "write `\\\\` for a backslash, or use single quotes"),
    "expected ',' or ']'": (
        "this list `[` is not closed, or a comma is missing",
        "close it with `]`; inside of it, a text that holds `[`, `{`, `,` or quotes stands in quotes as a whole",
    ),
    "expected ',' or '}'": (
        "this map `{` is not closed, or a comma is missing",
        "close it with `}`; inside of it, a text that holds `[`, `{`, `,` or quotes stands in quotes as a whole",
    ),
    "expected <block end>": ("this line does not fit the ones above it", "indent it as its neighbours"),
    "expected the node content": (
        "a value is missing here",
        "put quotes round a text that begins with a special character",
    ),
    "expected a comment or a line break": (
        "text cannot follow `|` or `>` on the same line",
        "begin it on the next line",
    ),
    "expected chomping or indentation": ("text cannot follow `|` or `>` on the same line", "begin it on the next line"),
    "more indented follow up line": ("the first line is indented less than the next", "indent all lines alike"),
    "found undefined tag handle": ("this tag is not read", "delete it, or put quotes round the text"),
    "expected '<document start>'": ("this line does not fit the ones above it", "indent it as its neighbours"),
    "found incompatible YAML document": ("a `%` line is not understood here", "delete it: files are YAML 1.2"),
}
# These point at the end of the file; where the trouble begins helps more.
_INDENTED = ("this line is indented further than the one above, which has its value", "indent it as its neighbours")
# What other programs call it → our key, where that is allowed.
_OTHERS_SAY = {
    **dict.fromkeys(("on", "event", "events", "trigger"), "when"),
    **dict.fromkeys(("where", "condition", "conditions", "filter", "match"), "if"),
    **dict.fromkeys(("then", "to", "send", "tell", "destination", "destinations", "channel"), "notify"),
    **dict.fromkeys(("text", "message"), "body"),
    "subject": "title",
}
_FIRST_KEY = re.compile(r"\s*(?:- +)?[\w-]+")
_AT_THE_START = ("found unexpected end of stream", "found unexpected document", "expected ',' or")


def said(text: str) -> str:
    """The user's own words as a message may show them: in backticks, one clean line, not too long."""
    clean = tokenless(printable(text)).replace("`", "'")
    return f"`{clean if len(clean) <= LONGEST else clean[: LONGEST - 1] + '…'}`"


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed word that was probably meant."""
    if len(word) > LONGEST:
        return None
    by_lower = {name.lower(): name for name in allowed}
    if (meant := _OTHERS_SAY.get(word.lower())) in by_lower:
        return meant
    near = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[near[0]] if near else None


def suggestion(word: str, allowed: Iterable[str]) -> str:
    """“did you mean `when`? ”, or nothing."""
    meant = nearest(word, allowed)
    return f"did you mean {said(meant)}? " if meant else ""


def choices(allowed: Iterable[str]) -> str:
    """“a, b, c, …”: eight at most."""
    names = list(allowed)
    return ", ".join(names[:MOST_CHOICES]) + (", …" if len(names) > MOST_CHOICES else "")


def lines_of(text: str) -> list[str]:
    """The lines as YAML and editors count them."""
    return _BREAK.split(text)


def place_in(text: str, offset: int, file: str) -> Place:
    """Where the character at `offset` stands."""
    before = lines_of(text[:offset])
    return Place(file, len(before), len(before[-1]) + 1)


def syntax_problem(error: Exception, text: str, file: str, docs: str) -> Problem:
    """A ruamel error in our words; its own may quote values."""
    sentence = str(getattr(error, "problem", None) or "")
    message, help = next(
        (words for start, words in _SYNTAX.items() if sentence.startswith(start)),
        ("this is not YAML", "compare it with the lines around; quotes, `:` and indentation are the usual causes"),
    )
    mark = getattr(error, "problem_mark", None)
    if sentence.startswith(_AT_THE_START) or mark is None:
        mark = getattr(error, "context_mark", None) or mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
    before = lines_of(text)[place.line - 1][: place.column - 1]
    if sentence.startswith("mapping values") and _FIRST_KEY.fullmatch(before):
        message, help = _INDENTED
    elif sentence.startswith("mapping values") and "“" in before:
        help = 'write straight quotes, `"`, round it: “ and ” are letters like others'
    return Problem(place=place, code="yaml", message=message, help=help, docs=docs)
