"""What becomes of the rules that fired: their gates are asked, their words rendered, their follow-ups armed. No I/O."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from bridge.config.snapshot import Snapshot
from bridge.errors import TemplateFailed
from bridge.gates.gates import ask_hours, ask_once, ask_throttle, digest_due, digest_reason
from bridge.gates.key import key_of
from bridge.gates.silences import fits
from bridge.model import (
    Armed,
    Bundling,
    Decision,
    Event,
    GateKey,
    GateState,
    Key,
    Matched,
    Memory,
    Node,
    Notification,
    Place,
    Planned,
    Recorded,
    Rule,
    Silence,
    Target,
    replace,
)
from bridge.render.envelope import enveloped
from bridge.rules import compile_condition, parse_condition
from bridge.rules.evaluate import Test

NOTHING = GateState()


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateError:
    """A template that failed while it ran; its notification went out as fallback text."""

    rule: Rule
    event_id: int
    file: str
    line: int
    message: str


class Fitted(Struct, frozen=True, kw_only=True):
    """An event, and the rules that fired on it, in order."""

    recorded: Recorded
    event: Event
    facts: Mapping[str, Any]
    stale: bool
    rules: Sequence[Rule]
    remembered: Mapping[Key, Memory]
    stands_in: str | None = None  # the field of the body that holds the event's resource as it is


@dataclass(frozen=True, slots=True)
class Quiet:
    """A silence, ready to be asked."""

    silence: Silence
    test: Test | None


@dataclass(slots=True, kw_only=True)
class Desk:
    """What the gates count, brought up to date for the events behind; and the silences that are on."""

    gates: dict[GateKey, GateState] = field(default_factory=dict)
    quiet: Sequence[Quiet] = ()


def quiet(silences: Iterable[Silence]) -> list[Quiet]:
    """The silences, ready to be asked; one whose `where` can no longer be read keeps nothing back."""
    ready = []
    for silence in silences:
        if silence.where is None:
            ready.append(Quiet(silence, None))
            continue
        node = Node(place=Place("silence", 1, 1), value=silence.where, text=silence.where, style="plain")
        condition, _ = parse_condition(node)
        if condition is not None:
            ready.append(Quiet(silence, compile_condition(condition)))
    return ready


def gates_needed(fitted: Fitted) -> Iterator[GateKey]:
    """The gates that fan_out() will ask."""
    for rule in fitted.rules:
        if rule.once:
            yield GateKey(rule.name, "once", key_of(rule.once.by, fitted.facts))
        if rule.throttle:
            yield GateKey(rule.name, "throttle", key_of(rule.throttle.by, fitted.facts))


def fan_out(fitted: Fitted, snapshot: Snapshot, desk: Desk, now: datetime) -> tuple[Matched, list[TemplateError]]:
    """Everything that the store is to write of one event."""
    event = fitted.event
    counted: dict[GateKey, GateState] = {}
    planned: list[Planned] = []
    errors: list[TemplateError] = []
    for rule in fitted.rules:
        for one, error in _plan_rule(fitted, rule, snapshot, desk, counted, now):
            planned.append(one)
            errors += [error] if error else []
    desk.gates.update(counted)
    matched = Matched(
        event_id=event.id,
        key=fitted.recorded.key,
        state="stale" if fitted.stale else "matched",
        version=snapshot.version,
        previous=event.previous,
        filled=event.filled,
        resource=event.resource,
        stands_in=fitted.stands_in,
        decisions=tuple(
            Decision(rule=r.name, file=r.place.file, line=r.place.line, fired=True) for r in fitted.rules
        ),
        planned=tuple(planned),
        remembered=fitted.remembered,
        gates=counted,
        armed=tuple(_armed(fitted)),
        disarmed=tuple(_disarmed(fitted, snapshot)),
    )  # fmt: skip
    return matched, errors


def _plan_rule(
    fitted: Fitted, rule: Rule, snapshot: Snapshot, desk: Desk, counted: dict[GateKey, GateState], now: datetime
) -> Iterator[tuple[Planned, TemplateError | None]]:
    event = fitted.event
    targets = targets_of(rule, snapshot)
    silenced = {name: why for _, name in targets if (why := silenced_by(desk, fitted, rule, name, now))}
    told = tuple(dict.fromkeys(name for _, name in targets if name not in silenced))
    gate = Asked()
    if told and (rule.once or rule.throttle or rule.hours or rule.digest):
        gate = ask(fitted, rule, snapshot, desk.gates | counted, now, told)
        counted.update(gate.counted)
    for target, name in targets:
        notification, error = render(event, rule, target, name, snapshot, now)
        one = Planned(rule=rule.name, destination=name, notification=notification)
        if name in silenced:
            one = replace(one, state="suppressed", reason=silenced[name])
        elif gate.state != "pending":
            one = replace(one, state=gate.state, reason=gate.reason, bundle=gate.bundle)
        yield one, error


def targets_of(rule: Rule, snapshot: Snapshot) -> list[tuple[Target, str]]:
    """(entry of `notify`, destination): a group is each of its members."""
    groups = snapshot.settings.groups
    return [(target, name) for target in rule.notify for name in groups.get(target.to, (target.to,))]


def silenced_by(desk: Desk, fitted: Fitted, rule: Rule, destination: str, now: datetime) -> str:
    """Which silence keeps this message back; "" when none does."""
    for one in desk.quiet:
        if fits(one.silence, fitted.event, rule.name, destination, fitted.facts, now.timestamp(), one.test):
            return f"silenced by {one.silence.who}: {one.silence.reason} (silence {one.silence.id})"
    return ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a rule's gates said of an event."""

    state: Literal["pending", "held", "merged", "suppressed"] = "pending"
    reason: str = ""
    bundle: Bundling | None = None
    counted: Mapping[GateKey, GateState] = field(default_factory=dict)


def ask(
    fitted: Fitted,
    rule: Rule,
    snapshot: Snapshot,
    gates: Mapping[GateKey, GateState],
    now: datetime,
    told: tuple[str, ...],
) -> Asked:
    """Ask once, throttle, hours and digest in this order. A message kept back later does not count as passed."""
    at, counted = now.timestamp(), dict[GateKey, GateState]()
    if rule.once:
        key = GateKey(rule.name, "once", key_of(rule.once.by, fitted.facts))
        passes, state, why = ask_once(rule.once, gates.get(key, NOTHING), at)
        if not passes:
            return Asked("suppressed", why)
        counted[key] = state
    if rule.throttle:
        key = GateKey(rule.name, "throttle", key_of(rule.throttle.by, fitted.facts))
        passes, state, why = ask_throttle(rule.throttle, gates.get(key, NOTHING), at, fitted.event.id, told)
        if not passes:
            return Asked("suppressed", why, counted={key: state})
        counted[key] = state
    held = hours_of(rule, snapshot, now)
    if held and held.state == "suppressed":
        return held
    if held:
        return replace(held, counted=counted)
    if rule.digest:
        zone = ZoneInfo(snapshot.settings.timezone)
        due = digest_due(rule.digest, at, zone)
        bundle = Bundling(kind="digest", key=key_of(rule.digest.by, fitted.facts), due_at=due, max=rule.digest.max)
        return Asked("merged", digest_reason(rule.digest, due, at, zone), bundle, counted)
    return Asked(counted=counted)


def hours_of(rule: Rule, snapshot: Snapshot, now: datetime) -> Asked | None:
    """What `hours` makes of a message now; None when it may pass."""
    if rule.hours is None:
        return None
    interval = snapshot.settings.time_intervals[rule.hours.only]
    passes, opens, reason = ask_hours(rule.hours, interval, now.timestamp())
    if passes:
        return None
    if opens is None:
        return Asked("suppressed", reason)
    return Asked("held", reason, Bundling(kind="hours", key="", due_at=opens))


# ---- follow-ups ----------------------------------------------------------------------------------


def _armed(fitted: Fitted) -> Iterator[Armed]:
    """The follow-ups that this event starts."""
    event = fitted.event
    for rule in fitted.rules:
        for number, step in enumerate(rule.follow_up):
            same = step.unless.this if step.unless else ()
            key = key_of(same, fitted.facts) if same else _resource_key(event)
            due = fitted.recorded.received_at + step.after
            yield Armed(rule=rule.name, step=number, key=key, due_at=due, event_id=event.id, armed_at=due - step.after)


def _disarmed(fitted: Fitted, snapshot: Snapshot) -> Iterator[tuple[str, int, str]]:
    """The follow-ups that this event makes needless."""
    if fitted.stale or snapshot.unless is None:
        return
    for watcher in snapshot.unless.match(fitted.event, fitted.facts):
        rule, number = snapshot.watched[watcher.name]
        unless = rule.follow_up[number].unless
        same = unless.that if unless else ()
        yield rule.name, number, key_of(same, fitted.facts) if same else _resource_key(fitted.event)


def _resource_key(event: Event) -> str:
    """Without `same`, what happens to the resource itself makes a follow-up needless."""
    return json.dumps([event.source, event.type, event.gid])


# ---- render --------------------------------------------------------------------------------------


def render(
    event: Event, rule: Rule, target: Target, destination: str, snapshot: Snapshot, now: datetime, **more: Any
) -> tuple[Notification, TemplateError | None]:
    """The notification for one destination; a template that fails gives the fallback text and the error.

    `more`: what a digest's or follow-up's words may name besides, such as `waited`.
    """
    place, source = snapshot.settings.destinations[destination], snapshot.sources.get(event.source)
    error = None
    try:
        note = snapshot.templates.render(
            event,
            rule,
            target,
            source_type=source.type if source else "",
            kind=place.kind,
            now=now,
            format=place.format,
            split=place.overflow == "split",
            **more,
        )
    except TemplateFailed as failure:
        error = TemplateError(rule=rule, event_id=event.id, file=failure.file, line=failure.line, message=str(failure))
        note = snapshot.templates.fallback(event, rule, kind=place.kind, now=now)
    if place.signing is not None:
        about = None if "events" in more else event
        form, redact = place.signing.format, snapshot.settings.redact
        note = enveloped(note, form, event=about, rule=rule.name, now=now, redact=redact)
    return note, error
