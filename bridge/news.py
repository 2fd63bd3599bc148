"""What Bridge tells its operators of its own troubles: the words, and to whom."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bridge.config.snapshot import Snapshot
from bridge.model import Delivery, Event, Json, Notification, Planned, Settled, Tone
from bridge.planning import TemplateError
from bridge.render.dead import JOINER, neutralise
from bridge.render.envelope import enveloped
from bridge.store.news import Untold
from bridge.store.rows import DestinationRow


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One trouble. The same `trouble` is told once an hour at most; what comes in between is counted."""

    trouble: str
    title: str
    body: str
    tone: Tone = "failure"
    event_id: int | None = None
    about: str | None = None  # the destination in trouble, which is not told of itself
    owner: str | None = None  # who answers for it besides the operators: a destination or a group
    lasting: bool = False  # it goes on until the watch sees that it is over

    def to(self, snapshot: Snapshot) -> list[Planned]:
        """One notification for each destination of `operators`, and for the owner."""
        note = Notification(title=self.title, body=self.body, format="text", tone=self.tone)
        settings = snapshot.settings
        owners = settings.groups.get(self.owner, (self.owner,)) if self.owner else ()
        names = dict.fromkeys((*settings.operators, *owners))
        return [
            Planned(rule=None, destination=name, notification=_for(name, note, snapshot), kind="news")
            for name in names
            if name != self.about and name in settings.destinations
        ]


def _for(name: str, note: Notification, snapshot: Snapshot) -> Notification:
    """A webhook gets its envelope."""
    place = snapshot.settings.destinations.get(name)
    if place is None or place.signing is None:
        return note
    form, redact = place.signing.format, snapshot.settings.redact
    return enveloped(note, form, event=None, rule=None, now=datetime.now(UTC), redact=redact)


def given_up(settled: Settled) -> News:
    """A delivery failed for good."""
    delivery: Delivery = settled.delivery
    tries = delivery.attempts + 1
    return News(
        trouble=f"given-up:{delivery.destination}",
        # The title was made harmless for the service that failed, which may not be the operators'.
        title=f"Not delivered to {delivery.destination}: {neutralise(delivery.notification.title, hosts_only=True)}",
        body=(
            f"Given up after {tries} {'try' if tries == 1 else 'tries'}: {settled.reason}.\n"
            f"Rule: {delivery.rule or '–'}. The words are kept: `bridge deliveries --state failed` lists what failed, "
            "and `bridge replay` sends it again once the cause is mended."
        ),
        event_id=delivery.event_id,
        about=delivery.destination,
    )


def template_failed(error: TemplateError) -> News:
    """A template failed while it ran; people got the fallback text."""
    return News(
        trouble=f"template:{error.file}:{error.line}",
        title=f"A template failed: {error.file}, line {error.line}",
        body=(
            f"{error.message}.\nRule: {error.rule.name}, event {error.event_id}. "
            f"A plain text went out instead; `bridge explain {error.event_id}` shows the event."
        ),
        tone="warning",
        event_id=error.event_id,
        owner=error.rule.owner,
    )


def not_matched(event_id: int, what: str) -> News:
    """Matching an event failed in a way nobody foresaw."""
    return News(
        trouble="not-matched",
        title=f"Event {event_id} could not be matched",
        body=f"{what}. It is kept, and told nobody; the log has the details. This is a fault of Bridge itself.",
        event_id=event_id,
    )


def not_told(what: str, fault: str) -> News:
    """Telling what came due failed in a way nobody foresaw; `what` is a part of a sentence."""
    return News(
        trouble="not-told",
        title=f"Could not be told as it should: {what}",
        body=f"{fault}. What was ready went out one by one; the log has the details. This is a fault of Bridge itself.",
    )


def no_destination(name: str) -> News:
    """Deliveries wait for a destination that the configuration no longer has."""
    return News(
        trouble=f"no-destination:{name}",
        title=f"Held: deliveries for {name}, which is not configured",
        body=f"Nothing is lost: they go out once `destinations:` in config.yaml has `{name}` again.",
        tone="warning",
    )


def refused_change(file: str, words: str, *, stays: bool) -> News:
    """A changed file has errors; `words` are those of `bridge check`."""
    kept = "What it said before stays in force" if stays else "Nothing of it is in force"
    harmless = words.replace("@", "@" + JOINER).replace("<!", "<" + JOINER + "!")
    return News(
        trouble=f"refused:{file}:{_brief(words)}",
        title=f"Not taken: {file}",
        body=f"{kept}; the other files are taken. It is read again as soon as it changes.\n\n{harmless}",
        tone="warning",
    )


def mended(file: str, version: str) -> News:
    """A file that was refused is in force again."""
    return News(
        trouble=f"mended:{file}:{version}",
        title=f"Taken again: {file}",
        body="Its errors are gone, and what it says is in force.",
        tone="success",
    )


def gone(file: str, version: str) -> News:
    """A file that was refused is no longer there."""
    return News(
        trouble=f"gone:{file}:{version}",
        title=f"Gone: {file}",
        body="It was deleted or moved away, and its errors with it. Nothing of it is in force.",
        tone="info",
    )


def waits_for_restart(keys: Sequence[str]) -> News:
    """Settings were changed that only a start can take."""
    names = ", ".join(f"`{key}`" for key in keys)
    return News(
        trouble=f"waits-for-restart:{','.join(keys)}",
        title=f"config.yaml: {names} waits for a restart",
        body=f"Everything else in the files is in force. Restart Bridge to take {names}.",
        tone="info",
    )


_ABOUT_A_DESTINATION = ("given-up", "paused")


def again(untold: Untold) -> News:
    """What came again since it was told."""
    kind, _, name = untold.trouble.partition(":")
    times = f"{untold.times} more time" + ("" if untold.times == 1 else "s")
    return News(
        trouble=untold.trouble,
        title=f"Again, {times}: {untold.title or untold.trouble}",
        body=untold.body or "`bridge deliveries --state failed` and the log have the details.",
        tone="warning",
        about=name if kind in _ABOUT_A_DESTINATION else None,
    )


# ---- what the sender of events says ----------------------------------------------------------------


def webhook_changed(event: Event) -> News:
    """A webhook was changed or deleted at the sender: this source's own, or one that posts elsewhere."""
    resource = event.resource or {}
    enabled, host = resource.get("enabled"), _elsewhere(resource.get("url"), event.source)
    if host:
        return News(
            trouble=f"webhook:{event.source}:{host}:{event.action}",
            title=f"{event.source}: another webhook was {event.action}, that of {host}",
            body=(
                f"It posts to another address than this source has. If {host} hands its posts on to Bridge, look at "
                "it there: while it is off, no events come, and they are not sent again."
            ),
            tone="info",
            event_id=event.id,
        )
    off = event.action == "deleted" or enabled is False
    if event.action == "deleted":
        body = "Its webhook was deleted there: no more events come. Make a new one, with the address of this source."
    elif enabled is False:
        body = "Its webhook is switched off there, as happens after many failures. Mend what failed, then switch it on."
    else:
        body = (
            "Its webhook was changed there. If that was not you, look who did it, and whether the secret still holds."
        )
    word = "deleted" if event.action == "deleted" else "switched off" if off else "changed"
    return News(
        trouble=f"webhook:{event.source}:{word}",
        title=f"{event.source}: the webhook was {word}",
        body=f"{body} What is missed meanwhile is not sent again.",
        tone="failure" if off else "info",
        event_id=event.id,
    )


def _elsewhere(url: Json, source: str) -> str:
    """The host that a webhook posts to, where its address is not one of this source; else empty."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
    except ValueError:
        return ""
    ours = parts.path.rstrip("/").endswith(f"/hooks/{source}")
    return "" if ours or not parts.hostname else neutralise(parts.hostname, hosts_only=True)


def bad_signatures(source: str, count: int, seconds: float) -> News:
    """Somebody posts with a wrong signature, and does not stop."""
    return News(
        trouble=f"bad-signatures:{source}",
        title=f"{source}: {count} posts with a bad signature within {seconds:.0f} s",
        body=(
            f"They were refused. Either the secret was changed at the sender, and `secrets` of `{source}` in "
            "config.yaml needs the new one; or a proxy changes the bodies; or somebody tries to get in."
        ),
        tone="warning",
    )


# ---- what lasts ------------------------------------------------------------------------------------


def paused(row: DestinationRow, held: int, zone: str) -> News:
    """A destination is paused."""
    since = datetime.fromtimestamp(row.since, ZoneInfo(zone)).strftime("%H:%M")
    why = neutralise(row.reason, hosts_only=True)
    waits = f"{held} message{'' if held == 1 else 's'} wait{'s' if held == 1 else ''}; nothing is lost."
    if row.by == "hand":
        body = f"Paused by hand by {row.who} at {since}{': ' if why else ''}{why}. {waits}\n"
        body += f"`bridge destinations resume {row.name}` lets them go."
    else:
        count = f"{row.failures} failure{'' if row.failures == 1 else 's'}"
        body = f"{count} in a row, at {since} the last: {why}. {waits}\n"
        body += "It is tried again by itself, and the queue leaves when it is back. "
        body += f"`bridge destinations test {row.name}` says what it answers."
    return News(
        trouble=f"paused:{row.name}",
        title=f"{row.name} is paused",
        body=body,
        about=row.name,
        lasting=True,
        tone="warning" if row.by == "hand" else "failure",
    )


def silent(source: str, heard: str, every: str) -> News:
    """A source has sent nothing for longer than it may."""
    return News(
        trouble=f"silent:{source}",
        title=f"{source} is silent",
        body=(
            f"No event since {heard}; one is expected every {every} at least. Its webhook may be switched off at the "
            "sender, or cannot reach this address: send a check from there, and look for `post.refused` in the log."
        ),
        tone="warning",
        lasting=True,
    )


def disk_full(free: int) -> News:
    """The disk of the store is nearly full."""
    return News(
        trouble="disk:store",
        title=f"The disk is nearly full: {free // 1_000_000} MB are free",
        body="When it is full, events are refused with 503, and senders may give up. Make room, or shorten `keep`.",
        lasting=True,
    )


def backlog(what: str, minutes: int) -> News:
    """Something has waited for long."""
    return News(
        trouble=f"backlog:{what}",
        title=f"A backlog: {what} wait for {minutes} minutes",
        body=(
            "More comes than leaves. `bridge deliveries --state pending` shows for whom; a `rate` may be too low, a "
            "service slow (`concurrency`, `senders`), or this machine too busy."
        ),
        tone="warning",
        lasting=True,
    )


def clock_jumped(seconds: float) -> News:
    """The machine's clock was set, or the machine slept."""
    way = "ahead" if seconds > 0 else "back"
    return News(
        trouble="clock",
        title=f"The clock jumped {way} by {abs(seconds):.0f} s",
        body=(
            "Retries, digests and follow-ups go by it: some may come early or late. Have the machine keep its time "
            "(NTP); a machine that slept tells the same."
        ),
        tone="warning",
    )


_OVER = {
    "paused": ("{} is back", "What waited leaves now, in order."),
    "silent": ("{} is heard again", "An event has come."),
    "disk": ("There is room on the disk again", "Events are taken."),
    "backlog": ("The backlog is gone", "No more {} wait for long."),
}


def over(trouble: str) -> News | None:
    """The end of a lasting trouble; None for what this version does not watch."""
    kind, _, name = trouble.partition(":")
    if kind not in _OVER:
        return None
    title, body = (text.format(name) for text in _OVER[kind])
    return News(trouble=trouble, title=title, body=body, tone="success")


def forgotten(name: str) -> News:
    """The configuration no longer has a paused destination."""
    return News(
        trouble=f"paused:{name}",
        title=f"{name} is no longer paused",
        body=f"It is not configured any more. What was held for it waits until `destinations:` has `{name}` again.",
        tone="warning",
    )


def _brief(words: str) -> str:
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:12]
