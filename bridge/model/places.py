"""Where messages go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from msgspec import Struct

from bridge.model.files import Place
from bridge.model.values import Format


class Kind(Struct, frozen=True, kw_only=True):
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
    owner: str | None = None  # likewise: a destination or a group that is told too when it pauses and when it is back
    overflow: Literal["shorten", "split"] = "shorten"  # what becomes of a text that is too long for the service
    place: Place = Place("", 1, 1)
