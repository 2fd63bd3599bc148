"""What rules made of an event, and what their gates remember."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct

from bridge.model.values import Json

Truth = bool | None  # None is unknown


class Finding(Struct, frozen=True, kw_only=True):
    """What one leaf expected and found."""

    path: str  # "resource.price.amount"
    op: str
    expected: Json
    found: Json  # None with `missing` when there was nothing
    truth: Truth
    reason: str = ""  # of unknown: "no field `deadline_at`", "text compared with a number"
    missing: bool = False
    line: int = 0


class Decision(Struct, frozen=True, kw_only=True):
    """What one rule made of one event."""

    rule: str
    file: str
    line: int
    fired: bool
    failed: tuple[Finding, ...] = ()  # the leaves that kept it from firing
    reason: str = ""  # "stopped by “Big project”", "switched off"


class GateKey(NamedTuple):
    """What a gate counts by."""

    rule: str
    gate: str  # "once", "throttle", "once of follow-up 1"
    key: str  # the values of `by`, as JSON; "" when there is none


class GateState(Struct, frozen=True, kw_only=True):
    """What a gate remembers of one key."""

    passed: tuple[tuple[float, int], ...] = ()  # (when, how many), oldest first
    left_out: int = 0  # suppressed since the last summary
    due_at: float | None = None  # when the summary is to be told
    event_id: int | None = None  # the last one left out
    destinations: tuple[str, ...] = ()  # whom the summary goes to


class Armed(Struct, frozen=True, kw_only=True):
    """A follow-up that waits for its time."""

    rule: str
    step: int  # from 0
    key: str  # of `same`, as JSON; of a step without it, source, type and gid
    due_at: float
    id: int = 0  # of the row
    event_id: int = 0
    armed_at: float = 0.0


class Silence(Struct, frozen=True, kw_only=True):
    """Messages that are kept from people for a while; what a field says is required, None is any."""

    id: int
    starts_at: float
    ends_at: float
    reason: str
    who: str
    rule: str | None = None
    destination: str | None = None
    source: str | None = None
    type: str | None = None
    gid: str | None = None
    where: str | None = None  # an `if`, as an expression
    created_at: float = 0.0
    ended_by: str | None = None  # who ended it early
