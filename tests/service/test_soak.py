"""Twenty seconds of what `make soak` does for ten minutes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.live import Live, Sink
from tests.soak import QUICK_RETRY, soak


@pytest.mark.timeout(150)
def test_twenty_seconds_of_kills(live: Callable[..., Live], sink: Sink) -> None:
    sink.delay = 0.005
    found = soak(live(config=QUICK_RETRY), 20)
    assert found.problems() == [], found
    assert found.kills["service"]
    assert found.kills["sender"]
    assert found.accepted > 100
