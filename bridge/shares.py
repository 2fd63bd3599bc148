"""Fair shares of something that sources have in common: one that floods takes nothing from the others."""

from __future__ import annotations

from collections import Counter


class Shares:
    """One source alone may have all. Past `most`, who has its even share or more gets no more, the others go on."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._total = 0
        self._of: Counter[str] = Counter()

    def take(self, source: str, amount: int = 1) -> None:
        """Count what a source has; negative: what it gives back."""
        self._total += amount
        self._of[source] += amount
        if not self._of[source]:
            del self._of[source]

    def is_full(self, source: str) -> bool:
        """Whether the source may have no more for now."""
        sources = len(self._of) + (source not in self._of)
        return self._total >= self._most and self._of[source] * sources >= self._most
