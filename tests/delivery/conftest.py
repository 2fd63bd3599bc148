"""Played services, and senders that find them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from bridge.delivery.senders import Senders
from bridge.model import Notification, Outcome
from tests.services import FakeWorld, MailServer, played

NOTE = Notification(title="Project finished: Logo", body="**1 020 €** due _today_", format="markdown", tone="success")

Send = Callable[..., Awaitable[Outcome]]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeWorld]:
    with played(tmp_path) as world:
        for name, value in world.environment.items():
            monkeypatch.setenv(name, value)
        yield world


@pytest.fixture
def mail() -> Iterator[Callable[..., MailServer]]:
    """Starts mail servers that are stopped at the end."""
    started: list[MailServer] = []

    def start(**options: object) -> MailServer:
        started.append(MailServer(**options))  # type: ignore[arg-type]  # passed on as they are
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture
async def senders(world: FakeWorld) -> AsyncIterator[Senders]:
    """One small sender process that lives in the played world."""
    senders = Senders(threads=8)
    await senders.start()
    yield senders
    await senders.stop(grace=0)


@pytest.fixture
def send(senders: Senders) -> Send:
    """Sends one notification."""

    async def send(url: str, note: Notification = NOTE, *, deadline: float = 5.0) -> Outcome:
        return await senders.send(id=1, url=url, notification=note, deadline=deadline)

    return send
