"""The words with which a delivery goes out again: those of then, or, where they do not do, those of today's rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bridge.again import NotReplayed, Way, failed
from bridge.clocks import rule_named, target_of
from bridge.config.snapshot import Snapshot
from bridge.config.wording import said
from bridge.explain import event_of
from bridge.model import Destination, Planned, Rule, Target
from bridge.planning import render
from bridge.store import Store
from bridge.store.rows import DeliveryRow, EventRow

LONGEST_CHAIN = 50  # of repetitions of repetitions


async def words_of(
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
    return planned, [failed(error)] if error else []


def _speaks(place: Destination) -> tuple[Any, ...]:
    """What words are made for: those for one of these do for another that is alike."""
    return place.kind.name, place.format, place.signing and place.signing.format


async def _again(store: Store, snapshot: Snapshot, row: DeliveryRow, way: Way) -> tuple[EventRow, Rule, Target] | str:
    """The event, today's rule and its entry of `notify` for a delivery; a text says why there is none."""
    root = await _root(store, row)
    of_a_rule = root.kind == "event" or (root.kind == "replay" and root.origin is None)
    if not of_a_rule or root.rule is None or root.event_id is None:
        return f"it is no rule's message about one event ({root.kind.replace('_', '-')})"
    event, rule = await store.event(root.event_id), rule_named(snapshot, root.rule)
    if event is None or event.resource is None or not event.has_payload:
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
