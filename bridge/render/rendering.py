"""Runs a chosen template for one event and one service: title, body and tone as that service should get them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from jinja2 import Template
from jinja2.runtime import Context

from bridge.model import Format, Kind, Tone
from bridge.render.closed import HOLE, Uses, without_holes
from bridge.render.dead import encodable, encoder
from bridge.render.fit import one_line
from bridge.render.html import clean_html
from bridge.render.plain import unveiled, without_html, without_markdown
from bridge.render.run import Manner, Run, current

BLOCKS = ("title", "type", "body", "mail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A template, and what it writes."""

    template: Template
    format: Format
    name: str  # as frames and problems know it
    inline: bool = False  # a rule's own title or body, which has no blocks
    uses: Uses = frozenset()  # the names of bundles and follow-ups that it says


@dataclass(slots=True, kw_only=True)
class Words:
    """What came out; `failing` is the piece that runs, for telling who was at fault."""

    failing: Piece
    title: str = ""
    body: str = ""
    tone: str = ""


def write(
    title: Piece,
    body: Piece,
    words: Words,
    *,
    names: dict[str, Any],
    kind: Kind,
    now: datetime,
    plain: bool,
    page: bool,
) -> None:
    """Fill `words`. `plain`: the service takes only text, so that Markdown becomes such; `page`: a mail is laid out."""
    run = Run(_manner(kind, body.format, now, plain=plain))
    token = current.set(run)
    try:
        words.failing = body
        whole = _Whole(body, names)
        fit_for_both = title is body and not run.bound
        block = "mail" if page and whole.context.blocks["mail"] else "body"
        words.body = _finished(whole.text(block), body.format, plain=plain)
        words.tone = whole.tone()
        words.failing = title
        run.manner = _manner(kind, title.format, now, title=True)
        if not fit_for_both:  # anew: what is set at the top level was made in the body's manner
            whole = _Whole(title, names)
        if whole.context.blocks["title"] or title.inline:  # a file without that block is all body
            words.title = _title(whole.text("title"), title.format)
        if title is not body:
            words.tone = whole.tone() or words.tone
    finally:
        current.reset(token)


def bare(piece: Piece, names: dict[str, Any], now: datetime) -> str:
    """What a rule's own text comes to with an event's words as they are: for what is no text to read."""
    token = current.set(Run(Manner(format="text", dead=encodable, code_spans=False, now=now)))
    try:
        return _Whole(piece, names).text("body").replace(HOLE, "").strip()
    finally:
        current.reset(token)


def addresses_in(text: str) -> list[str]:
    """One address a line; or as `{{ resource.image }}` prints them: maps with a `url`, or lists of such."""
    if text[:1] not in ("{", "["):
        return text.split()
    waiting: list[Any] = [json.loads(text)]
    found: list[str] = []
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, list):
            waiting = [*one, *waiting]
        elif isinstance(url := one.get("url") if isinstance(one, dict) else one, str):
            found.append(url)
    return found


def tone_of(word: str) -> Tone:
    """A template's `type` block; anything but one of the four is `info`."""
    return next((tone for tone in get_args(Tone) if tone == word), "info")


class _Whole:
    """A template after its top level ran: what stands outside of blocks is written, its blocks wait to be asked for."""

    def __init__(self, piece: Piece, names: dict[str, Any]) -> None:
        template = piece.template
        self.context: Context = template.new_context(names)
        blocks = self.context.blocks
        for name in BLOCKS:  # set and import at the top level must have run before a block is asked for
            blocks.setdefault(name, []).insert(0, _nothing)
        self._outside = template.environment.concat(template.root_render_func(self.context))
        for name in BLOCKS:
            del blocks[name][0]

    def text(self, block: str) -> str:
        """A block's text; a template without blocks is its text."""
        found = self.context.blocks[block]
        return self.context.environment.concat(found[0](self.context)) if found else self._outside

    def tone(self) -> str:
        """What the block `type` says, where there is one."""
        return self.text("type").replace(HOLE, "").strip() if self.context.blocks["type"] else ""


def _nothing(_context: Context) -> Iterator[str]:
    return iter(())


def _manner(kind: Kind, format_: Format, now: datetime, *, title: bool = False, plain: bool = False) -> Manner:
    if title and format_ == "markdown":
        format_ = "text"  # titles are plain text, whatever the body is
    dead = encoder(kind, format_, title=title, plain=plain)
    return Manner(format=format_, dead=dead, code_spans=kind.code_spans and not title, now=now)


def _finished(text: str, format_: Format, *, plain: bool) -> str:
    """Without the lines that came out empty, and with what the format still needs."""
    text = without_holes(text).strip("\n").rstrip()
    if format_ == "html":
        return clean_html(text)
    return unveiled(without_markdown(text)) if plain else text


def _title(text: str, format_: Format) -> str:
    text = text.replace(HOLE, "")
    return one_line(without_html(text) if format_ == "html" else text)
