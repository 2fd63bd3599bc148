"""Messages on their way, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, field

from bridge.model.decisions import Armed, Decision, GateKey, GateState
from bridge.model.events import Key, Memory
from bridge.model.values import Format, Json, Tone


class Notification(Struct, frozen=True, kw_only=True):
    """Rendered, ready to send."""

    title: str
    body: str
    format: Format
    tone: Tone = "info"
    thread: str = ""  # what mail programs group by: "source/type/gid" of the resource
    attach: tuple[str, ...] = ()  # addresses of files to fetch and send along


class Delivery(Struct, frozen=True, kw_only=True):
    """One event × rule × destination, on its way."""

    id: int
    event_id: int | None  # None: Bridge's own news
    rule: str | None
    destination: str
    notification: Notification
    attempts: int = 0  # made so far
    created_at: float = 0.0
    ambiguous: bool = False  # an earlier attempt may have arrived
    kind: str = "event"  # see Planned
    parts: int = 0  # of a split message: how many have arrived


class Bundling(Struct, frozen=True, kw_only=True):
    """The bundle that a planned delivery waits in: a digest, or what `hours` held."""

    kind: Literal["digest", "hours"]
    key: str  # of `by`, as JSON; "" when there is none
    due_at: float  # when it is told, where this item is its first
    max: int | None = None  # so many items make it due at once


class Planned(Struct, frozen=True, kw_only=True):
    """A delivery that matching decided on, before it has an id."""

    rule: str | None  # None: Bridge's own news
    destination: str
    notification: Notification
    state: Literal["pending", "held", "merged", "suppressed"] = "pending"
    reason: str = ""  # of held, merged and suppressed
    bundle: Bundling | None = None  # of held and merged
    kind: str = "event"  # or "digest", "follow_up", "summary", "news", "replay", "fallback"
    origin: int | None = None  # of a replay or fallback: the delivery it repeats


class Matched(Struct, frozen=True, kw_only=True):
    """What matching made of one recorded event; the store writes all of it in one transaction."""

    event_id: int
    key: Key
    state: Literal["matched", "stale"]
    version: str  # of the rules it was matched with
    previous: dict[str, Json] | None
    filled: Mapping[str, float]  # path filled from memory → when that was learned
    resource: dict[str, Json] | None  # as rules saw it, references filled
    stands_in: str | None = None  # the field of the body that holds just this: it is not stored twice
    decisions: tuple[Decision, ...]  # of the rules that fired
    planned: tuple[Planned, ...]
    remembered: Mapping[Key, Memory]  # what to remember from now on
    gates: Mapping[GateKey, GateState] = field(default_factory=dict)  # what the gates count from now on
    armed: tuple[Armed, ...] = ()  # follow-ups; one with the same rule, step and key starts anew
    disarmed: tuple[tuple[str, int, str], ...] = ()  # (rule, step, key)


class Health(Struct, frozen=True, kw_only=True):
    """How a destination does, as a restart must know it."""

    failures: int = 0  # in a row
    not_before: float = 0.0  # epoch seconds: its service asked to be left alone until then


class Settled(Struct, frozen=True, kw_only=True):
    """How one attempt of a delivery ended, and what becomes of the delivery."""

    delivery: Delivery
    at: float  # epoch seconds, when the attempt began
    outcome: Outcome
    state: Literal["delivered", "pending", "failed", "held"]
    reason: str = ""
    next_at: float | None = None  # of pending
    instead: Planned | None = None  # of failed: what goes out in its place
    health: Health | None = None  # of the destination, where this attempt changed it


class Outcome(Struct, frozen=True, kw_only=True):
    """How one attempt ended."""

    result: Literal["delivered", "retry", "failed"]
    reason: str = ""  # in plain words, no secret
    status: int | None = None  # HTTP or SMTP code
    retry_after: float | None = None  # seconds, as the service asked, capped
    answer: str = ""  # the start of the service's answer, redacted
    ambiguous: bool = False  # it may have arrived all the same
    took_ms: int = 0
    parts: int = 0  # of a split message: how many have arrived so far
    blameless: bool = False  # no fault of the destination: it brings no pause nearer
