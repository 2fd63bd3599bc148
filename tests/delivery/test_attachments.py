"""Files that a message takes along: whom Bridge asks for them, how long, how much, and what it takes for a file."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bridge.delivery import attachments, prepared
from bridge.delivery.addresses import PUBLIC, Policy, Refused, addresses, is_public, read
from bridge.delivery.attachments import fetch
from bridge.delivery.recorder import Seen, watch_smtp
from bridge.model import Notification
from tests.delivery.conftest import Send
from tests.live import free_port
from tests.services import FakeWorld, MailServer

CORPUS = Path(__file__).resolve().parents[1] / "corpus" / "urls.json"
ITEMS: list[dict[str, Any]] = json.loads(CORPUS.read_text("utf-8"))["items"]
SERVER = "127.0.0.2"  # stands for a public machine; 127.0.0.1 is the trap
PNG = b"\x89PNG\r\n\x1a\n" + b"picture"
OK = b"HTTP/1.1 200 OK\r\n"


def of(*classes: str) -> pytest.MarkDecorator:
    found = [item for item in ITEMS if item["class"] in classes]
    return pytest.mark.parametrize("item", found, ids=[item["id"] for item in found])


def unpacked(value: Any) -> str:
    if isinstance(value, dict):
        return gzip.decompress(base64.b64decode(value["$gzip"])).decode("utf-8", "surrogatepass")
    return str(value)


def resolver(item: dict[str, Any]) -> Callable[[str, int], Sequence[str]]:
    def look_up(host: str, port: int) -> Sequence[str]:
        answer = item.get("resolves", "nxdomain")
        if isinstance(answer, str):
            raise OSError(answer)
        return [str(address) for address in answer]

    return look_up


# ---- whom it asks ------------------------------------------------------------------------------


@of("loopback-v4", "ipv6", "private-v4", "metadata", "dns", "scheme", "parser")
def test_hostile_addresses_are_never_asked(item: dict[str, Any]) -> None:
    policy = Policy(look_up=resolver(item))
    with pytest.raises(Refused):
        addresses(read(unpacked(item["url"]), policy), policy)


@of("public")
def test_public_addresses_are(item: dict[str, Any]) -> None:
    policy = Policy(look_up=resolver(item))
    assert list(addresses(read(item["url"], policy), policy)) == item["resolves"]


@pytest.mark.parametrize("address", ["", "x", "1.2.3", "fe80::1%eth0", "2002:7f00:1::", "64:ff9b::7f00:1", "::1.2.3.4"])
def test_what_is_no_public_address(address: str) -> None:
    assert not is_public(address)


def test_the_public_policy_is_strict() -> None:
    assert PUBLIC.ports == {80, 443, 8443}
    assert not PUBLIC.is_public("127.0.0.1")
    assert fetch(["http://127.0.0.1/a.png", "http://localhost/a.png"], until=time.monotonic() + 5) == (
        [],
        ["127.0.0.1 is not a public address", "localhost is not a public address"],
    )


# ---- a played machine ---------------------------------------------------------------------------


@dataclass
class Machine:
    """Answers each path with bytes, or with what a function does to the connection."""

    answers: dict[str, bytes | Callable[[socket.socket], None]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listening = socket.create_server((SERVER, 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._answer, args=[self._listening.accept()[0]], daemon=True).start()

    def _answer(self, sock: socket.socket) -> None:
        with sock, contextlib.suppress(OSError):
            asked = sock.recv(65536).decode()
            path = asked.split(" ")[1]
            self.asked.append(asked)
            answer = self.answers.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            if callable(answer):
                answer(sock)
            else:
                sock.sendall(answer)

    def url(self, path: str) -> str:
        return f"http://public.test:{self.port}{path}"

    @property
    def policy(self) -> Policy:
        def look_up(host: str, port: int) -> Sequence[str]:
            return {"public.test": [SERVER], "rebind.test": [SERVER, "127.0.0.1"]}.get(host, [])

        return Policy(
            look_up=look_up, is_public=lambda address: address == SERVER or is_public(address), ports=range(1, 65536)
        )

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def machine() -> Iterator[Machine]:
    played = Machine()
    yield played
    played.close()


def got(machine: Machine, *paths: str, seconds: float = 5.0) -> tuple[list[Any], list[str]]:
    urls = [path if "://" in path else machine.url(path) for path in paths]
    files, reasons = fetch(urls, until=time.monotonic() + seconds, policy=machine.policy)
    return [(file.name, file.type, file.data) for file in files], reasons


def ok(body: bytes, type_: str = "image/png", more: str = "") -> bytes:
    return OK + f"Content-Type: {type_}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


def test_a_file_comes_with_its_name_and_kind(machine: Machine) -> None:
    machine.answers["/logos/a%20b.PNG?sig=SECRET"] = ok(PNG)
    assert got(machine, "/logos/a%20b.PNG?sig=SECRET#x") == ([("a-20b.png", "image/png", PNG)], [])
    (asked,) = machine.asked
    assert f"Host: public.test:{machine.port}\r\n" in asked
    assert "Accept-Encoding: identity" in asked


@pytest.mark.parametrize(
    ("type_", "body", "name"),
    [
        ("image/jpeg", b"\xff\xd8\xff\xe0x", "f.jpg"),
        ("application/octet-stream", b"%PDF-1.7 x", "f.pdf"),
        ("application/x-zip-compressed", b"PK\x03\x04x", "f.zip"),
        ("text/plain; charset=utf-8", "é".encode(), "f.txt"),
        ("image/webp", b"RIFF1234WEBPx", "f.webp"),
    ],
)
def test_kinds_that_are_taken(machine: Machine, type_: str, body: bytes, name: str) -> None:
    machine.answers["/f"] = ok(body, type_)
    ((found, _, data),), reasons = got(machine, "/f")
    assert (found, data, reasons) == (name, body, [])


@pytest.mark.parametrize(
    ("type_", "body"),
    [
        ("image/png", b"<html><script>"),  # a page, called a picture
        ("image/svg+xml", b"<svg><script>alert(1)</script></svg>"),
        ("application/pdf", b"MZ\x90\x00"),  # a program, called an invoice
        ("text/html", PNG),
        ("text/plain", b"a\0b"),
        ("text/plain", b"\xff\xfe"),
        ("application/octet-stream", b"words"),
        ("image/png", b""),
    ],
)
def test_kinds_that_are_not(machine: Machine, type_: str, body: bytes) -> None:
    machine.answers["/invoice.pdf"] = ok(body, type_)
    expected = "public.test sent something else than a picture, PDF, text or zip file"
    assert got(machine, "/invoice.pdf") == ([], [expected])


def test_a_name_in_a_header_does_not_count(machine: Machine) -> None:
    more = 'Content-Disposition: attachment; filename="x\\r\\nBcc: eve@evil.example"\r\n'
    machine.answers["/a"] = ok(PNG, more=more)
    ((name, _, _),), _ = got(machine, "/a")
    assert name == "a.png"


# ---- redirects ----------------------------------------------------------------------------------


def redirect(location: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


@of("redirect")
def test_no_redirect_leads_where_nobody_may_go(machine: Machine, item: dict[str, Any]) -> None:
    location = (
        item["location"].replace("http://public.test/", machine.url("/")).replace("rebind.test", "rebind.test:81")
    )
    machine.answers[f"/{item['id']}"] = (
        f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
    )
    machine.answers["/r7"] = machine.answers[f"/{item['id']}"]
    files, (reason,) = got(machine, f"/{item['id']}")
    assert files == []
    assert "public" in reason or "its address" in reason


def test_three_redirects_are_followed_and_no_more(machine: Machine) -> None:
    for number in range(1, 5):
        machine.answers[f"/{number}"] = (
            f"HTTP/1.1 302 F\r\nLocation: {number - 1}\r\nContent-Length: 0\r\n\r\n".encode()
        )
    machine.answers["/0"] = ok(PNG)
    assert got(machine, "/3", "/4") == ([("0.png", "image/png", PNG)], ["public.test leads on and on"])


# ---- limits -------------------------------------------------------------------------------------


def endless(sock: socket.socket) -> None:
    sock.sendall(OK + b"Content-Type: image/png\r\n\r\n" + PNG)
    while True:
        sock.sendall(b"x" * 65536)


def dripping(sock: socket.socket) -> None:
    for byte in OK + b"Content-Type: image/png\r\nX: " + b"x" * 10_000:
        sock.sendall(bytes([byte]))
        time.sleep(0.02)


def dripping_body(sock: socket.socket) -> None:
    sock.sendall(OK + b"Content-Type: image/png\r\nContent-Length: 10000\r\n\r\n")
    for byte in PNG * 1_000:
        sock.sendall(bytes([byte]))
        time.sleep(0.02)


def test_an_endless_file_ends(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "BYTES", 1024 * 1024)
    machine.answers["/endless"] = endless
    machine.answers["/big"] = OK + b"Content-Type: image/png\r\nContent-Length: 99999999999\r\n\r\n" + PNG
    reason = "public.test has more than 1 MB for this message"
    assert got(machine, "/endless", "/big") == ([], [reason, reason])


@pytest.mark.parametrize("drip", [dripping, dripping_body, lambda sock: sock.recv(1)])
def test_a_slow_machine_does_not_hold_the_message(machine: Machine, drip: Callable[[socket.socket], None]) -> None:
    machine.answers["/slow"] = drip
    machine.answers["/a"] = ok(PNG)
    files, reasons = got(machine, "/a", "/slow", "/slow", seconds=0.5)
    assert len(files) == 1
    assert len(reasons) == 2
    assert all("took too long" in reason for reason in reasons)


def test_a_look_up_that_hangs_does_not_either() -> None:
    stuck = threading.Event()
    policy = Policy(look_up=lambda host, port: ["1.1.1.1"] if stuck.wait(30) else [])
    assert fetch(["http://a.test/"], until=time.monotonic() + 0.2, policy=policy) == ([], ["it took too long"])
    stuck.set()


def test_what_breaks_off_is_not_sent(machine: Machine) -> None:
    machine.answers["/broken"] = OK + b"Content-Type: image/png\r\nContent-Length: 100\r\n\r\n" + PNG
    files, (reason,) = got(machine, "/broken")
    assert files == []
    assert reason in ("public.test broke off", "public.test could not be reached")


def test_refusals_are_told_in_words(machine: Machine) -> None:
    closed = f"http://public.test:{free_port(SERVER)}/"
    machine.answers["/500"] = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"
    _, reasons = got(machine, "/none", "/500", closed, "http://nowhere.test/", "file:///etc/passwd")
    assert reasons == [
        "public.test answered 404",
        "public.test answered 500",
        "public.test could not be reached",
        "nowhere.test cannot be found",
        "its address is not a plain http or https one",
    ]


def test_a_message_takes_five_files(machine: Machine) -> None:
    machine.answers["/a"] = ok(PNG)
    files, reasons = got(machine, *["/a"] * 7)
    assert (len(files), reasons) == (5, ["2 beyond the 5 that a message takes"])


# ---- in a mail ----------------------------------------------------------------------------------


@pytest.fixture
def mailed(machine: Machine) -> Iterator[tuple[MailServer, Callable[..., Any]]]:
    watch_smtp()
    server = MailServer()

    def send(*paths: str, url: str = "") -> Any:
        note = Notification(
            title="t", body="<p>hello</p>", format="html", attach=tuple(machine.url(path) for path in paths)
        )
        seen = Seen(deadline=time.monotonic() + 5)
        return prepared.send(url or server.url(), note, seen, policy=machine.policy)

    yield server, send
    server.close()


def test_a_mail_takes_its_file_along(machine: Machine, mailed: tuple[MailServer, Callable[..., Any]]) -> None:
    server, send = mailed
    machine.answers["/logo"] = ok(PNG)
    outcome = send("/logo")
    assert (outcome.result, outcome.reason) == ("delivered", "")
    (message,) = server.received
    (attached,) = message.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("logo.png", "image/png")
    assert attached.get_payload(decode=True) == PNG
    text = message.get_body(("plain",))
    assert text is not None
    assert text.get_content().strip() == "hello"


def test_a_missing_file_never_stops_the_message(
    machine: Machine, mailed: tuple[MailServer, Callable[..., Any]]
) -> None:
    server, send = mailed
    outcome = send("/gone")
    assert outcome.result == "delivered"
    assert outcome.reason == "left out of the message: public.test answered 404"
    assert not list(server.received[0].iter_attachments())


WITH_FILE = Notification(title="t", body="b", format="text", attach=("http://127.0.0.1/x.png",))


@pytest.mark.asyncio(loop_scope="package")
async def test_the_sender_process_asks_nobody_but_public_machines(mail: Callable[..., MailServer], send: Send) -> None:
    server = mail()
    outcome = await send(server.url(), WITH_FILE)
    assert (outcome.result, len(server.received)) == ("delivered", 1)
    assert outcome.reason == "left out of the message: 127.0.0.1 is not a public address"


@pytest.mark.asyncio(loop_scope="package")
async def test_a_service_that_takes_no_files(world: FakeWorld, send: Send) -> None:
    outcome = await send("gchat://workspace/key/token", WITH_FILE)
    assert len(world.received) == 1
    assert outcome.reason.endswith("left out of the message: files, which this service does not take")
