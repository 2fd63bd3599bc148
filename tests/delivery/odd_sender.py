"""A sender process whose plug-ins misbehave on demand, since Apprise's own cannot be made to."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from bridge.delivery import sender
from bridge.delivery.frames import Order
from bridge.delivery.recorder import Seen
from bridge.model import Outcome


def attempt(order: Order, seen: Seen) -> Outcome:
    what, _, argument = order.url.partition(":")
    if what == "hang":
        time.sleep(3600)
    if what == "spin":
        while True:
            pass
    if what == "late":
        time.sleep(order.deadline + sender.GRACE + 0.8)
        return Outcome(result="delivered", reason="too late")
    if what == "slow":
        time.sleep(float(argument))
    if what == "mark":
        with Path(argument).open("a") as file:
            file.write("x")
    if what == "exit":
        os._exit(7)
    return Outcome(result="delivered", reason=str(os.getpid()))


if __name__ == "__main__":
    sender.attempt = attempt
    sender.TICK, sender.GRACE = 0.05, 0.2
    sender.main(int(sys.argv[1]), int(sys.argv[2]))
