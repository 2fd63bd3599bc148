"""Runs the templates corpus; prints the memory it took above the start (MB) and the longest wait of a thread (ms)."""

from __future__ import annotations

import resource
import threading
import time

from tests.render.corpus import Trial, read


def main() -> None:
    corpus = read("templates")
    Trial(corpus["items"][0], corpus["context"])
    begun = _peak()
    waits: list[float] = []
    over = threading.Event()

    def wait() -> None:
        last = time.monotonic()
        while not over.wait(0.005):
            now = time.monotonic()
            waits.append(now - last)
            last = now

    watcher = threading.Thread(target=wait)
    watcher.start()
    for item in corpus["items"]:
        Trial(item, corpus["context"])
    over.set()
    watcher.join()
    print(_peak() - begun, max(waits) * 1000)


def _peak() -> float:
    """MB; the system counts in KiB on Linux, in bytes on macOS."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20 if most > 1 << 27 else 1 << 10)


if __name__ == "__main__":
    main()
