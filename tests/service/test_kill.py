"""kill -9 under load, again and again: what was answered 202 is delivered."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.client import HTTPException

import pytest

from tests.live import Live, Sink, envelope

KILLS = 20


class Sender(threading.Thread):
    """Posts distinct events until it is told to end; keeps which were answered 202."""

    def __init__(self, bridge: Live, name: str) -> None:
        super().__init__(daemon=True)
        self.bridge, self.prefix, self.accepted, self.over = bridge, name, set[str](), threading.Event()

    def run(self) -> None:
        number = 0
        while not self.over.is_set():
            title = f"{self.prefix}-{number}"
            number += 1
            try:
                status, _ = self.bridge.post(envelope(title, title=title))
            except (OSError, HTTPException, ValueError):
                time.sleep(0.02)
                continue
            if status == 202:
                self.accepted.add(title)


@pytest.mark.timeout(240)
def test_nothing_accepted_is_lost(live: Callable[..., Live], sink: Sink) -> None:
    sink.delay = 0.005
    bridge = live()
    senders = [Sender(bridge, f"s{number}") for number in range(4)]
    for sender in senders:
        sender.start()
    chance = random.Random(20261124)
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.05, 0.6))
        bridge.kill()
        bridge.start()
    for sender in senders:
        sender.over.set()
        sender.join(timeout=20)
    accepted = set[str]().union(*(sender.accepted for sender in senders))
    assert len(accepted) > KILLS
    bridge.until(lambda: accepted <= {m["message"] for m in sink.to("sink")}, what="all delivered", seconds=60)
    twice = {title: count for title, count in Counter(m["message"] for m in sink.to("sink")).items() if count > 1}
    rows = {}
    for title in list(twice)[:50]:
        [event] = bridge.api(f"/events?gid={title}")["items"]
        rows[title] = event["deliveries"][0]
    # A second arrival is a send that was in flight when the process died.
    assert len(twice) <= KILLS * 4, f"only sends in flight ({KILLS} kills × concurrency 4) may arrive twice: {rows}"
