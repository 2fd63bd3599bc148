"""Which destinations are paused, and when one has failed so often that it must be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from bridge.delivery.retry import RETRY_AFTER_MAX
from bridge.model import Destination, Health, Outcome, Settled, replace
from bridge.store import Store
from bridge.store.pausing import RESUMING
from bridge.store.rows import DestinationRow

TOO_MANY = 429
WELL = Health()


class Pausing:
    """What this process knows of pauses and of what leads to them; the table is the truth, refresh() reads it."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self.paused: Mapping[str, DestinationRow] = {}
        self._store = store
        self._clock = clock
        self._health: dict[str, Health] = {}  # one that is absent does well
        self._kept: dict[str, Health | None] = {}  # as the table has it, so far as this process knows
        self._asked: dict[str, tuple[float, float]] = {}  # as the table has `not_before`, and what is made of it
        self._refused: dict[str, set[int]] = {}  # held deliveries that were probed and refused for good

    async def refresh(self) -> set[str]:
        """Read the table anew; the names that are no longer paused."""
        before = set(self.paused)
        states = await self._store.destination_states()
        self.paused = {name: row for name, row in states.items() if row.state == "paused"}
        back = before - set(self.paused)
        for name in back:
            self._health.pop(name, None)
            self._refused.pop(name, None)
        for name, row in states.items():
            self._take_up(name, row)
        return back

    def _take_up(self, name: str, row: DestinationRow) -> None:
        """What an earlier run knew of a destination, and how long another process was asked to wait."""
        asked, not_before = self._asked.get(name, (0.0, 0.0))
        if asked != (row.not_before or 0.0):
            # A clock that was set back must not make a wait of years; bounded once, for the bound moves with the clock.
            asked = row.not_before or 0.0
            not_before = min(asked, self._clock() + RETRY_AFTER_MAX)
            self._asked[name] = asked, not_before
        known = self._health.get(name)
        if known is None:
            self._health[name] = self._kept[name] = Health(failures=row.failures, not_before=not_before)
        elif known.not_before < not_before:
            self._health[name] = replace(known, not_before=not_before)

    def is_due(self, settled: Settled, destination: Destination) -> bool:
        """Count an attempt; whether its destination must be paused now."""
        name, outcome = destination.name, settled.outcome
        health = self._health.get(name, WELL)
        if outcome.result == "delivered":
            failures = 0
        elif _is_no_failure(outcome) or name in self.paused or not destination.pause_after:
            failures = health.failures
        else:
            failures = health.failures + 1
        not_before = health.not_before
        if outcome.retry_after is not None:
            not_before = max(not_before, self._clock() + min(outcome.retry_after, RETRY_AFTER_MAX))
        if (failures, not_before) != (health.failures, health.not_before):
            self._health[name] = Health(failures=failures, not_before=not_before)
        return name not in self.paused and 0 < destination.pause_after <= failures

    def known(self) -> Iterable[str]:
        """The destinations of which there is more to know than that they do well."""
        return self._health

    def not_before(self, name: str) -> float:
        """Until then a destination's service asked to be left alone."""
        return self._health.get(name, WELL).not_before

    def to_keep(self, name: str) -> Health | None:
        """How a destination does, when the table must learn it; whoever asks writes it at once."""
        health = self._health.get(name, WELL)
        if health == self._kept.get(name, WELL):
            return None
        self._kept[name] = health
        return health

    def not_kept(self, name: str) -> None:
        """What was to be written was not."""
        self._kept[name] = None

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
        await self._store.pauses.pause(name, reason, failures=self._health.get(name, WELL).failures)
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


def _is_no_failure(outcome: Outcome) -> bool:
    """A service that says when to come again is there; one that always says too many, and never when, is not."""
    return outcome.blameless or (outcome.status == TOO_MANY and outcome.retry_after is not None)
