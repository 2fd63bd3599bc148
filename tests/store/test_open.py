"""Opening: where a store is, who may have it, and how its tables came to be."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from bridge.errors import StoreUnavailable
from bridge.store import Store
from bridge.store.engine import open_database
from bridge.store.tables import metadata
from tests.store.conftest import Open
from tests.store.support import record


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://db/bridge", "no store `mysql`: write `sqlite:///bridge.db` or `postgresql://…`"),
        ("sqlite://", "a SQLite store is a file"),
        ("sqlite:///:memory:", "a SQLite store is a file"),
        ("bridge.db", "the store's URL cannot be read"),
        ("postgresql://bridge:s3cret-word@127.0.0.1:1/bridge", "cannot be opened"),
        ("postgresql://127.0.0.1:1/bridge?password=s3cret-word", "cannot be opened"),
        ("sqlite:////proc/none/bridge.db", "cannot be opened"),
    ],
)
async def test_a_store_that_cannot_be_opened(url: str, words: str) -> None:
    with pytest.raises(StoreUnavailable) as raised:
        await Store.open(url, owner="me")
    assert words in str(raised.value)
    assert "s3cret-word" not in str(raised.value)


async def test_only_its_owner_can_read_a_file(open_store: Open, tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/deep/store/bridge.db")
    await record(store)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in sorted((tmp_path / "deep").rglob("*"))}
    assert modes == {
        "store": 0o700,
        "bridge.db": 0o600,
        "bridge.db-shm": 0o600,
        "bridge.db-wal": 0o600,
        "bridge.db.lock": 0o600,
    }


async def test_a_file_has_one_service(open_store: Open, sqlite_url: str) -> None:
    service = await Store.open(sqlite_url, owner="service")
    with pytest.raises(StoreUnavailable, match="another Bridge service already uses"):
        await Store.open(sqlite_url, owner="second")
    command = await open_store(sqlite_url, "command", releases=False)
    assert (await record(command)).id == (await record(service)).id
    await service.close()
    await (await Store.open(sqlite_url, owner="next")).close()


async def test_a_file_is_durable_at_every_commit(open_store: Open, sqlite_url: str) -> None:
    database = open_database(sqlite_url, service=False)
    with database.writes.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
        }
    database.close()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}


async def test_reading_connections_cannot_write(url: str) -> None:
    database = await asyncio.to_thread(open_database, url, service=False)
    with database.reads.connect() as connection, pytest.raises(Exception, match=r"read-?only"):
        connection.exec_driver_sql("DELETE FROM event")
    database.close()


async def test_the_migrations_give_the_tables_that_the_code_uses(url: str) -> None:
    database = await asyncio.to_thread(open_database, url, service=False)
    with database.writes.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        partial = {
            (table.name, index["name"]): index.get("dialect_options", {}).get(f"{context.dialect.name}_where")
            is not None
            for table in metadata.sorted_tables
            for index in inspect(connection).get_indexes(table.name)
        }
    database.close()
    assert partial == {
        (table.name, index.name): index.dialect_options[context.dialect.name]["where"] is not None
        for table in metadata.sorted_tables
        for index in table.indexes
    }


async def test_many_replicas_open_an_empty_database_at_once(open_store: Open, url: str) -> None:
    stores = await asyncio.gather(*(open_store(url, f"{n}", releases=False) for n in range(4)))
    receipts = await asyncio.gather(*(record(store) for store in stores))
    assert len({receipt.id for receipt in receipts}) == 1


async def test_a_store_of_a_newer_bridge_is_left_alone(url: str) -> None:
    database = await asyncio.to_thread(open_database, url, service=False)
    with database.writes.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(StoreUnavailable, match="written by a newer Bridge"):
        await Store.open(url, owner="me")
