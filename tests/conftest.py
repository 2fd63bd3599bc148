"""Fixtures that more than one folder uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live import Live, Sink


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
