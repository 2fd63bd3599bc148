"""Words for several messages at once: a digest of what was gathered, and how many a throttle left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from bridge.htmltext import text_of
from bridge.model import Format, Kind, Notification, Throttle, Tone
from bridge.render import mail
from bridge.render.dead import neutralise
from bridge.render.fit import PART_BREAK, fitted, shorten
from bridge.render.plain import without_markdown
from bridge.render.speech import Speech

ITEMS_MAX = 10  # of a digest; what is beyond is only counted
QUOTE_MAX = 80
LINE_MAX = 160
_AHEAD = 2_000  # characters of a line that are looked at

# What the default templates say where somebody has to answer; a template of the user's own says it in bold.
ASKS = ("**Accept or reject it.** Accepting ends the project.", "**Awaiting approval.**")

_NO_NEWS = re.compile(r"\(\d+/\d+\)|(?:\[[^\[\]\n]*\]\([^()\s]*\)(?: · )?)+")
_LABEL = re.compile(r"\A[^:→“«]{1,40}?\s?: (?=.* → )")  # of a change: the title has named it
_QUOTED = re.compile(r"(“|«\s)(.*)(”|\s»)")
_PER = {
    3_600: ("{n} more message in the last hour|{n} more messages in the last hour", "{n} an hour"),
    86_400: ("{n} more message in the last day|{n} more messages in the last day", "{n} a day"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One message of a digest, rendered at its time for the same destination."""

    notification: Notification
    at: datetime  # when its event was received
    event_id: int | None = None  # None: Bridge's own news
    source: str = ""  # the name of its event's source


def digest(
    items: Sequence[Item],
    *,
    speech: Speech,
    kind: Kind,
    format: Format,
    public_url: str,  # as elsewhere
    away: str = "",
    total: int = 0,
) -> Notification:
    """All items under one title with their number; what waits for an answer first, then the newest first.

    `format`: "markdown" or "text". One item alone goes out as the message it is. `away`: the destination that was
    paused meanwhile. `total`: how many there are, where `items` are only the first of them.
    """
    if len(items) == 1:
        return items[0].notification
    ordered = in_order(items, speech)
    lines = [_line(item, kind, format, public_url) for item in ordered[:ITEMS_MAX]]
    total = max(total, len(items))
    body = "\n".join([*lines, *_rest(total - len(lines), speech)])
    while len(body) > kind.body_max and len(lines) > 1:  # whole items are left out before one is cut
        lines.pop()
        body = "\n".join([*lines, *_rest(total - len(lines), speech)])
    tone: Tone = "warning" if asks(ordered[0].notification, speech) else "info"
    title = away_title(total, away, speech) if away else digest_title(items, total, speech)
    return fitted(title, body, kind=kind, format=format, tone=tone)


def page(
    items: Sequence[Item],
    *,
    speech: Speech,
    kind: Kind,
    public_url: str,
    now: datetime,
    rule: str = "",
    to: str = "",
    away: str = "",
    total: int = 0,
) -> Notification:
    """The same as a mail: what waits for an answer, then the news."""
    if len(items) == 1:
        return items[0].notification
    ordered = in_order(items, speech)
    entries = [_entry(item, speech, public_url) for item in ordered[:ITEMS_MAX]]
    times = sorted(item.at.astimezone(speech.zone) for item in items)
    total = max(total, len(items))
    title = away_title(total, away, speech) if away else digest_title(items, total, speech)
    sent = mail.sent_line(to, rule, speech)
    events = f"{public_url.rstrip('/')}/events" + (f"?rule={quote(rule, safe='')}" if rule else "")
    origin = _span(times[0], times[-1], now, speech)
    content = mail.Letter(title=title, text="", markdown=False, origin=origin, sent=sent, event=events)
    body = mail.digest(content, entries, total - len(entries), speech)
    tone: Tone = "warning" if asks(ordered[0].notification, speech) else "info"
    return Notification(title=title, body=body, format="html", tone=tone)


def _entry(item: Item, speech: Speech, public_url: str) -> mail.Entry:
    title, gist = title_and_gist(item.notification)
    if item.notification.format == "markdown":
        title, gist = without_markdown(title), without_markdown(gist)
    return mail.Entry(
        title=title,
        gist=gist,
        time=speech.datetime(item.at.astimezone(speech.zone), "HH:mm", item.at),
        address="" if item.event_id is None else event_page(public_url, item.event_id),
        asks=asks(item.notification, speech),
    )


def _span(first: datetime, last: datetime, now: datetime, speech: Speech) -> str:
    """`Wed 10 Sept, 07:47 to 09:00`; the second day only when it is another."""
    style = "HH:mm" if first.date() == last.date() else ""
    span = speech.words.phrase("{first} to {last}").replace("{first}", speech.datetime(first, "", now))
    return span.replace("{last}", speech.datetime(last, style, now))


def in_order(items: Sequence[Item], speech: Speech) -> list[Item]:
    """What waits for an answer first, then the newest first."""
    return sorted(items, key=lambda item: (not asks(item.notification, speech), -item.at.timestamp()))


def digest_title(items: Sequence[Item], total: int, speech: Speech) -> str:
    """`6 messages from Creads, 2 to answer`."""
    sources, waiting = {item.source for item in items}, sum(asks(item.notification, speech) for item in items)
    if len(sources) == 1 and (name := spoken(sources.pop())):
        title = speech.words.phrase("{n} message from {source}|{n} messages from {source}", total)
        title = title.replace("{n}", str(total))
        title = title.replace("{source}", neutralise(name, spans=False, hosts_only=True))
    else:
        title = speech.words.say("{n} message|{n} messages", n=total)
    return title + (speech.words.say(", {n} to answer", n=waiting) if waiting else "")


def away_title(total: int, name: str, speech: Speech) -> str:
    """`14 older messages while slack was away`."""
    title = speech.words.phrase(
        "{n} older message while {name} was away|{n} older messages while {name} was away", total
    )
    return title.replace("{n}", str(total)).replace("{name}", name)


def spoken(source: str) -> str:
    """A source's name as a sentence has it: `creads` → `Creads`."""
    return source[:1].upper() + source[1:]


def asks(note: Notification, speech: Speech) -> bool:
    """Does it wait for somebody's answer: a warning with a line in bold, or with those words of ours."""
    if note.tone != "warning":
        return False
    if note.format == "html":
        return 'class="ask"' in note.body
    ours = [speech.words.phrase(phrase).replace("**", "") for phrase in ASKS]
    lines = note.body.split("\n")[0 if note.title else 1 :]  # a service without titles has it in bold, as a line
    return any(line.startswith("**") or line in ours for line in lines)


def _line(item: Item, kind: Kind, format_: Format, public_url: str) -> str:
    title, gist = title_and_gist(item.notification)
    if kind.words == "mail" and format_ == "markdown":  # a subject is not made dead for Markdown
        title = neutralise(title, joiner="", spans=False, hosts_only=True)
    if format_ == "text":
        title, gist = without_markdown(title), without_markdown(gist)
    elif item.event_id is not None:
        label = title.replace("[", "(").replace("]", ")")
        title = f"[{label}]({event_page(public_url, item.event_id)})"
    return f"- {title} · {gist}" if gist else f"- {title}"


def title_and_gist(note: Notification) -> tuple[str, str]:
    """A message's title, and its first line in short: without the label of a change, its quote cut."""
    title, lines = note.title, (text_of(note.body) if note.format == "html" else note.body).split("\n")
    lines = [line.partition(PART_BREAK)[0] for line in lines]
    if note.format == "html" and 'class="title"' in note.body:
        lines = lines[1:]  # a page has it as its heading
    if not title:
        title, lines = lines[0].removeprefix("**").removesuffix("**"), lines[1:]
    told = (line.removeprefix("- ").strip() for line in lines)
    first = next((line for line in told if line and not _NO_NEWS.fullmatch(line)), "")
    first = _LABEL.sub("", first[:_AHEAD])
    first = _QUOTED.sub(lambda found: found[1] + shorten(found[2], QUOTE_MAX) + found[3], first)
    return title, shorten(first, LINE_MAX)


def event_page(public_url: str, event_id: int) -> str:
    """Where Bridge shows an event."""
    return f"{public_url.rstrip('/')}/events/{event_id}"


def _rest(number: int, speech: Speech) -> list[str]:
    return [speech.words.say("and {n} more", n=number)] if number else []


def summary(
    rule: str,
    throttle: Throttle,
    left_out: int,
    *,
    speech: Speech,
    raw: bool,  # a program gets the rule's name as it is
    format: Format,  # as elsewhere
    public_url: str,
) -> tuple[str, str]:
    """(title, body): how many messages a throttle left out, and where they are."""
    say = speech.words.phrase
    if throttle.per in _PER:
        more, often = _PER[int(throttle.per)]
        title, rate = speech.words.say(more, n=left_out), speech.words.say(often, n=throttle.max)
    else:
        time = speech.lasting(throttle.per)
        more = say("{n} more message in the last {time}|{n} more messages in the last {time}", left_out)
        title = more.replace("{n}", str(left_out)).replace("{time}", time)
        rate = say("{n} in {time}").replace("{n}", str(throttle.max)).replace("{time}", time)
    told = say("The rule “{rule}” sends {rate}; these were not sent.").replace("{rate}", rate)
    name = rule if raw else neutralise(rule, spans=False, hosts_only=True)
    page, label = f"{public_url.rstrip('/')}/events?rule={quote(rule, safe='')}", say("See them")
    link = f"[{label}]({page})" if format == "markdown" else f"{label}: {page}"
    return title, f"{told.replace('{rule}', name)}\n{link}"
