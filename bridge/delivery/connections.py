"""urllib3's connections, quicker where a request and its answer are as simple as most are.

urllib3 connects, agrees on TLS, tunnels and keeps what is open. Of a send over a connection that is open, its layers
and the standard library's cost two thirds: they build the head line by line and read the answer with a parser for
mail. Here a plain request is written in one piece, and an answer that arrives in one piece is cut apart as it is.
Whatever is not plain goes their way.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
from collections.abc import Mapping
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from bridge.delivery.recorder import SEEN

PIECE = 64 * 1024  # bytes
_START = re.compile(rb"HTTP/1\.1 ([2-5]\d\d)(?: ([ -~]*))?")
_NAME = re.compile(r"[!#-'*+.0-9A-Z^-z|~-]+")
_LINE = re.compile(rb"([!#-'*+.0-9A-Z^-z|~-]+):[ \t]*([ -~\x80-\xff]*)")
_OURS = {"host", "content-length", "transfer-encoding"}  # who gives these has reasons of its own
_WITHOUT_BODY = {204, 304}


class Whole(urllib3.HTTPResponse):
    """An answer of which everything is there already."""

    def __init__(self, status: int, reason: str, headers: urllib3.HTTPHeaderDict, content: bytes) -> None:
        # Not the parent's, which prepares for a body that is still to come.
        self.status, self.reason, self.headers, self.content = status, reason, headers, content
        self.version, self.version_string, self.length_remaining = 11, "HTTP/1.1", 0
        self.auto_close, self._fp, self._pool, self._connection = True, None, None, None


def whole_answer(data: bytes) -> Whole | None:
    """The answer that these bytes are, if they are all of it and in the usual form."""
    head, ends, content = data.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    start = _START.fullmatch(first)
    if not ends or start is None or int(start[1]) in _WITHOUT_BODY:
        return None
    headers = urllib3.HTTPHeaderDict()
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None:
            return None
        headers.add(found[1].decode("latin-1"), found[2].decode("latin-1").rstrip())
    if "transfer-encoding" in headers or "content-encoding" in headers:
        return None
    if headers.get("content-length") != str(len(content)):  # of two, urllib3 makes "2, 2"
        return None
    return Whole(int(start[1]), (start[2] or b"").decode(), headers, content)


class Connection(HTTPConnection):
    """Tells the Seen of its context when a request leaves, and sends it in one piece.

    http.client sends head and body apart: two system calls, two packets, and the other threads in between.
    """

    _parts: list[bytes] | None = None  # of the request that is being put together by the parent
    _asked: tuple[str, str] | None = None  # method and target of a request that was written here

    def request(self, method: str, url: str, body: Any = None, headers: Any = None, **options: Any) -> None:
        if self.sock is None:
            self.connect()
        self.timeout = None  # it was for connecting
        if seen := SEEN.get():
            seen.sock = self.sock
            seen.in_doubt = True
        plain = self._plain(method, url, body, headers or {})
        self._asked = (method, url) if plain else None
        if plain:
            if self.sock.gettimeout() is not None:
                self.sock.settimeout(None)
            self.sock.sendall(plain)
        else:
            self._put_together(method, url, body, headers, options)

    def _put_together(self, method: str, url: str, body: Any, headers: Any, options: dict[str, Any]) -> None:
        self._parts = []
        try:
            super().request(method, url, body=body, headers=headers, **options)
        finally:
            parts, self._parts = self._parts, None
        self.send(b"".join(parts))

    def _plain(self, method: str, url: str, body: Any, headers: Mapping[str, str]) -> bytes | None:
        """All bytes of a request without anything unusual."""
        if url[:1] != "/" or type(body) is not bytes or self._tunnel_host or ":" in self.host:
            return None
        names = {name.lower() for name in headers}
        if "user-agent" not in names or not names.isdisjoint(_OURS):
            return None
        if any(type(word) is not str for pair in headers.items() for word in pair):  # a plug-in may give bytes
            return None
        if not all(map(_NAME.fullmatch, headers)):
            return None
        host = self.host if self.port == self.default_port else f"{self.host}:{self.port}"
        lines = [f"{method} {url} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join(lines)
        if not head.isascii() or head.count("\r") != len(lines) - 1 or head.count("\n") != len(lines) - 1:
            return None
        return head.encode() + b"\r\n\r\n" + body

    def send(self, data: Any) -> None:
        if self._parts is None:
            super().send(data)
        else:
            self._parts.append(data)

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]  # as urllib3 has it
        if self._asked is None:
            return super().getresponse()
        (method, target), self._asked = self._asked, None
        data = self.sock.recv(PIECE)
        answer = whole_answer(data) if method != "HEAD" else None
        if answer is None:
            return self._usual(data, method, target)
        if "close" in answer.headers.get("connection", "").lower():
            self.close()
        return answer

    def _usual(self, data: bytes, method: str, target: str) -> urllib3.HTTPResponse:
        """What http.client and urllib3 make of an answer that begins with `data`."""
        inner = http.client.HTTPResponse(_Begun(self.sock, data), method=method)  # type: ignore[arg-type]
        try:
            inner.begin()
        except BaseException:
            self.close()
            inner.close()
            raise
        if inner.will_close:
            self.close()  # as http.client does: the answer reads on to the end
        return urllib3.HTTPResponse(
            body=inner,
            headers=urllib3.HTTPHeaderDict(inner.msg.items()),
            status=inner.status,
            version=inner.version,
            reason=inner.reason,
            preload_content=False,
            original_response=inner,
            request_method=method,
            request_url=target,
        )


class _Begun:
    """A socket of which some bytes were read already."""

    def __init__(self, sock: socket.socket, data: bytes) -> None:
        self._sock = sock
        self._data = data

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Rest(self._data, self._sock.makefile("rb", buffering=0)))


class _Rest(io.RawIOBase):
    def __init__(self, data: bytes, rest: io.RawIOBase) -> None:
        self._data = data
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if not self._data:
            return self._rest.readinto(buffer)
        part, self._data = self._data[: len(buffer)], self._data[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        self._rest.close()
        super().close()


class SecureConnection(Connection, HTTPSConnection):
    """The same over TLS."""


class Pool(urllib3.HTTPConnectionPool):
    """Keeps such connections."""

    ConnectionCls = Connection


class SecurePool(urllib3.HTTPSConnectionPool):
    """Keeps such connections over TLS."""

    ConnectionCls = SecureConnection
