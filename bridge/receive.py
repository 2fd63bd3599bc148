"""RECEIVE over HTTP: a small ASGI app in front of the pages, which takes what is posted to `/hooks/<source>`.

Here stand the bounds on what is read; the bounds on how long it may take are the server's (serve.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

import msgspec
import structlog

from bridge.errors import BadSignature, NotJson, Refused, StoreUnavailable
from bridge.model import Receipt
from bridge.shares import Shares

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]

HOOKS = "/hooks/"
MAX_HEADERS = 100
MAX_HELD = 32 * 1024 * 1024  # bytes of all bodies that are still arriving: a flood of half posts must not fill memory
MAX_STORING = 750  # posts that wait for their COMMIT; under the server's 1,000 connections, so that others find room
SMALL = 64 * 1024  # bytes; a post so small still passes during such a flood
LINGER = 1.0  # seconds to read on after a refusal
CUT_SHORT = "bridge.cut_short"  # in the scope: the status with which the server itself ended this request
SENDER_LEFT = 499  # nobody is there to be answered; only counted and logged, as nginx does

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer, and in words for the log why it is a refusal."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    reason: str = ""

    def as_http(self) -> bytes:
        """The answer as it goes over the wire where no ASGI server writes it."""
        start = f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}\r\n".encode()
        return start + b"".join(name + b": " + value + b"\r\n" for name, value in self.headers) + b"\r\n" + self.body


@cache
def _headers(length: int, kind: bytes = b"application/json") -> list[tuple[bytes, bytes]]:
    return [
        (b"content-type", kind),
        (b"content-length", str(length).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]


def problem(status: int, detail: str, *more: tuple[bytes, bytes]) -> Answer:
    """A refusal as RFC 9457 has it. The connection ends with it: what may follow on it is not worth reading."""
    title = HTTPStatus(status).phrase
    body = msgspec.json.encode({"type": "about:blank", "title": title, "status": status, "detail": detail})
    headers = [*_headers(len(body), b"application/problem+json"), (b"connection", b"close"), *more]
    return Answer(status, headers, body, detail)


def _not_a_post() -> Answer:
    line = b"Webhook events are taken here by POST. Nothing is wrong: this line only says that the address is right.\n"
    headers = [*_headers(len(line), b"text/plain; charset=utf-8"), (b"connection", b"close"), (b"allow", b"POST")]
    return Answer(405, headers, line, "not a POST")


RETRY_AFTER = (b"retry-after", b"5")

VOID = Answer(200, _headers(14), b'{"void": true}')
BAD_LENGTH = problem(400, "Content-Length is not a number")
UNAUTHORIZED = problem(401, "the signature is missing or wrong")
NOT_FOUND = problem(404, "nothing is here")
NO_SOURCE = problem(404, "no source of this name is configured")
NOT_A_POST = _not_a_post()
ENCODED = problem(415, "a Content-Encoding is not taken: send the JSON as it is")
TOO_MANY_HEADERS = problem(431, f"more than {MAX_HEADERS} headers")
NOT_STORED = problem(503, "the event could not be stored now; send it again", RETRY_AFTER)
TOO_MANY_WAITING = problem(503, "too many posts of this source wait to be stored; send it again", RETRY_AFTER)
TOO_MUCH_ARRIVING = problem(503, "too many posts are arriving at once; send it again", RETRY_AFTER)


@cache
def _too_large(limit: int) -> Answer:
    return problem(413, f"the body is larger than {limit:,} bytes")


def _accepted(receipt: Receipt) -> Answer:
    body = b'{"id": "%d", "duplicate": %s}' % (receipt.id, b"true" if receipt.duplicate else b"false")
    return Answer(202, _headers(len(body)), body)


class Ingest:
    """Takes posts to `/hooks/<source>` and passes everything else on to `app`; None: there is nothing else.

    `accept` verifies, reads and records a post. `limits` gives the largest body of a source, None of an unknown one.
    `observe` is told source and status of each answer; `refused` also why a post was not taken, and who connected.
    """

    def __init__(
        self,
        app: ASGIApp | None,
        *,
        accept: Callable[[str, Headers, bytes], Awaitable[Receipt | None]],
        limits: Callable[[str], int | None],
        observe: Callable[[str, int], None] | None = None,
        refused: Callable[[str, int, str, str], None] | None = None,
    ) -> None:
        self._app = app
        self._accept = accept
        self._limits = limits
        self._observe = observe or (lambda source, status: None)
        self._refused = refused or (lambda source, status, reason, address: None)
        self._arriving = Shares(MAX_HELD)  # bytes
        self._storing = Shares(MAX_STORING)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(HOOKS):
            await self._take(scope["path"][len(HOOKS) :], scope, receive, send)
        elif self._app is not None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await _refuse(NOT_FOUND, receive, send)

    async def _take(self, source: str, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        headers = list(scope["headers"])  # copied now: httptools appends a chunked body's trailers to its own list
        limit = self._limits(source)
        if limit is None:
            self._note_refused(scope, "", NO_SOURCE.status, NO_SOURCE.reason)  # a stranger's word becomes no label
            await _refuse(NO_SOURCE, receive, send)
            return
        body = _refusal(scope["method"], headers, limit) or await self._read(source, receive, limit)
        if isinstance(body, bytes):
            answer = await self._record(source, headers, body)
            self._observe(source, answer.status)
            if answer.reason:
                self._refused(source, answer.status, answer.reason, _address(scope))
            await _send(answer, send)
        elif isinstance(body, Answer):
            self._note_refused(scope, source, body.status, body.reason)
            await _refuse(body, receive, send)
        else:
            status = scope.get(CUT_SHORT, SENDER_LEFT)
            self._note_refused(scope, source, status, "the body did not arrive whole")

    def _note_refused(self, scope: Message, source: str, status: int, reason: str) -> None:
        _log_refused(source, status, reason)
        self._observe(source, status)
        self._refused(source, status, reason, _address(scope))

    async def _read(self, source: str, receive: Receive, limit: int) -> bytes | Answer | None:
        """The body, or why it is refused; None when it was cut short and nobody waits for an answer any more."""
        message = await receive()
        if message["type"] != "http.request":
            return None
        body: bytes = message.get("body", b"")
        if len(body) > limit:
            return _too_large(limit)
        return await self._read_on(source, receive, limit, body) if message.get("more_body") else body

    async def _read_on(self, source: str, receive: Receive, limit: int, first: bytes) -> bytes | Answer | None:
        body = bytearray(first)
        self._arriving.take(source, len(first))
        try:
            more = True
            while more:
                if len(body) > SMALL and self._arriving.is_full(source):
                    return TOO_MUCH_ARRIVING
                message = await receive()
                if message["type"] != "http.request":
                    return None
                chunk = message.get("body", b"")
                if len(body) + len(chunk) > limit:
                    return _too_large(limit)
                body += chunk
                self._arriving.take(source, len(chunk))
                more = message.get("more_body", False)
            return bytes(body)
        finally:
            self._arriving.take(source, -len(body))

    async def _record(self, source: str, headers: Headers, body: bytes) -> Answer:
        """What became of a whole body. What went wrong is logged here; what was recorded, where it is known best."""
        if self._storing.is_full(source):
            log.warning("post.failed", source=source, status=503, reason=TOO_MANY_WAITING.reason)
            return TOO_MANY_WAITING
        self._storing.take(source)
        try:
            receipt = await self._accept(source, headers, body)
        except Refused as error:
            answer = _refused(error, headers)
            _log_refused(source, answer.status, answer.reason)
            return answer
        except StoreUnavailable as error:
            log.warning("post.failed", source=source, status=503, reason=str(error))
            return NOT_STORED
        except asyncio.CancelledError:
            # The server stops and will wait no longer; left alone, uvicorn would say 500 for us.
            log.warning("post.failed", source=source, status=503, reason="the service stops")
            return NOT_STORED
        except Exception:
            # Whatever broke is ours: the sender must come again, and must not count it as the end of the webhook.
            log.exception("post.failed", source=source, status=503)
            return NOT_STORED
        finally:
            self._storing.take(source, -1)
        return VOID if receipt is None else _accepted(receipt)


def _refusal(method: str, headers: Headers, limit: int) -> Answer | None:
    """What can be refused before the body is read."""
    if method != "POST":
        return NOT_A_POST
    if len(headers) > MAX_HEADERS:
        return TOO_MANY_HEADERS
    for name, value in headers:
        if name == b"content-length":
            if not value.isdigit():
                return BAD_LENGTH
            # By its length first: Python reads no number of more than 4,300 digits.
            if len(value) > 18 or int(value) > limit:
                return _too_large(limit)
        elif name == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
            return ENCODED
    return None


def _refused(error: Refused, headers: Headers) -> Answer:
    if isinstance(error, BadSignature):
        return UNAUTHORIZED
    if isinstance(error, NotJson) and not _called_json(headers):
        return problem(415, f"{error}, nor does its Content-Type say so")
    return problem(error.status, str(error))


def _called_json(headers: Headers) -> bool:
    """Whether the sender says it is JSON; who says nothing is believed."""
    for name, value in headers:
        if name == b"content-type":
            kind = value.partition(b";")[0].strip().lower()
            return not kind or kind in (b"application/json", b"text/json") or kind.endswith(b"+json")
    return True


async def _send(answer: Answer, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _refuse(answer: Answer, receive: Receive, send: Send) -> None:
    """Answer before the body has ended, and read on for a moment: who is still sending would see a reset instead."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": True})
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER):
            while (await receive()).get("more_body"):
                pass
    await send({"type": "http.response.body", "body": b""})


def _address(scope: Message) -> str:
    """Who connected."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def _log_refused(source: str, status: int, reason: str) -> None:
    log.warning("post.refused", source=source, status=status, reason=reason)
