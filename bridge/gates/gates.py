"""Asks the gates of a rule: may this message pass now, what do they remember from now on, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate, groupby
from zoneinfo import ZoneInfo

from bridge.gates.hours import Interval
from bridge.model import Digest, GateState, Hours, Once, Throttle, replace

MOST_ENTRIES = 500  # of `passed`; beyond that, times lying close together become one
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def ask_once(once: Once, state: GateState, now: float) -> tuple[bool, GateState, str]:
    """(passes, what to remember, why not)."""
    if _recent(state, now, once.per):
        return False, state, f"once per {lasting(once.per)}{' for this key' if once.by else ''}"
    return True, replace(state, passed=((now, 1),)), ""


def ask_throttle(
    throttle: Throttle, state: GateState, now: float, event_id: int, destinations: Sequence[str]
) -> tuple[bool, GateState, str]:
    """(passes, what to remember, why not); `destinations` are told of what is left out."""
    recent = _recent(state, now, throttle.per)
    if sum(count for _, count in recent) < throttle.max:
        passed = _bounded((*recent, (now, 1)), throttle.per)
        return True, replace(state, passed=passed), ""
    due_at = state.due_at
    if throttle.summary and due_at is None:
        due_at = _reopens(throttle, recent)
    left = replace(
        state,
        passed=recent,
        left_out=state.left_out + 1,
        due_at=due_at,
        event_id=event_id,
        destinations=tuple(dict.fromkeys((*state.destinations, *destinations))),
    )
    key = " for this key" if throttle.by else ""
    return False, left, f"throttled: {throttle.max} in {lasting(throttle.per)} have passed{key}"


def ask_hours(hours: Hours, interval: Interval, now: float) -> tuple[bool, float | None, str]:
    """(passes, when it is told instead, why not); None: never, since it is dropped or the interval never opens."""
    moment = datetime.fromtimestamp(now, UTC)
    if interval.is_open(moment):
        return True, None, ""
    outside = f"outside hours `{hours.only}`"
    if hours.otherwise == "drop":
        return False, None, outside
    opening = interval.opens_at(moment)
    if opening is None:
        return False, None, f"{outside}, which do not come within a year"
    return False, opening.timestamp(), f"{outside}: held until {clock(opening, moment, interval.zone)}"


def digest_due(digest: Digest, now: float, zone: ZoneInfo) -> float:
    """When a digest is told whose first item comes now."""
    if not digest.at:
        return now + (digest.every or 0.0)
    today = datetime.fromtimestamp(now, zone).date()
    # Two days ahead: an hour that clocks skip is told after the jump, which may be past midnight.
    moments = [_at(today + timedelta(days=ahead), written, zone) for ahead in range(3) for written in digest.at]
    return min(moment for moment in moments if moment > now)


def digest_reason(digest: Digest, due_at: float, now: float, zone: ZoneInfo) -> str:
    """Why a message is not told alone and at once; the first message of a digest says when an `every` is over."""
    if not digest.at:
        return f"in a digest, told {lasting(digest.every or 0.0)} after its first message"
    due, moment = datetime.fromtimestamp(due_at, UTC), datetime.fromtimestamp(now, UTC)
    return f"in a digest due at {clock(due, moment, zone)}"


def lasting(seconds: float) -> str:
    """`1 h`, `90 min`: as people wrote it, or nearly so."""
    for unit, name in _UNITS:
        if seconds >= unit and seconds % unit == 0:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds * 1000:.0f} ms"


def clock(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """`10:30` of today, `Mon 09:00` of the days to come, else with its date."""
    local, today = moment.astimezone(zone), now.astimezone(zone).date()
    if local.date() == today:
        return f"{local:%H:%M}"
    near = local.date() - today < timedelta(days=7)
    return f"{_WEEKDAYS[local.weekday()]} {local:%H:%M}" if near else f"{local:%Y-%m-%d %H:%M}"


def _recent(state: GateState, now: float, per: float) -> tuple[tuple[float, int], ...]:
    """What counts still. A clock set back leaves times that lie ahead: they must not close a gate for good."""
    return tuple(one for one in state.passed if abs(now - one[0]) < per)


def _bounded(passed: tuple[tuple[float, int], ...], per: float) -> tuple[tuple[float, int], ...]:
    """At most so many entries. Those of one short time become one at its latest: rather too strict than too many."""
    if len(passed) <= MOST_ENTRIES:
        return passed
    width = per / (MOST_ENTRIES // 2 - 2)  # times reach at most `per` to either side of now
    groups = (list(group) for _, group in groupby(sorted(passed), key=lambda one: one[0] // width))
    return tuple((group[-1][0], sum(count for _, count in group)) for group in groups)


def _reopens(throttle: Throttle, recent: tuple[tuple[float, int], ...]) -> float:
    """When enough of what passed is too old to count that another may pass."""
    oldest_first = sorted(recent)
    gone = accumulate(count for _, count in oldest_first)
    total = sum(count for _, count in recent)
    return next(
        at + throttle.per for (at, _), so_far in zip(oldest_first, gone, strict=True) if total - so_far < throttle.max
    )


def _at(day: date, written: str, zone: ZoneInfo) -> float:
    return datetime.combine(day, time.fromisoformat(written), zone).timestamp()
