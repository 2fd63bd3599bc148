"""One structured line per stage, as JSON or for a terminal, with every known secret masked."""

from __future__ import annotations

import asyncio
import atexit
import base64
import contextlib
import logging
import re
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TextIO, cast
from urllib.parse import quote

import msgspec
import structlog

MASK = "********"
SHORTEST = 8  # a secret shorter than this is masked only where it is the whole value
LONGEST_VALUE = 1024

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

Mask = Callable[[str], str]


def printable(text: str) -> str:
    """Text from outside as a terminal may have it: control and direction characters as `\\x1b`."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def mask_of(secrets: Iterable[str]) -> Mask:
    """A function that replaces each secret, also URL-encoded, base64 or JSON-escaped, by asterisks."""
    known = {secret for secret in secrets if secret}
    forms: set[str] = set()
    for secret in known:
        if len(secret.encode()) >= SHORTEST:
            escaped = msgspec.json.encode(secret).decode()[1:-1]
            encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
            forms |= {secret, quote(secret, safe=""), quote(secret), escaped, encoded}
    if not known:
        return lambda text: text
    longest_first = sorted(forms, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def mask(text: str) -> str:
        if text in known:
            return MASK
        # Most texts hold none: to look for each in turn takes a third of the time that the pattern takes.
        return pattern.sub(MASK, text) if any(map(text.__contains__, longest_first)) else text

    return mask


def configure(*, style: str = "auto", level: str = "info", mask: Mask = str, stream: TextIO | None = None) -> None:
    """Send every log line to `stream` (standard error): `style` is auto, json or console."""
    out = Gathered(stream or sys.stderr, mask)
    atexit.register(out.finish)
    if style == "auto":
        style = "console" if (stream or sys.stderr).isatty() else "json"
    minimum = getattr(logging, level.upper())

    write = _console if style == "console" else _json
    usual: Any = structlog.make_filtering_bound_logger(minimum)

    class Direct(usual):  # type: ignore[misc]  # made at run time
        """From a call straight to its line: structlog's chain costs as much again as what it does."""

        def _proxy_to_logger(self, method_name: str, event: str | None = None, **line: Any) -> None:
            line |= {"event": event, "level": method_name, "timestamp": _now()}
            if "exc_info" in line:
                line = dict(structlog.processors.format_exc_info(None, method_name, line))
            out.add(write(line), urgent=method_name not in ("debug", "info"))

    ours = Direct(None, (), {})
    structlog.configure(
        processors=[],
        wrapper_class=cast(Any, lambda *_, **__: ours),  # one for all: no logger here has words of its own
        logger_factory=lambda *_: None,
        cache_logger_on_first_use=False,  # what a module made before a reload must follow it
    )
    # What libraries say goes the same way; apprise's own lines hold tokens, so it is not heard at all.
    logging.basicConfig(level=max(minimum, logging.WARNING), handlers=[_Library()], force=True)
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)


class Gathered:
    """Writes what one turn of the event loop logs in one go, and what is logged outside of a loop at once.

    Each write lets go of the interpreter, and beside a busy thread that costs more than the line itself.
    """

    def __init__(self, out: TextIO, mask: Mask) -> None:
        self._out = out
        self._mask = mask
        self._waiting: deque[str] = deque()
        self._promised: asyncio.AbstractEventLoop | None = None  # the loop that will write

    def add(self, line: str, *, urgent: bool) -> None:
        """Have a line written at the end of this turn; at once a warning or worse, which may be the last."""
        self._waiting.append(line + "\n")
        if urgent:
            self.finish()
            return
        if self._promised is not None and not self._promised.is_closed():
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # no loop runs in this thread
            self.finish()
        else:
            self._promised = loop
            loop.call_soon(self.finish)

    def finish(self) -> None:
        """Write what waits."""
        self._promised = None
        lines = []
        while self._waiting:
            lines.append(self._waiting.popleft())
        if lines:
            with contextlib.suppress(ValueError):  # closed: nobody reads it any more
                self._out.write(self._mask("".join(lines)))
                self._out.flush()


def _now() -> str:
    microseconds = time.time_ns() // 1000
    return f"{_second(microseconds // 1_000_000)}.{microseconds % 1_000_000:06d}Z"


@lru_cache(maxsize=2)
def _second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()[:19]


def _bounded(event: dict[str, Any]) -> dict[str, Any]:
    for key, value in event.items():
        if isinstance(value, str) and len(value) > LONGEST_VALUE and key != "exception":
            event[key] = value[:LONGEST_VALUE] + "…"
    return event


def _json(event: dict[str, Any]) -> str:
    line = msgspec.json.encode(event, enc_hook=str)
    return (line if len(line) <= LONGEST_VALUE else msgspec.json.encode(_bounded(event), enc_hook=str)).decode()


def _console(event: dict[str, Any]) -> str:
    event = _bounded(event)
    at, level, what = event.pop("timestamp")[11:19], event.pop("level"), event.pop("event")
    trace = event.pop("exception", None)
    rest = " ".join(f"{key}={printable(str(value))}" for key, value in event.items() if value is not None)
    mark = "" if level in ("info", "debug") else f"{level.upper()} "
    return f"{at} {mark}{printable(str(what))} {rest}".rstrip() + (f"\n{trace}" if trace else "")


class _Library(logging.Handler):
    """Hands a library's log record to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(record.levelno, "library.said", library=record.name, text=record.getMessage())
