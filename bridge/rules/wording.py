"""Words that the problems of rules share: quoting, suggestions, and what values are called."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from bridge.model import Json

LONGEST = 60  # of the user's own words in a message
MOST_CHOICES = 8
DOCS_IF = "docs/rules.md#if"
DOCS_WHEN = "docs/rules.md#when"

# A part of an address that is no word: long, with letters and digits.
TOKEN = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[\w%~+.-]{12,}")
_ADDRESS = re.compile(r"((?:\b[A-Za-z][\w+.-]*:)?//)[^\s'\"]+")

_KINDS: dict[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    tuple: "a list",
    dict: "a map",
    type(None): "null",
}


def tokenless(text: str) -> str:
    """The text with no more of an address than its service: the rest may be secret. A page without a token stays."""
    return _ADDRESS.sub(_shown, text) if "//" in text else text


def _shown(address: re.Match[str]) -> str:
    page = address[1] in ("http://", "https://") and not any(map(TOKEN.fullmatch, re.split(r"[/?&=:@,]+", address[0])))
    return address[0] if page else f"{address[1]}…"


def said(text: str) -> str:
    """The user's own words as a message may show them: in backticks, on one clean line, not too long."""
    start = tokenless(text)[: LONGEST + 1]
    clean = "".join(c if c.isprintable() else f"U+{ord(c):04X}" for c in start).replace("`", "'")
    return f"`{clean if len(clean) <= LONGEST else clean[: LONGEST - 1] + '…'}`"


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed word that was probably meant."""
    if len(word) > LONGEST:
        return None
    by_lower = {name.lower(): name for name in allowed}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[near[0]] if near else None


def suggestion(word: str, allowed: Iterable[str]) -> str:
    """“did you mean `finished`? ”, or nothing."""
    near = nearest(word, allowed)
    return f"did you mean {said(near)}? " if near else ""


def choices(allowed: Iterable[str]) -> str:
    """“a, b, c, …”: eight at most."""
    names = list(allowed)
    return ", ".join(names[:MOST_CHOICES]) + (", …" if len(names) > MOST_CHOICES else "")


def kind(value: Json) -> str:
    """What a value is, in words."""
    if isinstance(value, (list, tuple)) and any(isinstance(item, dict) for item in value):
        return "a list that holds a map"
    return _KINDS.get(type(value), "a change")
