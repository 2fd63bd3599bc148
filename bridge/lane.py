"""What waits in memory for one destination, and when the next of it may leave."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from dataclasses import dataclass, field

from bridge.model import Delivery, Destination

LANE_FULL = 500  # deliveries of one destination that wait in memory; more wait in the table
AHEAD = 10.0  # seconds: of a destination with a rate, no more is kept in hand than may leave within


@dataclass(slots=True)
class Lane:
    """Times are epoch seconds, told by the caller."""

    waiting: deque[Delivery] = field(default_factory=deque)
    in_flight: int = 0
    unwritten: int = 0  # sends that ended and are not in the store yet: after a kill, they are sent again
    opens_at: float = 0.0  # before, nothing may leave
    timer: asyncio.TimerHandle | None = None  # wakes it then

    def is_full(self, destination: Destination | None) -> bool:
        """Whether it has enough in hand."""
        if destination is None or destination.rate is None:
            return len(self.waiting) >= LANE_FULL
        return len(self.waiting) >= min(LANE_FULL, 1 + destination.rate * AHEAD)

    def may_send(self, destination: Destination, now: float) -> bool:
        """Whether another send may start now."""
        busy = max(self.in_flight, self.unwritten) >= destination.concurrency
        return bool(self.waiting) and not busy and now >= self.opens_at

    def can_wait(self, destination: Destination) -> bool:
        """Whether what ended may stay unwritten for a moment."""
        return self.unwritten * 2 < destination.concurrency

    def begin(self, destination: Destination, now: float) -> None:
        """A send starts; by the destination's rate, the one behind it waits."""
        self.in_flight += 1
        if destination.rate is not None:
            self.opens_at = now + 1 / destination.rate

    def heed(self, not_before: float) -> None:
        """A service that asks to wait is asked for nothing meanwhile."""
        self.opens_at = max(self.opens_at, not_before)

    def give_back(self, before: float = math.inf) -> list[int]:
        """The ids of all that waits and was created before, which it forgets."""
        ids = [delivery.id for delivery in self.waiting if delivery.created_at <= before]
        self.waiting = deque(delivery for delivery in self.waiting if delivery.created_at > before)
        return ids
