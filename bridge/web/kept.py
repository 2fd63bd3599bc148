"""Answers to dear questions, kept for a while, so that many viewers cost no more than one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")

FOR = 10  # an answer is kept this many times as long as it took to find: pages take a tenth of one core at most


class Kept:
    """Cheap answers are asked for anew each time; dear ones grow old for a few seconds."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._answers: dict[Hashable, tuple[float, Any]] = {}  # until when, answer
        self._locks: dict[Hashable, asyncio.Lock] = {}

    async def get(self, question: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        """The answer to the question; asked once however many want it."""
        async with self._locks.setdefault(question, asyncio.Lock()):
            until, answer = self._answers.get(question, (0.0, None))
            started = self._clock()
            if started >= until:
                answer = await ask()
                ended = self._clock()
                self._answers[question] = (ended + FOR * (ended - started), answer)
            found: T = answer
            return found

    def forget(self) -> None:
        """Somebody changed something by hand, and looks at what became of it."""
        self._answers.clear()
