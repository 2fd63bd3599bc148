"""Retention: deletes what is older than `keep` says, in small steps with pauses, so that accepts never wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import structlog

from bridge.config.snapshot import Snapshot
from bridge.store import Store
from bridge.store.retention import Cursor, ToPrune

log = structlog.get_logger()

EVERY = 3600.0  # seconds between the beginnings of two rounds
PAUSE = 0.1  # seconds between two steps
DAY = 86400.0
AUDIT = 365 * DAY


class Retention:
    """One round at a time; `snapshot` may be exchanged at any time."""

    def __init__(self, snapshot: Snapshot, store: Store, *, clock: Callable[[], float], pause: float = PAUSE) -> None:
        self.snapshot = snapshot
        self._store = store
        self._clock = clock
        self._pause = pause
        self._next = 0.0  # when the next round is due
        self._emptied: Cursor = ()  # up to here no event has a payload: the next round goes on from there

    def is_due(self) -> bool:
        """Whether it is time for a round."""
        return self._clock() >= self._next

    async def round(self) -> None:
        """Delete all that is too old now. Raises StoreUnavailable; what was not reached goes in the next round."""
        began = self._clock()
        gone: dict[str, int] = {}
        for wanted in self._plan(began):
            gone[wanted.kind] = await self._walk(wanted)
        self._next = began + EVERY
        if any(gone.values()):
            log.info("store.pruned", **gone)

    def _plan(self, now: float) -> Iterator[ToPrune]:
        keep = self.snapshot.settings.keep
        events, failed = now - keep.events, now - keep.failed
        yield ToPrune("events", events, failed_before=failed)
        yield ToPrune("payloads", now - keep.payloads, self._emptied)
        yield ToPrune("news", events, failed_before=failed)
        yield ToPrune("gates", now - self._longest_gate())
        yield ToPrune("memory", events)
        yield ToPrune("versions", events)
        yield ToPrune("audit", now - AUDIT)
        yield ToPrune("troubles", events)
        yield ToPrune("silences", events)

    def _longest_gate(self) -> float:
        """The longest `per` of a rule; a day at least, since a rule may be away for a moment while it is edited."""
        gates = (gate for rule in self.snapshot.rules for gate in (rule.once, rule.throttle) if gate)
        return max([DAY, *(gate.per for gate in gates)])

    async def _walk(self, wanted: ToPrune) -> int:
        gone, whole = 0, True
        while True:
            step = await self._store.prune(wanted)
            gone += step.gone
            whole = whole and not step.left
            if step.after is None:
                return gone
            if wanted.kind == "payloads" and whole:
                self._emptied = step.after
            wanted = wanted._replace(after=step.after)
            await asyncio.sleep(self._pause)
