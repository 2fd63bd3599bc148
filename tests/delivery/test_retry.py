"""When to try again."""

from __future__ import annotations

import pytest

from bridge.delivery.retry import DEFAULT_SCHEDULE, next_attempt
from bridge.model import Outcome

RETRY = Outcome(result="retry")


def wait(
    attempts: int, outcome: Outcome = RETRY, *, jitter: float = 0.0, give_up_after: float | None = None
) -> float | None:
    due = next_attempt(
        attempts,
        outcome,
        DEFAULT_SCHEDULE,
        give_up_after=give_up_after,
        created_at=900.0,
        now=1000.0,
        jitter=jitter,
    )
    return None if due is None else round(due - 1000.0, 3)


def test_the_default_schedule_ends_after_three_days() -> None:
    waits = [wait(attempts) for attempts in range(1, 14)]
    assert waits == [5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200, 86400, 86400, None]


@pytest.mark.parametrize(("jitter", "expected"), [(-1, 24.0), (0, 30.0), (1, 36.0)])
def test_jitter_is_a_fifth_either_way(jitter: float, expected: float) -> None:
    assert wait(2, jitter=jitter) == expected


@pytest.mark.parametrize(("jitter", "expected"), [(-1, 84.0), (0, 70.0), (1, 84.0)])
def test_to_what_a_service_asked_for_jitter_only_adds(jitter: float, expected: float) -> None:
    assert wait(1, Outcome(result="retry", retry_after=70.0), jitter=jitter) == expected


def test_what_a_service_asks_for_is_capped_and_never_hurries() -> None:
    assert wait(1, Outcome(result="retry", retry_after=1e9)) == 3600
    assert wait(3, Outcome(result="retry", retry_after=1.0)) == 120


def test_what_may_have_arrived_waits_twice_as_long() -> None:
    assert wait(2, Outcome(result="retry", ambiguous=True)) == 60


@pytest.mark.parametrize("result", ["failed", "delivered"])
def test_what_is_settled_is_not_tried_again(result: str) -> None:
    assert wait(1, Outcome(result=result)) is None  # type: ignore[arg-type]  # both are results


def test_giving_up_by_age() -> None:
    assert wait(2, give_up_after=130) == 30
    assert wait(2, give_up_after=129) is None
