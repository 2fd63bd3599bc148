"""What pages, API and command line read of the store: rows as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
    body: bytes  # as received
    version: str | None  # of the rules it was matched with; None: not matched yet
    previous: dict[str, Json] | None
    resource: dict[str, Json] | None  # as rules saw it, references filled
    filled: Mapping[str, float]  # path filled from memory → when that was learned
    decisions: tuple[Decision, ...]  # of the rules that fired


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
    attempts_made: int
    created_at: float  # epoch seconds
    next_at: float | None  # of pending: when it is due
    ambiguous: bool  # an earlier attempt may have arrived
    attempts: tuple[AttemptRow, ...] = ()  # oldest first; only where they were asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """The store in numbers."""

    events: Mapping[str, int]  # by state
    deliveries: Mapping[str, int]  # by state
    oldest_pending: float | None  # seconds since the oldest pending delivery was created
    newest_event: Mapping[str, float] = field(default_factory=dict)  # source → when its newest event came


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """The rule and template files of one version, as they were."""

    hash: str
    at: float  # epoch seconds, when it was first used
    files: Mapping[str, str]  # path → text
