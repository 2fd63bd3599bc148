"""Reads what a service answered: its words, its error codes, and how long it asks to be left alone."""

from __future__ import annotations

import email.utils
import json
import re
import time
from datetime import UTC
from typing import Any

from bridge.delivery.recorder import Seen
from bridge.delivery.retry import RETRY_AFTER_MAX

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")


def data_of(body: bytes) -> dict[str, Any]:
    """The JSON object of an answer; empty when it is none."""
    if not body.lstrip().startswith(b"{"):
        return {}
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def words_of(body: bytes) -> str:
    """What an answer says in short; nothing when it is a page or JSON of no known shape."""
    data = data_of(body)
    for key in ("error", "message", "description", "detail", "errors", "title"):
        found = data.get(key)
        if isinstance(found, dict):  # {"error": {"code": …, "message": …}}
            found = found.get("message")
        if isinstance(found, list) and found:
            found = found[0]
        if isinstance(found, str) and found.strip():
            return found.strip()
    text = body.decode("utf-8", "replace").strip()
    return "" if text.startswith(("<", "{", "[")) else text


def codes_of(body: bytes) -> list[str]:
    """What an answer calls the error, as far as it has names or numbers for it."""
    data = data_of(body)
    error = data.get("error")
    inner = error if isinstance(error, dict) else {}
    found = [inner.get("code"), data.get("code"), error, words_of(body)]
    return [str(code) for code in found if isinstance(code, str | int)]


def tidy(text: str) -> str:
    """One line that no terminal and no page trips over."""
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


def retry_after(seen: Seen) -> float | None:
    """Seconds the service asked for: by header (seconds or a date), or as Discord, Telegram and Slack put it."""
    asked = seen.retry_after.strip()
    if asked.isascii() and re.fullmatch(r"\d+(\.\d+)?", asked):
        return min(float(asked), RETRY_AFTER_MAX)
    if asked:
        try:
            date = email.utils.parsedate_to_datetime(asked)
            if date.tzinfo is None:  # as `asctime` writes it, which HTTP has in UTC
                date = date.replace(tzinfo=UTC)
            return min(max(0.0, date.timestamp() - time.time()), RETRY_AFTER_MAX)
        except (ValueError, OverflowError, OSError):
            return None
    data = data_of(seen.body)
    parameters = data.get("parameters")
    found = data.get("retry_after") or (parameters.get("retry_after") if isinstance(parameters, dict) else None)
    if isinstance(found, int | float) and not isinstance(found, bool) and found >= 0:
        return min(float(found), RETRY_AFTER_MAX)
    return None
