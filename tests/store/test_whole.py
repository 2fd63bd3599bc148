"""backup, restore and migrate-store, as people call them."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from bridge.cli import main
from bridge.model import Armed, Bundling, GateKey, GateState
from bridge.store import Store
from bridge.store.retention import ToPrune
from tests.config.folder import ENVIRON
from tests.postgres import server
from tests.store.support import DAY, NOON, Clock, deliver_one, matched, planned, record, settled

CONFIG = """\
store: {store}
sources:
  creads: {{type: creads, secrets: ["${{CREADS_WEBHOOK_SECRET}}"]}}
destinations:
  team: {{url: console://}}
"""


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    use("sqlite:///data/bridge.db")


def use(store: str) -> None:
    """Write the configuration."""
    for name in ("rules", "templates"):
        Path(name).mkdir(exist_ok=True)
    Path("config.yaml").write_text(CONFIG.format(store=store), encoding="utf-8")
    Path("config.yaml").chmod(0o600)


async def fill(url: str) -> None:
    """Something in every table."""
    store = await Store.open(url, owner="before", clock=Clock())
    await store.save_version("v1", {"rules/a.yaml": "rules: []\n"})
    (sent,) = await deliver_one(store)
    await store.settle(settled(sent))
    await deliver_one(store, "B", gid="g2")
    await record(store, "C\0é", gid="g3")
    (recorded,) = await store.unmatched(1)
    item = planned(state="merged", bundle=Bundling(kind="digest", key="[]", due_at=NOON + 5))
    gates = {GateKey("R", "throttle", "k"): GateState(passed=((NOON, 1),), left_out=2, due_at=NOON + 9)}
    armed = (Armed(rule="R", step=0, key="k", due_at=NOON + DAY),)
    await store.write_matched([matched(recorded, item, gates=gates, armed=armed)])
    await store.audit("ada", "paused", "team")
    await store.pauses.pause("boss", "moving house", who="ada")
    await store.tell("trouble", [planned(rule=None)], event_id=None)
    await record(store, "deleted again", gid="g4", at=NOON - DAY)
    (last,) = await store.unmatched(1)
    await store.write_matched([matched(last)])
    assert (await store.prune(ToPrune("events", NOON - 1))).gone == 1
    await store.close()


async def look(url: str) -> dict[str, Any]:
    """What people see of a store."""
    store = await Store.open(url, owner="after", clock=Clock(), releases=False)
    try:
        return {
            "events": await store.events(),
            "deliveries": await store.deliveries(),
            "follow_ups": await store.follow_ups(),
            "audits": await store.audits(),
            "states": await store.destination_states(),
            "clock": await store.next_clock(),
            "version": await store.version("v1"),
        }
    finally:
        await store.close()


def here(name: str = "data/bridge.db") -> str:
    return f"sqlite:///{Path(name).absolute()}"


def test_a_backup_is_one_private_file_that_can_be_put_back(capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(fill(here()))
    before = asyncio.run(look(here()))
    assert main(["backup", "out/copy.db"]) == 0
    said = capsys.readouterr().out
    assert "3 events, 4 deliveries" in said
    assert "It holds payloads" in said
    assert os.listdir("out") == ["copy.db"]
    assert stat.S_IMODE(Path("out/copy.db").stat().st_mode) == 0o600
    asyncio.run(deliver_later(here()))
    assert len(asyncio.run(look(here()))["events"]) == 4
    assert main(["restore", "out/copy.db"]) == 0
    said = capsys.readouterr().out
    assert "What was there is" in said
    assert "2 deliveries waited" in said
    assert asyncio.run(look(here())) == before
    assert len(asyncio.run(look(here("data/bridge.db.before-restore")))["events"]) == 4
    assert main(["restore", "out/copy.db"]) == 1
    assert "from an earlier restore" in capsys.readouterr().err


async def deliver_later(url: str) -> None:
    store = await Store.open(url, owner="later", clock=Clock())
    await deliver_one(store, "later", gid="later")
    await store.close()


def test_a_backup_is_made_while_the_service_writes(capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(fill(here()))
    stop, begun = threading.Event(), threading.Event()

    async def write() -> None:
        store = await Store.open(here(), owner="service", clock=Clock())
        number = 0
        while not stop.is_set():
            await record(store, f"{number}", gid=f"{number}")
            number += 1
            begun.set()
        await store.close()

    thread = threading.Thread(target=lambda: asyncio.run(write()))
    thread.start()
    begun.wait(20)
    try:
        assert main(["backup", "--json", "copy.db"]) == 0
    finally:
        stop.set()
        thread.join()
    assert json.loads(capsys.readouterr().out)["events"] >= 3
    with sqlite3.connect("copy.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_a_backup_overwrites_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(fill(here()))
    Path("copy.db").write_text("mine", encoding="utf-8")
    assert main(["backup", "copy.db"]) == 1
    assert "copy.db is there already" in capsys.readouterr().err
    assert Path("copy.db").read_text() == "mine"


def test_a_backup_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", "copy.db"]) == 1
    assert "nothing was received yet" in capsys.readouterr().err
    assert not Path("copy.db").exists()


def test_a_restore_waits_for_the_service_to_stop(capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(fill(here()))
    main(["backup", "copy.db"])

    async def beside() -> int:
        store = await Store.open(here(), owner="service", clock=Clock())
        try:
            return await asyncio.to_thread(main, ["restore", "copy.db"])
        finally:
            await store.close()

    assert asyncio.run(beside()) == 1
    assert "another Bridge service already uses" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda file: file.write_bytes(b"no database at all" * 100), "is no store of Bridge"),
        (lambda file: file.write_bytes(b""), "is no store of Bridge"),
        (lambda file: damage(file), "damaged"),  # noqa: PLW0108 -- it stands below
        (lambda file: rename(file, "9999"), "written by a newer Bridge"),
    ],
)
def test_what_is_no_good_is_not_put_back(spoil: Any, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(fill(here()))
    before = asyncio.run(look(here()))
    main(["backup", "copy.db"])
    spoil(Path("copy.db"))
    assert main(["restore", "copy.db"]) == 1
    assert said in capsys.readouterr().err
    assert asyncio.run(look(here())) == before
    assert not list(Path("data").glob("*.part")) + list(Path("data").glob("*.restored*"))


def damage(file: Path) -> None:
    """Overwrite pages in the middle."""
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)


def rename(file: Path, version: str) -> None:
    """Another version of the tables."""
    connection = sqlite3.connect(file)
    connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
    connection.commit()
    connection.close()


def test_a_restore_where_there_was_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(fill(here()))
    main(["backup", "copy.db"])
    use("sqlite:///elsewhere/bridge.db")
    assert main(["restore", "--json", "copy.db"]) == 0
    assert len(asyncio.run(look(here("elsewhere/bridge.db")))["events"]) == 3


def test_postgresql_has_its_own_programs(capsys: pytest.CaptureFixture[str]) -> None:
    use("postgresql://bridge:hidden-password@db/bridge")
    for command, program in (("backup", "pg_dump"), ("restore", "pg_restore")):
        assert main([command, "copy.db"]) == 1
        said = capsys.readouterr().err
        assert f"{program} " in said
        assert "postgresql://bridge@db/bridge" in said
        assert "hidden-password" not in said


# ---- migrate-store -----------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.parametrize("way", ["there", "back", "another file"])
def test_everything_is_moved(way: str, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = (
        (here(), here("new.db"))
        if way == "another file"
        else (here(), server().new_database())
        if way == "there"
        else (server().new_database(), here("new.db"))
    )
    use(old)
    asyncio.run(fill(old))
    before = asyncio.run(look(old))
    assert main(["migrate-store", "--json", new]) == 0
    moved = json.loads(capsys.readouterr().out)["moved"]
    assert (moved["event"], moved["delivery"], moved["gate"], moved["bundle"]) == (3, 4, 1, 1)
    assert asyncio.run(look(new)) == before

    async def go_on() -> list[int]:
        """The next ids, in both."""
        given = []
        for url in (old, new):
            store = await Store.open(url, owner="service", clock=Clock())
            given.append((await record(store, "next", gid="next")).id)
            await store.close()
        return given

    assert asyncio.run(go_on()) == [5, 5], "not the id of the one that was deleted"


@pytest.mark.postgres
def test_a_store_that_is_not_empty_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(fill(here()))
    new = server().new_database()
    asyncio.run(fill(new))
    assert main(["migrate-store", new]) == 1
    assert "the new store is not empty: there are rows in " in capsys.readouterr().err


@pytest.mark.postgres
def test_a_service_must_be_stopped_on_either_side(capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(fill(here()))
    new = server().new_database()

    async def beside(url: str) -> int:
        store = await Store.open(url, owner="service")
        await store.lease("match", 30)
        try:
            return await asyncio.to_thread(main, ["migrate-store", new])
        finally:
            await store.close()

    for url in (here(), new):
        assert asyncio.run(beside(url)) == 1
        assert "service" in capsys.readouterr().err


def test_it_says_what_to_write_then(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    asyncio.run(fill(here()))
    assert main(["migrate-store", "sqlite:///new.db"]) == 0
    said = capsys.readouterr().out
    assert "3 event" in said
    assert f"`store: sqlite:///{tmp_path}/new.db` into config.yaml" in said


def test_a_wrong_url(capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(fill(here()))
    assert main(["migrate-store", "mysql://x"]) == 1
    assert "no store `mysql`" in capsys.readouterr().err
