"""What people do with several deliveries at once: send them again, elsewhere, or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from bridge.again import NotReplayed, Sum, Way, check_names
from bridge.config.snapshot import Snapshot
from bridge.rewording import words_of
from bridge.store import Store
from bridge.store.replay import DROPPABLE, WAITING, Repeat, ToDrop, ToRepeat
from bridge.store.rows import DeliveryRow

MOST = 1000  # deliveries at once
AT_ONCE = 100  # in one transaction: accepts go first


def can_repeat(row: DeliveryRow, to: str | None) -> str:
    """Why a delivery is not sent again; "" when it can be: what waits can go elsewhere only."""
    return "" if to is not None or row.state not in WAITING else f"it is {row.state}, and goes out by itself"


def can_drop(row: DeliveryRow) -> str:
    """Why a delivery is not dropped; "" when it can be."""
    return "" if row.state in DROPPABLE else f"it is {row.state}: only what waits or failed can be dropped"


async def repeat_these(store: Store, snapshot: Snapshot, ids: Sequence[int], way: Way, now: datetime) -> Sum:
    """Send these again, or to `way.to`, each once, oldest first; what waits goes there instead."""
    check_names(snapshot, to=way.to)
    done = Sum(count=len(ids))
    places: Counter[str] = Counter()
    for start in range(0, len(ids), AT_ONCE):
        every, some = [], ids[start : start + AT_ONCE]
        rows = await store.replays.deliveries(some)
        gone = set(some) - {row.id for row in rows}
        done.refused |= {id: f"there is no delivery {id}; it may be older than what is kept" for id in sorted(gone)}
        for row in rows:
            if why := can_repeat(row, way.to):
                done.refused[row.id] = why
                continue
            try:
                words, warnings = await words_of(store, snapshot, row, way, now)
            except NotReplayed as error:
                done.refused[row.id] = str(error)
                continue
            done.warnings += warnings
            places[way.to or row.destination] += 1
            every.append(Repeat(row.id, way.to, words))
        if not way.dry_run and every:
            wanted = ToRepeat(every, way.who, once=True, moves=way.to is not None, together=True)
            became = await store.replays.repeat(wanted)
            done.done += len(became.done)
            done.refused |= became.refused
    done.destinations = dict(places)
    return done


async def drop_these(store: Store, ids: Sequence[int], who: str, why: str) -> Sum:
    """Have those of these that wait or failed go to nobody."""
    done = Sum(count=len(ids))
    for start in range(0, len(ids), AT_ONCE):
        became = await store.replays.drop(ToDrop(ids[start : start + AT_ONCE], who, why=why, together=True))
        done.done += len(became.done)
        done.refused |= became.refused
    return done
