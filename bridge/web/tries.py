"""How often somebody may try to sign in: five times a minute, by name and by address."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address, ip_network

MOST_TRIES = 5
SPAN = 60.0  # seconds, from the first wrong try
MOST_KEYS = 10_000


class Tries:
    """Counts wrong tries in memory."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._counts: dict[str, tuple[int, float]] = {}  # key → how many, until when; in the order of their ends

    def wait(self, *keys: str) -> float:
        """How many seconds to wait before another try; nothing while there are tries left."""
        now = self._clock()
        ends = (until - now for count, until in map(self._of, keys) if count >= MOST_TRIES)
        return max(ends, default=0.0)

    def left(self, *keys: str) -> int:
        """How many wrong tries are left."""
        return max(0, MOST_TRIES - max(self._of(key)[0] for key in keys))

    def count(self, *keys: str) -> None:
        """Count a try, before it is known whether it is right: many at once must not pass."""
        for key in keys:
            count, until = self._of(key)
            if not count:
                self._make_room()
            self._counts[key] = (count + 1, until)

    def forgive(self, *keys: str) -> None:
        """Take back a try that was right."""
        for key in keys:
            count, until = self._of(key)
            if count > 1:
                self._counts[key] = (count - 1, until)
            else:
                self._counts.pop(key, None)

    def _of(self, key: str) -> tuple[int, float]:
        now = self._clock()
        count, until = self._counts.get(key, (0, 0.0))
        if until <= now:
            self._counts.pop(key, None)
            return 0, now + SPAN
        return count, until

    def _make_room(self) -> None:
        """All last equally long, so the first in the dict is the first to end."""
        now = self._clock()
        while self._counts:
            oldest = next(iter(self._counts))
            if len(self._counts) < MOST_KEYS and self._counts[oldest][1] > now:
                return
            del self._counts[oldest]


def address_key(address: str) -> str:
    """One key for all addresses that one machine can take: of IPv6 it has a whole /64."""
    try:
        known = ip_address(address.removeprefix("::ffff:"))
    except ValueError:
        return f"address:{address[:64]}"
    return f"address:{known if known.version == 4 else ip_network((known, 64), strict=False)}"
