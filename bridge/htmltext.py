"""The text part of an HTML mail: read in order, links with their addresses, tables as `label: value`.

Below all rooms, as `render` takes the first line of a mail for a digest and `delivery` sends the text part.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

SIGNATURE = "-- "  # mail programs know that line: what follows is no news

_PARAGRAPHS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "div", "blockquote", "pre", "hr"})
_LINES = frozenset({"p", "br", "li", "tr"})
_UNSEEN = frozenset({"head", "style", "script", "title"})
_SPACES = re.compile(r"[ \t\r\n\f\v]+")


class _Reader(HTMLParser):
    """Collects lines; `_gap` is how many line ends stand before the next word."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._gap = 0
        self._unseen: list[str] = []  # open tags of which nothing is shown
        self._origin: list[str] = []  # what stands above the sheet, which mail has below the text
        self._in_origin = False
        self._shout = False  # inside a heading of a section
        self._link: list[str] | None = None  # words of an open link
        self._address = ""
        self._named = False  # inside the name of a digest's entry
        self._colon = ":"
        self._alone = False  # is the link a button, whose address gets its own line

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        classes = (given.get("class") or "").split()
        if tag == "html" and (given.get("lang") or "").startswith("fr"):
            self._colon = "\u00a0:"
        if self._unseen or tag in _UNSEEN or {"pre", "tag", "from"} & {*classes}:
            self._in_origin = self._in_origin or "from" in classes
            if tag not in ("br", "meta", "hr", "img", "link"):
                self._unseen.append(tag)
            return
        if "foot" in classes:
            self._break(2)
            self._say(SIGNATURE)
            self._break(1)
            if self._origin:
                self._say("".join(self._origin))
                self._break(1)
        elif {"ask", "btn", "said", "item", "end"} & {*classes} or tag in _PARAGRAPHS:
            self._break(2 if "said" not in classes else 1)
        elif tag in _LINES:
            self._break(1)
        self._alone = self._alone or "btn" in classes
        self._shout = self._shout or "part" in classes
        self._named = "name" in classes or (self._named and tag != "p")
        if tag == "a":  # an entry of a digest stands without its address, as the button leads to all of them
            self._link, self._address = [], "" if self._named else given.get("href") or ""
        if tag == "li":
            self._say("- ")

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            if tag == self._unseen[-1]:
                self._unseen.pop()
                self._in_origin = False
            return
        if tag == "a" and self._link is not None:
            self._end_link("".join(self._link))
        elif tag == "th":
            self._say(f"{self._colon} ")
        elif tag == "td":
            self._say(" ")
        elif tag in _PARAGRAPHS:
            self._break(2 if tag != "blockquote" else 1)
        elif tag in _LINES:
            self._break(1)
        self._shout = self._shout and tag != "h2"

    def _end_link(self, words: str) -> None:
        words, self._link = " ".join(words.split()), None
        address = self._address
        if self._alone:
            self._say(f"{words}{self._colon}")
            self._break(1)
            self._say(address)
            self._alone = False
        elif not address or words == address:
            self._say(words)
        else:
            self._say(f"{words} {address}" if words.endswith("?") else f"{words}{self._colon} {address}")

    def handle_data(self, data: str) -> None:
        if self._in_origin:
            self._origin.append(data)
        if self._unseen:
            return
        data = _SPACES.sub(" ", data)
        if self._link is not None:
            self._link.append(data)
        elif data.strip() or (data and self.out and not self._gap):
            self._say(data.upper() if self._shout else data)

    def _break(self, lines: int) -> None:
        self._gap = max(self._gap, lines)

    def _say(self, words: str) -> None:
        if self._gap:
            if self.out:
                self.out.append("\n" * self._gap)
            words = words.lstrip(" ")
            self._gap = 0
        self.out.append(words)


def text_of(html: str) -> str:
    """The page as plain text."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [line if line == SIGNATURE else _SPACES.sub(" ", line).strip() for line in "".join(reader.out).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
