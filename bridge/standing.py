"""How each destination stands, as the API shows it: paused or not, what waits, what it last said. Never its address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bridge.config.snapshot import Snapshot
from bridge.explain import instant
from bridge.model import Destination, Json
from bridge.store import Store
from bridge.store.figures import Stuck, Waiting
from bridge.store.rows import AttemptRow, DeliveryRow, DestinationRow

LOOKED_AT = 20  # of the newest deliveries of a destination, for what it last said
FAILED_FOR = 7 * 86400.0  # seconds in which failed deliveries are counted

# What a rule gathers is merged, what it keeps for office hours is held; both leave by themselves.
_STATE_OF = {"queue": "pending", "again": "pending", "digest": "merged", "hours": "held"}


async def destinations_view(store: Store, snapshot: Snapshot, now: float) -> list[Json]:
    """Every destination of the configuration, in its order."""
    states = await store.destination_states()
    waiting, stuck = await store.counts.waiting(), await store.counts.stuck(now - FAILED_FOR)
    views = []
    for name, destination in snapshot.settings.destinations.items():
        newest = await store.deliveries(destination=name, limit=LOOKED_AT)
        own = (one for one in waiting if one.destination == name), (one for one in stuck if one.destination == name)
        views.append(_view(destination, states.get(name), _counted(*own), newest))
    return views


def _counted(waiting: Iterable[Waiting], stuck: Iterable[Stuck]) -> dict[str, Any]:
    """How many deliveries wait, by their state, since when, and how many failed lately."""
    counts, oldest = {"pending": 0, "held": 0, "merged": 0}, list[float]()
    for one in waiting:
        counts[_STATE_OF.get(one.why, "merged")] += one.count
        oldest.append(one.oldest)
    failed = 0
    for cause in stuck:
        if cause.state == "held":
            counts["held"] += cause.count
            oldest.append(cause.oldest)
        else:
            failed += cause.count
    return {"waiting": counts, "oldest_waiting": instant(min(oldest, default=None)), "failed": failed}


def _view(
    destination: Destination, row: DestinationRow | None, counted: Mapping[str, Any], newest: Iterable[DeliveryRow]
) -> Json:
    paused = row if row is not None and row.state == "paused" else None
    attempts = sorted((one for delivery in newest for one in delivery.attempts), key=lambda one: one.at)
    wrong = next((one for one in reversed(attempts) if one.result != "delivered"), None)
    right = next((one for one in reversed(attempts) if one.result == "delivered"), None)
    return {
        "name": destination.name,
        "kind": destination.kind.name,
        "state": "paused" if paused else "active",
        "paused_since": instant(paused.since) if paused else None,
        "paused_by": (paused.who or paused.by) if paused else None,
        "reason": (paused.reason or None) if paused else None,
        "next_probe_at": instant(paused.probe_at) if paused else None,
        "concurrency": destination.concurrency,
        "rate": destination.rate,
        "fallback": destination.fallback,
        **counted,
        "last_delivered_at": instant(right.at) if right else None,
        "last_error": _error(wrong) if wrong else None,
    }


def _error(attempt: AttemptRow) -> Json:
    return {"at": instant(attempt.at), "reason": attempt.reason or None, "status": attempt.status}
