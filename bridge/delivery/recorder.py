"""Notes what one attempt meets on the wire, since Apprise only tells whether it thinks it went well."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(slots=True)
class Seen:
    """The last exchange of one attempt, and how long the attempt may go on."""

    deadline: float  # time.monotonic()
    protocol: Literal["", "http", "smtp"] = ""  # "": nothing was tried yet
    status: int | None = None  # of the last answer
    retry_after: str = ""  # the header, as sent
    body: bytes = b""  # of the last answer, cut
    incomplete: bool = False  # that body broke off
    error: BaseException | None = None  # came instead of an answer, or after it
    in_doubt: bool = False  # something left that was not answered
    cut: bool = False  # the monitor ended the connection at the deadline
    refused: dict[str, tuple[int, bytes]] = field(default_factory=dict)  # recipients a mail server would not take
    taken: bool = False  # a mail server took the message; how it says goodbye does not matter
    sock: socket.socket | None = None
    parts: int = 0  # of a split message: how many have arrived
    tell: Callable[[int], None] = lambda parts: None  # when it is one more

    def left(self) -> float:
        """Seconds until the deadline; never zero, which sockets take for "do not wait"."""
        return max(0.01, self.deadline - time.monotonic())

    def asks(self, protocol: Literal["http", "smtp"]) -> None:
        """An exchange begins."""
        self.protocol, self.error, self.in_doubt, self.incomplete = protocol, None, False, False

    def answered(self, status: int, body: bytes, retry_after: str = "") -> None:
        self.status, self.body, self.retry_after = status, body, retry_after
        self.in_doubt, self.error = False, None

    def failed(self, error: BaseException) -> None:
        self.error = error

    def end(self) -> None:
        """Cut the connection, from another thread: what waits for an answer stops waiting."""
        self.cut = True
        if self.sock is not None:
            with contextlib.suppress(OSError):
                # The base class's: SSLSocket.shutdown would drop the TLS state under the thread that reads.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


GO_AHEAD = 354  # a mail server's answer to DATA

SEEN: ContextVar[Seen | None] = ContextVar("seen", default=None)


def watch_smtp() -> None:
    """Let smtplib tell the Seen of the current context, once per process; without one nothing changes."""
    for name, watched in (
        ("connect", _connect),
        ("starttls", _noted),
        ("getreply", _getreply),
        ("mail", _mail),
        ("rcpt", _rcpt),
        ("data", _data),
    ):
        setattr(smtplib.SMTP, name, _watching(getattr(smtplib.SMTP, name), watched))


Reply = tuple[int, bytes]


def _watching(call: Callable[..., Reply], watched: Callable[..., Reply]) -> Callable[..., Reply]:
    def method(self: smtplib.SMTP, *args: Any, **kwargs: Any) -> Reply:
        seen = SEEN.get()
        return call(self, *args, **kwargs) if seen is None else watched(call, seen, self, *args, **kwargs)

    return method


def _noted(call: Callable[..., Reply], seen: Seen, smtp: smtplib.SMTP, *args: Any, **kwargs: Any) -> Reply:
    try:
        return call(smtp, *args, **kwargs)
    except (OSError, ssl.SSLError, smtplib.SMTPException) as error:
        seen.failed(error)
        raise


def _connect(call: Callable[..., Reply], seen: Seen, smtp: smtplib.SMTP, *args: Any, **kwargs: Any) -> Reply:
    seen.asks("smtp")
    smtp.timeout = min(smtp.timeout, seen.left()) if isinstance(smtp.timeout, int | float) else seen.left()
    return _noted(call, seen, smtp, *args, **kwargs)


def _getreply(call: Callable[..., Reply], seen: Seen, smtp: smtplib.SMTP) -> Reply:
    seen.sock = smtp.sock
    if smtp.sock is not None:
        smtp.sock.settimeout(seen.left())
    code, message = _noted(call, seen, smtp)
    seen.in_doubt = code == GO_AHEAD  # the message follows
    if code >= 400:
        seen.answered(code, message)
    return code, message


def _mail(call: Callable[..., Reply], seen: Seen, smtp: smtplib.SMTP, *args: Any, **kwargs: Any) -> Reply:
    seen.status = None  # a greeting or login refused in one form was taken in another
    return call(smtp, *args, **kwargs)


def _rcpt(
    call: Callable[..., Reply], seen: Seen, smtp: smtplib.SMTP, recipient: str, *args: Any, **kwargs: Any
) -> Reply:
    code, message = call(smtp, recipient, *args, **kwargs)
    if code >= 400:
        seen.refused[recipient] = code, message
    return code, message


def _data(call: Callable[..., Reply], seen: Seen, smtp: smtplib.SMTP, *args: Any, **kwargs: Any) -> Reply:
    code, message = call(smtp, *args, **kwargs)
    seen.taken = code == 250
    return code, message
