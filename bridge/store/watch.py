"""Watching for what other processes write, so that it need not wait for the next poll."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from bridge.store.dialects import CHANNEL
from bridge.store.writer import Writer

Wake = Callable[[], None]

LOOK = 0.2  # seconds between two looks at a file
AGAIN = 1.0  # seconds before a server that went away is asked again


async def watch_file(writer: Writer, wake: Wake) -> None:
    """SQLite counts the commits of others; a look costs a few microseconds."""
    seen: int | None = None
    while True:
        commits = writer.commits_of_others()
        if commits is not None and commits != seen:
            if seen is not None:
                wake()
            seen = commits
        await asyncio.sleep(LOOK)


async def watch_server(arguments: dict[str, Any], owner: str, wake: Wake) -> None:
    """PostgreSQL says who wrote; `arguments` are those of psycopg's connect()."""
    import psycopg  # noqa: PLC0415 -- 9 MB that a service with a file does without

    while True:
        try:
            async with await psycopg.AsyncConnection.connect(**arguments, autocommit=True) as connection:
                await connection.execute(f"LISTEN {CHANNEL}".encode())
                wake()  # something may have come while nobody listened
                async for notice in connection.notifies():
                    if notice.payload != owner:
                        wake()
        except psycopg.OperationalError:
            await asyncio.sleep(AGAIN)
