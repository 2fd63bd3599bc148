"""Figures of days: counted once where they are past, and right all the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bridge.store import Store
from bridge.web.history import History
from bridge.web.kept import Kept
from bridge.web.span import SPANS, rows, ticks
from tests.store.conftest import clock, open_store, store, url
from tests.store.support import NOON, Clock, match_all, planned, record, settled

__all__ = ["clock", "open_store", "store", "url"]

DAY = 86400.0


async def told(store: Store, clock: Clock, at: float, name: str, rule: str = "New", state: str | None = None) -> None:
    """An event at this moment, with a message for the team and one for the boss."""
    clock.now = at
    await record(store, name, gid=name, at=at)
    for sent in await match_all(store, planned("team", rule=rule), planned("boss", rule=rule)):
        if state:
            await store.settle(settled(sent, state, reason="gone"))


async def test_figures_stay_right_while_time_goes_on(store: Store, clock: Clock) -> None:
    history, span = History(store, clock), SPANS["6h"]
    await told(store, clock, NOON - 3600, "a", state="delivered")
    await told(store, clock, NOON - 7 * 3600, "early")
    await told(store, clock, NOON - 100, "b", state="failed")
    for later in (0, 1, 400, 3600, 4 * 3600, 9 * 3600):
        clock.now = NOON + later
        if later == 400:
            await told(store, clock, NOON + later, "c")
        since = span.begins(clock.now)
        figures = await history.figures(since, span)
        fresh = await History(store, clock).figures(since, span)
        assert figures == fresh
    assert sum(figures.events) == 0
    clock.now = NOON + 3600
    figures = await history.figures(span.begins(clock.now), span)
    assert (sum(figures.events), sum(figures.delivered), sum(figures.missed)) == (3, 2, 2)


async def test_fired_stays_right_while_time_goes_on(store: Store, clock: Clock) -> None:
    history = History(store, clock)

    async def fired(*names: str) -> dict[str, tuple[int, ...]]:
        today = datetime.fromtimestamp(clock.now, ZoneInfo("Europe/Paris"))
        return {name: week.days for name, week in (await history.fired(names, today)).items()}

    await told(store, clock, NOON - 9 * DAY, "old", rule="Old")
    await told(store, clock, NOON - 2 * DAY, "a")
    await told(store, clock, NOON, "b")
    assert await fired("New", "Old", "Never") == {"New": (0, 0, 0, 0, 1, 0, 1), "Old": (0,) * 7, "Never": (0,) * 7}
    await told(store, clock, NOON + 5, "c")
    assert await fired("New") == {"New": (0, 0, 0, 0, 1, 0, 2)}
    clock.now = NOON + DAY
    assert await fired("New") == {"New": (0, 0, 0, 1, 0, 2, 0)}
    week = await history.fired(["Old", "Never", "New"], datetime.fromtimestamp(clock.now, UTC))
    assert [week[name].last for name in ("Old", "Never", "New")] == [NOON - 9 * DAY, None, NOON + 5]


async def test_counts_by_source_and_destination(store: Store, clock: Clock) -> None:
    await told(store, clock, NOON - 2 * DAY, "old")
    await told(store, clock, NOON, "a", state="delivered")
    assert await store.counts.by_source(["creads", "shop"], NOON - DAY) == {"creads": 1}
    assert await store.counts.by_destination(["team", "nobody"], NOON - DAY) == {"team": 1}
    assert await store.counts.took(["team", "nobody"]) == {"team": [7], "nobody": []}
    assert await store.counts.by_source(["creads"], NOON + DAY) == {}
    extent = await store.counts.extent()
    assert (extent.events, extent.deliveries, extent.oldest) == (2, 4, NOON - 2 * DAY)
    assert extent.bytes > 0


async def test_what_waits_and_what_is_stuck(store: Store, clock: Clock) -> None:
    await told(store, clock, NOON - 8 * DAY, "old", state="failed")
    await told(store, clock, NOON - DAY, "a", state="failed")
    await told(store, clock, NOON, "b")
    await told(store, clock, NOON + 1, "c", state="pending")
    await store.hold("boss", "no destination `boss` in the configuration")
    stuck = {(one.destination, one.state, one.reason, one.count) for one in await store.counts.stuck(NOON - 7 * DAY)}
    assert ("team", "failed", "gone", 1) in stuck
    assert ("boss", "failed", "gone", 1) in stuck
    waiting = {(one.destination, one.why, one.count) for one in await store.counts.waiting()}
    assert ("team", "queue", 1) in waiting
    assert ("team", "again", 1) in waiting


def test_the_grid_stands_at_full_hours_of_the_wall_clock() -> None:
    zone = ZoneInfo("Europe/Paris")
    span = SPANS["24h"]
    since = datetime(2026, 10, 24, 22, 10, tzinfo=zone).timestamp()  # the night in which summer time ends

    def local(seconds: float) -> datetime:
        return datetime.fromtimestamp(seconds, zone)

    assert [at.hour for _, at in ticks(span, since, local)] == [0, 3, 6, 9, 12, 15, 18, 21]
    came = [1] * span.buckets
    table = rows(span, since, local, (came,))
    assert sum(sums[0] for _, _, sums in table) == span.buckets
    assert table[0][1] == since + span.seconds
    assert (table[0][1] - table[-1][0]) == timedelta(days=1).total_seconds()


async def test_a_dear_answer_is_kept_for_a_while() -> None:
    now, asked = 0.0, 0

    def clock() -> float:
        return now

    async def ask() -> int:
        nonlocal now, asked
        now += 0.5
        asked += 1
        return asked

    kept = Kept(clock)
    assert [await kept.get("q", ask) for _ in range(3)] == [1, 1, 1]
    now += 5.1
    assert await kept.get("q", ask) == 2


async def test_days_move_on_as_if_counted_anew(store: Store, clock: Clock) -> None:
    history, zone = History(store, clock), ZoneInfo("Europe/Paris")
    await told(store, clock, NOON - 2 * DAY, "a")
    for passed in (0, 1, 3, 4, 12, 11):  # the last is a clock that was set back
        await told(store, clock, NOON + passed * DAY, f"day {passed}")
        today = datetime.fromtimestamp(clock.now, zone)
        anew = await History(store, clock).fired(["New"], today)
        assert await history.fired(["New"], today) == anew
    assert sum(anew["New"].days) > 0
