"""YAML with its keys and comments marked; all else is text."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_LINE = re.compile(r"""(\s*(?:- )?)("(?:[^"\\]|\\.)*"|[^\s"'#{\[&*!|>%@`-][^:#]*)(:)(\s.*|)""")
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$")


def marked(line: str) -> Markup:
    """One line: `<b>key</b>: value <i># comment</i>`."""
    found = None if line.lstrip().startswith("#") else _LINE.fullmatch(line)
    if found is None:
        return _value(line)
    return Markup("{}<b>{}</b>{}").format(found[1], found[2], found[3]) + _value(found[4])


def _value(text: str) -> Markup:
    """The rest of a line. A `#` behind a quote may belong to a text, and is left alone."""
    comment = None if '"' in text or "'" in text else _COMMENT.search(text)
    if comment is None:
        return escape(text)
    return escape(text[: comment.start()]) + Markup("<i>{}</i>").format(comment[0])


def yaml(text: str) -> Markup:
    """Several lines."""
    return Markup("\n").join(marked(line) for line in text.rstrip("\n").split("\n"))
