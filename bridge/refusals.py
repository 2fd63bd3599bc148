"""The last posts that were refused, for who looks for the reason: never what they carried."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass

MOST = 20  # of each source


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One post that was not taken."""

    at: float  # epoch seconds
    source: str  # "": none has the name that was asked for
    status: int
    reason: str
    address: str  # of who connected, which may be a proxy; "" where that is not known


class Refusals:
    """Of this process since it started; in memory, because a stranger must not fill the store."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        # Apart, so that a flood at one source, or of strangers, leaves the others' in sight.
        self._last: defaultdict[str, deque[Refusal]] = defaultdict(lambda: deque(maxlen=MOST))

    def note(self, source: str, status: int, reason: str, address: str) -> None:
        """Keep one; `source` is one of the configuration, or empty."""
        refusal = Refusal(at=self._clock(), source=source, status=status, reason=reason, address=address)
        self._last[source].append(refusal)

    def newest(self) -> list[Refusal]:
        """Of all sources, the newest first."""
        every = [one for last in self._last.values() for one in last]
        return sorted(every, key=lambda one: -one.at)
