"""What people do with what is past: send it again, elsewhere, or not at all; for command line, API and pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bridge.again import (
    NotChosen,
    NotReplayed,
    NotThere,
    Outcome,
    Sum,
    Way,
    check_names,
    failed,
    was,
    would,
    would_again,
)
from bridge.config.snapshot import Snapshot
from bridge.explain import event_of
from bridge.model import Key, Recorded, Rule, replace
from bridge.pipeline import match, recall, sent_in
from bridge.planning import Desk, Fitted, fan_out, gates_needed, quiet
from bridge.rewording import words_of
from bridge.rules import facts_of
from bridge.store import Store
from bridge.store.audit import ToNote
from bridge.store.replay import Repeat, ToDrop, ToRepeat, ToReplay
from bridge.store.rows import Filters

__all__ = [
    "REPEATABLE",
    "NotReplayed",
    "NotThere",
    "Way",
    "drop_delivery",
    "redirect_delivery",
    "replay_delivery",
    "replay_event",
    "replay_many",
]

REPEATABLE = ("failed", "suppressed", "merged", "delivered")  # states; what waits goes out by itself
AT_ONCE = 100  # deliveries in one transaction: accepts go first
TRIES = 5  # to write an event's replay while its gates go on counting


# ---- events --------------------------------------------------------------------------------------


async def replay_event(store: Store, snapshot: Snapshot, id: int, way: Way, now: datetime) -> Outcome:
    """Match an event anew with today's rules and send what they say; what is remembered of resources stays."""
    fitted = await _fitted(store, snapshot, id, way, now)
    silences = () if way.force else quiet(await store.silences())
    for _ in range(TRIES):
        asked = await store.gates(set(gates_needed(fitted)))
        matched, errors = fan_out(fitted, snapshot, Desk(gates=dict(asked), quiet=silences), now)
        planned = [replace(one, kind="replay") for one in matched.planned]
        warnings = [failed(error) for error in errors]
        if way.dry_run:
            return Outcome(items=[would(one, id) for one in planned], warnings=warnings)
        how = ", gates not asked" if way.force else ""
        told = ToNote(way.who, "event.replayed", f"event {id}: {len(planned)} deliveries{how}")
        wanted = ToReplay(id, fitted.recorded.key, planned, asked, matched.gates, told)
        if (ids := await store.replays.replay(wanted)) is not None:
            return Outcome(items=[was(row) for row in await store.replays.deliveries(ids)], warnings=warnings)
    raise NotReplayed("the rules' gates are counting too fast just now; try again")


async def _fitted(store: Store, snapshot: Snapshot, id: int, way: Way, now: datetime) -> Fitted:
    """The event as rules saw it, and those that fire on it today."""
    check_names(snapshot, to=way.to, rule=way.rule)
    row = await store.event(id)
    if row is None:
        raise NotThere(f"there is no event {id}; it may be older than what is kept")
    if row.state == "received":
        raise NotReplayed(f"event {id} is not matched yet: its messages go out by themselves")
    if row.state == "stale":
        raise NotReplayed(f"event {id} came late: a newer state was known, and rules do not see it")
    if not row.has_payload:
        raise NotReplayed(f"what event {id} carried is older than `keep`, and deleted")
    key = Key(row.source, row.type, row.gid)
    recorded = Recorded(id=row.id, key=key, action=row.action, received_at=row.received_at, body=row.body)
    event = replace(event_of(row), body=row.body)
    if row.resource is None and (sent := sent_in(recorded, snapshot)).resource is not None:
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
    check_names(snapshot, to=way.to)
    rows = await store.replays.deliveries([id])
    if not rows:
        raise NotThere(f"there is no delivery {id}; it may be older than what is kept")
    row = rows[0]
    words, warnings = await words_of(store, snapshot, row, way, now)
    if way.dry_run:
        if row.state not in REPEATABLE and not moves:
            raise NotReplayed(f"delivery {id} is {row.state}, and goes out by itself")
        return Outcome(items=[would_again(row, way, words)], warnings=warnings)
    done = await store.replays.repeat(ToRepeat([Repeat(id, way.to, words)], way.who, moves=moves))
    if id in done.refused:
        raise NotReplayed(f"delivery {id} is not sent again: {done.refused[id]}")
    made = await store.replays.deliveries([done.done[id]])
    return Outcome(items=[was(one) for one in made], warnings=warnings)


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
    check_names(snapshot, to=way.to)
    wanted["state"] = wanted.get("state") or "failed"
    if wanted["state"] not in REPEATABLE:
        raise NotChosen(f"`state` is one of {', '.join(REPEATABLE)}: what waits goes out by itself")
    if not any(wanted.get(name) for name in ("since", "until", "destination", "rule", "source", "gid", "q")):
        raise NotChosen("say which: since when, to which destination, or of which rule")
    found = await store.replays.repeatable(**wanted)
    places = Counter(way.to or destination for _, destination in found)
    for name in places:
        check_names(snapshot, to=name)
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
            words, warnings = await words_of(store, snapshot, row, way, now)
        except NotReplayed as error:
            done.refused[row.id] = str(error)
            continue
        done.warnings += warnings
        every.append(Repeat(row.id, way.to, words))
    return every


def _spoken(wanted: Filters, way: Way) -> str:
    """Which deliveries, for the audit."""
    given: Mapping[str, Any] = wanted
    parts = [f"{name} {_value(name, value)}" for name, value in given.items() if value is not None and name != "sees"]
    return ", ".join([*parts, *(["anew"] if way.anew else []), *([f"to {way.to}"] if way.to else [])])


def _value(name: str, value: Any) -> str:
    is_time = name in ("since", "until")
    return datetime.fromtimestamp(value, UTC).isoformat(timespec="seconds") if is_time else str(value)
