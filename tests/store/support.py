"""Short ways to say what a test records, matches and settles."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from bridge.model import (
    Arrival,
    Decision,
    Delivery,
    Key,
    Matched,
    Memory,
    Notification,
    Outcome,
    Planned,
    Receipt,
    Recorded,
    Settled,
)
from bridge.store import Store

DAY = 86400.0
NOON = 1_764_072_000.0


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


def arrival(body: str | bytes = "A", *, at: float = NOON, gid: str = "g1", **changed: Any) -> Arrival:
    """An update of a project; the body is its state."""
    raw = body.encode() if isinstance(body, str) else body
    facts = {
        "source": "creads",
        "type": "Project",
        "action": "updated",
        "gid": gid,
        "digest": hashlib.sha256(raw).digest(),
    }
    return Arrival(body=raw, received_at=at, **(facts | changed))


async def record(store: Store, *args: Any, window: float = DAY, **changed: Any) -> Receipt:
    """Record one arrival."""
    return await store.record(arrival(*args, **changed), window=window)


def planned(destination: str = "team", *, title: str = "Title", body: str = "Body", **changed: Any) -> Planned:
    """A delivery that a rule decided on."""
    note = Notification(title=title, body=body, format="text")
    return Planned(**({"rule": "New project", "destination": destination, "notification": note} | changed))


def matched(recorded: Recorded, *plans: Planned, **changed: Any) -> Matched:
    """What matching made of an event."""
    facts: dict[str, Any] = {
        "event_id": recorded.id,
        "key": recorded.key,
        "state": "matched",
        "version": "v1",
        "previous": {"status": "draft"},
        "filled": {"project.title": NOON},
        "resource": {"status": "open"},
        "decisions": (Decision(rule="New project", file="rules/a.yaml", line=3, fired=True),),
        "planned": plans,
        "remembered": {recorded.key: Memory(resource={"status": "open"}, at=NOON)},
    }
    return Matched(**(facts | changed))


async def match_all(store: Store, *plans: Planned) -> list[Delivery]:
    """Match every event that waits, each with these plans."""
    return await store.write_matched([matched(event, *plans) for event in await store.unmatched(1000)])


async def deliver_one(store: Store, body: str = "A", *, gid: str = "g1", destination: str = "team") -> list[Delivery]:
    """Record and match one event; its delivery, if it may go at once."""
    await record(store, body, gid=gid)
    return await match_all(store, planned(destination))


def settled(delivery: Delivery, state: str = "delivered", **changed: Any) -> Settled:
    """How an attempt ended."""
    result = {"pending": "retry", "held": "retry"}.get(state, state)
    facts: dict[str, Any] = {
        "delivery": delivery,
        "at": NOON,
        "outcome": Outcome(result=result, took_ms=7),  # type: ignore[arg-type]  # the states' own words
        "state": state,
        "next_at": NOON + 5 if state == "pending" else None,
    }
    return Settled(**(facts | changed))


def ids(rows: Sequence[Any]) -> list[int]:
    """The ids, in order."""
    return [row.id for row in rows]


KEY = Key("creads", "Project", "g1")
