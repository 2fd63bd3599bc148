"""A long message in several parts: sent in order as one delivery, a repeat going on where it stopped."""

from __future__ import annotations

from bridge.delivery.recorder import Seen
from bridge.model import Notification, replace

BREAK = "\f"  # stands between two parts in a body that was written for such a service


def parts_of(note: Notification) -> list[Notification]:
    """Each part as its own message; files go with the first."""
    first, *others = note.body.split(BREAK)
    return [replace(note, body=first), *(replace(note, body=body, attach=()) for body in others)]


def anew(seen: Seen) -> None:
    """The next part begins: what the last one met does not count any more, the deadline does."""
    seen.protocol, seen.status, seen.retry_after, seen.body, seen.error = "", None, "", b"", None
    seen.incomplete = seen.in_doubt = seen.taken = False
    seen.refused.clear()
