"""What people write in a condition out of habit from other languages, and what to write here instead."""

from __future__ import annotations

from bridge.rules.paths import ROOTS, dotted
from bridge.rules.tokens import INFIX, Token
from bridge.rules.wording import choices

MEANT = {  # words of other languages and what to write here
    "AND": "and",
    "OR": "or",
    "NOT": "not",
    "IN": "in",
    "xor": "!=",
    "like": "contains",
    "includes": "contains",
    "has": "contains",
    "equals": "==",
    "eq": "==",
    "ne": "!=",
    "gt": ">",
    "gte": ">=",
    "ge": ">=",
    "lt": "<",
    "lte": "<=",
    "le": "<=",
    "regex": "matches",
    "null": "none",
    "nil": "none",
    "undefined": "is not defined",
    "exists": "is defined",
    "if": "and",
}


def in_quotes(text: str) -> str:
    return f'a text stands in quotes: "{text}"; a field begins with {choices(ROOTS)}'


def instead_of(call: Token) -> str:
    """What to write in place of a call."""
    *path, method = call.value
    if path and method in INFIX:
        return f"write `{dotted(tuple(path))} {method} …`"
    if path and method in ("lower", "upper", "casefold"):
        return f"in a map, `{dotted(tuple(path))}: {{ieq: …}}` and `icontains` compare without case"
    if word := MEANT.get(call.text):
        return f"write `{word}`"
    return "there are no calls but `any(path, condition)` and `all(path, condition)`"
