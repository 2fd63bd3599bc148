"""A mail as a page: lines that a template wrote become paragraphs, facts, a button; the looks are in mail.html.

Every word is escaped here and the page's inside passes the allow-list; style comes from mail.html alone.
"""

# ruff: noqa: S704 -- Markup here is our own, or filled through its `format`, which escapes

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from bridge.model import Kind, Notification, Tone, replace
from bridge.render.fit import TITLE_MAX, shorten
from bridge.render.html import clean_html
from bridge.render.speech import Speech

ROOM = 16_000  # characters that a service must take for a page to make sense
TEXT_MAX = 12_000  # characters of what the template wrote

_SHELL = files("bridge.render").joinpath("mail.html").read_text(encoding="utf-8")
_SPOT = re.compile(r"\[\[(lang|title|preview|page)\]\]")
_INLINE = re.compile(r"\[(?P<label>[^\[\]\n]*)\]\((?P<link>[^()\s]*)\)|\*\*(?P<bold>[^*\n]+)\*\*|`(?P<code>[^`\n]*)`")
_LINKS = re.compile(r"(?:\[[^\[\]\n]*\]\([^()\s]*\)(?: · )?)+")
_FACT = re.compile(r"(?P<label>[^:→“«*\[\]`\d]{1,30}?)\s?: (?P<value>.{1,120})")
_SAID = re.compile(r"(?P<who>[^“«]{1,60}?\s?:)?\s?(?P<said>“.*”|«.*»)")
_ARROW = " → "
_MOVE_MAX = 30  # characters on either side of an arrow that are shown large


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a mail has to say."""

    title: str
    text: str  # lines, as a template wrote them
    markdown: bool  # are the lines our Markdown, or plain text
    origin: str = ""  # source and time
    sent: str = ""  # whom it was sent to, by which rule
    event: str = ""  # Bridge's page of the event; the button leads there when the lines have no better


@dataclass(slots=True)
class _Parts:
    happened: list[Markup] = field(default_factory=list)
    asked: list[Markup] = field(default_factory=list)
    facts: list[Markup] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)  # label, address


def laid_out(content: Letter, speech: Speech, kind: Kind, tone: Tone) -> Notification:
    """The page as a notification; a text that makes it too large is cut before it is laid out."""
    title = shorten(content.title, min(kind.title_max, TITLE_MAX))
    room = TEXT_MAX
    while True:
        text = shorten(content.text, room)
        body = letter(replace(content, title=title, text=text), speech)
        if len(body) <= kind.body_max:
            return Notification(title=title, body=body, format="html", tone=tone)
        room //= 2  # escaping can make a text five times as long


def sent_line(to: str, rule: str, speech: Speech) -> str:
    """`Sent to managers by the rule “…”.`, as far as it is known."""
    say = speech.words.phrase
    if not rule:
        return ""
    told = say("Sent to {to} by the rule “{rule}”.").replace("{to}", to) if to else say("Sent by the rule “{rule}”.")
    return told.replace("{rule}", rule)


def letter(content: Letter, speech: Speech) -> str:
    """The whole page of one message."""
    parts = _Parts()
    for line in content.text.split("\n"):
        if line.strip():
            _sort_in(line.strip(), parts, content.markdown, speech)
    say = speech.words.phrase
    pages = [(label, address) for label, address in parts.links if address != content.event]
    if not pages and content.event:
        pages = [(say("Open it in Bridge"), content.event)]
    button = _button(*pages[0]) if pages else Markup("")
    facts = Markup('<table class="facts">{}</table>').format(Markup("").join(parts.facts)) if parts.facts else ""
    feet = [*pages[1:], *([(say("Why did I get this?"), content.event)] if content.event else [])]
    inside = Markup('<h1 class="title">{}</h1>{}{}{}{}').format(
        content.title, Markup("").join(parts.happened), Markup("").join(parts.asked), facts, button
    )
    preview = " · ".join(part.striptags() for part in [*parts.happened[:1], *parts.asked[:1]])
    return page(content, inside, feet, preview, speech)


def page(content: Letter, inside: Markup, feet: Sequence[tuple[str, str]], preview: str, speech: Speech) -> str:
    """`inside` on its sheet, with what stands above and below it."""
    foot = Markup(" · ").join(_link(label, address) for label, address in feet)
    whole = Markup('<p class="from">{}</p><div class="sheet">{}</div>').format(content.origin, inside)
    if content.sent or foot:
        both = Markup("<br>").join(part for part in (content.sent, foot) if part)
        whole += Markup('<p class="foot">{}</p>').format(both)
    spots = {
        "lang": str(speech.locale).replace("_", "-"),
        "title": escape(content.title),
        "preview": escape(preview[:200]),
        "page": clean_html(whole),
    }
    return _SPOT.sub(lambda spot: spots[spot[1]], _SHELL)


def _sort_in(line: str, parts: _Parts, markdown: bool, speech: Speech) -> None:
    if markdown and _LINKS.fullmatch(line):
        parts.links += [(found["label"], found["link"]) for found in _INLINE.finditer(line) if found["link"]]
    elif markdown and line.startswith("**"):
        parts.asked.append(Markup('<p class="ask">{}</p>').format(inline(line, markdown)))
    elif said := _SAID.fullmatch(line):
        if said["who"]:
            parts.happened.append(Markup('<p class="text">{}</p>').format(inline(said["who"], markdown)))
        parts.happened.append(Markup('<blockquote class="said">{}</blockquote>').format(inline(said["said"], markdown)))
    elif fact := _FACT.fullmatch(line):
        row = Markup('<tr><th scope="row">{}</th><td>{}</td></tr>')
        parts.facts.append(row.format(inline(fact["label"], markdown), _fact(fact["value"], markdown)))
    elif not parts.happened and _is_move(line):
        parts.happened.append(_move(line, markdown, speech))
    else:
        parts.happened.append(Markup('<p class="text">{}</p>').format(inline(line.removeprefix("- "), markdown)))


def inline(line: str, markdown: bool) -> Markup:
    """A line's words escaped; of Markdown, bold and links are kept."""
    if not markdown:
        return escape(line)
    pieces: list[Markup] = []
    end = 0
    for found in _INLINE.finditer(line):
        pieces.append(escape(line[end : found.start()]))
        end = found.end()
        if found["link"] is not None:
            pieces.append(_link(found["label"], found["link"]))
        else:
            pieces.append(
                Markup("<strong>{}</strong>").format(found["bold"]) if found["bold"] else escape(found["code"])
            )
    return Markup("").join([*pieces, escape(line[end:])])


def _is_move(line: str) -> bool:
    sides = line.split(_ARROW)
    return len(sides) == 2 and all(0 < len(side) <= _MOVE_MAX for side in sides)


def _move(line: str, markdown: bool, speech: Speech) -> Markup:
    before, now = (side.replace(" ", "\u00a0") for side in line.split(_ARROW))  # in one piece in narrow cells
    say = speech.words.phrase
    return Markup(
        '<table class="move" cellspacing="0" cellpadding="0"><tr>'
        '<td class="was"><span class="tag">{}</span>{}</td><td class="to">→</td>'
        '<td class="now"><span class="tag">{}</span>{}</td></tr></table>'
    ).format(say("Before"), inline(before, markdown), say("Now"), inline(now[:1].upper() + now[1:], markdown))


def _fact(value: str, markdown: bool) -> Markup:
    before, arrow, now = value.partition(_ARROW)
    if not arrow:
        return inline(value, markdown)
    return Markup('<span class="was">{}</span> → <span class="now">{}</span>').format(
        inline(before, markdown), inline(now, markdown)
    )


def _link(label: str, address: str) -> Markup:
    if urlsplit(address).scheme not in ("http", "https", "mailto"):
        return escape(label)
    return Markup('<a href="{}">{}</a>').format(address, label)


def _button(label: str, address: str) -> Markup:
    table = '<table role="presentation" class="big" cellspacing="0" cellpadding="0">{}</table>'
    return Markup(table).format(Markup('<tr><td class="btn">{}</td></tr>').format(_link(label, address)))


# ---- digests -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message in a digest."""

    title: str
    gist: str
    time: str
    address: str = ""
    asks: bool = False


def digest(content: Letter, entries: Sequence[Entry], left_out: int, speech: Speech) -> str:
    """The whole page of a digest: what waits for an answer, then the news."""
    waiting, news = [one for one in entries if one.asks], [one for one in entries if not one.asks]
    sections: list[Markup] = []
    if waiting:
        heading = speech.words.say("Waiting for an answer: {n}", n=len(waiting))
        sections += [Markup('<h2 class="part todo">{}</h2>').format(heading), *_entries(waiting)]
    if news:
        heading = speech.words.say("News: {n}", n=len(news) + left_out)
        sections += [Markup('<h2 class="part">{}</h2>').format(heading), *_entries(news)]
    if left_out:
        more = speech.words.say("and {n} more", n=left_out)
        sections.append(Markup('<div class="item"><p class="text">{}</p></div>').format(more))
    see = speech.words.phrase("See them in Bridge")
    end = Markup('<div class="end">{}</div>').format(_button(see, content.event)) if content.event else Markup("")
    inside = Markup('<h1 class="title">{}</h1>{}{}').format(content.title, Markup("").join(sections), end)
    preview = " · ".join(entry.title for entry in entries[:2])
    return page(content, inside, (), preview, speech)


def _entries(entries: Iterable[Entry]) -> Iterable[Markup]:
    for one in entries:
        name = _link(one.title, one.address) if one.address else escape(one.title)
        told = Markup('<span class="at">{}</span> · {}').format(one.time, one.gist) if one.gist else escape(one.time)
        yield Markup('<div class="item{}"><p class="name">{}</p><p class="text">{}</p></div>').format(
            " wait" if one.asks else "", name, told
        )
