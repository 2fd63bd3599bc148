"""What people do with what is past: send it again, elsewhere, or not at all; for command line, API and pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from bridge.clocks import rule_named, target_of
from bridge.config.snapshot import Snapshot
from bridge.config.wording import choices, said, suggestion
from bridge.errors import BridgeError
from bridge.explain import event_of
from bridge.model import Destination, Json, Key, Notification, Planned, Recorded, Rule
from bridge.pipeline import match, recall, sent_in
from bridge.planning import Desk, Fitted, TemplateError, fan_out, gates_needed, quiet, render
from bridge.rules import facts_of
from bridge.store import Store
from bridge.store.audit import ToNote
from bridge.store.replay import Repeat, ToDrop, ToRepeat, ToReplay
from bridge.store.rows import DeliveryRow, Filters

REPEATABLE = ("failed", "suppressed", "merged", "delivered")  # states; what waits goes out by itself
AT_ONCE = 100  # deliveries in one transaction: accepts go first
TRIES = 5  # to write an event's replay while its gates go on counting
LONGEST_CHAIN = 50  # of repetitions of repetitions


class NotReplayed(BridgeError):
    """What was asked for cannot be done; the text says why, and what can."""


class AskedWrongly(NotReplayed):
    """No such name, or too much at once."""


class NotThere(NotReplayed):
    """There is no such event or delivery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How something goes out again, and who asked for it."""

    who: str
    anew: bool = False  # rendered with today's rules; else with the words of then
    to: str | None = None  # another destination
    force: bool = False  # of an event: gates are not asked
    rule: str | None = None  # of an event: this rule only
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """One message that went out again, or, in a dry run, would."""

    id: int | None
    origin: int | None
    event_id: int | None
    rule: str | None
    destination: str
    state: str
    reason: str
    title: str
    body: str


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of one event or delivery."""

    items: Sequence[Again]
    warnings: Sequence[str] = ()


@dataclass(slots=True, kw_only=True)
class Sum:
    """What became of many deliveries."""

    count: int  # that are meant
    done: int = 0
    destinations: Mapping[str, int] = field(default_factory=dict)  # how many of them go where
    refused: dict[int, str] = field(default_factory=dict)  # delivery → why not
    warnings: list[str] = field(default_factory=list)


# ---- events --------------------------------------------------------------------------------------


async def replay_event(store: Store, snapshot: Snapshot, id: int, way: Way, now: datetime) -> Outcome:
    """Match an event anew with today's rules and send what they say; what is remembered of resources stays."""
    fitted = await _fitted(store, snapshot, id, way, now)
    silences = () if way.force else quiet(await store.silences())
    for _ in range(TRIES):
        asked = await store.gates(set(gates_needed(fitted)))
        matched, errors = fan_out(fitted, snapshot, Desk(gates=dict(asked), quiet=silences), now)
        planned = [replace(one, kind="replay") for one in matched.planned]
        warnings = [_failed(error) for error in errors]
        if way.dry_run:
            return Outcome(items=[_would(one, id) for one in planned], warnings=warnings)
        how = ", gates not asked" if way.force else ""
        told = ToNote(way.who, "event.replayed", f"event {id}: {len(planned)} deliveries{how}")
        wanted = ToReplay(id, fitted.recorded.key, planned, asked, matched.gates, told)
        if (ids := await store.replays.replay(wanted)) is not None:
            return Outcome(items=[_was(row) for row in await store.replays.deliveries(ids)], warnings=warnings)
    raise NotReplayed("the rules' gates are counting too fast just now; try again")


async def _fitted(store: Store, snapshot: Snapshot, id: int, way: Way, now: datetime) -> Fitted:
    """The event as rules saw it, and those that fire on it today."""
    _check_names(snapshot, to=way.to, rule=way.rule)
    row = await store.event(id)
    if row is None:
        raise NotThere(f"there is no event {id}; it may be older than what is kept")
    if row.state == "received":
        raise NotReplayed(f"event {id} is not matched yet: its messages go out by themselves")
    if row.state == "stale":
        raise NotReplayed(f"event {id} came late: a newer state was known, and rules do not see it")
    key = Key(row.source, row.type, row.gid)
    recorded = Recorded(id=row.id, key=key, action=row.action, received_at=row.received_at, body=row.body)
    event = replace(event_of(row), body=row.body)
    if row.resource is None and (sent := sent_in(recorded, snapshot)) is not None:
        # A fault kept it from being matched: it is read now, as the first that is known of its resource.
        memory = await recall([(recorded, sent)], snapshot, store)
        memory.pop(key, None)
        event = match(recorded, sent, snapshot, memory, now).event
    facts = facts_of(event, now)
    rules = [_by_hand(rule, way) for rule in snapshot.matcher.match(event, facts) if way.rule in (None, rule.name)]
    return Fitted(recorded=recorded, event=event, facts=facts, stale=False, rules=rules, remembered={})


def _by_hand(rule: Rule, way: Way) -> Rule:
    """The rule without what the replay leaves out."""
    if way.force:
        rule = replace(rule, once=None, throttle=None, hours=None, digest=None)
    if way.to is not None:
        rule = replace(rule, notify=(replace(rule.notify[0], to=way.to),))
    return rule


# ---- deliveries ----------------------------------------------------------------------------------


async def replay_delivery(store: Store, snapshot: Snapshot, id: int, way: Way, now: datetime) -> Outcome:
    """Send a delivery again: the same words to the same destination, unless the way says otherwise."""
    return await _one(store, snapshot, id, way, now, moves=False)


async def redirect_delivery(store: Store, snapshot: Snapshot, id: int, way: Way, now: datetime) -> Outcome:
    """Send a delivery to `way.to`; one that waits goes there instead."""
    return await _one(store, snapshot, id, way, now, moves=True)


async def _one(store: Store, snapshot: Snapshot, id: int, way: Way, now: datetime, *, moves: bool) -> Outcome:
    _check_names(snapshot, to=way.to)
    rows = await store.replays.deliveries([id])
    if not rows:
        raise NotThere(f"there is no delivery {id}; it may be older than what is kept")
    row = rows[0]
    words, warnings = await _words(store, snapshot, row, way, now)
    if way.dry_run:
        if row.state not in REPEATABLE and not moves:
            raise NotReplayed(f"delivery {id} is {row.state}, and goes out by itself")
        return Outcome(items=[_would_again(row, way, words)], warnings=warnings)
    done = await store.replays.repeat(ToRepeat([Repeat(id, way.to, words)], way.who, moves=moves))
    if id in done.refused:
        raise NotReplayed(f"delivery {id} is not sent again: {done.refused[id]}")
    made = await store.replays.deliveries([done.done[id]])
    return Outcome(items=[_was(one) for one in made], warnings=warnings)


async def drop_delivery(store: Store, id: int, who: str) -> None:
    """Have a delivery that waits or failed go to nobody."""
    done = await store.replays.drop(ToDrop([id], who))
    if id in done.refused:
        missing = not await store.replays.deliveries([id])
        raise (NotThere if missing else NotReplayed)(f"delivery {id} is not dropped: {done.refused[id]}")


async def replay_many(
    store: Store,
    snapshot: Snapshot,
    wanted: Filters,
    way: Way,
    now: datetime,
    *,
    progress: Callable[[int, int], None] = lambda done, count: None,
) -> Sum:
    """Send again all that fits and was not sent again before, oldest first. `progress`: (done, of how many)."""
    _check_names(snapshot, to=way.to)
    wanted["state"] = wanted.get("state") or "failed"
    if wanted["state"] not in REPEATABLE:
        raise AskedWrongly(f"`state` is one of {', '.join(REPEATABLE)}: what waits goes out by itself")
    if not any(wanted.get(name) for name in ("since", "until", "destination", "rule", "source", "gid", "q")):
        raise AskedWrongly("say which: since when, to which destination, or of which rule")
    found = await store.replays.repeatable(**wanted)
    places = Counter(way.to or destination for _, destination in found)
    for name in places:
        _check_names(snapshot, to=name)
    done = Sum(count=len(found), destinations=dict(places))
    told: ToNote | None = ToNote(way.who, "deliveries.replayed", f"{len(found)} deliveries: {_spoken(wanted, way)}")
    for start in range(0, 0 if way.dry_run else len(found), AT_ONCE):
        ids = [id for id, _ in found[start : start + AT_ONCE]]
        every = await _repeats(store, snapshot, ids, way, now, done)
        told = told if start == 0 else None
        became = await store.replays.repeat(ToRepeat(every, way.who, once=True, told=told, silent=start > 0))
        done.done += len(became.done)
        done.refused |= became.refused
        progress(min(start + AT_ONCE, len(found)), len(found))
    return done


async def _repeats(
    store: Store, snapshot: Snapshot, ids: Sequence[int], way: Way, now: datetime, done: Sum
) -> list[Repeat]:
    """Those of some deliveries that can be sent this way; the others are noted in `done`."""
    if not way.anew and way.to is None:
        return [Repeat(id) for id in ids]
    every = []
    for row in await store.replays.deliveries(ids):
        try:
            words, warnings = await _words(store, snapshot, row, way, now)
        except NotReplayed as error:
            done.refused[row.id] = str(error)
            continue
        done.warnings += warnings
        every.append(Repeat(row.id, way.to, words))
    return every


# ---- words ---------------------------------------------------------------------------------------


async def _words(
    store: Store, snapshot: Snapshot, row: DeliveryRow, way: Way, now: datetime
) -> tuple[Planned | None, list[str]]:
    """What goes out instead of the words of then, None: just these; and what failed while it was rendered."""
    known = snapshot.settings.destinations
    name = way.to or row.destination
    if name not in known:
        raise NotReplayed(f"{said(name)} is no longer in the configuration: name another destination")
    place, then = known[name], known.get(row.destination)
    if not way.anew and (name == row.destination or (then and _speaks(then) == _speaks(place))):
        return None, []
    found = await _again(store, snapshot, row, way)
    if isinstance(found, str):
        if not way.anew and then and place.kind.words in (then.kind.words, "raw"):
            return None, []
        raise NotReplayed(f"delivery {row.id} cannot be worded anew{'' if way.anew else f' for {name}'}: {found}")
    event, rule, target = found
    note, error = render(event_of(event), rule, target, name, snapshot, now)
    planned = Planned(rule=rule.name, destination=name, notification=note, kind="replay", origin=row.id)
    return planned, [_failed(error)] if error else []


def _speaks(place: Destination) -> tuple[Any, ...]:
    """What words are made for: those for one of these do for another that is alike."""
    return place.kind.name, place.format, place.signing and place.signing.format


async def _again(store: Store, snapshot: Snapshot, row: DeliveryRow, way: Way) -> Any:
    """The event, today's rule and its entry of `notify` for a delivery; a text says why there is none."""
    root = await _root(store, row)
    if root.kind != "event" or root.rule is None or root.event_id is None:
        return f"it is no rule's message about one event ({root.kind.replace('_', '-')})"
    event, rule = await store.event(root.event_id), rule_named(snapshot, root.rule)
    if event is None or event.resource is None:
        return "its event is no longer kept"
    if rule is None:
        return f"there is no rule {said(root.rule)} today"
    target = target_of(rule, root.destination, snapshot)
    if target is None and way.to is None:
        return f"rule {said(rule.name)} no longer tells {root.destination}: name another destination"
    return event, rule, target or rule.notify[0]


async def _root(store: Store, row: DeliveryRow) -> DeliveryRow:
    """The first of a chain of repetitions."""
    for _ in range(LONGEST_CHAIN):
        before = await store.replays.deliveries([row.origin]) if row.origin else []
        if not before:
            break
        row = before[0]
    return row


# ---- how it is told ------------------------------------------------------------------------------


def again_view(one: Again) -> Json:
    """As command line and API show it."""
    return {
        "id": None if one.id is None else str(one.id),
        "origin": None if one.origin is None else str(one.origin),
        "event_id": None if one.event_id is None else str(one.event_id),
        "rule": one.rule,
        "destination": one.destination,
        "state": one.state,
        "reason": one.reason or None,
        "title": one.title,
        "body": one.body,
    }


def outcome_view(outcome: Outcome, *, dry_run: bool) -> dict[str, Json]:
    """One event or delivery."""
    items = [again_view(one) for one in outcome.items]
    return {"dry_run": dry_run, "items": items, "warnings": list(outcome.warnings)}


def sum_view(done: Sum, *, dry_run: bool) -> dict[str, Json]:
    """Many deliveries."""
    return {
        "dry_run": dry_run,
        "count": done.count,
        "replayed": done.done,
        "destinations": dict(done.destinations),
        "refused": {str(id): why for id, why in done.refused.items()},
        "warnings": done.warnings,
    }


def _would(planned: Planned, event_id: int) -> Again:
    note = planned.notification
    return Again(
        id=None,
        origin=None,
        event_id=event_id,
        rule=planned.rule,
        destination=planned.destination,
        state=planned.state,
        reason=planned.reason,
        title=note.title,
        body=note.body,
    )  # fmt: skip


def _would_again(row: DeliveryRow, way: Way, words: Planned | None) -> Again:
    note = words.notification if words else Notification(title=row.title, body=row.body, format=row.format)
    return Again(
        id=None,
        origin=row.id,
        event_id=row.event_id,
        rule=row.rule,
        destination=way.to or row.destination,
        state="pending",
        reason="",
        title=note.title,
        body=note.body,
    )


def _was(row: DeliveryRow) -> Again:
    return Again(
        id=row.id,
        origin=row.origin,
        event_id=row.event_id,
        rule=row.rule,
        destination=row.destination,
        state=row.state,
        reason=row.reason,
        title=row.title,
        body=row.body,
    )


def _failed(error: TemplateError) -> str:
    return f"{error.file}:{error.line}: {error.message}; a plain text goes out instead"


def _spoken(wanted: Filters, way: Way) -> str:
    """Which deliveries, for the audit."""
    given: Mapping[str, Any] = wanted
    parts = [f"{name} {_value(name, value)}" for name, value in given.items() if value is not None]
    return ", ".join([*parts, *(["anew"] if way.anew else []), *([f"to {way.to}"] if way.to else [])])


def _value(name: str, value: Any) -> str:
    is_time = name in ("since", "until")
    return datetime.fromtimestamp(value, UTC).isoformat(timespec="seconds") if is_time else str(value)


def _check_names(snapshot: Snapshot, *, to: str | None = None, rule: str | None = None) -> None:
    settings = snapshot.settings
    if to is not None and to in settings.groups:
        raise AskedWrongly(f"{said(to)} is a group: name one of its members, {', '.join(settings.groups[to])}")
    if to is not None and to not in settings.destinations:
        help = f"{suggestion(to, settings.destinations)}destinations: {choices(settings.destinations)}"
        raise AskedWrongly(f"there is no destination {said(to)} in the configuration; {help}")
    names = [one.name for one in snapshot.rules]
    if rule is not None and rule not in names:
        raise AskedWrongly(f"there is no rule {said(rule)}; {suggestion(rule, names)}rules: {choices(names)}")
