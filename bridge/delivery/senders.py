"""The parent's side of the sender processes: hands out orders, gives back outcomes, replaces what dies."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from bridge.delivery.frames import Frames, Order, frame, read_answer, whole
from bridge.errors import GivenBack, SenderGone
from bridge.model import Notification, Outcome, Signing, replace

PROGRAM = "bridge.delivery.sender"
BACKSTOP = 5.0  # seconds past its deadline after which an order condemns its whole process
START_MAX = 60.0  # seconds a process may take to say hello
TICK = 1.0
REST_MAX = 10.0  # seconds between two starts when processes die before they say hello


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """A sender process that ended by itself, and what it held then."""

    pid: int
    code: int  # negative: the signal that killed it
    in_doubt: tuple[int, ...]  # ids of the deliveries that may or may not have arrived


@dataclass(slots=True)
class _Wanted:
    """One call of send(): its ticket is what the process knows it by."""

    ticket: int
    id: int
    url: str  # a secret
    deadline: float
    data: bytes  # the order's frame
    future: asyncio.Future[Outcome]
    parts: int = 0  # of a split message: how many have arrived
    since: float = 0.0  # time.monotonic() when a process took it


class _Child(asyncio.Protocol):
    """One sender process and what it holds."""

    def __init__(self, threads: int, gone: Callable[[_Child], None], heard: Callable[[], None]) -> None:
        self.threads = threads
        self.held: dict[int, _Wanted] = {}
        self.ready = False
        self.started = time.monotonic()
        self.process: subprocess.Popen[bytes] | None = None
        self._gone = gone
        self._heard = heard
        self._frames = Frames()
        self._out: list[bytes] = []
        self._transport: asyncio.Transport | None = None  # None: not started, or over

    async def start(self) -> None:
        """Raises OSError when there is no process or descriptor to be had."""
        ours, theirs = socket.socketpair()
        with theirs, contextlib.ExitStack() as on_failure:
            on_failure.callback(ours.close)
            command = [sys.executable, "-P", "-m", PROGRAM, str(theirs.fileno()), str(self.threads)]
            # The child finds its modules where this process does, however that was started.
            environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}
            self.process = subprocess.Popen(  # noqa: S603, ASYNC220 -- our own command; a fork takes milliseconds
                command, pass_fds=[theirs.fileno()], env=environment, stdin=subprocess.DEVNULL
            )
            on_failure.pop_all()
        ours.setblocking(False)
        self._transport, _ = await asyncio.get_running_loop().create_unix_connection(lambda: self, sock=ours)

    @property
    def room(self) -> int:
        return self.threads - len(self.held) if self._transport is not None else 0

    def take(self, wanted: _Wanted) -> None:
        wanted.since = time.monotonic()
        self.held[wanted.ticket] = wanted
        if not self._out:  # what comes in the same turn of the loop leaves in one write
            asyncio.get_running_loop().call_soon(self._flush)
        self._out.append(wanted.data)

    def _flush(self) -> None:
        if self._transport is not None:
            self._transport.write(b"".join(self._out))
        self._out.clear()

    def is_hung(self, now: float) -> bool:
        if not self.ready:
            return now > self.started + START_MAX
        return any(now > held.since + held.deadline + BACKSTOP for held in self.held.values())

    def end(self) -> int:
        """Kill the process if it still lives; says how it ended."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None
        if self.process is None:
            return 0
        self.process.kill()
        return self.process.wait()

    # ---- what asyncio calls ----------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        for payload in self._frames.feed(data):
            if not payload:
                self._says_hello()
                continue
            answer = read_answer(payload)
            if answer.outcome is None:
                if answer.id in self.held:
                    self.held[answer.id].parts = answer.parts
                continue
            held = self.held.pop(answer.id, None)
            if held is not None and not held.future.done():
                held.future.set_result(answer.outcome)
        self._heard()

    def _says_hello(self) -> None:
        now = time.monotonic()
        for held in self.held.values():
            held.since = now  # what waited for the start does not count against an order
        self.ready = True

    def connection_lost(self, error: Exception | None) -> None:
        self._gone(self)


class Senders:
    """One or more sender processes behind one `send`.

    A process holds as many orders as it has threads; what comes beyond waits here.
    """

    def __init__(self, *, processes: int = 1, threads: int = 32, on_exit: Callable[[Exit], None] | None = None) -> None:
        self._processes = processes
        self._threads = threads
        self._on_exit = on_exit
        self._children: list[_Child] = []
        self._waiting: deque[_Wanted] = deque()
        self._tickets = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._all_ready = asyncio.Event()
        self._early_deaths = 0  # in a row, before a hello
        self._stopping = False

    @property
    def pids(self) -> list[int]:
        """Of the processes that live now."""
        return [child.process.pid for child in self._children if child.process is not None]

    async def start(self) -> None:
        """Returns once the processes are started; orders may be given while they still load Apprise."""
        for _ in range(self._processes):
            await self._add()
        self._spawn(self._watch())

    async def ready(self) -> None:
        """Returns once every process has loaded and waits for orders."""
        await self._all_ready.wait()

    def send(
        self,
        *,
        id: int,
        url: str,
        notification: Notification,
        deadline: float,
        signing: Signing | None = None,
        parts: int = 0,
    ) -> asyncio.Future[Outcome]:
        """Send once; the attempt may take `deadline` seconds from the moment a thread is free for it.

        `id` is the delivery's: its repeats have the same. `signing` is needed for `webhook:` addresses. `parts`
        of a split message have arrived already.

        The future raises SenderGone when the process died with this in its hands (it may have arrived), and
        GivenBack when the senders were stopped before any process had it (it was not sent).
        """
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        if self._stopping:
            future.set_exception(GivenBack("the senders are stopped"))
            return future
        ticket = next(self._tickets)
        order = Order(
            id=ticket,
            url=url,
            notification=notification,
            deadline=deadline,
            delivery=id,
            signing=signing,
            parts=parts,
        )
        self._waiting.append(_Wanted(ticket, id, url, deadline, _framed(order), future, parts))
        self._pump()
        return future

    async def stop(self, grace: float) -> None:
        """What waits is given back; what is in flight may finish within `grace` seconds, then is SenderGone."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        for wanted in self._waiting:
            _raise(wanted.future, GivenBack("the senders were stopped before this was sent"))
        self._waiting.clear()
        in_flight = [wanted.future for child in self._children for wanted in child.held.values()]
        if in_flight and grace > 0:
            await asyncio.wait(in_flight, timeout=grace)
        for child in list(self._children):
            self._lose(child)

    def _hear(self) -> None:
        """A process said something: it has room again, or it is ready."""
        if not self._all_ready.is_set() and sum(child.ready for child in self._children) == self._processes:
            self._all_ready.set()
        self._pump()

    def _pump(self) -> None:
        """Hand out what waits, to whoever has the most room."""
        while self._waiting:
            child = max(self._children, key=lambda child: child.room, default=None)
            if child is None or child.room == 0:
                return
            wanted = self._waiting.popleft()
            if not wanted.future.done():  # else its caller no longer waits
                child.take(wanted)

    # ---- life and death of the processes ---------------------------------------------------

    async def _add(self) -> None:
        child = _Child(self._threads, gone=self._replace, heard=self._hear)
        self._children.append(child)
        try:
            await child.start()
        except OSError:
            self._children.remove(child)
            raise
        self._pump()

    def _replace(self, child: _Child) -> None:
        """A process ended by itself: another takes its place, and what it held is in doubt."""
        if child not in self._children:
            return  # ended by stop()
        self._early_deaths = 0 if child.ready else self._early_deaths + 1
        self._all_ready.clear()
        gone = self._lose(child)
        if self._on_exit is not None:
            self._on_exit(gone)
        if not self._stopping:
            self._spawn(self._add_after(min(0.1 * 2**self._early_deaths, REST_MAX) if self._early_deaths else 0))

    async def _add_after(self, rest: float) -> None:
        while True:
            await asyncio.sleep(rest)
            try:
                return await self._add()
            except OSError:
                rest = REST_MAX  # the machine has nothing to give now; what waits goes on waiting

    def _lose(self, child: _Child) -> Exit:
        self._children.remove(child)
        code = child.end()
        pid = child.process.pid if child.process is not None else 0
        # Whose plug-in ended it is known only where all went to one address; that counts once. Our own stop: nobody's.
        places = {wanted.url for wanted in child.held.values()}
        suspect = child.ready and len(places) == 1 and not self._stopping
        for wanted in child.held.values():
            words = "the sender process ended during this attempt"
            _raise(wanted.future, SenderGone(words, parts=wanted.parts, suspect=suspect))
            suspect = False
        return Exit(pid=pid, code=code, in_doubt=tuple(wanted.id for wanted in child.held.values()))

    async def _watch(self) -> None:
        """Kill a process that does not even give up what is late: something in it holds the interpreter."""
        while True:
            await asyncio.sleep(TICK)
            now = time.monotonic()
            for child in self._children:
                if child.is_hung(now) and child.process is not None:
                    child.process.kill()  # the end of its socket does the rest

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _framed(order: Order) -> bytes:
    try:
        return frame(order)
    except UnicodeEncodeError:
        note = order.notification
        attach = tuple(map(whole, note.attach))
        note = replace(note, title=whole(note.title), body=whole(note.body), thread=whole(note.thread), attach=attach)
        return frame(replace(order, notification=note))


def _raise(future: asyncio.Future[Outcome], error: SenderGone) -> None:
    if not future.done():
        future.set_exception(error)
