"""What pages, API and command line read of the store: rows as frozen values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypedDict

from bridge.model import Decision, Format, Json, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """One event, with all that is kept of it."""

    id: int
    source: str
    type: str
    action: str
    gid: str
    received_at: float  # epoch seconds
    state: str  # received, matched, stale
    duplicates: int  # how often it was sent again
    body: bytes  # as received; empty: no longer kept, and neither are `previous`, `resource` and `filled`
    version: str | None  # of the rules it was matched with; None: not matched yet
    previous: dict[str, Json] | None
    resource: dict[str, Json] | None  # as rules saw it, references filled
    filled: Mapping[str, float]  # path filled from memory → when that was learned
    decisions: tuple[Decision, ...]  # of the rules that fired

    @property
    def has_payload(self) -> bool:
        """Whether what the sender said is still kept."""
        return bool(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """One try to send a delivery."""

    at: float  # epoch seconds
    result: str  # delivered, retry, failed
    reason: str
    status: int | None
    answer: str
    ambiguous: bool
    took_ms: int
    retry_after: float | None = None  # seconds that the service asked to wait


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One delivery, with the event it tells of."""

    id: int
    event_id: int | None  # None: Bridge's own news, and then so are source, type, action and gid
    source: str | None
    type: str | None
    action: str | None
    gid: str | None
    rule: str | None  # None: Bridge's own news
    destination: str
    state: str  # pending, held, merged, delivered, failed, suppressed
    reason: str
    title: str
    body: str
    format: Format
    tone: Tone
    created_at: float  # epoch seconds
    next_at: float | None  # of pending: when it is due
    ambiguous: bool  # an earlier attempt may have arrived
    attempts: tuple[AttemptRow, ...]  # oldest first
    kind: str  # see model.Planned
    origin: int | None  # the delivery that this one repeats
    bundle_id: int | None  # the bundle it waits or waited in, or that it tells of
    place: int  # in the order of its destination: its id, or that of the first that it repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Deliveries of one rule to one destination that wait to be told together."""

    id: int
    kind: str  # digest, hours
    rule: str
    destination: str
    key: str  # of `by`, as JSON
    opened_at: float  # epoch seconds
    due_at: float
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationRow:
    """Whether messages leave for a destination; one without a row is active."""

    name: str
    state: Literal["active", "paused"]
    by: Literal["failures", "hand"]
    since: float  # epoch seconds
    failures: int = 0  # in a row
    reason: str = ""
    probe_at: float | None = None
    probe_wait: float | None = None  # seconds
    who: str | None = None
    not_before: float | None = None  # epoch seconds: its service asked to be left alone until then


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """What somebody did."""

    id: int
    at: float  # epoch seconds
    who: str
    what: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """The store in numbers."""

    events: Mapping[str, int]  # by state: those `received`; all others would have to be counted one by one
    deliveries: Mapping[str, int]  # by state, all but `delivered`; a state without any is absent
    oldest_pending: float | None  # seconds since the oldest pending delivery was created
    newest_event: Mapping[str, float]  # source → when its newest event came


class Filters(TypedDict, total=False):
    """What a list is narrowed to; None is as good as absent. `type` and `action` in any spelling."""

    gid: str | None
    type: str | None
    action: str | None
    source: str | None
    rule: str | None
    destination: str | None
    state: str | None
    outcome: Literal["nobody", "undelivered", "delivered"] | None  # of events
    q: str | None  # free text, in the raw payload and in titles and bodies of deliveries
    # Whether a payload has `q` where its reader may see it; deliveries are then found by their own words only.
    sees: Callable[[bytes, str], bool] | None
    since: float | None  # epoch seconds
    until: float | None
    before: int | None  # only ids below this one: the cursor
    limit: int
