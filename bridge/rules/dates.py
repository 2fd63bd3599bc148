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


def limit(text: Json) -> datetime | timedelta | None:
    """What `before` and `after` compare with: a date, or how far from now (`now`, `now-2d`); None: neither."""
    if not isinstance(text, str) or not text.startswith("now"):
        return instant(text)
    if text == "now":
        return timedelta()
    sign, length = span(text[3:]) or ("", timedelta())
    return -length if sign == "-" else length if sign else None
