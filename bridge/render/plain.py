"""Our own small Markdown (bold, links, code spans, list lines) as plain text, and HTML as plain text."""

from __future__ import annotations

import html
import re
from functools import lru_cache

import nh3

_MARKDOWN = re.compile(r"\[([^\[\]\n]*)\]\(([^()\s]*)\)|\*\*(?=\S)|(?<=\S)\*\*|`([^`\n]*)`")
_BREAK = re.compile(r"<(?:br|/?(?:p|div|li|ul|ol|tr|table|blockquote|pre|h[1-6]))\b", re.I)
_SIGNS = "*`[]()"
_VEIL = {ord(sign): 0xFDD0 + place for place, sign in enumerate(_SIGNS)}  # noncharacters: no text has them
_UNVEIL = {veil: sign for sign, veil in _VEIL.items()}
HTML_MAX = 100_000  # no notification shows more; a parser's time grows with its text
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.I)
_CLOSE_THEMSELVES = "area base br col dd dt hr img input li link meta option p source td th tr track wbr"
_NESTING = 256


def without_markdown(text: str) -> str:
    """`**Now** [Open](https://x)` → `Now Open: https://x`."""
    return _MARKDOWN.sub(lambda m: plain_link(m[1], m[2]) if m[2] is not None else (m[3] or ""), text)


def plain_link(label: str, address: str) -> str:
    """A label and where it leads; a question has its sign already."""
    return f"{label} {address}" if label.endswith("?") else f"{label}: {address}"


def veiled(text: str) -> str:
    """An event's words that `without_markdown` must leave as they are."""
    return text.translate(_VEIL)


def unveiled(text: str) -> str:
    """The words again, after the Markdown round them is gone."""
    return text.translate(_UNVEIL)


@lru_cache(maxsize=8)  # one event goes to several destinations
def without_html(text: str) -> str:
    """The words alone; script and style go whole, blocks are parted by a space."""
    if "<" not in text and "&" not in text:
        return text
    if too_deep(text):
        return html.unescape(re.sub(r"<[^<>]*>", " ", text[:HTML_MAX]))
    parted = _BREAK.sub(lambda found: " " + found[0], text[:HTML_MAX])
    words = nh3.clean(parted, tags=set(), clean_content_tags={"script", "style"}, strip_comments=True)
    return html.unescape(words)


def too_deep(text: str) -> bool:
    """Are more elements open at once than anybody writes: the parser's time grows with their square."""
    opened: dict[str, int] = {}
    closing_themselves = _CLOSE_THEMSELVES.split()
    depth = 0
    for closing, name in _TAG.findall(text):
        folded = name.lower()
        if folded in closing_themselves or (closing and not opened.get(folded)):
            continue
        change = -1 if closing else 1
        opened[folded] = opened.get(folded, 0) + change
        depth += change
        if depth > _NESTING:
            return True
    return False
