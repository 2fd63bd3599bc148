"""When to try again."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.model import Outcome

MINUTE, HOUR = 60.0, 3600.0

# Waits before each repeat; with them a delivery is given up after about three days.
DEFAULT_SCHEDULE: tuple[float, ...] = (
    *(5.0, 30.0, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE),
    *(HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR, 24 * HOUR, 24 * HOUR),
)
JITTER = 0.2  # of a wait, either way
RETRY_AFTER_MAX = HOUR  # what a service may ask for
AMBIGUOUS = 2.0  # times as long: what may have arrived is not hurried


def next_attempt(
    attempts_made: int,
    outcome: Outcome,
    schedule: Sequence[float],
    *,
    give_up_after: float | None = None,
    created_at: float = 0.0,
    now: float,
    jitter: float,
) -> float | None:
    """The time (epoch seconds) of the next attempt; None: there is none, the delivery is settled or given up.

    `jitter` is in [-1, 1]. A wait the service asked for is never shortened by it.
    """
    if outcome.result != "retry" or attempts_made > len(schedule):
        return None
    wait = schedule[attempts_made - 1] * (1 + JITTER * jitter)
    if outcome.ambiguous:
        wait *= AMBIGUOUS
    if outcome.retry_after is not None:
        asked = min(outcome.retry_after, RETRY_AFTER_MAX)
        wait = max(wait, asked * (1 + JITTER * abs(jitter)))
    due = now + wait
    if give_up_after is not None and due > created_at + give_up_after:
        return None
    return due
