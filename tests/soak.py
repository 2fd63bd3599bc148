"""A load that goes on while processes are killed: `python -m tests.soak --seconds 600`, or `make soak`.

In the first half the service and its sender process are killed by turns, in the second half only senders are: by then
memory and descriptors of the service must no longer grow. At the end everything that was answered 202 has arrived.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from tests.live import CONFIG, Live, Sink, envelope

QUICK_RETRY = CONFIG.replace('/sink"}}', '/sink", retry: {{schedule: [300ms, 1s, 2s, 5s, 5s]}}}}')
CONCURRENCY = 4  # sends to one destination at once: what a kill may leave in doubt
GROWTH_MB = 25.0  # that caches and fragments may take
MOST_FDS = 20  # of connections that come and go


class Posting(threading.Thread):
    """Posts distinct events until it is told to end; keeps which were answered 202."""

    def __init__(self, bridge: Live, name: str, *, pause: float = 0.0) -> None:
        super().__init__(daemon=True)
        self.bridge, self.prefix, self.accepted, self.over = bridge, name, set[str](), threading.Event()
        self._pause = pause

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
            time.sleep(self._pause)


@dataclass(frozen=True, slots=True)
class Sample:
    """What the service took at one moment; its senders come and go."""

    memory: float  # MB
    descriptors: int


@dataclass(slots=True)
class Soaked:
    """What became of a soak."""

    kills: Counter[str] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)  # of the second half
    accepted: int = 0
    lost: list[str] = field(default_factory=list)
    twice: int = 0

    def problems(self) -> list[str]:
        """In what it was not as it must be."""
        third = max(1, len(self.samples) // 3)
        early, late = self.samples[:third], self.samples[-third:]
        memory = min(s.memory for s in late) - max(s.memory for s in early)
        descriptors = min(s.descriptors for s in late) - max(s.descriptors for s in early)
        in_doubt = CONCURRENCY * self.kills.total()
        found = {
            f"{len(self.lost)} lost: {self.lost[:5]}": self.lost,
            f"memory grew by {memory:.0f} MB": memory > GROWTH_MB,
            f"{descriptors} more descriptors": descriptors > MOST_FDS,
            f"{self.twice} arrived twice, at most {in_doubt} were in flight": self.twice > in_doubt,
        }
        return [words for words, wrong in found.items() if wrong]

    def __str__(self) -> str:
        took = [(s.memory, s.descriptors) for s in (self.samples[0], self.samples[-1])]
        (memory, descriptors), (memory_at_end, descriptors_at_end) = took
        return (
            f"{self.accepted:,} accepted, {len(self.lost)} lost, {self.twice} twice; "
            f"killed: {self.kills['service']} × the service, {self.kills['sender']} × a sender; "
            f"memory {memory:.0f} → {memory_at_end:.0f} MB, descriptors {descriptors} → {descriptors_at_end}"
        )


def soak(bridge: Live, seconds: float, *, tell: Callable[[str], object] = lambda _: None) -> Soaked:
    """Kill every few seconds under load; returns when what was accepted has arrived, or not in a minute."""
    found, chance = Soaked(), random.Random(20261124)
    posting = [Posting(bridge, f"s{number}", pause=0.02) for number in range(4)]
    for one in posting:
        one.start()
    began, every = time.monotonic(), min(4.0, seconds / 12)
    while (passed := time.monotonic() - began) < seconds:
        time.sleep(chance.uniform(0.5, 1.5) * every)
        victim = "service" if passed < seconds / 2 and chance.random() < 0.5 else "sender"
        found.kills[victim] += kill(bridge, victim)
        if passed >= seconds / 2:
            found.samples.append(sample(bridge.process.pid))
        tell(f"{passed:4.0f} s: a {victim} killed, {sum(len(one.accepted) for one in posting):,} accepted")
    for one in posting:
        one.over.set()
        one.join(timeout=20)
    accepted = set[str]().union(*(one.accepted for one in posting))
    arrive(bridge, accepted)
    arrived = Counter(message["message"] for message in bridge.sink.to("sink"))
    found.accepted, found.lost = len(accepted), sorted(accepted - arrived.keys())
    found.twice = sum(count - 1 for count in arrived.values())
    return found


def kill(bridge: Live, victim: str) -> bool:
    """With SIGKILL; false when there was none just now."""
    if victim == "service":
        bridge.kill()
        bridge.start()
        return True
    pids = senders_of(bridge.process.pid)
    for pid in pids[:1]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return bool(pids)


def senders_of(pid: int) -> list[int]:
    """The sender processes of a service."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if b"bridge.delivery.sender" in _command(child)]


def _command(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def sample(pid: int) -> Sample:
    """What a process takes now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return Sample(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, len(os.listdir(f"/proc/{pid}/fd")))


def arrive(bridge: Live, accepted: set[str]) -> None:
    """Wait until all have arrived, but not for ever."""
    end = time.monotonic() + 60
    while time.monotonic() < end and not accepted <= {message["message"] for message in bridge.sink.to("sink")}:
        time.sleep(0.2)


def main() -> int:
    """The exit code: 0 when nothing was lost and nothing grew."""
    options = argparse.ArgumentParser(prog="python -m tests.soak")
    options.add_argument("--seconds", type=float, default=600)
    seconds = min(options.parse_args().seconds, 3600)
    sink = Sink()
    sink.delay = 0.005
    with tempfile.TemporaryDirectory(prefix="bridge-soak-") as folder:
        bridge = Live(Path(folder), sink, config=QUICK_RETRY).start()
        try:
            found = soak(bridge, seconds, tell=lambda line: print(line, flush=True))
        finally:
            bridge.process.kill()
            bridge.process.wait(timeout=10)
    print(found)
    for problem in found.problems():
        print(f"wrong: {problem}", file=sys.stderr)
    return 1 if found.problems() else 0


if __name__ == "__main__":
    sys.exit(main())
