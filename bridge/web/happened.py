"""What an event or a delivery is called in a list: by its own words, and with what became of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from bridge.explain import redacted
from bridge.model import Json, fold
from bridge.store.rows import DeliveryRow, EventRow
from bridge.web.look import Look

LONGEST = 140  # characters of a headline
_NAMES = ("title", "message", "content", "name", "label", "email", "vat", "short_code")
_STEPS = re.compile(r"[.\[\]\"]+")
_TAG = re.compile(r"<[^<>]{0,500}>")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")

# state → its mark; the colour is the state's
MARKS = {"merged": "pending"}
STATES = ("failed", "held", "pending", "merged", "suppressed", "delivered")  # the most urgent first


class Outcome(NamedTuple):
    """Mark and word of one outcome, and whose colour it has."""

    mark: str
    word: str
    kind: str


def clean(text: str, longest: int = LONGEST) -> str:
    """One line of plain text, cut."""
    line = " ".join(_CONTROL.sub(" ", text[: 20 * longest]).split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def short(value: Json, longest: int = 60) -> str:
    """A value on one line: a text as it is, anything else as JSON."""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return clean(text, longest) or "“”"


def is_hidden(path: str, hidden: frozenset[str]) -> bool:
    """Whether a field stands under a name of `redact`."""
    return any(fold(step) in hidden for step in _STEPS.split(path))


def headline(row: EventRow, hidden: frozenset[str]) -> str:
    """The resource's own words."""
    shown = redacted(row.resource, hidden)
    words = _words(shown) if isinstance(shown, dict) else ""
    return clean(words) or clean(f"{row.type} {row.gid}")


def _words(resource: Mapping[str, Json]) -> str:
    for name in _NAMES:
        value = resource.get(name)
        if isinstance(value, str) and (plain := " ".join(_TAG.sub(" ", value[:5000]).split())):
            return plain
    return ""


def word_of(look: Look, state: str) -> str:
    """A delivery's state in a word."""
    return look.say(
        {
            "delivered": "delivered",
            "held": "held",
            "failed": "failed",
            "suppressed": "suppressed",
            "pending": "to be sent",
            "merged": "in a digest",
        }[state]
    )


def outcome_of(look: Look, state: str, count: int | None = None) -> Outcome:
    """A delivery's state, of one or of several."""
    word = word_of(look, state)
    mark = MARKS.get(state, state)
    return Outcome(mark, word if count is None else f"{look.number(count)} {word}", mark)


def outcomes(look: Look, row: EventRow, deliveries: Iterable[DeliveryRow]) -> Sequence[Outcome]:
    """What became of an event."""
    counts = Counter(delivery.state for delivery in deliveries)
    if counts:
        return [outcome_of(look, state, counts[state]) for state in STATES if counts[state]]
    if row.state == "received":
        return [Outcome("pending", look.say("not matched yet"), "pending")]
    if row.state == "stale":
        return [Outcome("off", look.say("older than what is known"), "suppressed")]
    return [Outcome("off", look.say("no rule fired"), "suppressed")]


def what(row: EventRow) -> str:
    """Project Message created"""
    return clean(f"{row.type} {row.action}")
