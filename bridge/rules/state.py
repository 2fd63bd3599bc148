"""What an event means beside what is remembered: earlier state, changes, stale or not, and what to remember now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec import Struct

from bridge.model import Event, Json, Key, Memory, Recorded, replace
from bridge.rules.changes import changes_between
from bridge.rules.dates import instant
from bridge.rules.references import Leads, State, fill, learnt, state_of

NOTHING = Memory()


class Understood(Struct, frozen=True, kw_only=True):
    """An event as rules see it."""

    event: Event
    stale: bool  # a newer state of the resource is known: nobody is told, and the state stays
    remembered: Mapping[Key, Memory]  # what is new to remember


def understand(recorded: Recorded, sent: State, source: Leads | None, memory: Mapping[Key, Memory]) -> Understood:
    """Lay what was sent beside what is remembered. No source: it is no longer configured, so nothing is filled.

    The earlier state is filled from the same memory, else a reference would differ by what was filled into it.
    """
    known = memory.get(recorded.key, NOTHING)
    deleted = recorded.action == "deleted"
    stale = not deleted and sent.resource is not None and _is_older(sent.resource.get("modified_at"), known.modified_at)
    previous, filled = _filled(recorded.key, state_of(recorded.key, known.resource, source), source, memory)
    resource = previous
    if not deleted:
        resource, filled = _filled(recorded.key, sent, source, memory)
    event = Event(
        id=recorded.id,
        source=recorded.key.source,
        type=recorded.key.type,
        action=recorded.action,
        gid=recorded.key.gid,
        received_at=datetime.fromtimestamp(recorded.received_at, UTC),
        resource=resource,
        previous=previous,
        changes=changes_between(previous, resource),
        filled=filled,
        body=recorded.body,
    )
    remembered = {} if stale else _to_remember(recorded, sent, memory)
    return Understood(event=event, stale=stale, remembered=remembered)


def _filled(
    key: Key, state: State, source: Leads | None, memory: Mapping[Key, Memory]
) -> tuple[dict[str, Json] | None, dict[str, float]]:
    return (state.resource, {}) if source is None or state.resource is None else fill(key, state, source, memory)


def _is_older(sent: Json, known: str | None) -> bool:
    one, other = instant(sent), instant(known)
    return one is not None and other is not None and one < other


def _to_remember(recorded: Recorded, sent: State, memory: Mapping[Key, Memory]) -> dict[Key, Memory]:
    """The resource's state of now, and what its references tell of others where that is new."""
    new: dict[Key, Memory] = {}
    for key, told in learnt(sent).items():
        known = memory.get(key, NOTHING)
        if any(known.learned.get(name) != value for name, value in told.items()):
            new[key] = replace(known, learned={**known.learned, **told}, at=recorded.received_at)
    own = new.get(recorded.key) or memory.get(recorded.key, NOTHING)
    if recorded.action == "deleted":
        new[recorded.key] = replace(own, deleted=True, at=recorded.received_at)
    elif sent.resource is not None:
        modified = sent.resource.get("modified_at")
        new[recorded.key] = Memory(
            resource=sent.resource,
            learned=own.learned,
            modified_at=modified if isinstance(modified, str) else None,
            at=recorded.received_at,
        )
    return new
