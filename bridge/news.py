"""What Bridge tells its operators of its own troubles: the words, and to whom."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.config.snapshot import Snapshot
from bridge.model import Delivery, Notification, Planned, Settled, Tone
from bridge.planning import TemplateError
from bridge.render.dead import neutralise


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
        return [Planned(rule=None, destination=name, notification=note) for name in snapshot.settings.operators]


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
