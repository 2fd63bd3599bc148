"""From the tables of an older Bridge to those of this one, with what is in them."""

from __future__ import annotations

import asyncio
import hashlib

import pytest
from alembic import command
from sqlalchemy import create_engine, make_url, text

from bridge.store import engine
from tests.store.conftest import Open
from tests.store.support import NOON, deliver_one, ids, record

EVENT = """
    INSERT INTO event (source, type, action, gid, type_folded, action_folded, received_at, digest, body, duplicates,
        state) VALUES ('creads', 'Project', 'updated', :gid, 'project', 'updated', :at, :digest, :body, 0, 'matched')
"""
DELIVERY = """
    INSERT INTO delivery (event_id, rule, destination, order_key, state, reason, title, body, format, tone, attempts,
        created_at, next_at, ambiguous)
    VALUES (1, 'New', 'team', 7, 'pending', '', 'Title', 'Body', 'text', 'info', 0, :at, :at, :no)
"""
BODY = b"Q"  # in its digest there is a zero
GID = "é-58c9aa00000000001"
TROUBLE = "INSERT INTO trouble (key, first_at, told_at, untold) VALUES ('old', :at, :at, 2)"


def first_tables(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store as the first Bridge left it, with something in each table that has changed since."""
    upgrade = command.upgrade
    monkeypatch.setattr(command, "upgrade", lambda config, _: upgrade(config, "0001"))
    engine.open_database(url, service=False).close()
    monkeypatch.undo()
    parsed = make_url(url)
    driver = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}[parsed.drivername]
    old = create_engine(parsed.set(drivername=driver))
    with old.begin() as connection:
        for statement in (EVENT, DELIVERY, TROUBLE):
            digest = hashlib.sha256(BODY).digest()
            given = {"at": NOON, "gid": GID, "digest": digest, "body": BODY, "no": False}
            wanted = {name: value for name, value in given.items() if f":{name}" in statement}
            connection.execute(text(statement), wanted)
    old.dispose()


async def test_what_the_first_tables_held_is_still_there(
    open_store: Open, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asyncio.to_thread(first_tables, url, monkeypatch)
    store = await open_store(url)
    (row,) = await store.deliveries()
    assert (row.title, row.state, row.kind, row.origin, row.bundle_id) == ("Title", "pending", "event", None, None)
    assert ids(await store.claim(10)) == [row.id]
    assert (await record(store, BODY, gid=GID)).duplicate
    assert [(one.trouble, one.times) for one in await store.untold(-1)] == [("old", 2)]
    assert await store.next_clock() is None
    assert len(await deliver_one(store, "B", gid="g2")) == 1
