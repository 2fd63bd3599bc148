"""What pages and API look through."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from bridge.config.snapshot import Snapshot
from bridge.store import Store


@dataclass(kw_only=True)
class Window:
    """The store, the rules in force, and how the service is."""

    store: Store
    snapshot: Callable[[], Snapshot]
    token: str  # where the configuration has none: good for this run
    link: str = ""  # what signs one person in, once, where nobody could otherwise
    state: Callable[[], str]  # "starting", "running", "stopping"
    wake: Callable[[], None] = lambda: None  # the worker, after somebody wrote by hand
    clock: Callable[[], float] = time.time
