"""Fetches the files that a message takes along; what cannot be had is left out and told, the message goes all the same.

The addresses come from events, that is from strangers: only public machines are asked, at the very address that was
checked, each redirect anew; time, size and kind are bounded, and the kind is judged by the bytes.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, SSLError
from urllib3.response import BaseHTTPResponse

from bridge.delivery import http
from bridge.delivery.addresses import PUBLIC, Place, Policy, Refused, addresses, read
from bridge.model import replace

SECONDS = 10.0  # for all files of a message
BYTES = 10 * 1024 * 1024  # of all files of a message
FILES = 5
REDIRECTS = 3
_CHUNK = 64 * 1024
_NAME_MAX = 80

_REDIRECTING = (301, 302, 303, 307, 308)
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"GIF87a", "image/gif", "gif"),
    (b"GIF89a", "image/gif", "gif"),
    (b"II*\x00", "image/tiff", "tif"),
    (b"MM\x00*", "image/tiff", "tif"),
    (b"%PDF-", "application/pdf", "pdf"),
    (b"PK\x03\x04", "application/zip", "zip"),
)
_ANY = ("", "application/octet-stream", "binary/octet-stream", "application/download")  # headers that say nothing
_ALSO = {
    "application/x-zip-compressed": "application/zip",
    "application/x-zip": "application/zip",
    "image/jpg": "image/jpeg",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that was fetched."""

    name: str
    type: str
    data: bytes = field(repr=False)


@dataclass(slots=True)
class _Fetching:
    """One message's fetching, in a thread of its own, since a name's look-up cannot be given a time limit."""

    urls: Sequence[str]
    policy: Policy
    until: float  # time.monotonic()
    files: list[File] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    connection: HTTPConnection | None = None

    def run(self) -> None:
        room = BYTES
        for url in self.urls:
            try:
                file = self._fetch(url, room)
            except Refused as refusal:
                self.reasons.append(str(refusal))
            else:
                room -= len(file.data)
                self.files.append(file)
        self.over.set()

    def cut(self) -> None:
        """End what hangs on the network."""
        sock: Any = getattr(self.connection, "sock", None)
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _fetch(self, url: str, room: int) -> File:
        place = read(url, self.policy)
        for _ in range(REDIRECTS + 1):
            place = replace(place, address=addresses(place, self.policy)[0])
            self._left(place)
            answer = self._ask(place, room)
            if isinstance(answer, File):
                return answer
            after = read(urljoin(f"{place.scheme}://{_in_url(place)}{place.target}", answer), self.policy)
            if place.scheme == "https" and after.scheme == "http":
                raise Refused(f"{place.host} leads to an address that is not encrypted")
            place = after
        raise Refused(f"{place.host} leads on and on")

    def _ask(self, place: Place, room: int) -> File | str:
        """The file, or where a redirect leads."""
        self.connection = connection = _connection(place, self._left(place))
        try:
            headers = {"Host": _in_url(place), "User-Agent": "Bridge", "Accept-Encoding": "identity"}
            connection.request("GET", place.target, headers=headers, preload_content=False, decode_content=False)
            answer = connection.getresponse()
            self._left(place)  # what our own cut ended looks like an answer too
            if answer.status in _REDIRECTING and (location := answer.headers.get("Location")):
                return location
            if answer.status != 200:
                raise Refused(f"{place.host} answered {answer.status}")
            return _file(place, answer, self._body(place, answer, room))
        except SSLError:
            raise Refused(f"{place.host} could not show who it is") from None
        except (OSError, HTTPError, ValueError):
            self._left(place)
            raise Refused(f"{place.host} could not be reached") from None
        finally:
            connection.close()

    def _body(self, place: Place, answer: BaseHTTPResponse, room: int) -> bytes:
        length = answer.headers.get("Content-Length", "")
        if length.isdigit() and int(length[:20]) > room:
            raise Refused(f"{place.host} has more than {BYTES // 1024 // 1024} MB for this message")
        body = bytearray()
        while data := answer.read1(_CHUNK, decode_content=False):
            body += data
            self._left(place)
            if len(body) > room:
                raise Refused(f"{place.host} has more than {BYTES // 1024 // 1024} MB for this message")
        self._left(place)  # likewise
        if length.isdigit() and len(body) < int(length[:20]):
            raise Refused(f"{place.host} broke off")
        return bytes(body)

    def _left(self, place: Place) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise Refused(f"{place.host} took too long")
        return left


def fetch(
    urls: Sequence[str], *, until: float, policy: Policy = PUBLIC
) -> tuple[list[File], list[str]]:  # `until`: time.monotonic()
    """The files that could be had in time, and why the others could not."""
    work = _Fetching(urls[:FILES], policy, min(until, time.monotonic() + SECONDS))
    threading.Thread(target=work.run, daemon=True).start()
    in_time = work.over.wait(max(0.0, work.until - time.monotonic()))
    files, reasons = list(work.files), list(work.reasons)  # of one moment: the thread may go on
    if not in_time:
        work.cut()
        reasons += ["it took too long"] * (len(work.urls) - len(files) - len(reasons))
    left_out = [f"{len(urls) - FILES} beyond the {FILES} that a message takes"] if len(urls) > FILES else []
    return files, [*reasons, *left_out]


def _connection(place: Place, timeout: float) -> HTTPConnection:
    """To the address that was checked, under the name that was asked for; never through a proxy."""
    if place.scheme == "http":
        return HTTPConnection(place.address, place.port, timeout=timeout)
    return HTTPSConnection(
        place.address,
        place.port,
        timeout=timeout,
        ssl_context=http._tls(True),  # the one context of this process
        server_hostname=place.host,
        assert_hostname=place.host,
    )


def _in_url(place: Place) -> str:
    host = f"[{place.host}]" if ":" in place.host else place.host
    return host if place.port == (443 if place.scheme == "https" else 80) else f"{host}:{place.port}"


# ---- what kind of file --------------------------------------------------------------------------


def _file(place: Place, answer: BaseHTTPResponse, body: bytes) -> File:
    said = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    said = _ALSO.get(said, said)
    found = _kind(body, said)
    if found is None or said not in (*_ANY, found[0]):
        raise Refused(f"{place.host} sent something else than a picture, PDF, text or zip file")
    type_, ending = found
    return File(name=_name(place.target, ending), type=type_, data=body)


def _kind(body: bytes, said: str) -> tuple[str, str] | None:
    """What the bytes are; a text only where the header says so too."""
    for start, type_, ending in _MAGIC:
        if body.startswith(start):
            return type_, ending
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp", "webp"
    if said == "text/plain" and b"\0" not in body:
        with contextlib.suppress(UnicodeDecodeError):
            body.decode()
            return "text/plain", "txt"
    return None


def _name(target: str, ending: str) -> str:
    """The last part of the path, with signs that no system or header minds, and the ending that fits the bytes."""
    stem = target.partition("?")[0].rpartition("/")[2].rpartition(".")
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", stem[0] or stem[2]).strip("-")[:_NAME_MAX] or "file"
    return f"{name}.{ending}"
