"""What came and what became of it, over days: past figures do not change, so they are counted once."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bridge.store import Store
from bridge.store.figures import Undelivered
from bridge.web.span import Span

SETTLED = 120.0  # seconds after which nothing more is written into a bucket
DAYS = 7
_NONE = [0] * DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A span of time, a figure a bucket."""

    events: Sequence[int]
    delivered: Sequence[int]
    missed: Sequence[int]  # failed, or held because a destination is paused or gone
    undelivered: Sequence[Undelivered]


@dataclass(slots=True)
class _Past:
    """Buckets of one width, counted from the epoch: all from `first` up to, not including, `until`."""

    first: int = 0
    until: int = 0
    events: dict[int, int] = field(default_factory=dict)
    written: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What one rule did."""

    days: tuple[int, ...]  # events it fired for, the oldest day first
    last: float | None  # when it last fired, epoch seconds


class History:
    """Figures of one store."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._past: dict[int, _Past] = {}
        self._turn = asyncio.Lock()
        self._midnight: datetime | None = None
        self._fired: dict[str, list[int]] = {}  # rule → events of each day
        self._last: dict[str, float | None] = {}
        self._top = 0  # the newest delivery counted in `_fired`

    async def figures(self, since: float, span: Span) -> Figures:
        """The span that begins at `since`."""
        past, undelivered = await asyncio.gather(
            self._arrived(since, span), self._store.counts.undelivered(since, span.step)
        )
        open_: Counter[int] = Counter()
        missed: Counter[int] = Counter()
        for one in undelivered:
            open_[one.bucket] += one.number
            if one.state in ("failed", "held"):
                missed[one.bucket] += one.number
        first = round(since / span.step)
        buckets = range(span.buckets)
        return Figures(
            events=[past.events.get(first + bucket, 0) for bucket in buckets],
            delivered=[max(0, past.written.get(first + bucket, 0) - open_[bucket]) for bucket in buckets],
            missed=[missed[bucket] for bucket in buckets],
            undelivered=undelivered,
        )

    async def _arrived(self, since: float, span: Span) -> _Past:
        """All buckets of the span; those that are settled are not counted again."""
        step, first = span.step, round(since / span.step)
        past = self._past.get(step)
        if past is None or not past.first <= first <= past.until:
            past = self._past[step] = _Past(first, first)
        begin = past.until
        fresh = await self._store.counts.arrived(begin * float(step), step)
        for known, counted in ((past.events, fresh.events), (past.written, fresh.written)):
            for bucket in [one for one in known if one >= begin or one < first]:
                del known[bucket]
            known.update({begin + bucket: count for bucket, count in counted.items()})
        past.first = first
        past.until = max(begin, math.floor((self._clock() - SETTLED) / step))
        return past

    async def fired(self, names: Sequence[str], today: datetime) -> dict[str, Week]:
        """What each rule did on each of the last 7 days, by the wall clock."""
        async with self._turn:
            await self._count_fired(today)
            quiet = [name for name in names if name not in self._last]
            self._last |= dict.fromkeys(quiet) | await self._store.counts.last_fired(quiet)
            return {name: Week(days=tuple(self._fired.get(name, _NONE)), last=self._last[name]) for name in names}

    def _turn_over(self, midnight: datetime) -> None:
        """The days move on; what is counted stays so, unless the clock went back or the zone is another."""
        passed = (midnight.date() - self._midnight.date()).days if self._midnight else DAYS
        same = self._midnight is not None and self._midnight.tzinfo == midnight.tzinfo
        self._midnight = midnight
        if same and 0 < passed < DAYS:
            self._fired = {name: days[passed:] + [0] * passed for name, days in self._fired.items()}
        else:
            self._fired, self._last, self._top = {}, {}, 0

    async def _count_fired(self, today: datetime) -> None:
        """Count the deliveries that were written since the last time."""
        midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
        days = [(midnight - timedelta(days=back)).timestamp() for back in range(DAYS - 1, -1, -1)]
        if self._midnight != midnight:
            self._turn_over(midnight)
        fresh = await self._store.counts.fired(self._top, days)
        self._top = fresh.top
        for (name, day), count in fresh.counts.items():
            self._fired.setdefault(name, [0] * DAYS)[day] += count
            self._last.pop(name, None)
