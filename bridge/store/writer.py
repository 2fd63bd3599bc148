"""Group commit: operations go in, futures come out, and everything that waits shares one transaction.

On SQLite the statements run in the event loop and only BEGIN's waiting and COMMIT leave it; on PostgreSQL the whole
transaction runs in a thread. What arrives meanwhile is the next transaction, so nothing is ever waited for to fill one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, RootTransaction
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from bridge.errors import StoreUnavailable
from bridge.store.dialects import Dialect, is_busy, is_deadlock
from bridge.store.engine import Database

MOST_WAITING = 10_000
GATHER = 0.02  # seconds that what nobody waits for stays for company: a transaction costs as much as ten of its rows
MOST_PER_TURN = 500  # keeps the event loop's standstill, and the lock others wait for, within milliseconds

P = TypeVar("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Turn:
    """What an operation may use while its transaction lasts."""

    connection: Connection
    dialect: Dialect
    owner: str
    now: float  # epoch seconds


# An operation takes the payloads of all who asked for it in this turn, and gives one result for each.
Apply = Callable[[Turn, Sequence[P]], Sequence[R]]


@dataclass(slots=True, eq=False)
class _Waiting:
    apply: Apply[Any, Any]
    payload: Any
    future: asyncio.Future[Any]
    alone: bool = False  # its batch failed: it gets a transaction of its own

    def settle(self, result: Any) -> None:
        if not self.future.done():  # the caller may have gone away meanwhile
            self.future.set_result(result)

    def fail(self, error: Exception) -> None:
        if not self.future.done():
            self.future.set_exception(error)


_Done = tuple[_Waiting, Any]  # and its result


class Writer:
    """The one writer of this process. Used from the event loop it was started in."""

    def __init__(
        self,
        database: Database,
        *,
        owner: str,
        clock: Callable[[], float],
        order: Sequence[Apply[Any, Any]],
        patience: float,
    ) -> None:
        """`order`: which operations of a turn go first; `patience`: seconds to wait for another process's lock."""
        self._database = database
        self._owner = owner
        self._clock = clock
        self._rank = {apply: rank for rank, apply in enumerate(order)}
        self._patience = patience
        self._waiting: deque[_Waiting] = deque()
        self._due = asyncio.Event()  # a turn is wanted now
        self._later: asyncio.TimerHandle | None = None  # or then
        self._turning = False
        self._rested = 0.0  # the end of the last turn, in the event loop's time
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._connection: Connection | None = None
        self._closing = False
        self._trouble = ""
        self._wrote = False  # something, since the trouble
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._run(), name="store-writer")

    def put(self, apply: Apply[P, R], payload: P, *, can_wait: bool = False) -> asyncio.Future[R]:
        """Have an operation done; the future is settled after its COMMIT. Raises StoreUnavailable at once when full.

        `can_wait`: nobody waits for it, so that it stays for company while turns follow each other.
        """
        if self._closing:
            raise StoreUnavailable("the store is closed")
        if len(self._waiting) >= MOST_WAITING:
            raise StoreUnavailable(f"{MOST_WAITING:,} writes are already waiting")
        future: asyncio.Future[R] = self._loop.create_future()
        self._waiting.append(_Waiting(apply, payload, future))
        if not can_wait:
            self._due.set()
        elif len(self._waiting) == 1:
            self._plan()
        return future

    def _plan(self) -> None:
        """Have a turn soon enough after the last one."""
        if self._later is None and not self._turning:
            self._later = self._loop.call_at(self._rested + GATHER, self._due.set)

    async def close(self) -> None:
        """Write what waits, then end."""
        self._closing = True
        self._due.set()
        await self._task
        await self._loop.run_in_executor(self._thread, self._disconnect)
        self._thread.shutdown()

    def commits_of_others(self) -> int | None:
        """SQLite's count of commits by other connections than this one; None while it cannot be asked."""
        if self._connection is None or self._connection.in_transaction():
            return None
        return int(_driver(self._connection).execute("PRAGMA data_version").fetchone()[0])

    def trouble(self) -> str:
        """Why nothing can be written: the last that was tried, and nothing since; else empty."""
        return self._trouble

    # ---- turns -----------------------------------------------------------------------------------

    async def _run(self) -> None:
        while not self._closing or self._waiting:
            await self._due.wait()
            self._due.clear()
            if self._later is not None:
                self._later.cancel()
                self._later = None
            if not self._waiting:
                continue
            self._turning = True
            batch = self._take()
            more = bool(self._waiting)
            try:
                results = await self._write(batch)
            except Exception as error:  # whatever it is belongs to the callers; the writer lives on
                await self._failed(batch, error)
            else:
                if self._wrote:
                    self._trouble = ""
                for one, result in results:
                    one.settle(result)
            self._turning = False
            self._rested = self._loop.time()
            if more or self._closing:
                self._due.set()
            elif self._waiting:
                self._plan()

    def _take(self) -> list[_Waiting]:
        if self._waiting[0].alone:
            return [self._waiting.popleft()]
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_PER_TURN))]
        last = len(self._rank)
        return sorted(batch, key=lambda one: self._rank.get(one.apply, last))

    async def _write(self, batch: Sequence[_Waiting]) -> list[_Done]:
        if not self._database.dialect.in_loop:
            return await self._loop.run_in_executor(self._thread, self._whole_turn, batch)
        if misplaced := self._database.misplaced():  # before a connection is made, which would make a new file
            raise StoreUnavailable(misplaced)
        with await self._begin_patiently() as transaction:
            results = self._apply(batch)
            await self._loop.run_in_executor(self._thread, transaction.commit)
        return results

    def _whole_turn(self, batch: Sequence[_Waiting]) -> list[_Done]:
        with self._begin():
            return self._apply(batch)

    def _apply(self, batch: Sequence[_Waiting]) -> list[_Done]:
        """Run the operations, each kind in one go. The batch is sorted by kind."""
        turn = Turn(self._connected(), self._database.dialect, self._owner, self._clock())
        done: list[_Done] = []
        start = 0
        while start < len(batch):
            apply = batch[start].apply
            end = start + 1
            while end < len(batch) and batch[end].apply is apply:
                end += 1
            part = batch[start:end]
            done += zip(part, apply(turn, [one.payload for one in part]), strict=True)
            start = end
        # A turn that changes nothing says nothing: a full disk commits it too.
        self._wrote = bool(self._trouble) and turn.dialect.has_written(turn.connection)
        return done

    async def _failed(self, batch: Sequence[_Waiting], error: Exception) -> None:
        """Give the error to all when the store is at fault, else find out whose it is."""
        whole = isinstance(error, StoreUnavailable) or (_is_trouble(error) and not _is_deadlock(error))
        if whole or (len(batch) == 1 and _is_trouble(error)):
            await self._loop.run_in_executor(self._thread, self._disconnect)
            self._trouble = str(unavailable(error))
            for one in batch:
                one.fail(unavailable(error))
        elif len(batch) == 1:
            batch[0].fail(error)
        else:
            for one in batch:
                one.alone = True
            self._waiting.extendleft(reversed(batch))
            self._due.set()

    # ---- the connection --------------------------------------------------------------------------

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._database.writes.connect()
            if self._database.dialect.in_loop:
                _driver(self._connection).execute("PRAGMA busy_timeout=0")
        return self._connection

    def _disconnect(self) -> None:
        """Begin anew: after a trouble a connection may be half-way in anything."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    def _begin(self) -> RootTransaction:
        return self._connected().begin()

    async def _begin_patiently(self) -> RootTransaction:
        """BEGIN IMMEDIATE, tried again while another process writes, without stopping the event loop."""
        give_up = self._loop.time() + self._patience
        pause = 0.001
        while True:
            try:
                return self._begin()
            except DBAPIError as error:
                if not is_busy(error):
                    raise
                if self._loop.time() >= give_up:
                    raise StoreUnavailable("another process has kept the store locked") from error
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.05)


def _driver(connection: Connection) -> Any:
    """The sqlite3 connection itself, for pragmas outside of transactions."""
    return connection.connection.driver_connection


def _is_trouble(error: Exception) -> bool:
    """Whether the database is at fault, and not what it was asked to store."""
    return isinstance(error, DBAPIError) and not isinstance(error, (DataError, IntegrityError))


def _is_deadlock(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and is_deadlock(error)


def unavailable(error: Exception) -> StoreUnavailable:
    """The trouble in the database's own words, without the statement and its values."""
    if isinstance(error, StoreUnavailable):
        return error
    said = " ".join(str(error.orig if isinstance(error, DBAPIError) else error).split())
    result = StoreUnavailable(f"the store cannot be used now: {said}")
    result.__cause__ = error
    return result
