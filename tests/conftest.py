"""Fixtures that more than one folder uses."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from tests.live import Live, Sink


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """What a test makes of the log, a command run in this process for one, does not reach the next."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A service that takes what it is told."""
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture
def live(tmp_path: Path, sink: Sink) -> Iterator[Callable[..., Live]]:
    """Starts services that are stopped at the end."""
    started: list[Live] = []

    def start(**options: Any) -> Live:
        service = Live(tmp_path, sink, **options)
        started.append(service)
        return service.start()

    yield start
    for service in started:
        if service.process.poll() is None:
            service.process.kill()
            service.process.wait(timeout=10)
