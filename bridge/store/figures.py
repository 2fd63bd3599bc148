"""What the counts of the store come as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple


class Undelivered(NamedTuple):
    """Deliveries of one bucket that were not delivered, or not yet."""

    destination: str
    state: str
    bucket: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A span of time in buckets, by their number."""

    events: Mapping[int, int]
    written: Mapping[int, int]  # deliveries, whatever became of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """Deliveries that did not reach people, for one cause."""

    destination: str
    state: Literal["failed", "held"]
    reason: str
    count: int
    oldest: float  # epoch seconds
    newest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Deliveries to one destination that leave by themselves."""

    destination: str
    why: Literal["queue", "again", "digest", "hours"]
    count: int
    oldest: float  # epoch seconds
    next_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """For how many events rules fired."""

    top: int  # the newest delivery that is counted
    counts: Mapping[tuple[str, int], int]  # (rule, day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much the store holds; counting each row would take too long, so the figures are about right."""

    events: int
    deliveries: int
    oldest: float | None  # epoch seconds, of an event
    bytes: int


class Tip(NamedTuple):
    """The newest ids."""

    event: int
    delivery: int
    attempt: int
    audit: int
