"""Whatever the services do: every delivery ends, in order, once, and who did not get it is named to the operators."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.model import Outcome
from bridge.store.rows import DeliveryRow
from tests.faults.town import FINE, PLACES, Answer, Sent, Town, run

DOUBT = Outcome(result="retry", reason="no answer in time", ambiguous=True)
OUTCOMES = (
    FINE,
    Outcome(result="retry", reason="busy", status=503),
    Outcome(result="retry", reason="busy", status=503, retry_after=7.0),
    Outcome(result="retry", reason="slow down", status=429, retry_after=3.0),
    Outcome(result="failed", reason="no such channel", status=404),
    DOUBT,
)


@dataclass(frozen=True)
class Post:
    """After so many seconds, an event for some, or the end of the process."""

    wait: float
    gid: str
    to: tuple[str, ...]
    kill: bool


answers = st.builds(Answer, outcome=st.sampled_from(OUTCOMES), takes=st.sampled_from((0.0, 0.0, 0.5, 3.0, 12.0)))
scripts = st.fixed_dictionaries({place: st.lists(answers, max_size=10) for place in PLACES})
posts = st.builds(
    Post,
    wait=st.sampled_from((0.0, 0.0, 1.0, 6.0, 30.0)),
    gid=st.sampled_from("aabcd"),
    to=st.lists(st.sampled_from(PLACES), min_size=1, unique=True).map(tuple),
    kill=st.integers(0, 11).map(lambda n: n == 11),
)


@pytest.mark.timeout(120)
@settings(max_examples=25, derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(scripts=scripts, story=st.lists(posts, min_size=3, max_size=9))
def test_every_delivery_ends_once_in_order_and_told(scripts: dict[str, list[Answer]], story: list[Post]) -> None:
    async def play(town: Town) -> None:
        for one in story:
            await town.wait(one.wait)
            if one.kill:
                await town.kill()
            await town.post(one.gid, one.to)
        await town.wait_for_peace()
        rows = await town.rows()
        ends(rows)
        once(town.wire.sent, rows)
        in_order(town.wire.sent, rows)
        heeded(town.wire.sent)
        one_of_the_two(rows)
        told(rows)

    run({place: list(script) for place, script in scripts.items()}, play)


def ends(rows: dict[int, DeliveryRow]) -> None:
    """All services are well again: nothing waits for ever. What is in a digest ends as the digest does."""
    assert {row.state for row in rows.values()} <= {"delivered", "failed", "merged"}
    digests = {row.bundle_id: row for row in rows.values() if row.kind == "digest"}
    for row in rows.values():
        assert row.state != "merged" or row.bundle_id in digests


def once(sent: list[Sent], rows: dict[int, DeliveryRow]) -> None:
    """What was taken is not sent again, unless nobody heard that it was; each attempt is on record."""
    done: set[int] = set()
    for one in sorted((one for one in sent), key=lambda one: one.at):
        assert one.id not in done, f"{one.id} was sent again"
        if one.answer.outcome.result == "delivered" and not one.lost:
            done.add(one.id)
    heard = Counter(one.id for one in sent if not one.lost)
    assert {id: len(row.attempts) for id, row in rows.items() if row.attempts} == heard
    delivered = {id for id, row in rows.items() if row.state == "delivered"}
    assert delivered == done


def in_order(sent: list[Sent], rows: dict[int, DeliveryRow]) -> None:
    """About one resource, a later one leaves when the earlier one is over."""
    lines: dict[tuple[str, str | None], list[Sent]] = defaultdict(list)
    for one in sent:
        if rows[one.id].gid is not None and rows[one.id].kind != "digest":  # a digest is about many
            lines[one.place, rows[one.id].gid].append(one)
    for line in lines.values():
        for before, later in pairwise(line):
            assert before.id <= later.id, f"{later.id} left after {before.id}"
            assert before.lost or before.until <= later.at, f"{later.id} left beside {before.id}"


def heeded(sent: list[Sent]) -> None:
    """Who asks for a rest gets it, as long as the process lives that heard it."""
    for asked in sent:
        rest = asked.answer.outcome.retry_after
        if rest is None or asked.lost:
            continue
        after = [one.at - asked.until for one in sent if one.place == asked.place and one.life == asked.life]
        early = [seconds for seconds in after if 0 < seconds < rest]
        assert not early, f"{asked.place} was asked {early[0]:g} s after it had asked for {rest:g}"


def one_of_the_two(rows: dict[int, DeliveryRow]) -> None:
    """The fallback gets what its destination did not take, and nothing else."""
    instead = Counter(row.origin for row in rows.values() if row.kind == "fallback")
    for id, row in rows.items():
        handed = row.state == "failed" and row.destination == "team"
        assert instead[id] == handed, f"{id} is {row.state}, and has {instead[id]} in its place"


def told(rows: dict[int, DeliveryRow]) -> None:
    """The operators hear of each place where something was given up."""
    given_up = {row.destination for row in rows.values() if row.state == "failed" and row.destination != "team"}
    news = [row.title for row in rows.values() if row.destination == "ops" and row.state == "delivered"]
    for place in given_up:
        assert any(title.startswith(f"Not delivered to {place}") for title in news), f"{place}: {news}"


def test_a_probe_waits_for_what_is_under_way_about_its_resource() -> None:
    slowly = Answer(Outcome(result="retry", reason="busy", status=503), takes=12.0)
    at_once = Answer(Outcome(result="retry", reason="busy", status=503))

    async def play(town: Town) -> None:
        for gid in "aabcd":
            await town.post(gid, ("chat",))
        assert {row.state for row in await town.store.deliveries(state="held")} == {"held"}
        await town.wait_for_peace()
        in_order(town.wire.sent, await town.rows())

    run({"chat": [slowly, at_once, at_once, at_once]}, play)


def test_a_pause_that_ends_while_another_is_looked_at() -> None:
    async def play(town: Town) -> None:
        hold = town.store.pauses.hold_waiting

        async def hold_while_both_end(name: str) -> None:
            await hold(name)
            for other in ("slow", "chat"):
                await town.lanes._resume(town.lanes.snapshot.settings.destinations[other])

        for name in ("slow", "chat"):
            await town.store.pauses.pause(name, "moves house", who="camille")
        town.store.pauses.hold_waiting = hold_while_both_end  # type: ignore[method-assign]
        await town.post("a", ("slow", "chat"))
        await town.wait_for_peace()
        ends(await town.rows())

    run({}, play)
