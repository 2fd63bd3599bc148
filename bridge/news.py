"""What Bridge tells its operators of its own troubles: the words, and to whom."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bridge.config.snapshot import Snapshot
from bridge.model import Delivery, Notification, Planned, Settled, Tone
from bridge.planning import TemplateError
from bridge.render.dead import JOINER, neutralise
from bridge.render.envelope import enveloped


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One trouble. The same `trouble` is told once an hour at most; what comes in between is counted."""

    trouble: str
    title: str
    body: str
    tone: Tone = "failure"
    event_id: int | None = None

    def to(self, snapshot: Snapshot) -> list[Planned]:
        """One notification for each destination of `operators`."""
        note = Notification(title=self.title, body=self.body, format="text", tone=self.tone)
        return [
            Planned(rule=None, destination=name, notification=_for(name, note, snapshot))
            for name in snapshot.settings.operators
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
            f"Rule: {delivery.rule}. The words are kept: `bridge deliveries --state failed` lists what waits."
        ),
        event_id=delivery.event_id,
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
    )


def not_matched(event_id: int, what: str) -> News:
    """Matching an event failed in a way nobody foresaw."""
    return News(
        trouble="not-matched",
        title=f"Event {event_id} could not be matched",
        body=f"{what}. It is kept, and told nobody; the log has the details. This is a fault of Bridge itself.",
        event_id=event_id,
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


def waits_for_restart(keys: Sequence[str]) -> News:
    """Settings were changed that only a start can take."""
    names = ", ".join(f"`{key}`" for key in keys)
    return News(
        trouble=f"waits-for-restart:{','.join(keys)}",
        title=f"config.yaml: {names} waits for a restart",
        body=f"Everything else in the files is in force. Restart Bridge to take {names}.",
        tone="info",
    )


def _brief(words: str) -> str:
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:12]
