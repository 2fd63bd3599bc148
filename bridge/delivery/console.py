"""The destination that needs nothing: `console://` prints to standard output."""

from __future__ import annotations

import re
import sys
import threading
import time

from bridge.model import Notification, Outcome

URL = "console://"

# C0 but newline, DEL, C1, line separators, zero widths, directions, halves of surrogate pairs.
_UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_one_at_a_time = threading.Lock()


def show(notification: Notification) -> Outcome:
    """Print one notification as one block."""
    stamp = time.strftime("%H:%M:%S")
    title, *more = escaped(notification.title or notification.body).split("\n")
    lines = [f"[{stamp}] {title}", *more]
    if notification.title:
        lines += escaped(notification.body).rstrip("\n").split("\n")
    block = "\n    ".join(lines) + "\n\n"
    try:
        with _one_at_a_time:
            sys.stdout.write(block)
            sys.stdout.flush()
    except (OSError, ValueError) as error:  # ValueError: closed
        return Outcome(result="retry", reason=f"standard output cannot be written: {error}")
    return Outcome(result="delivered")


def escaped(text: str) -> str:
    """The text with everything a terminal would act on shown as `\\x1b`; newlines stay."""
    return _UNSAFE.sub(lambda found: _shown(found[0]), text)


def _shown(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
