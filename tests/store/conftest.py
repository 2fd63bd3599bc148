"""Each test of the store runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bridge.store import Store
from tests.postgres import server
from tests.store.support import Clock

Open = Callable[..., Awaitable[Store]]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A store that nobody has opened yet."""
    return f"sqlite:///{tmp_path}/store/bridge.db" if request.param == "sqlite" else server().new_database()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A file that nobody has opened yet."""
    return f"sqlite:///{tmp_path}/store/bridge.db"


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until it is set."""
    return Clock()


@pytest_asyncio.fixture
async def open_store(clock: Clock) -> AsyncIterator[Open]:
    """Opens stores that are closed at the end."""
    opened: list[Store] = []

    async def open_one(url: str, owner: str = "me", **options: Any) -> Store:
        opened.append(await Store.open(url, owner=owner, **({"clock": clock} | options)))
        return opened[-1]

    yield open_one
    for store in opened:
        await store.close()


@pytest_asyncio.fixture
async def store(open_store: Open, url: str) -> Store:
    """A store, empty."""
    return await open_store(url)
