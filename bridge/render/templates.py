"""The front door: loads and checks all templates once, and makes a notification of an event."""

from __future__ import annotations

import contextlib
import re
import traceback
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from jinja2.exceptions import TemplateError

from bridge.errors import Problem, TemplateFailed
from bridge.model import Event, Format, Kind, Notification, Rule, Target, Throttle, Tone, fold, replace
from bridge.render import bundles, loading, mail
from bridge.render.bundles import Item
from bridge.render.closed import Closed, Ready
from bridge.render.dead import encoder
from bridge.render.filters import all_filters
from bridge.render.fit import fitted, one_line, shorten
from bridge.render.links import links as links_of
from bridge.render.links import tells_why, why_line
from bridge.render.links import why as why_of
from bridge.render.mail import Letter, laid_out
from bridge.render.paths import Said, said
from bridge.render.redact import redacted
from bridge.render.rendering import Piece, Words, addresses_in, bare, tone_of, write
from bridge.render.seen import rule_seen, seen
from bridge.render.speech import Speech
from bridge.render.values import Links

INLINE = "the rule’s own text"  # what frames of a rule's title or body are known by
ATTACH_MAX = 20  # addresses of a message; the sender fetches fewer, and says so
LATE_TITLE_MAX = 79  # of a follow-up's
WHY = "Why this message?"
DEFAULT = "default"  # the template for events that have none of their own
REDACT = frozenset({"token", "authorization", "password", "secret"})


class Templates:
    """All templates of a configuration, loaded and checked once. `files`: "creads/project.created.md.j2" → text."""

    def __init__(
        self,
        files: Mapping[str, str],
        *,
        locale: str,
        timezone: str,
        links: Mapping[str, Mapping[str, str]],
        public_url: str,
        why_link: bool,
        redact: frozenset[str] = REDACT,
    ) -> None:
        self._speech = Speech(locale, timezone)
        self._links, self._public_url, self._why_link, self._redact = links, public_url, why_link, redact
        self._ready = Ready()
        self._environment = Closed(all_filters(self._speech), self._ready)
        self.names = tuple(files)
        self.problems: list[Problem] = loading.load(self._environment, self._ready, files)
        self._last: tuple[Event | None, dict[str, Any]] = (None, {})
        self._inline = lru_cache(maxsize=10_000)(self._read_inline)
        self._default = lru_cache(maxsize=1_000)(self._find_default)

    def check_inline(self, rule_name: str, target: Target) -> list[Problem]:
        """What is wrong with a rule's own title and body; lines and columns count from the start of each text."""
        problems: list[Problem] = []
        texts: tuple[tuple[str | None, Format], ...] = ((target.title, "text"), (target.body, target.format or "text"))
        for text, format_ in texts:
            if text is not None:
                _, faults = loading.read(self._environment, text, format_, self.names)
                problems += [loading.problem(fault, text, target.place.file or rule_name) for fault in faults]
        return problems

    def said(self, name: str) -> Sequence[Said]:
        """The fields of an event that a template names, also where it has other mistakes."""
        return self._ready.said.get(name, ())

    def said_inline(self, text: str, format_: Format) -> Sequence[Said]:
        """The same of a rule's own title or body."""
        tree, _ = loading.read(self._environment, text, format_, self.names)
        return said(tree) if tree is not None else ()

    def render(
        self,
        event: Event,
        rule: Rule | None,
        target: Target | None,
        *,
        source_type: str,
        kind: Kind,
        now: datetime,
        format: Format | None = None,  # a destination's word for it
        split: bool = False,  # what is too long for the service goes in several parts
        waited: float | None = None,  # of a follow-up: seconds since its event
        events: Sequence[Event] = (),  # of a digest that the rule words itself; `event` is the last of them
    ) -> Notification:
        """The words for one destination, or TemplateFailed with the file and line at fault."""
        wanted = (format,) if format else kind.formats
        title, body = self._chosen(event, target, source_type, wanted)
        taken = {format} if format else {*kind.formats}
        plain = body.format == "markdown" and not taken & {"markdown", "html"}
        page = self._is_page(kind, format, body.format)
        words = Words(failing=body)
        local = now.astimezone(self._speech.zone)
        asked = self._why_link and tells_why(kind) and not page  # a page has such a link at its foot anyway
        why = why_of(event, rule, public_url=self._public_url) if asked else ""
        try:
            if not events and any(name != "waited" for _, name in title.uses | body.uses):
                events = (event,)  # of a digest with one item, and of each item: the words are the same
            names = self._names(event, rule, local, why) | self._bundle_names(waited, events)
            write(title, body, words, names=names, kind=kind, now=local, plain=plain, page=page)
        except Exception as error:  # a template can fail in every way; each must end as the fallback text
            first = target and (target.title_line if words.failing is title else target.body_line)
            raise self._failed(error, words.failing, target, first or 1) from error
        told = words.title or self._simple_title(event, kind)
        text = words.body or self._speech.words.phrase("No details came with it.")
        if waited is not None:
            told, text = self._late(told, text, title, body, waited, event, local)
        tone = target.tone if target and target.tone else tone_of(words.tone)
        thread = f"{event.source}/{fold(event.type)}/{event.gid}"
        if page:
            content = self._letter(told, text, event, rule, target, local, markdown=body.format == "markdown")
            note = laid_out(content, self._speech, kind, tone)
        else:
            written: Format = "text" if plain else body.format
            note = self._fitted(told, text, why, kind=kind, format=written, tone=tone, split=split)
        attach = self._addresses(target, names, local) if target and target.attach else ()
        return replace(note, thread=thread, attach=attach)

    def _fitted(
        self, title: str, text: str, why: str, *, kind: Kind, format: Format, tone: Tone, split: bool
    ) -> Notification:
        """Within what the service takes; with `why_link` the last line leads there, also from a text that was cut."""
        note = fitted(title, text, kind=kind, format=format, tone=tone, split=split)
        if not why or why in note.body:
            return note
        line = ("\n\n" if kind.blank_lines else "\n") + why_line(self._speech.words.phrase(WHY), why, format)
        if len(line) > kind.body_max // 4:  # of a service this short, the words need the room
            return note
        room = replace(kind, body_max=max(kind.body_max - len(line), 1))
        note = fitted(title, text, kind=room, format=format, tone=tone, split=split)
        return replace(note, body=note.body + line)

    def _addresses(self, target: Target, names: dict[str, Any], now: datetime) -> tuple[str, ...]:
        """The files to take along. One that cannot be said is left out: it never keeps a message from its words."""
        found: list[str] = []
        for text in target.attach:
            with contextlib.suppress(Exception):  # a template can fail in every way; a missing value is the usual one
                found += addresses_in(bare(self._inline(text, "text", target), names, now))
        return tuple(dict.fromkeys(found))[:ATTACH_MAX]

    def fallback(self, event: Event, rule: Rule | None, *, kind: Kind, now: datetime) -> Notification:
        """Plain text that cannot fail: event, rule and link."""
        dead = encoder(kind, "text", title=True, plain=False)
        say = self._speech.words.phrase
        lines = [say("The full message could not be written: its template has a mistake.")]
        if rule is not None:
            lines.append(say("Rule: {rule}").replace("{rule}", dead(rule.name)))
        lines.append(self._links_of(event)["event"])
        return fitted(self._simple_title(event, kind), "\n".join(lines), kind=kind, format="text", tone="warning")

    def _is_page(self, kind: Kind, format: Format | None, written: Format) -> bool:
        """Mail that takes HTML, and is large enough, gets Markdown and text on a page."""
        taken = (format,) if format else kind.formats
        return kind.words == "mail" and "html" in taken and written != "html" and kind.body_max >= mail.ROOM

    def _letter(
        self,
        title: str,
        text: str,
        event: Event,
        rule: Rule | None,
        target: Target | None,
        now: datetime,
        *,
        markdown: bool,
    ) -> Letter:
        when = self._speech.datetime(event.received_at.astimezone(self._speech.zone), "", now)
        sent = mail.sent_line(target.to if target else "", rule.name if rule else "", self._speech)
        origin, page = f"{bundles.spoken(event.source)} · {when}", self._links_of(event)["event"]
        return Letter(title=title, text=text, markdown=markdown, origin=origin, sent=sent, event=page)

    def _late(
        self, told: str, text: str, title: Piece, body: Piece, waited: float, event: Event, now: datetime
    ) -> tuple[str, str]:
        """A follow-up's title and body say since when, unless the template or the rule does so itself."""
        say, speech = self._speech.words.phrase, self._speech
        if not title.inline and ("title", "waited") not in title.uses:
            late = say("Unanswered for {time}").replace("{time}", speech.lasting(waited))
            told = shorten(f"{late} · {told}", LATE_TITLE_MAX)
        if not body.inline and body.format != "html" and not body.uses & {("body", "waited"), ("", "waited")}:
            when = speech.datetime(event.received_at.astimezone(speech.zone), "", now)
            text = say("Waiting since {when}").replace("{when}", when) + f"\n{text}"
        return told, text

    def words_digests(self, target: Target | None) -> bool:
        """Does the rule's own template say `events` or `count`: then it words a digest itself, through `render`."""
        if target is None:
            return False
        uses = self._ready.uses.get(target.template or "", frozenset())
        if target.template is None:
            texts: tuple[tuple[str | None, Format], ...] = (
                (target.title, "text"),
                (target.body, target.format or "text"),
            )
            with contextlib.suppress(TemplateFailed):  # told when it is rendered
                uses = frozenset().union(*(self._inline(text, form, target).uses for text, form in texts if text))
        return any(name != "waited" for _, name in uses)

    def digest(
        self,
        items: Sequence[Item],
        *,
        kind: Kind,
        now: datetime,
        format: Format | None = None,  # as of `render`
        rule: str = "",
        to: str = "",
        away: str = "",  # the destination that was paused meanwhile
        total: int = 0,  # how many there are, where `items` are only the first of them
    ) -> Notification:
        """One message of several for a destination; of one item alone, the message it is."""
        speech, url = self._speech, self._public_url
        if self._is_page(kind, format, "markdown"):
            local = now.astimezone(speech.zone)
            return bundles.page(
                items, speech=speech, kind=kind, public_url=url, now=local, rule=rule, to=to, away=away, total=total
            )
        plainest = self._plainest(kind, format)
        return bundles.digest(items, speech=speech, kind=kind, format=plainest, public_url=url, away=away, total=total)

    def summary(
        self, rule_name: str, throttle: Throttle, left_out: int, *, kind: Kind, format: Format | None = None
    ) -> Notification:
        """How many messages a rule's throttle left out, and where they are."""
        taken, speech = self._plainest(kind, format), self._speech
        title, text = bundles.summary(
            rule_name,
            throttle,
            left_out,
            speech=speech,
            raw=kind.words == "raw",
            format=taken,
            public_url=self._public_url,
        )
        if self._is_page(kind, format, "markdown"):
            return laid_out(Letter(title=title, text=text, markdown=True), speech, kind, "info")
        return fitted(title, text, kind=kind, format=taken, tone="info")

    def _plainest(self, kind: Kind, format_: Format | None) -> Format:
        """What texts that no template writes are written in."""
        return "markdown" if "markdown" in ((format_,) if format_ else kind.formats) else "text"

    def _simple_title(self, event: Event, kind: Kind) -> str:
        """`Project created: Logo`, where no template gives a title."""
        dead = encoder(kind, "text", title=True, plain=False)
        resource = redacted(event.resource, self._redact) or {}
        name = next((resource[key] for key in ("title", "name") if isinstance(resource.get(key), str)), event.gid)
        return one_line(f"{dead(event.type)} {dead(event.action)}: {dead(name)}")

    # ---- which template ------------------------------------------------------------------------

    def _chosen(
        self, event: Event, target: Target | None, source_type: str, wanted: tuple[Format, ...]
    ) -> tuple[Piece, Piece]:
        """(what writes the title, what writes the body)."""
        title = body = None
        if target is not None and target.template is None:
            title = self._inline(target.title, "text", target) if target.title is not None else None
            body = self._inline(target.body, target.format or "text", target) if target.body is not None else None
        if title and body:
            return title, body
        asked = (target.format, *wanted) if target and target.format else wanted
        name = (
            target.template
            if target and target.template
            else self._default(source_type, event.type, event.action, asked)
        )
        named = self._named(name, target)
        return title or named, body or named

    def _named(self, name: str, target: Target | None) -> Piece:
        template, format_ = self._ready.templates.get(name), loading.format_of(name)
        if template is None or format_ is None:
            file, line = (target.place.file, target.place.line) if target else (name, 1)
            raise TemplateFailed(f"there is no sound template `{name}`", file=file, line=line)
        return Piece(template=template, format=format_, name=name, uses=self._ready.uses[name])

    def _find_default(self, source_type: str, type_: str, action: str, wanted: tuple[Format, ...]) -> str:
        """The best of `<source type>/<type>.<action>.*`, else of `default.*`: an event chooses among known names."""
        stem = f"{source_type}/{_in_a_name(type_)}.{_in_a_name(action)}"
        for start in (stem, DEFAULT):
            for format_ in (*wanted, "markdown", "text", "html"):
                for suffix, writes in loading.SUFFIXES.items():
                    if writes == format_ and start + suffix in self._ready.templates:
                        return start + suffix
        return f"{DEFAULT}.md.j2"

    def _read_inline(self, text: str, format_: Format, target: Target) -> Piece:
        tree, faults = loading.read(self._environment, text, format_, self._ready.templates)
        if tree is None or faults:
            raise TemplateFailed(faults[0].message, file=target.place.file, line=target.place.line)
        said = loading.said_in(tree)  # before it is compiled, which rewrites the tree
        template = loading.compiled(self._environment, tree, format_, INLINE)
        return Piece(template=template, format=format_, name=INLINE, inline=True, uses=said)

    def _bundle_names(self, waited: float | None, events: Sequence[Event]) -> dict[str, Any]:
        """The names of a follow-up and of a digest, where its words say them."""
        names: dict[str, Any] = {}
        if waited is not None:
            names["waited"] = self._speech.lasting(waited)
        if events:
            each = [seen(event, secret=self._redact) | {"links": self._links_of(event)} for event in events]
            names |= {"events": each, "count": len(each)}
        return names

    # ---- what it sees, and how it fails --------------------------------------------------------

    def _names(self, event: Event, rule: Rule | None, now: datetime, why: str) -> dict[str, Any]:
        last, names = self._last
        if last is not event:  # one event goes to several destinations
            names = seen(event, secret=self._redact) | {"links": self._links_of(event)}
            self._last = event, names
        links = {"links": Links(names["links"], why=why)} if why else {}
        return names | {"now": now} | links | ({"rule": rule_seen(rule)} if rule else {})

    def _links_of(self, event: Event) -> Links:
        pages = self._links.get(event.source, {})
        return links_of(event, pages, public_url=self._public_url)

    def _failed(self, error: Exception, piece: Piece, target: Target | None, first: int) -> TemplateFailed:
        """Told with the innermost line of a template that was running; `first` is that of an inline one."""
        message = str(error) if isinstance(error, TemplateError) else "the values do not fit what is done with them"
        file, line = piece.name, 1
        for frame, number in traceback.walk_tb(error.__traceback__):
            name = frame.f_code.co_filename
            running = piece.template if name == piece.name else self._ready.templates.get(name)
            if running is not None:
                file, line = name, running.get_corresponding_lineno(number)
        if file == INLINE and target is not None:
            file, line = target.place.file, first + line - 1
        return TemplateFailed(message, file=file, line=line)


def _in_a_name(word: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", word.lower()).strip("_")
