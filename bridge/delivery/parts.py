"""A long message in several parts: sent in order as one delivery, a repeat going on where it stopped."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace

from bridge.delivery.recorder import Seen
from bridge.model import Notification

BREAK = "\f"  # stands between two parts in a body that was written for such a service
KEPT = 1_000  # deliveries whose parts are remembered


def parts_of(note: Notification) -> list[Notification]:
    """Each part as its own message; files go with the first."""
    first, *others = note.body.split(BREAK)
    return [replace(note, body=first), *(replace(note, body=body, attach=()) for body in others)]


def anew(seen: Seen) -> None:
    """The next part begins: what the last one met does not count any more, the deadline does."""
    seen.protocol, seen.status, seen.retry_after, seen.body, seen.error = "", None, "", b"", None
    seen.incomplete = seen.in_doubt = seen.taken = False
    seen.refused.clear()


class Progress:
    """How many parts of a delivery have arrived; in memory, so that a new sender process begins with the first."""

    def __init__(self) -> None:
        self._sent: OrderedDict[int, int] = OrderedDict()
        self._guard = threading.Lock()

    def of(self, delivery: int) -> int:
        return self._sent.get(delivery, 0)

    def note(self, delivery: int, sent: int) -> None:
        with self._guard:
            self._sent[delivery] = sent
            if len(self._sent) > KEPT:
                self._sent.popitem(last=False)

    def forget(self, delivery: int) -> None:
        with self._guard:
            self._sent.pop(delivery, None)


PROGRESS = Progress()
