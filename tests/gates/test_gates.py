"""The gates that count and the times of digests, asked with a clock of our own."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.gates import Interval, ask_hours, ask_once, ask_throttle, digest_due, digest_reason
from bridge.gates.gates import MOST_ENTRIES, lasting
from bridge.model import Digest, GateState, Hours, Once, Throttle

PARIS = ZoneInfo("Europe/Paris")
HOUR = 3600.0
BY = (("resource", "gid"),)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).timestamp()


def test_once() -> None:
    once = Once(per=86400.0, by=BY)
    passes, state, reason = ask_once(once, GateState(), 1000.0)
    assert (passes, state.passed, reason) == (True, ((1000.0, 1),), "")
    passes, after, reason = ask_once(once, state, 1000.0 + 86399)
    assert (passes, reason) == (False, "once per 1 d for this key")
    assert after is state  # what is left out does not begin the time anew
    assert ask_once(once, state, 1000.0 + 86400)[0]
    assert ask_once(Once(per=60.0), state, 1001.0)[2] == "once per 1 min"


def test_once_when_the_clock_was_set_back() -> None:
    once = Once(per=60.0)
    _, state, _ = ask_once(once, GateState(), 1000.0)
    assert not ask_once(once, state, 990.0)[0]
    assert ask_once(once, state, 500.0)[0]


def test_throttle_slides() -> None:
    throttle, state, passed = Throttle(max=2, per=10.0), GateState(), []
    for now in (0.0, 4.0, 5.0, 9.9, 10.0, 11.0, 14.0, 20.0):
        passes, state, _ = ask_throttle(throttle, state, now, 1, ["projects"])
        if passes:
            passed.append(now)
    assert passed == [0.0, 4.0, 10.0, 14.0, 20.0]


def test_throttle_says_what_it_left_out() -> None:
    throttle, state = Throttle(max=2, per=HOUR, by=BY), GateState()
    for now in (0.0, 100.0):
        _, state, _ = ask_throttle(throttle, state, now, 1, ["projects"])
    passes, state, reason = ask_throttle(throttle, state, 200.0, 7, ["projects"])
    assert (passes, reason) == (False, "throttled: 2 in 1 h have passed for this key")
    assert (state.left_out, state.due_at, state.event_id, state.destinations) == (1, HOUR, 7, ("projects",))
    _, state, _ = ask_throttle(throttle, state, 300.0, 8, ["managers", "projects"])
    assert (state.left_out, state.due_at, state.event_id) == (2, HOUR, 8)
    assert state.destinations == ("projects", "managers")
    # One that passes before the summary is told leaves it as it is.
    passes, state, _ = ask_throttle(throttle, state, HOUR, 9, ["projects"])
    assert (passes, state.left_out, state.due_at, state.event_id) == (True, 2, HOUR, 8)
    # Once it is told, the next one left out begins anew.
    told = GateState(passed=state.passed)
    assert ask_throttle(throttle, told, HOUR + 1, 10, ["projects"])[1].due_at == HOUR + 100.0


def test_throttle_without_summary() -> None:
    throttle = Throttle(max=1, per=HOUR, summary=False)
    _, state, _ = ask_throttle(throttle, GateState(), 0.0, 1, ["projects"])
    passes, state, reason = ask_throttle(throttle, state, 1.0, 2, ["projects"])
    assert (passes, state.left_out, state.due_at, reason) == (False, 1, None, "throttled: 1 in 1 h have passed")


@given(
    most=st.integers(1, 5),
    gaps=st.lists(st.floats(0, 8, allow_nan=False), max_size=60),
)
def test_throttle_is_a_sliding_window(most: int, gaps: list[float]) -> None:
    throttle, state, now = Throttle(max=most, per=10.0), GateState(), 1_000_000.0
    window: deque[float] = deque()
    for gap in gaps:
        now += gap
        while window and now - window[0] >= throttle.per:
            window.popleft()
        passes, state, _ = ask_throttle(throttle, state, now, 1, ["projects"])
        assert passes is (len(window) < most)
        if passes:
            window.append(now)


def test_a_large_throttle_stays_small_and_strict() -> None:
    throttle, state, passed = Throttle(max=5_000, per=1000.0), GateState(), []
    for step in range(20_000):
        now = step * 0.1
        passes, state, _ = ask_throttle(throttle, state, now, 1, ["projects"])
        assert len(state.passed) <= MOST_ENTRIES
        if passes:
            passed.append(now)
    assert all(later - first >= throttle.per for first, later in zip(passed, passed[5_000:], strict=False))
    assert len(passed) > 9_800


OFFICE = Interval(weekdays=frozenset(range(5)), spans=((time(9), time(18)),), zone=PARIS)


@pytest.mark.parametrize(
    ("now", "otherwise", "passes", "until", "reason"),
    [
        ("2026-06-05T12:00", "hold", True, None, ""),
        ("2026-06-05T08:00", "hold", False, "2026-06-05T09:00", "outside hours `office`: held until 09:00"),
        ("2026-06-05T19:00", "hold", False, "2026-06-08T09:00", "outside hours `office`: held until Mon 09:00"),
        ("2026-06-05T19:00", "drop", False, None, "outside hours `office`"),
    ],
)
def test_hours(now: str, otherwise: str, passes: bool, until: str | None, reason: str) -> None:
    gate = Hours(only="office", otherwise=otherwise)  # type: ignore[arg-type]
    assert ask_hours(gate, OFFICE, at(now)) == (passes, at(until) if until else None, reason)


def test_hours_that_never_come() -> None:
    never = Interval(weekdays=frozenset(), zone=PARIS)
    reason = "outside hours `never`, which do not come within a year"
    assert ask_hours(Hours(only="never"), never, at("2026-06-05T12:00")) == (False, None, reason)


@pytest.mark.parametrize(
    ("times", "now", "due"),
    [
        (("09:00",), "2026-06-05T08:59", "2026-06-05T09:00"),
        (("09:00",), "2026-06-05T09:00", "2026-06-06T09:00"),
        (("17:00", "09:00"), "2026-06-05T12:00", "2026-06-05T17:00"),
        (("17:00", "09:00"), "2026-06-05T18:00", "2026-06-06T09:00"),
        (("09:00",), "2026-03-28T12:00", "2026-03-29T09:00"),  # 23 hours later at most: clocks go forward
        (("09:00",), "2026-10-24T12:00", "2026-10-25T09:00"),
        (("02:30",), "2026-03-28T12:00", "2026-03-29T03:30"),  # 02:30 does not come that day
        (("02:30",), "2026-10-24T12:00", "2026-10-25T02:30"),  # twice: the first counts
        (("02:30",), "2026-10-25T02:40", "2026-10-26T02:30"),
    ],
)
def test_digest_at_times_of_the_day(times: tuple[str, ...], now: str, due: str) -> None:
    assert digest_due(Digest(at=times), at(now), PARIS) == at(due)


def test_digest_after_a_time() -> None:
    assert digest_due(Digest(every=1800.0), 100.0, PARIS) == 1900.0


@pytest.mark.parametrize(
    ("due", "reason"),
    [
        ("2026-06-05T10:30", "in a digest due at 10:30"),
        ("2026-06-06T10:30", "in a digest due at Sat 10:30"),
        ("2026-06-12T10:30", "in a digest due at 2026-06-12 10:30"),
    ],
)
def test_digest_reason(due: str, reason: str) -> None:
    assert digest_reason(Digest(at=("10:30",)), at(due), at("2026-06-05T10:00"), PARIS) == reason
    every = "in a digest, told 30 min after its first message"
    assert digest_reason(Digest(every=1800.0), at(due), at("2026-06-05T10:00"), PARIS) == every


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.3, "300 ms"), (5, "5 s"), (5400, "90 min"), (3600, "1 h"), (86400, "1 d"), (172800, "2 d")]
)
def test_lasting(seconds: float, text: str) -> None:
    assert lasting(seconds) == text


def test_the_zone_decides_the_day() -> None:
    late = datetime(2026, 6, 5, 22, 30, tzinfo=UTC).timestamp()  # 00:30 of the 6th in Paris
    assert digest_due(Digest(at=("09:00",)), late, PARIS) == at("2026-06-06T09:00")
