"""What goes out in the place of a message that its destination did not take."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import structlog

from bridge.config.snapshot import Snapshot
from bridge.delivery.retry import DEFAULT_SCHEDULE
from bridge.explain import event_of
from bridge.model import Delivery, Destination, Notification, Planned, Rule, Settled, Target, replace
from bridge.planning import render
from bridge.render.dead import neutralise
from bridge.render.envelope import enveloped
from bridge.store import Store

log = structlog.get_logger()

_WORDED_BY_RULE = ("event", "replay", "fallback")  # kinds whose words the rule's entry of `notify` gives


def patience(destination: Destination) -> float:
    """For how many seconds a message may wait before the fallback gets it."""
    wait = destination.fallback_after or sum(destination.schedule or DEFAULT_SCHEDULE)
    return min(wait, destination.give_up_after or wait)


async def with_instead(settled: Settled, destination: Destination, snapshot: Snapshot, store: Store) -> Settled:
    """A failure, with the message for the fallback if there is one."""
    other = snapshot.settings.destinations.get(destination.fallback or "")
    if settled.state != "failed" or other is None:
        return settled
    delivery = settled.delivery
    note = await _worded(delivery, other, snapshot, store) or _as_it_is(delivery, destination, other, snapshot)
    planned = Planned(
        rule=delivery.rule, destination=other.name, notification=note, kind="fallback", origin=delivery.id
    )
    return replace(settled, reason=f"sent to `{other.name}` instead", instead=planned)


async def _worded(delivery: Delivery, other: Destination, snapshot: Snapshot, store: Store) -> Notification | None:
    """The words written anew for the other service; None where only the words that were made then are left."""
    rule = next((rule for rule in snapshot.rules if rule.name == delivery.rule), None)
    target = _target(rule, delivery.destination, snapshot) if rule else None
    if rule is None or target is None or delivery.event_id is None or delivery.kind not in _WORDED_BY_RULE:
        return None
    row = await store.event(delivery.event_id)
    if row is None:
        return None
    at = datetime.fromtimestamp(row.received_at, UTC)
    try:
        return render(event_of(row), rule, target, other.name, snapshot, at)[0]
    except Exception:  # whatever it is, there are words, and the message must not be lost for better ones
        log.exception("fallback.not_worded", delivery_id=delivery.id, rule=rule.name)
        return None


def _target(rule: Rule, destination: str, snapshot: Snapshot) -> Target | None:
    """The entry of `notify` that leads to a destination, itself or through fallbacks."""
    groups = snapshot.settings.groups
    for target in rule.notify:
        if any(destination in _chain(name, snapshot) for name in groups.get(target.to, (target.to,))):
            return target
    return None


def _chain(name: str | None, snapshot: Snapshot) -> Iterator[str]:
    """A destination and its fallbacks; the configuration has no circle."""
    while name is not None and name in snapshot.settings.destinations:
        yield name
        name = snapshot.settings.destinations[name].fallback


def _as_it_is(delivery: Delivery, destination: Destination, other: Destination, snapshot: Snapshot) -> Notification:
    """The words as they are; what a program was to get is made harmless for people."""
    note, signing = delivery.notification, other.signing
    if signing is not None:
        redact = snapshot.settings.redact
        return enveloped(note, signing.format, event=None, rule=delivery.rule, now=datetime.now(UTC), redact=redact)
    if destination.kind.words != "raw" or other.kind.words == "raw":
        return note
    return replace(note, title=neutralise(note.title), body=neutralise(note.body), format="text")
