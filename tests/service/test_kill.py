"""kill -9 under load, again and again: what was answered 202 is delivered."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable

import pytest

from tests.live import Live, Sink
from tests.soak import Posting

KILLS = 20


@pytest.mark.timeout(240)
def test_nothing_accepted_is_lost(live: Callable[..., Live], sink: Sink) -> None:
    sink.delay = 0.005
    bridge = live()
    senders = [Posting(bridge, f"s{number}") for number in range(4)]
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
