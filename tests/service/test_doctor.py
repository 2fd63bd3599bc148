"""bridge doctor: each thing that may be wrong is found, and told with what to do."""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
import trustme

from bridge import doctor
from bridge.cli import main
from bridge.delivery import reach
from bridge.delivery.kinds import kind_of
from bridge.model import Destination, Signing
from bridge.store import Store
from tests.config.folder import ENVIRON, lay
from tests.live import Live, free_port
from tests.store.support import deliver_one, settled

CONFIG = """\
listen: 127.0.0.1:{port}
store: {store}
sources:
  creads: {{type: creads, secrets: ["${{CREADS_WEBHOOK_SECRET}}"]}}
destinations:
  here: {{url: console://}}
{more}"""


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    write()


def write(more: str = "", store: str = "sqlite:///data/bridge.db", port: int = 0) -> None:
    lay(Path.cwd(), "rules:\n  - {name: All, when: '* *', notify: here}\n")
    text = CONFIG.format(port=port or free_port(), store=store, more=more)
    Path("config.yaml").write_text(text, encoding="utf-8")
    Path("config.yaml").chmod(0o600)


def looked(capsys: pytest.CaptureFixture[str], *, code: int = 0) -> dict[str, dict[str, str]]:
    assert main(["doctor", "--json"]) == code
    return {one["check"]: one for one in json.loads(capsys.readouterr().out)["checks"]}


async def fill(work: Callable[[Store], Any] | None = None, clock: Callable[[], float] = time.time) -> None:
    store = await Store.open(f"sqlite:///{Path.cwd()}/data/bridge.db", owner="service", clock=clock)
    if work:
        await work(store)
    await store.close()


def test_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(fill())
    found = looked(capsys)
    assert [one["check"] for one in found.values() if one["state"] == "error"] == []
    assert "it can be written" in found["store"]["found"]
    assert "1 rule, 1 destination" in found["config"]["found"]
    assert found["listen"]["found"].endswith("is free; no service runs there now")
    assert found["destination here"]["found"] == "prints here"
    assert "Apprise" in found["versions"]["found"]
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "✓ store: " in said
    assert said.rstrip().endswith("no error")


def test_before_the_first_start(capsys: pytest.CaptureFixture[str]) -> None:
    assert "does not exist yet" in looked(capsys)["store"]["found"]
    assert not Path("data").exists(), "looking makes nothing"


def test_a_broken_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    write("sauces: {}\n")
    found = looked(capsys, code=1)
    assert found["config"]["state"] == "error"
    assert found["config"]["help"] == "`bridge check` names them"


def test_a_store_that_is_damaged(capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(fill())
    file = Path("data/bridge.db")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)
    found = looked(capsys, code=1)["store"]
    assert "is damaged" in found["found"]
    assert "bridge restore" in found["help"]


def test_a_store_that_is_away(capsys: pytest.CaptureFixture[str]) -> None:
    write(store=f"postgresql://bridge:hidden-password@127.0.0.1:{free_port()}/bridge")
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "✗ store: " in said
    assert "→ start the server" in said
    assert "hidden-password" not in said


def test_what_waits_for_somebody(capsys: pytest.CaptureFixture[str]) -> None:
    async def work(store: Store) -> None:
        (delivery,) = await deliver_one(store)
        await store.settle(settled(delivery, "failed", reason="gone"))
        await store.pauses.pause("here", "moving house", who="ada")

    asyncio.run(fill(work))
    found = looked(capsys)
    assert found["paused"]["help"].endswith("`bridge destinations resume here`")
    assert found["failed"]["found"] == "1 delivery failed"


def test_a_clock_that_was_set_back(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.run(fill(deliver_one))
    monkeypatch.setattr(doctor.time, "time", lambda: 1_700_000_000.0)
    assert "the clock was set back" in looked(capsys, code=1)["clock"]["found"]


def test_files_that_others_can_read(capsys: pytest.CaptureFixture[str]) -> None:
    Path("config.yaml").chmod(0o644)
    found = looked(capsys)["permissions"]
    assert found["state"] == "warning"
    assert found["help"] == f"chmod 600 {Path.cwd()}/config.yaml"


@pytest.mark.parametrize(("free", "code", "state"), [(500 << 20, 0, "warning"), (50 << 20, 1, "error")])
def test_a_disk_that_is_nearly_full(
    free: int, code: int, state: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: type("Usage", (), {"free": free}))
    found = looked(capsys, code=code)["disk"]
    assert found["state"] == state
    assert "keep" in found["help"]


def test_libraries_with_known_holes(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "version", lambda _: "1.0.0")
    found = looked(capsys, code=1)["versions"]
    assert "apprise 2.2.0, jinja2 3.1.6 or newer" in found["help"]


# ---- network -----------------------------------------------------------------------------------


@contextmanager
def listening() -> Iterator[tuple[int, SimpleQueue[bytes]]]:
    """A port, and what each connection said there."""
    heard = SimpleQueue[bytes]()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(5)
                    heard.put(connection.recv(1000))

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1], heard


def test_destinations_are_reached_and_nothing_is_sent(capsys: pytest.CaptureFixture[str]) -> None:
    with listening() as (port, heard):
        dead = free_port()
        write(f'  up: {{url: "json://127.0.0.1:{port}/x"}}\n  down: {{url: "json://127.0.0.1:{dead}/x"}}\n')
        found = looked(capsys, code=1)
        said = heard.get(timeout=10)  # it is accepted when its thread has a turn
    assert found["destination up"]["found"] == f"127.0.0.1:{port} answers"
    assert "connection refused" in found["destination down"]["found"]
    assert found["destination down"]["help"]
    assert said == b"", "it connected, and said nothing"
    assert heard.empty(), "it connected once"


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", ("hooks.slack.com", 443)),
        ("mailtos://user:a-password@smtp.example.com?from=b@example.com&to=m@example.com", ("smtp.example.com", 587)),
        (
            "workflows://prod-1.westeurope.logic.azure.com:443/643e69f83c8944/4KFGSAG-3zaAGC_PLuTTA",
            ("prod-1.westeurope.logic.azure.com", 443),
        ),
        ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", ("discord.com", 443)),
        ("tgram://123456789:abcdefg_hijklmnop/12315544/", ("api.telegram.org", 443)),
        ("ntfys://ntfy.example.com/ops", ("ntfy.example.com", 443)),
        ("json://10.1.2.3:8000/x", ("10.1.2.3", 8000)),
        ("nothing-that-apprise-knows://x", None),
    ],
)
def test_only_the_plug_in_knows_where_it_goes(url: str, place: tuple[str, int] | None) -> None:
    before = socket.getaddrinfo, socket.socket.connect, socket.socket.sendto
    assert reach.goes_to(Destination(name="x", url=url, kind=kind_of(url))) == place
    assert (socket.getaddrinfo, socket.socket.connect, socket.socket.sendto) == before


def test_a_webhook_goes_where_it_says() -> None:
    for url, place in (("https://b.example/hooks/x", ("b.example", 443)), ("http://b.example:81/x", ("b.example", 81))):
        signing = Signing(format="partners", secrets=("s",))
        destination = Destination(name="x", url=f"webhook:{url}", kind=kind_of("json://x"), signing=signing)
        assert reach.goes_to(destination) == place


def test_names_that_are_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert reach.reach("gone.example", 443, 1) == "the name gone.example is not known"


def test_a_certificate_that_nobody_trusts(monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(reach, "SECURE_PORTS", (port,))

        def serve() -> None:
            connection, _ = server.accept()
            with connection, pytest.raises((ssl.SSLError, OSError)):
                context.wrap_socket(connection, server_side=True).recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        said = reach.reach("127.0.0.1", port, 5)
        thread.join(10)
    assert said.startswith(f"127.0.0.1:{port} has no TLS that can be trusted: ")
    assert "certificate" in said


def test_a_name_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = threading.Event()
    monkeypatch.setattr(doctor, "SECONDS", 0.05)
    monkeypatch.setattr(doctor, "reach", lambda *_: str(stuck.wait(10)))
    assert doctor._reached([("slow.example", 443)]) == {("slow.example", 443): "no answer within 0.05 s"}
    stuck.set()


def test_another_program_has_the_port(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "SECONDS", 0.5)
    with listening() as (port, _):
        write(port=port)
        found = looked(capsys, code=1)["listen"]
    assert found["found"] == f"another program has 127.0.0.1:{port}"


def test_beside_a_running_service(live: Callable[..., Live]) -> None:
    Path("rules/messages.yaml").unlink()
    service = live()
    done = service.bridge("doctor", "--json")
    found = {one["check"]: one for one in json.loads(done.stdout)["checks"]}
    assert done.returncode == 0, done.stdout + done.stderr
    assert found["listen"]["found"] == f"the service answers at 127.0.0.1:{service.port}"
    assert found["destination sink"]["found"].endswith(" answers")
    assert service.sink.got == [], "nothing was sent"
    service.config.write_text(
        service.config.read_text().replace(
            f"public_url: http://127.0.0.1:{service.port}", "public_url: http://127.0.0.1:9"
        )
    )
    done = service.bridge("doctor")
    assert "! public_url: http://127.0.0.1:9 does not lead to the service" in done.stdout
