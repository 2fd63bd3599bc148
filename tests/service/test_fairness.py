"""One dead and one slow destination: the healthy ones get everything meanwhile."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable

from tests.live import CONFIG, RULES, Live, Sink, envelope

HEALTHY = [f"fine{number}" for number in range(20)]
EVENTS = 10


def test_a_dead_and_a_slow_destination_delay_nobody(live: Callable[..., Live], sink: Sink) -> None:
    buried = threading.Event()

    def answer(path: str) -> int:
        if path == "/dead":
            buried.wait(60)
        if path == "/slow":
            time.sleep(0.5)
        return 200

    sink.status = answer
    names = ["dead", "slow", *HEALTHY]
    places = "".join(f'  {name}: {{{{url: "json://127.0.0.1:{{sink}}/{name}"}}}}\n' for name in names)
    group = f"  all: [{', '.join(names)}]\n"
    bridge = live(config=CONFIG + places + group, rules=RULES.replace("to: sink", "to: all"))
    titles = {f"Logo {number}" for number in range(EVENTS)}
    for title in sorted(titles):
        assert bridge.post(envelope(title, title=title))[0] == 202
    bridge.until(lambda: all(len(sink.to(name)) >= EVENTS for name in HEALTHY), what="the healthy ones served")
    assert sink.to("dead") == []
    assert 0 < Counter(path for path, _ in sink.asked)["dead"] <= 4  # its concurrency: no more of ours is tied up
    buried.set()
    bridge.until(lambda: len(sink.to("slow")) == EVENTS, what="the slow one served")
    for name in HEALTHY:
        assert Counter(message["message"] for message in sink.to(name)) == dict.fromkeys(titles, 1)
