"""The nouns of Bridge as frozen values; no I/O, no behaviour beyond what a value can say of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

Scalar = str | int | float | bool | None
Json = Any  # what msgspec.json.decode gives: dict, list, str, int, float, bool, None
Format = Literal["text", "markdown", "html"]
Tone = Literal["info", "success", "warning", "failure"]


def fold(name: str) -> str:
    """A type or action in the one spelling all others compare as: `Project Message` → `projectmessage`."""
    return name.lower().replace(" ", "").replace("_", "").replace("-", "")


# ---- files that people write -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in a file; line and column count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A YAML value with its place: a scalar, a list of nodes, or a map of nodes by key."""

    place: Place
    value: Scalar | list[Node] | dict[str, Node]
    text: str = ""  # a scalar as it was written, without quotes
    keys: Mapping[str, Place] = field(default_factory=dict)  # of a map: where each key stands
    style: Literal["plain", "quoted", "block", ""] = ""  # of a scalar
    exact: bool = True  # of a scalar: no escape or folded line stands between its text and the file's columns
    indent: int = 0  # of a block scalar: what its lines are indented by
    end: Place | None = None  # of a scalar: right behind its last character

    def at(self, offset: int) -> Place:
        """The place of the character at `offset` of this scalar's text; where that cannot be told, the scalar's."""
        if not self.exact:
            return self.place
        if self.style == "block":
            before = self.text[:offset]
            column = offset - before.rfind("\n") + self.indent if self.indent else 1
            return Place(self.place.file, self.place.line + 1 + before.count("\n"), column)
        return Place(self.place.file, self.place.line, self.place.column + offset + (self.style == "quoted"))


# ---- events ------------------------------------------------------------------------------------


class Key(NamedTuple):
    """What a resource is remembered by."""

    source: str
    type: str
    gid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One event as a source read it, before it is recorded."""

    source: str  # the source's name in the configuration
    type: str  # the documented spelling; an unknown one as sent
    action: str  # "created", "updated", "deleted"; an unknown one as sent
    gid: str
    body: bytes  # the raw body, as signed
    digest: bytes  # what makes it a duplicate: the sender's own id, or a hash of the body
    received_at: float  # epoch seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What recording an arrival gave."""

    id: int  # of the first event when it is a duplicate
    duplicate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event on disk that waits to be matched."""

    id: int
    key: Key
    action: str
    received_at: float
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is remembered of one resource."""

    resource: dict[str, Json] | None = None  # its last state; None when only references told of it
    learned: dict[str, Json] = field(default_factory=dict)  # fields that references to it brought along
    modified_at: str | None = None  # the resource's own `modified_at`, as sent
    at: float = 0.0  # when it was last written, epoch seconds
    deleted: bool = False


class Change(NamedTuple):
    """One field that differs from before."""

    old: Json
    new: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event with all that conditions and templates may see of it."""

    id: int
    source: str
    type: str
    action: str
    gid: str
    received_at: datetime  # UTC
    resource: dict[str, Json] | None  # references filled; of a deletion, the last state
    previous: dict[str, Json] | None  # None: nothing earlier is known
    changes: Mapping[str, Change]  # by dotted leaf path, "price.amount"
    filled: Mapping[str, float] = field(default_factory=dict)  # path filled from memory → when that was learned
    body: bytes = field(default=b"", repr=False)  # as received; empty where only what was made of it is kept


# ---- rules -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """One `when`: each part a folded name (lower case, no space, `_`, `-`) or `*`."""

    source: str
    type: str
    action: str


Path = tuple[str | int, ...]  # ("resource", "price", "amount"); integers index lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One test of one value."""

    path: Path
    op: str  # a key of rules.operators.OPERATORS
    expected: Any  # a constant, a tuple of constants, a Path wrapped in Other, or an inner condition
    line: int = 0  # where it stands in its rule's file
    column: int = 0


@dataclass(frozen=True, slots=True)
class Other:
    """A right side that is another path."""

    path: Path


@dataclass(frozen=True, slots=True)
class All:
    """True when every part is."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when some part is."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True when the part is false; unknown stays unknown."""

    part: Condition


Condition = Leaf | All | AnyOf | Not


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One entry of `notify`. What it does not say (None), the rule or the default template does."""

    to: str
    template: str | None = None  # a file's name, "creads/project.created.md.j2", or None
    title: str | None = None  # inline Jinja
    body: str | None = None
    format: Format | None = None
    tone: Tone | None = None  # `type:` in YAML
    attach: tuple[str, ...] = ()  # inline Jinja, each an address
    place: Place = Place("", 1, 1)
    title_line: int = 1  # where the inline title and body begin, in the file of `place`
    body_line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """Passes one event per key in `per` seconds."""

    per: float
    by: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """Passes `max` events per key in any `per` seconds."""

    max: int
    per: float
    by: tuple[Path, ...] = ()
    summary: bool = True  # tell how many were left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Passes while a named interval is open."""

    only: str  # a name of `time_intervals`
    otherwise: Literal["hold", "drop"] = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Gathers messages per key: sent `every` seconds after the first, or at times of the day, or when `max` are in."""

    every: float | None = None
    at: tuple[str, ...] = ()  # "09:00", in the configured zone
    by: tuple[Path, ...] = ()
    max: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unless:
    """The later event that makes a follow-up needless."""

    when: tuple[Trigger, ...]
    condition: Condition | None = None
    this: tuple[Path, ...] = ()  # read in the event that armed it
    that: tuple[Path, ...] = ()  # read in the later event; both must be alike


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a follow-up: who is told `after` seconds, unless something happens before."""

    after: float
    notify: tuple[Target, ...]
    unless: Unless | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When, if, notify: as read from its file, checked."""

    name: str
    place: Place
    when: tuple[Trigger, ...]
    notify: tuple[Target, ...]
    condition: Condition | None = None
    description: str = ""
    enabled: bool = True
    labels: tuple[str, ...] = ()
    owner: str | None = None
    priority: int = 0
    stop: bool = False
    once: Once | None = None
    throttle: Throttle | None = None
    hours: Hours | None = None
    digest: Digest | None = None
    follow_up: tuple[Step, ...] = ()


# ---- decisions ---------------------------------------------------------------------------------

Truth = bool | None  # None is unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one leaf expected and found."""

    path: str  # "resource.price.amount"
    op: str
    expected: Json
    found: Json  # None with `missing` when there was nothing
    truth: Truth
    reason: str = ""  # of unknown: "no field `deadline_at`", "text compared with a number"
    missing: bool = False
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one rule made of one event."""

    rule: str
    file: str
    line: int
    fired: bool
    failed: tuple[Finding, ...] = ()  # the leaves that kept it from firing
    reason: str = ""  # "stopped by “Big project”", "switched off"


# ---- notifications and deliveries --------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What Bridge must know of a destination's service to write for it."""

    name: str  # "slack", "mail", "teams", "json", "console", …
    words: Literal["chat", "mail", "raw"]  # how event text is made dead: chat marks, mail escapes, raw leaves as is
    formats: tuple[Format, ...]  # what it takes, best first
    title_max: int  # 0: the title becomes the first line of the body
    body_max: int
    code_spans: bool = True
    blank_lines: bool = False  # a single newline vanishes there: lines are joined by an empty one


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """How an outgoing webhook is written and signed."""

    format: Literal["partners", "standard"]  # the Creads envelope, or Standard Webhooks
    secrets: tuple[str, ...] = field(repr=False)  # the newest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One place to tell. `url` is a secret."""

    name: str
    url: str = field(repr=False)
    kind: Kind
    format: Format | None = None
    schedule: tuple[float, ...] = ()  # seconds before each retry
    give_up_after: float | None = None
    concurrency: int = 4
    rate: float | None = None  # sends a second at most, evenly spaced
    pause_after: int = 5  # failures in a row; 0: never
    max_age: float | None = None  # seconds: what waited longer while it was paused becomes one digest
    fallback: str | None = None  # the destination that gets what this one did not take
    fallback_after: float | None = None  # seconds it may wait for that; None: as long as the schedule lasts
    signing: Signing | None = None  # of `webhook:` addresses
    overflow: Literal["shorten", "split"] = "shorten"  # what becomes of a text that is too long for the service
    place: Place = Place("", 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """Rendered, ready to send."""

    title: str
    body: str
    format: Format
    tone: Tone = "info"
    thread: str = ""  # what mail programs group by: "source/type/gid" of the resource
    attach: tuple[str, ...] = ()  # addresses of files to fetch and send along


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundling:
    """The bundle that a planned delivery waits in: a digest, or what `hours` held."""

    kind: Literal["digest", "hours"]
    key: str  # of `by`, as JSON; "" when there is none
    due_at: float  # when it is told, where this item is its first
    max: int | None = None  # so many items make it due at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A delivery that matching decided on, before it has an id."""

    rule: str | None  # None: Bridge's own news
    destination: str
    notification: Notification
    state: Literal["pending", "held", "merged", "suppressed"] = "pending"
    reason: str = ""  # of held, merged and suppressed
    bundle: Bundling | None = None  # of held and merged
    kind: str = "event"  # or "digest", "follow_up", "summary", "news", "replay", "fallback"
    origin: int | None = None  # of a replay or fallback: the delivery it repeats


class GateKey(NamedTuple):
    """What a gate counts by."""

    rule: str
    gate: str  # "once", "throttle", "once of follow-up 1"
    key: str  # the values of `by`, as JSON; "" when there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class GateState:
    """What a gate remembers of one key."""

    passed: tuple[tuple[float, int], ...] = ()  # (when, how many), oldest first
    left_out: int = 0  # suppressed since the last summary
    due_at: float | None = None  # when the summary is to be told
    event_id: int | None = None  # the last one left out
    destinations: tuple[str, ...] = ()  # whom the summary goes to


@dataclass(frozen=True, slots=True, kw_only=True)
class Armed:
    """A follow-up that waits for its time."""

    rule: str
    step: int  # from 0
    key: str  # of `same`, as JSON; of a step without it, source, type and gid
    due_at: float
    id: int = 0  # of the row
    event_id: int = 0
    armed_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """What matching made of one recorded event; the store writes all of it in one transaction."""

    event_id: int
    key: Key
    state: Literal["matched", "stale"]
    version: str  # of the rules it was matched with
    previous: dict[str, Json] | None
    filled: Mapping[str, float]  # path filled from memory → when that was learned
    resource: dict[str, Json] | None  # as rules saw it, references filled
    decisions: tuple[Decision, ...]  # of the rules that fired
    planned: tuple[Planned, ...]
    remembered: Mapping[Key, Memory]  # what to remember from now on
    gates: Mapping[GateKey, GateState] = field(default_factory=dict)  # what the gates count from now on
    armed: tuple[Armed, ...] = ()  # follow-ups; one with the same rule, step and key starts anew
    disarmed: tuple[tuple[str, int, str], ...] = ()  # (rule, step, key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How one attempt of a delivery ended, and what becomes of the delivery."""

    delivery: Delivery
    at: float  # epoch seconds, when the attempt began
    outcome: Outcome
    state: Literal["delivered", "pending", "failed", "held"]
    reason: str = ""
    next_at: float | None = None  # of pending
    instead: Planned | None = None  # of failed: what goes out in its place


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one attempt ended."""

    result: Literal["delivered", "retry", "failed"]
    reason: str = ""  # in plain words, no secret
    status: int | None = None  # HTTP or SMTP code
    retry_after: float | None = None  # seconds, as the service asked, capped
    answer: str = ""  # the start of the service's answer, redacted
    ambiguous: bool = False  # it may have arrived all the same
    took_ms: int = 0
