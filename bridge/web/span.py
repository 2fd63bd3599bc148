"""The span of time a chart shows: its steps, where its grid stands, and the rows of its table."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """So many buckets of `step` seconds, up to now."""

    step: int
    buckets: int
    tick: int  # hours between two lines of the grid
    row: int  # seconds that a row of the table sums up

    def begins(self, now: float) -> float:
        """When the first bucket begins; the last one holds `now`."""
        return (math.floor(now / self.step) + 1 - self.buckets) * float(self.step)

    @property
    def seconds(self) -> int:
        return self.step * self.buckets


SPANS = {
    "6h": Span(step=300, buckets=72, tick=1, row=HOUR),
    "24h": Span(step=300, buckets=288, tick=3, row=HOUR),
    "7d": Span(step=1800, buckets=336, tick=24, row=DAY),
}

Local = Callable[[float], datetime]


def ticks(span: Span, since: float, local: Local) -> list[tuple[int, datetime]]:
    """The buckets that begin at a full hour of the grid, by the wall clock."""
    found = []
    for bucket in range(1, span.buckets):
        at = local(since + bucket * span.step)
        if at.minute == 0 and at.hour % span.tick == 0:
            found.append((bucket, at))
    return found


def rows(
    span: Span, since: float, local: Local, series: Sequence[Sequence[int]]
) -> list[tuple[float, float, tuple[int, ...]]]:
    """(from, to, sums of each series) of each hour or day in which anything came, the newest first."""
    sums: dict[datetime, list[int]] = {}
    edges: dict[datetime, tuple[float, float]] = {}
    for bucket in range(span.buckets):
        begin = since + bucket * span.step
        at = local(begin).replace(minute=0)
        key = at.replace(hour=0) if span.row == DAY else at
        row = sums.setdefault(key, [0] * len(series))
        for number, values in enumerate(series):
            row[number] += values[bucket]
        edges[key] = edges.get(key, (begin, begin))[0], begin + span.step
    return [(*edges[key], tuple(row)) for key, row in reversed(sums.items()) if any(row)]
