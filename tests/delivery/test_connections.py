"""A request in one piece, an answer cut apart: what is plain is quick, what is not is what urllib3 makes of it."""

from __future__ import annotations

import socket
import threading
import zlib
from collections.abc import Iterator, Sequence

import pytest
import requests

from bridge.delivery import http
from bridge.delivery.connections import whole_answer

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Word: caf\xe9\r\nContent-Length: 2\r\n\r\nok"
ZIPPED = zlib.compress(b"ok")


class Teller:
    """Answers each connection's requests with the pieces it is given, and keeps what it was asked."""

    def __init__(self) -> None:
        self.pieces: Sequence[bytes] = [PLAIN]
        self.ends = False  # closes after an answer
        self.asked: list[bytes] = []
        self.connections = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with client:
            while asked := client.recv(1 << 16):
                self.asked.append(asked)
                for piece in self.pieces:
                    client.sendall(piece)
                if self.ends:
                    return

    def ask(
        self, method: str = "POST", headers: dict[str, str] | None = None, body: bytes = b"hi"
    ) -> requests.Response:
        return http.request(
            method,
            f"http://127.0.0.1:{self.port}/a%20b?c=d",
            data=body,
            headers={"User-Agent": "Bridge"} | (headers or {}),
            allow_redirects=False,
        )

    def close(self) -> None:
        self._server.close()


@pytest.fixture
def teller() -> Iterator[Teller]:
    found = Teller()
    yield found
    found.close()


def test_a_plain_request_is_written_as_urllib3_would(teller: Teller) -> None:
    teller.ask(headers={"X-Token": "1", "Content-Type": "text/plain"})
    teller.ask(headers={"X-Token": "caf\u00e9", "Content-Type": "text/plain"})  # not plain: urllib3's own
    ours, theirs = (asked.partition(b"\r\n\r\n") for asked in teller.asked)
    assert ours[2] == theirs[2] == b"hi"
    assert ours[0].split(b"\r\n")[0] == theirs[0].split(b"\r\n")[0] == b"POST /a%20b?c=d HTTP/1.1"

    def fields(head: bytes) -> dict[bytes, bytes]:
        pairs = [line.split(b": ") for line in head.split(b"\r\n")[1:]]
        return {name.lower(): value for name, value in pairs if name != b"X-Token"}

    assert fields(ours[0]) == fields(theirs[0])
    assert teller.connections == 1


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\rb"])
def test_no_header_hides_another(teller: Teller, value: str) -> None:
    with pytest.raises((requests.RequestException, ValueError)):
        teller.ask(headers={"X-Token": value})
    assert teller.asked == []


def test_a_header_of_bytes_is_sent_as_it_is(teller: Teller) -> None:
    teller.ask(headers={"X-Token": b"abc"})  # type: ignore[dict-item]  # requests takes both
    assert b"\r\nX-Token: abc\r\n" in teller.asked[0]


@pytest.mark.parametrize("name", ["X-Evil: 1", ""])
def test_a_name_that_is_none_is_refused(teller: Teller, name: str) -> None:
    with pytest.raises((requests.RequestException, ValueError)):
        teller.ask(headers={name: "1"})
    assert teller.asked == []


def test_an_answer_in_one_piece_is_cut_apart() -> None:
    found = whole_answer(PLAIN)
    assert found is not None
    assert (found.status, found.reason, found.content) == (200, "OK", b"ok")
    assert found.headers["x-word"] == "caf\u00e9"


UNUSUAL = {
    "in chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
    "zipped": b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: %d\r\n\r\n" % len(ZIPPED) + ZIPPED,
    "after a hint": b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN,
    "in bare lines": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "folded": b"HTTP/1.1 200 OK\r\nX-Long: a\r\n b\r\nContent-Length: 2\r\n\r\nok",
    "without a reason": b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
    "more than it says": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokay",
}


@pytest.mark.parametrize("answer", UNUSUAL.values(), ids=UNUSUAL.keys())
def test_an_unusual_answer_is_read_all_the_same(teller: Teller, answer: bytes) -> None:
    teller.pieces = [answer]
    teller.ends = True
    response = teller.ask()
    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.parametrize("at", range(1, len(PLAIN)))
def test_an_answer_may_be_cut_anywhere(teller: Teller, at: int) -> None:
    teller.pieces = [PLAIN[:at], PLAIN[at:]]
    for _ in range(2):
        response = teller.ask()
        assert (response.status_code, response.text, response.headers["X-Word"]) == (200, "ok", "caf\u00e9")
    assert teller.connections == 1


def test_an_answer_without_a_length_ends_with_its_connection(teller: Teller) -> None:
    teller.pieces = [b"HTTP/1.1 200 OK\r\n\r\n", b"ok"]
    teller.ends = True
    assert [teller.ask().text for _ in range(2)] == ["ok", "ok"]
    assert teller.connections == 2


def test_who_closes_is_asked_anew(teller: Teller) -> None:
    teller.pieces = [PLAIN.replace(b"X-Word: caf\xe9", b"Connection: close")]
    assert [teller.ask().text for _ in range(2)] == ["ok", "ok"]
    assert teller.connections == 2


def test_an_answer_to_head_has_no_body(teller: Teller) -> None:
    teller.pieces = [PLAIN[:-2]]
    response = teller.ask("HEAD")
    assert (response.status_code, response.content) == (200, b"")


def test_no_answer_at_all_is_an_error(teller: Teller) -> None:
    teller.pieces = []
    teller.ends = True
    with pytest.raises(requests.ConnectionError):
        teller.ask()
