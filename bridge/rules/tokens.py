"""One line of a condition → tokens with their places; slips of other languages get their own words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from bridge.rules.paths import BadPath, read_path
from bridge.rules.wording import said

MAX_LENGTH = 4096  # characters
MAX_DIGITS = 30  # of a number

INFIX = ("matches", "contains", "startswith", "endswith")
WORDS = frozenset({"and", "or", "not", "in", "is", *INFIX})
CONSTANTS = {"true": True, "false": False, "none": None, "True": True, "False": False, "None": None}

_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[^\W\d]\w*")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_TEXT = re.compile(r""""((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'""", re.DOTALL)
_MARK = re.compile(r"==|!=|<=|>=|[<>()\[\],-]")
_ESCAPE = re.compile(r"""\\([\\"'nrt])""")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}

# What people write from other languages → what to write here.
_SLIPS = {
    "===": "write `==`",
    "!==": "write `!=`",
    "&&": "write `and`",
    "||": "write `or`",
    "<>": "write `!=`",
    "=~": "write `matches`",
    "=>": "write `>=`",
    "=<": "write `<=`",
    "{{": "write the condition without `{{ }}`",
    "}}": "write the condition without `{{ }}`",
    "{%": "write the condition without `{% %}`",
    "=": "write `==` to compare",
    "!": "write `not`",
    "&": "write `and`",
    "|": "filters belong to templates; `ieq` and `icontains` in a map compare without case",
    "“": 'write straight quotes: "',
    "”": 'write straight quotes: "',
    "‘": "write straight quotes: '",
    "’": "write straight quotes: '",
    "+": "conditions do not calculate",
    "*": "conditions do not calculate",
    "/": "conditions do not calculate",
    "%": "conditions do not calculate",
    "~": "conditions do not join texts",
    ".": "a path begins with a name: `resource.title`",
    ":": "write `any(path, condition)` for lists; a map of tests needs no quotes round it",
    "?": "write `and`, `or` and `not` instead",
    ";": "write `and` or `or` between conditions",
    "{": "a map of tests is written without quotes round it",
}
_LONG_SLIP = re.compile("|".join(re.escape(slip) for slip in _SLIPS if len(slip) > 1))
_SLIP = re.compile("|".join(re.escape(slip) for slip in _SLIPS if len(slip) == 1))


class Unreadable(ValueError):
    """The expression cannot be read on from here."""

    def __init__(self, offset: int, width: int, message: str, help: str = "", code: str = "expression") -> None:
        super().__init__(message)
        self.offset, self.width, self.help, self.code = offset, width, help, code


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an expression: a word of ours, a mark, a constant, a path, the end; or what was told as a mistake."""

    kind: Literal["word", "mark", "constant", "path", "end", "told"]
    text: str
    offset: int
    value: Any = None  # of a constant, its value; of a path, its steps

    def refuse(self, message: str, help: str = "", code: str = "expression") -> NoReturn:
        raise Unreadable(self.offset, len(self.text), message, help, code)


def tokens_of(text: str) -> list[Token]:
    """All tokens of an expression, the end included. Raises Unreadable."""
    if len(text) > MAX_LENGTH:
        raise Unreadable(0, 1, f"this condition has {len(text):,} characters", f"{MAX_LENGTH:,} at most")
    return list(_tokens(text))


def _tokens(text: str) -> Iterator[Token]:
    offset = 0
    while True:
        if space := _SPACE.match(text, offset):
            offset = space.end()
        if offset == len(text):
            yield Token("end", "", offset)
            return
        token, offset = _token(text, offset)
        yield token


def _token(text: str, offset: int) -> tuple[Token, int]:
    if word := _WORD.match(text, offset):
        return _word(text, word)
    if found := _LONG_SLIP.match(text, offset):
        raise _slip(found)
    if found := _TEXT.match(text, offset):
        content = found[1] if found[1] is not None else found[2]
        value = _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), content)
        return Token("constant", found[0], offset, value), found.end()
    if found := _NUMBER.match(text, offset):
        return Token("constant", found[0], offset, _number(found)), found.end()
    if found := _MARK.match(text, offset):
        return Token("mark", found[0], offset), found.end()
    if found := _SLIP.match(text, offset):
        raise _slip(found)
    if text[offset] in "\"'":
        raise Unreadable(offset, 1, "this text is never closed", f"end it with `{text[offset]}`")
    raise Unreadable(offset, 1, f"{said(text[offset])} is not understood here", "put quotes round a text")


def _slip(found: re.Match[str]) -> Unreadable:
    message = f"{said(found[0])} is not understood here"
    return Unreadable(found.start(), len(found[0]), message, _SLIPS[found[0]])


def _word(text: str, word: re.Match[str]) -> tuple[Token, int]:
    """A word of the language, a constant by name, or a path that begins here."""
    if word[0] in WORDS:
        return Token("word", word[0], word.start()), word.end()
    if word[0] in CONSTANTS and not text.startswith((".", "["), word.end()):
        return Token("constant", word[0], word.start(), CONSTANTS[word[0]]), word.end()
    try:
        path, end = read_path(text, word.start())
    except BadPath as bad:
        raise Unreadable(bad.offset, 1, str(bad), bad.help, "bad-path") from None
    return Token("path", text[word.start() : end], word.start(), path), end


def _number(found: re.Match[str]) -> int | float:
    if found.end() < len(found.string) and _WORD.match(found.string, found.end()):
        raise Unreadable(found.end(), 1, "a number ends here", "put a space after it, or quotes round a text")
    number = float(found[0]) if set(found[0]) & set(".eE") else int(found[0]) if len(found[0]) <= MAX_DIGITS else None
    if number is None or not math.isfinite(number):
        raise Unreadable(found.start(), len(found[0]), "this number is too large", "no event holds it")
    return number
