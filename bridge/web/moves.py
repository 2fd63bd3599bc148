"""What people may do with a destination, from its page or by the API; each leaves a line in the audit list."""

from __future__ import annotations

from datetime import UTC, datetime

from bridge.logs import mask_of
from bridge.model import Destination, Outcome
from bridge.replay import Way, replay_many
from bridge.store.rows import Filters
from bridge.web.console import WEEK
from bridge.web.happened import clean
from bridge.web.window import Window

LONGEST_WHY = 200  # characters


class Moves:
    """Of one service."""

    def __init__(self, window: Window) -> None:
        self._window = window

    async def test(self, place: Destination, who: str) -> Outcome:
        """Send one message now, past the queue."""
        outcome = await self._window.test(place, who, self._now())
        reason = clean(mask_of(self._window.snapshot().secrets)(outcome.reason), 300)
        is_taken = outcome.result == "delivered"
        await self._noted(place, who, "destination.tested", "delivered" if is_taken else f"refused, {reason}")
        return outcome

    async def pause(self, place: Destination, who: str, why: str) -> bool:
        """Hold what comes for it; false when it is paused already."""
        why = clean(why, LONGEST_WHY)
        if not await self._window.store.pauses.pause(place.name, why, who=who):
            return False
        await self._noted(place, who, "destination.paused", why or "no reason given")
        return True

    async def resume(self, place: Destination, who: str, *, again: bool) -> bool:
        """Let go what it holds, `again`: and send again what failed lately; false when it was not paused."""
        count = await self.again(place, who) if again else 0
        was_paused = await self._window.store.pauses.resume(place.name, who=who, max_age=place.max_age)
        await self._noted(place, who, "destination.resumed", f"{count} sent again")
        return was_paused

    async def again(self, place: Destination, who: str) -> int:
        """Send again what failed lately and was not sent again before; says how many."""
        filters: Filters = {"destination": place.name, "state": "failed", "since": self._window.clock() - WEEK}
        store, snapshot = self._window.store, self._window.snapshot()
        became = await replay_many(store, snapshot, filters, Way(who=who), self._now())
        self._window.wake()
        return became.done

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._window.clock(), UTC)

    async def _noted(self, place: Destination, who: str, what: str, how: str) -> None:
        await self._window.store.audit(who, what, f"{place.name}: {how}")
        self._window.wake()
