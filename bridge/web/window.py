"""What pages and API look through."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bridge.config.snapshot import Snapshot
from bridge.model import Destination, Outcome
from bridge.refusals import Refusal
from bridge.store import Store


async def _nobody_sends(destination: Destination, who: str, now: datetime) -> Outcome:
    return Outcome(result="failed", reason="nothing sends here")


@dataclass(kw_only=True)
class Window:
    """The store, the rules in force, and how the service is."""

    store: Store
    snapshot: Callable[[], Snapshot]
    token: str  # where the configuration has none: good for this run
    link: str = ""  # what signs one person in, once, where nobody could otherwise
    state: Callable[[], str]  # "starting", "running", "stopping"
    wake: Callable[[], None] = lambda: None  # the worker, after somebody wrote by hand
    test: Callable[[Destination, str, datetime], Awaitable[Outcome]] = _nobody_sends  # one message by hand
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)  # what the configuration's variables are
    reload: Callable[[], None] = lambda: None  # have changed files taken at once
    refusals: Callable[[], Sequence[Refusal]] = lambda: ()  # the last posts that were not taken, the newest first
    clock: Callable[[], float] = time.time
