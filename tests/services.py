"""The internet of the tests: services and a mail server played on loopback, for Apprise's plug-ins as they are.

`FakeWorld` is a proxy that ends TLS with a test authority and plays whatever host is asked for. A process that has
`world.environment` in its environment finds it there; nothing in the program is patched.
"""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.live import free_port


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a service received."""

    host: str
    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a service answers."""

    status: int = 200
    body: bytes | str = b""
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0  # seconds before it answers
    drip: float = 0.0  # seconds between two bytes
    drip_from: int = 0  # bytes that go out at once before
    reset: bool = False  # breaks the connection instead of answering
    reset_at: int = 0  # bytes of the answer that go out before

    def encoded(self) -> bytes:
        body = self.body.encode() if isinstance(self.body, str) else self.body
        headers = {"Content-Length": str(len(body))} | self.headers
        lines = [f"HTTP/1.1 {self.status} Played", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


OK = {
    "hooks.slack.com": Reply(body="ok"),
    "slack.com": Reply(body='{"ok": true, "channel": "C1", "message": {"text": ""}}'),
    "discord.com": Reply(status=204),
    "api.telegram.org": Reply(body='{"ok": true, "result": {"message_id": 1, "chat": {"id": 12345}}}'),
    "logic.azure.com": Reply(status=202),
    "ntfy.sh": Reply(body='{"id": "sPs71M8A2T", "event": "message", "topic": "topic", "message": ""}'),
}


class FakeWorld:
    """Plays every host, over TLS behind a proxy and plainly on its own port, until `close()`."""

    def __init__(self, folder: Path) -> None:
        self.received: list[Request] = []
        self.connections = 0
        self._replies: dict[str, list[Reply]] = {}
        self._authority = trustme.CA()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._ca = folder / "test-ca.pem"
        self._authority.cert_pem.write_to_path(str(self._ca))
        self._came = threading.Condition()
        self._open: set[socket.socket] = set()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def environment(self) -> dict[str, str]:
        """What leads a process here for every https:// host, and lets it trust what it finds."""
        proxy = f"http://127.0.0.1:{self.port}"
        return {
            "HTTPS_PROXY": proxy,
            "https_proxy": proxy,
            "REQUESTS_CA_BUNDLE": str(self._ca),
            "SSL_CERT_FILE": str(self._ca),
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }

    def answer(self, host: str, *replies: Reply) -> None:
        """What a host (or its parent domain) answers from now on: one reply after the other, the last one for ever."""
        self._replies[host] = list(replies)

    def reset(self) -> None:
        """Forget what was received and what was to be answered."""
        self.received.clear()
        self._replies.clear()

    def wait_for(self, count: int, timeout: float = 10.0) -> list[Request]:
        """The first `count` requests, once they are there."""
        with self._came:
            if not self._came.wait_for(lambda: len(self.received) >= count, timeout):
                raise AssertionError(f"{len(self.received)} requests came, not {count}")
            return self.received[:count]

    def server_context(self, host: str) -> ssl.SSLContext:
        """TLS for a server of that name, trusted by who has `environment`."""
        if host not in self._contexts:
            self._contexts[host] = self.certified(host)
        return self._contexts[host]

    def certified(self, host: str, **validity: Any) -> ssl.SSLContext:
        """As server_context, anew, with the dates that trustme takes."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(host, **validity).configure_cert(context)
        return context

    def close(self) -> None:
        self._server.close()
        for one in list(self._open):
            with contextlib.suppress(OSError):
                socket.socket.shutdown(one, socket.SHUT_RDWR)

    # ---- the proxy -------------------------------------------------------------------------

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), contextlib.ExitStack() as stack:
            stack.enter_context(connection)
            host = ""
            start = connection.recv(8, socket.MSG_PEEK)
            if start == b"CONNECT ":
                line = _read_head(connection)[0]
                host = line.split()[1].rpartition(":")[0]
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                connection = stack.enter_context(
                    self.server_context(host).wrap_socket(connection, server_side=True, suppress_ragged_eofs=True)
                )
            self._open.add(connection)
            stack.callback(self._open.discard, connection)
            while request := _read_request(connection, host):
                with self._came:
                    self.received.append(request)
                    self._came.notify_all()
                if not _send(connection, self._reply_to(request.host)):
                    return

    def _reply_to(self, host: str) -> Reply:
        for known in (self._replies, {name: [reply] for name, reply in OK.items()}):
            for name, replies in known.items():
                if host == name or host.endswith("." + name):
                    return replies.pop(0) if len(replies) > 1 else replies[0]
        return Reply(body="ok")


def _read_head(connection: socket.socket) -> list[str]:
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            return []
        data += byte
    return data.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")


def _read_request(connection: socket.socket, host: str) -> Request | None:
    lines = _read_head(connection)
    if not lines:
        return None
    method, path, _ = lines[0].split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    body = b""
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    host = host or headers["host"].rpartition(":")[0]
    return Request(host=host, method=method, path=path, headers=headers, body=body)


def _send(connection: socket.socket, reply: Reply) -> bool:
    """Whether the connection can be used again."""
    time.sleep(reply.wait)
    if reply.reset:
        connection.sendall(reply.encoded()[: reply.reset_at])
        time.sleep(0.05 if reply.reset_at else 0)  # what was sent is read before
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False
    data = reply.encoded()
    if not reply.drip:
        connection.sendall(data)
        return True
    connection.sendall(data[: reply.drip_from])
    for position in range(reply.drip_from, len(data)):
        time.sleep(reply.drip)
        connection.sendall(data[position : position + 1])
    return True


# ---- mail --------------------------------------------------------------------------------------


class MailServer:
    """Takes mail, or refuses it.

    `replies` maps "AUTH", "RCPT", "RCPT ada@example.org", "DATA" or "QUIT" to the line to answer with; an empty line
    breaks the connection instead.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, replies: dict[str, str] | None = None) -> None:
        self.received: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.logins: list[str] = []
        self._replies = replies or {}
        self.port = free_port()
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            tls_context=tls,
            require_starttls=tls is not None,
            auth_require_tls=tls is not None,
            authenticator=self._login,
        )
        self._controller.start()

    def url(self, arguments: str = "", *, login: str = "") -> str:
        """An Apprise URL that leads here; with TLS, the name the certificate is for must be `localhost`."""
        if login:
            return f"mailtos://{login}@localhost:{self.port}?from=bridge@example.org&to=ada@example.org{arguments}"
        to = "from=bridge@example.org&to=ada@example.org&mode=insecure"
        return f"mailto://127.0.0.1:{self.port}?{to}{arguments}"

    def close(self) -> None:
        self._controller.stop()

    def _login(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        self.logins.append(data.login.decode())
        # handled=False lets the server say 535; with True a refused login would wait for ever.
        return AuthResult(success="AUTH" not in self._replies, handled=False)

    async def handle_RCPT(  # noqa: N802 -- the name aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = self._replies.get(f"RCPT {address}", self._replies.get("RCPT"))
        if refusal is not None:
            return _or_break(refusal, server)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 -- as above
        return _or_break(self._replies.get("QUIT", "221 Bye"), server)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 -- as above
        if "DATA" in self._replies:
            return _or_break(self._replies["DATA"], server)
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.received.append(message)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 OK"


def _or_break(line: str, server: SMTP) -> str:
    if not line:
        transport = server.transport
        assert isinstance(transport, asyncio.Transport)
        transport.abort()
    return line or "421 broken"


@contextlib.contextmanager
def played(folder: Path) -> Iterator[FakeWorld]:
    """A FakeWorld for as long as the block lasts."""
    world = FakeWorld(folder)
    try:
        yield world
    finally:
        world.close()
