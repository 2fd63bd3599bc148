"""Rules: when, if, notify, and the gates between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from bridge.model.files import Place
from bridge.model.values import Format, Tone


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
