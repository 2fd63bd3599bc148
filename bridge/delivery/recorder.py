"""Notes what one attempt meets on the wire, since Apprise only tells whether it thinks it went well."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
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
    sock: socket.socket | None = None

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
    connect, getreply, starttls = smtplib.SMTP.connect, smtplib.SMTP.getreply, smtplib.SMTP.starttls

    def noted(call: Callable[..., Any], seen: Seen, *args: Any, **kwargs: Any) -> Any:
        try:
            return call(*args, **kwargs)
        except (OSError, ssl.SSLError, smtplib.SMTPException) as error:
            seen.failed(error)
            raise

    def watched_connect(self: smtplib.SMTP, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        seen = SEEN.get()
        if seen is None:
            return connect(self, *args, **kwargs)
        seen.asks("smtp")
        self.timeout = min(self.timeout, seen.left()) if isinstance(self.timeout, int | float) else seen.left()
        reply: tuple[int, bytes] = noted(connect, seen, self, *args, **kwargs)
        return reply

    def watched_starttls(self: smtplib.SMTP, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        seen = SEEN.get()
        if seen is None:
            return starttls(self, *args, **kwargs)
        reply: tuple[int, bytes] = noted(starttls, seen, self, *args, **kwargs)
        return reply

    def watched_getreply(self: smtplib.SMTP) -> tuple[int, bytes]:
        seen = SEEN.get()
        if seen is None:
            return getreply(self)
        seen.sock = self.sock
        if self.sock is not None:
            self.sock.settimeout(seen.left())
        code, message = noted(getreply, seen, self)
        seen.in_doubt = code == GO_AHEAD  # the message follows
        if code >= 400:
            seen.answered(code, message)
        return code, message

    smtplib.SMTP.connect = watched_connect  # type: ignore[method-assign]  # the one place to see every mail
    smtplib.SMTP.starttls = watched_starttls  # type: ignore[method-assign]
    smtplib.SMTP.getreply = watched_getreply  # type: ignore[method-assign]
