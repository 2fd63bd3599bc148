"""The sender process: takes orders, sends, answers; knows nothing of the store."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from bridge.delivery import console, http, prepared, recorder, webhook
from bridge.delivery.frames import HELLO, Answer, Frames, Order, frame, read_order, whole
from bridge.delivery.outcomes import given_up
from bridge.delivery.recorder import Seen
from bridge.model import Outcome, replace

TICK = 0.25  # seconds between two looks at what runs
GRACE = 1.0  # seconds past its deadline in which an attempt, its connection cut, may still come back
BURNING_MAX = 4  # stuck threads that burn CPU: the interpreter is lost to the others
EXIT_STUCK = 3


@dataclass(eq=False, slots=True)
class Job:
    """One attempt that runs, and the thread it runs in."""

    order: Order
    seen: Seen
    thread: threading.Thread
    cpu: float = 0.0  # seconds its thread had used at the last look


@dataclass(slots=True)
class Sender:
    """Threads that send, one that watches them, and the caller's that reads orders."""

    sock: socket.socket
    threads: int
    _orders: queue.SimpleQueue[Order] = field(default_factory=queue.SimpleQueue)
    _running: set[Job] = field(default_factory=set)
    _stuck: list[Job] = field(default_factory=list)
    _out: deque[bytes] = field(default_factory=deque)
    _writing: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """Returns when the other end closes."""
        for _ in range(self.threads):
            self._start(self._work)
        self._start(self._watch)
        self._write(HELLO)
        frames = Frames()
        while data := self.sock.recv(1 << 16):
            for payload in frames.feed(data):
                self._orders.put(read_order(payload))

    def _start(self, work: Callable[[], None]) -> None:
        threading.Thread(target=work, daemon=True).start()

    # ---- send ------------------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            order = self._orders.get()
            started = time.monotonic()
            seen = Seen(deadline=started + order.deadline, parts=order.parts, tell=partial(self._tell, order.id))
            job = Job(order, seen, threading.current_thread())
            self._running.add(job)
            outcome = attempt(order, job.seen)
            try:
                self._running.remove(job)
            except KeyError:
                return  # given up meanwhile: the answer is out, and another thread has this place
            took = round((time.monotonic() - started) * 1000)
            self._answer(order.id, replace(outcome, took_ms=took, parts=seen.parts))

    def _tell(self, id: int, parts: int) -> None:
        """Should this process die now, the next one goes on behind them."""
        self._write(frame(Answer(id=id, parts=parts)))

    def _answer(self, id: int, outcome: Outcome) -> None:
        try:
            data = frame(Answer(id=id, outcome=outcome))
        except UnicodeEncodeError:
            outcome = replace(outcome, reason=whole(outcome.reason), answer=whole(outcome.answer))
            data = frame(Answer(id=id, outcome=outcome))
        self._write(data)

    def _write(self, data: bytes) -> None:
        """Whoever finds nobody writing writes for all who come meanwhile."""
        self._out.append(data)
        while self._out and self._writing.acquire(blocking=False):
            try:
                batch = []
                while self._out:
                    batch.append(self._out.popleft())
                self.sock.sendall(b"".join(batch))
            except OSError:
                return  # the other end is gone; the reader will notice
            finally:
                self._writing.release()

    # ---- watch -----------------------------------------------------------------------------

    def _watch(self) -> None:
        while True:
            time.sleep(TICK)
            now = time.monotonic()
            for job in list(self._running):
                if now > job.seen.deadline + GRACE:
                    self._give_up(job)
                elif now > job.seen.deadline and not job.seen.cut:
                    job.seen.end()
            self._leave_if_lost()

    def _give_up(self, job: Job) -> None:
        try:
            self._running.remove(job)
        except KeyError:
            return  # it came back just now
        outcome = given_up(prepared.name_of(job.order.url), job.order.deadline)
        self._answer(job.order.id, replace(outcome, parts=job.seen.parts))
        job.cpu = _cpu_seconds(job.thread)
        self._stuck.append(job)
        self._start(self._work)

    def _leave_if_lost(self) -> None:
        self._stuck = [job for job in self._stuck if job.thread.is_alive()]
        burning = 0
        for job in self._stuck:
            used = _cpu_seconds(job.thread)
            burning += used - job.cpu > 0.02 * TICK
            job.cpu = used
        if burning >= BURNING_MAX or len(self._stuck) >= max(BURNING_MAX, self.threads // 2):
            os._exit(EXIT_STUCK)


def attempt(order: Order, seen: Seen) -> Outcome:
    """One try; never raises."""
    if order.url.startswith(console.URL):
        return console.show(order.notification)
    if order.signing is not None:
        return webhook.post(order.url, order.notification.body, order.signing, seen, delivery=order.delivery)
    return prepared.send(order.url, order.notification, seen, delivery=order.delivery)


def _cpu_seconds(thread: threading.Thread) -> float:
    """CPU time of one thread, where the system tells (Linux); else 0."""
    try:
        with open(f"/proc/self/task/{thread.native_id}/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(fd: int, threads: int) -> None:
    """Serve the socket until its other end closes, then end at once, whatever still hangs."""
    # Who stops Bridge stops this process by closing the socket, once what is in flight is done.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a TextIOWrapper here
    os.nice(5)  # its parent goes first: who waits for its threads waits for their next orders too
    recorder.watch_smtp()
    http.install()
    with contextlib.suppress(OSError):  # reset: the other end died
        Sender(socket.socket(fileno=fd), threads).run()
    os._exit(0)


if __name__ == "__main__":  # python -m bridge.delivery.sender FD THREADS
    main(int(sys.argv[1]), int(sys.argv[2]))
