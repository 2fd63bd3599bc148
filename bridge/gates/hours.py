"""Named hours: when an interval is open, and when it opens next, by the clock on its zone's walls."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

EVERY_DAY = frozenset(range(7))
FARTHEST = 366  # days that the next opening is looked for in

_DAY = timedelta(days=1)
_WHOLE_DAY = ((time(0), time(0)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Spans of some weekdays. One that ends at or before its start runs over midnight and belongs to its first day."""

    weekdays: frozenset[int] = EVERY_DAY  # 0 is Monday
    spans: tuple[tuple[time, time], ...] = ()  # from, up to; none: the whole day. An end of 00:00 is midnight's
    holidays: str = ""  # closed on the holidays of a country, "FR", or of a part of it, "FR-57"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    def is_open(self, at: datetime) -> bool:
        """Whether a moment lies within a span."""
        wall = at.astimezone(self.zone).replace(tzinfo=None)
        return any(start <= wall < end for day in (wall.date(), wall.date() - _DAY) for start, end in self._on(day))

    def opens_at(self, after: datetime) -> datetime | None:
        """The first moment from `after` on when it is open: `after` itself when it is; None: not within a year."""
        if self.is_open(after):
            return after
        today = after.astimezone(self.zone).date()
        for count in range(FARTHEST + 1):
            moments = [moment for moment in self._openings(today + count * _DAY) if moment >= after]
            if opening := min(filter(self.is_open, moments), default=None):
                return opening
        return None

    def _on(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The spans that begin on a day, by wall clock."""
        if day.weekday() in self.weekdays and not (self.holidays and day in _holidays(self.holidays, day.year)):
            for start, end in self.spans or _WHOLE_DAY:
                yield (
                    datetime.combine(day, start),
                    datetime.combine(day if end > start else day + _DAY, end),
                )

    def _openings(self, day: date) -> Iterator[datetime]:
        """Every moment of a day at which it may begin to be open."""
        for start, _ in self._on(day):
            # An hour that comes twice opens twice.
            yield from (start.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        # Where clocks jump, they may jump into a span.
        begin, end = (datetime.combine(one, time(0), self.zone).astimezone(UTC) for one in (day, day + _DAY))
        later = end.astimezone(self.zone).utcoffset()
        if begin.astimezone(self.zone).utcoffset() != later:
            seconds = range(int((end - begin).total_seconds()))
            yield begin + timedelta(
                seconds=bisect_left(
                    seconds,
                    True,
                    key=lambda second: (begin + timedelta(seconds=second)).astimezone(self.zone).utcoffset() == later,
                )
            )


@lru_cache(maxsize=256)
def _holidays(code: str, year: int) -> frozenset[date]:
    import holidays  # noqa: PLC0415  # 20 MB, which only those pay who ask for holidays

    country, _, part = code.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year))
