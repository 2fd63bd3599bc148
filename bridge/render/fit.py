"""Shortens a text to what a service takes, with a mark, never inside a link, a code span, an entity or a character."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from markupsafe import escape

from bridge.model import Format, Kind, Notification, Tone
from bridge.render.dead import JOINER
from bridge.render.html import clean_html

MARK = "…"
PART_BREAK = "\f"  # between two parts of a body that is sent as several messages
PARTS_MAX = 10
_NUMBER_ROOM = len("(10/10)\n")
TITLE_MAX = 250  # of any title, where a service takes more
_LINE_END = re.compile(r"(?<!\n)\n(?!\n|[-*] )")  # list lines stay together
_UNIT = re.compile(r"\s+|(?:\[[^\[\]\n]*\]\([^()\s]*\)|`[^`\n]*`|&#?\w{1,10};|<[^<>\n]*>|[^\s`\[<]|[`\[<])+")
_ATOM = re.compile(r"\[[^\[\]\n]*\]\([^()\s]*\)|`[^`\n]*`|&#?\w{1,10};|<[^<>\n]*>|[\s\S]")
_CONTROL = dict.fromkeys((*range(32), *range(127, 160), 0x2028, 0x2029), " ")
_LOOSE_END = " \t\n.,;:·-–—"


def squeezed(text: str) -> str:
    """On one line, with single spaces; those that may not break stay what they are."""
    return re.sub(r"[ \t\n\r\f\v]+", " ", text).strip(" ")


def as_printed(text: str) -> int:
    """How many characters a reader sees: not the signs of bold, an address behind its link, or what is invisible."""
    return len(re.sub(rf"\[([^\[\]\n]*)\]\([^()\s]*\)|\*\*|{JOINER}", r"\1", text))


def shorten(text: str, limit: int, *, measure: Callable[[str], int] = len) -> str:
    """Cut at a space; a first word that is too long by itself is cut between characters."""
    if measure(text) <= limit:
        return text
    room = limit - len(MARK) - 2 * ("**" in text and measure is len)  # two for closing a bold that was cut
    kept = ""
    used = 0
    for unit in _UNIT.findall(text):
        used += measure(unit)
        if used > room:
            break
        kept += unit
    kept = kept.rstrip(_LOOSE_END) or _characters(text, room, measure)
    return kept + ("**" if kept.count("**") % 2 else "") + MARK


def _characters(text: str, room: int, measure: Callable[[str], int]) -> str:
    kept: list[str] = []
    used = 0
    for atom in _ATOM.findall(text):
        used += measure(atom)
        if used > room:
            break
        kept.append(atom)
    while kept and _joined_to_next(text, sum(map(len, kept))):
        kept.pop()
    return "".join(kept)


def _joined_to_next(text: str, at: int) -> bool:
    """Would a cut here split what is read as one sign: an accent, a modifier, a joined emoji, a flag."""
    after = text[at : at + 1]
    return bool(after) and (
        unicodedata.combining(after) != 0
        or after in "\u200d\ufe0e\ufe0f\u20e3"
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or text[at - 1] == "\u200d"
        or ("\U0001f1e6" <= after <= "\U0001f1ff" and "\U0001f1e6" <= text[at - 1] <= "\U0001f1ff")
    )


def one_line(text: str) -> str:
    """A title: control characters and line ends become spaces."""
    if text.isprintable() and "  " not in text:  # nearly every title
        return text.strip(" ")
    return squeezed(text.translate(_CONTROL))


def fitted(
    title: str,
    body: str,
    *,
    kind: Kind,
    format: Format,
    tone: Tone,
    split: bool = False,  # as elsewhere
) -> Notification:
    """Title and body within what the service takes. `split`: a body too long for it in numbered parts, if it can be."""
    if kind.title_max == 0:
        body = _headed(title, body, format)
        title = ""
    if kind.blank_lines and format == "markdown":
        body = _LINE_END.sub("\n\n", body)
    if kind.words == "chat":
        body = body.replace(PART_BREAK, " ")
        if split and format != "html":
            body = PART_BREAK.join(parts(body, kind.body_max))
    return Notification(
        title=shorten(title, min(kind.title_max, TITLE_MAX)) if title else "",
        body=body
        if PART_BREAK in body and split
        else _shorter_html(body, kind.body_max)
        if format == "html"
        else shorten(body, kind.body_max),
        format=format,
        tone=tone,
    )


def parts(body: str, most: int) -> list[str]:
    """The body in parts of that length, each with its number on a line before it; the last of ten is cut."""
    if len(body) <= most or most < 4 * _NUMBER_ROOM:
        return [body]
    pieces = list(_pieces(body, most - _NUMBER_ROOM))
    if len(pieces) > PARTS_MAX:
        pieces[PARTS_MAX - 1 :] = [shorten("\n".join(pieces[PARTS_MAX - 1 :]), most - _NUMBER_ROOM)]
    return [f"({number}/{len(pieces)})\n{piece}" for number, piece in enumerate(pieces, 1)]


def _pieces(body: str, room: int) -> Iterator[str]:
    """Whole lines as long as they fit; a line that is too long by itself is broken between words."""
    held = ""
    for line in body.split("\n"):
        if held and len(held) + 1 + len(line) <= room:
            held += "\n" + line
            continue
        if held.strip():
            yield held.strip("\n")
        *whole, held = _broken(line, room) if len(line) > room else [line]
        yield from whole
    if held.strip():
        yield held.strip("\n")


def _broken(line: str, room: int) -> Iterator[str]:
    """Between words, else between characters; a bold that is cut is closed, and opened again."""
    opened = kept = ""
    units = (
        piece for unit in _UNIT.findall(line) for piece in ([unit] if len(unit) <= room - 4 else _ATOM.findall(unit))
    )
    for piece in units:
        if kept and len(kept) + len(piece) > room - 4:
            bold = "**" if (opened + kept).count("**") % 2 else ""
            yield opened + kept.rstrip() + bold
            opened, kept = bold, piece.lstrip()
        else:
            kept += piece
    yield shorten(opened + kept, room)


def _headed(title: str, body: str, format_: Format) -> str:
    """The title as the body's first line, for a service that has no titles."""
    if format_ == "markdown":
        return f"**{title.replace('*', '∗')}**\n{body}"
    return f"<b>{escape(title)}</b><br>{body}" if format_ == "html" else f"{title}\n{body}"


def _shorter_html(text: str, limit: int) -> str:
    """Cut, and what the cut left open closed again; that takes room of its own."""
    room = limit
    while len(text) > limit:
        cut = clean_html(shorten(text, room))
        if len(cut) <= limit:
            return cut
        room -= len(cut) - limit
        if room <= len(MARK):
            return MARK
    return text
