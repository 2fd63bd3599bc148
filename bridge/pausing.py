"""Which destinations are paused, and when one has failed so often that it must be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from bridge.model import Destination, Settled
from bridge.store import Store
from bridge.store.pausing import RESUMING
from bridge.store.rows import DestinationRow

TOO_MANY = 429  # a service that says so is there, and says when to come again: no failure


class Pausing:
    """What this process knows of pauses; the table is the truth, and refresh() reads it."""

    def __init__(self, store: Store) -> None:
        self.paused: Mapping[str, DestinationRow] = {}
        self._store = store
        self._failures: Counter[str] = Counter()  # in a row
        self._refused: dict[str, set[int]] = {}  # held deliveries that were probed and refused for good

    async def refresh(self) -> set[str]:
        """Read the table anew; the names that are no longer paused."""
        before = set(self.paused)
        states = await self._store.destination_states()
        self.paused = {name: row for name, row in states.items() if row.state == "paused"}
        back = before - set(self.paused)
        for name in back:
            self._failures.pop(name, None)
            self._refused.pop(name, None)
        return back

    def is_due(self, settled: Settled, destination: Destination) -> bool:
        """Count an attempt; whether its destination must be paused now."""
        name, outcome = destination.name, settled.outcome
        if outcome.result == "delivered":
            self._failures.pop(name, None)
        elif outcome.status != TOO_MANY:
            self._failures[name] += 1
        return name not in self.paused and 0 < destination.pause_after <= self._failures[name]

    def is_resuming(self, name: str) -> bool:
        """Whether somebody is letting its queue go, or died while doing so."""
        row = self.paused.get(name)
        return row is not None and row.probe_wait == RESUMING

    def probe_at(self, name: str) -> float | None:
        """When its next probe is due; None: there is none, or the pause ended while others were looked at."""
        row = self.paused.get(name)
        return None if row is None else row.probe_at

    async def pause(self, name: str, reason: str) -> None:
        """Pause a destination for its failures."""
        await self._store.pauses.pause(name, reason, failures=self._failures[name])
        await self.refresh()

    def judged(self, settled: Settled, destination: Destination) -> Settled:
        """What a paused destination did not take is held. Final refusals still go to a fallback."""
        if destination.name not in self.paused or settled.state == "delivered":
            return settled
        if settled.outcome.result == "failed":
            if destination.fallback:
                return settled
            self._refused.setdefault(destination.name, set()).add(settled.delivery.id)
        return replace(settled, state="held", next_at=None)

    def refused(self, name: str) -> set[int]:
        """What need not go out as the next probe."""
        return self._refused.get(name, set())

    def forget_refused(self, name: str) -> None:
        """All that is held was refused: begin with the oldest again."""
        self._refused.pop(name, None)
