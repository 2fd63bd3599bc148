"""Dates and spans as conditions know them: ISO 8601 as sources send it, `now-2d`, `+2d`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from bridge.model import Json

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,6})?)?(Z|[+-]\d{2}(:?\d{2})?)?)?", re.ASCII)
_SPAN = re.compile(r"([+-]?)(\d{1,6})(ms|s|m|h|d)", re.ASCII)
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def instant(value: Json) -> datetime | None:
    """The moment a text names, a day being its midnight and a time without zone being UTC; None: no date."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:  # the 31st of February
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def span(text: str) -> tuple[str, timedelta] | None:
    """The sign (`+`, `-` or none) and the length of a time such as `-2d`."""
    found = _SPAN.fullmatch(text)
    return (found[1], timedelta(**{_UNITS[found[3]]: int(found[2])})) if found else None


def moment(text: Json, now: datetime) -> datetime | None:
    """What `before` and `after` compare with: a date, `now`, or `now` with a signed span."""
    if not isinstance(text, str) or not text.startswith("now"):
        return instant(text)
    if text == "now":
        return now
    shift = span(text[3:])
    if shift is None or not shift[0]:
        return None
    try:
        return now - shift[1] if shift[0] == "-" else now + shift[1]
    except OverflowError:
        return None
