"""The played services and the sender process of tests/delivery, for faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.delivery.conftest import send, senders, whole_world, world
from tests.faults.stage import Act, Stage

__all__ = ["send", "senders", "whole_world", "world"]


@pytest.fixture
def stage() -> Iterator[Callable[[Act], Stage]]:
    """Starts servers that each play one act for every connection; they end with the test."""
    started: list[Stage] = []

    def start(act: Act) -> Stage:
        started.append(Stage(act))
        return started[-1]

    yield start
    for one in started:
        one.close()
