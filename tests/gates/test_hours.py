"""Named hours: spans, weekdays, holidays, and the days on which clocks jump."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.gates import Interval

PARIS = ZoneInfo("Europe/Paris")
WEEK = frozenset(range(5))


def span(text: str) -> tuple[time, time]:
    start, end = text.split("-")
    return time.fromisoformat(start), time.fromisoformat(end)


def hours(*spans: str, weekdays: frozenset[int] = frozenset(range(7)), **other: object) -> Interval:
    return Interval(weekdays=weekdays, spans=tuple(map(span, spans)), **{"zone": PARIS, **other})  # type: ignore[arg-type]


def paris(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS, fold=fold)


OFFICE = hours("09:00-18:00", weekdays=WEEK, holidays="FR")
NIGHT = hours("22:00-06:00", weekdays=frozenset({4}))  # of Friday


@pytest.mark.parametrize(
    ("interval", "at", "expected"),
    [
        (OFFICE, "2026-06-01T09:00", True),
        (OFFICE, "2026-06-01T08:59:59", False),
        (OFFICE, "2026-06-01T17:59:59", True),
        (OFFICE, "2026-06-01T18:00", False),
        (OFFICE, "2026-05-30T12:00", False),  # a Saturday
        (OFFICE, "2026-05-01T12:00", False),  # 1 May
        (OFFICE, "2026-05-14T12:00", False),  # Ascension
        (hours("09:00-18:00", holidays="FR-57"), "2026-04-03T12:00", False),  # Good Friday in the Moselle
        (hours("09:00-18:00", holidays="FR"), "2026-04-03T12:00", True),
        (NIGHT, "2026-06-05T21:59", False),
        (NIGHT, "2026-06-05T22:00", True),
        (NIGHT, "2026-06-06T05:59", True),
        (NIGHT, "2026-06-06T06:00", False),
        (NIGHT, "2026-06-05T05:00", False),  # Thursday's night
        (hours("18:00-00:00"), "2026-06-05T23:59:59", True),
        (hours("18:00-00:00"), "2026-06-06T00:00", False),
        (hours("00:00-00:00", weekdays=WEEK), "2026-06-05T23:59", True),
        (hours(weekdays=WEEK), "2026-06-05T00:00", True),
        (hours(weekdays=WEEK), "2026-06-06T00:00", False),
        (hours("09:00-12:00", "14:00-18:00"), "2026-06-05T13:00", False),
        (hours("09:00-12:00", "14:00-18:00"), "2026-06-05T14:00", True),
    ],
)
def test_open(interval: Interval, at: str, expected: bool) -> None:
    assert interval.is_open(paris(at)) is expected
    assert interval.is_open(paris(at).astimezone(UTC)) is expected


@pytest.mark.parametrize(
    ("interval", "after", "opening"),
    [
        (OFFICE, "2026-06-01T08:00", "2026-06-01T09:00"),
        (OFFICE, "2026-06-01T10:30", "2026-06-01T10:30"),  # open: at once
        (OFFICE, "2026-06-01T18:00", "2026-06-02T09:00"),
        (OFFICE, "2026-05-29T19:00", "2026-06-01T09:00"),  # over the weekend
        (OFFICE, "2026-04-30T19:00", "2026-05-04T09:00"),  # over 1 May and the weekend
        (NIGHT, "2026-06-01T00:00", "2026-06-05T22:00"),
        (hours("09:00-12:00", "14:00-18:00"), "2026-06-05T13:00", "2026-06-05T14:00"),
        # Clocks go forward on Sunday 29 March 2026 at 02:00, back on 25 October at 03:00.
        (hours("09:00-18:00"), "2026-03-28T20:00", "2026-03-29T09:00"),
        (hours("09:00-18:00"), "2026-10-24T20:00", "2026-10-25T09:00"),
        (hours("02:30-04:00"), "2026-03-29T01:00", "2026-03-29T03:00"),  # 02:30 does not come: open after the jump
        (hours("02:15-02:45"), "2026-03-29T01:00", "2026-03-30T02:15"),  # the whole span does not come
    ],
)
def test_opens(interval: Interval, after: str, opening: str) -> None:
    assert interval.opens_at(paris(after)) == paris(opening).astimezone(UTC)


def test_the_hour_that_comes_twice() -> None:
    first, second = paris("2026-10-25T02:50"), paris("2026-10-25T02:30", fold=1)
    assert hours("02:30-02:45").opens_at(first) == second.astimezone(UTC)
    # The span ended at 02:30, and the clock goes back to 02:00.
    assert hours("01:00-02:30").opens_at(first) == paris("2026-10-25T02:00", fold=1).astimezone(UTC)


def test_hours_that_never_come() -> None:
    assert hours("02:15-02:45", weekdays=frozenset()).opens_at(paris("2026-06-01T08:00")) is None


HALF_HOURS = st.integers(0, 47).map(lambda count: time(count // 2, count % 2 * 30))


@given(
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    spans=st.lists(st.tuples(HALF_HOURS, HALF_HOURS), max_size=3),
    zone=st.sampled_from(["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "UTC"]),
    start=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)),  # noqa: DTZ001  # becomes UTC below
)
def test_the_opening_is_the_first_open_moment(
    weekdays: frozenset[int], spans: list[tuple[time, time]], zone: str, start: datetime
) -> None:
    interval = Interval(weekdays=weekdays, spans=tuple(spans), zone=ZoneInfo(zone))
    after = start.replace(minute=0, second=0, microsecond=0, tzinfo=UTC)
    opening = interval.opens_at(after)
    assert opening is not None
    step = timedelta(minutes=15)
    while after < opening:
        assert not interval.is_open(after)
        after += step
    assert after == opening
    assert interval.is_open(opening)
