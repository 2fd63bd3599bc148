"""Played services, and senders that find them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio

from bridge.delivery.senders import Senders
from bridge.model import Notification, Outcome
from tests.services import FakeWorld, MailServer, played

NOTE = Notification(title="Project finished: Logo", body="**1 020 €** due _today_", format="markdown", tone="success")

Send = Callable[..., Awaitable[Outcome]]


@pytest.fixture(scope="package")
def whole_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeWorld]:
    with pytest.MonkeyPatch.context() as environment, played(tmp_path_factory.mktemp("world")) as world:
        for name, value in world.environment.items():
            environment.setenv(name, value)
        yield world


@pytest.fixture
def world(whole_world: FakeWorld) -> FakeWorld:
    """The played services, as if nothing had happened yet."""
    whole_world.reset()
    return whole_world


@pytest.fixture
def mail() -> Iterator[Callable[..., MailServer]]:
    """Starts mail servers that are stopped at the end."""
    started: list[MailServer] = []

    def start(**options: Any) -> MailServer:
        started.append(MailServer(**options))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def senders(whole_world: FakeWorld) -> AsyncIterator[Senders]:
    """One small sender process that lives in the played world, for all tests that do it no harm."""
    senders = Senders(threads=8)
    await senders.start()
    yield senders
    await senders.stop(grace=0)


@pytest.fixture
def send(senders: Senders, world: FakeWorld) -> Send:
    """Sends one notification."""

    async def send(url: str, note: Notification = NOTE, *, deadline: float = 5.0) -> Outcome:
        return await senders.send(id=1, url=url, notification=note, deadline=deadline)

    return send
