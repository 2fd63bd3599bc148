"""Where a destination's messages would go, and whether that can be reached. Nothing is sent."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from bridge.delivery.prepared import call, prepare
from bridge.delivery.recorder import SEEN, Seen
from bridge.model import Destination, Notification

SECURE_PORTS = (443, 465)
_WAYS_OUT = ("connect", "connect_ex", "sendto")  # of a socket; each is inherited
_NOTE = Notification(title="Nothing", body="This is never sent.", format="text")


class _NotGoing(OSError):
    """What ends a connection before it begins."""


def goes_to(destination: Destination) -> tuple[str, int] | None:
    """Host and port that an attempt connects to; None when that cannot be told, or it goes nowhere.

    The plug-in is asked to send, with every way out closed: only it knows which of its service's hosts it takes. Not
    for a process that sends at the same time.
    """
    if destination.signing is not None:
        parts = urlsplit(destination.url.partition(":")[2])
        return (parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)) if parts.hostname else None
    prepared = prepare(destination.url)
    if prepared is None:
        return None
    with _closed() as asked, contextlib.suppress(Exception):  # a plug-in is foreign code
        token = SEEN.set(Seen(deadline=time.monotonic() + 5))
        try:
            call(prepared.plugin, _NOTE)
        finally:
            SEEN.reset(token)
    return asked[0] if asked else None


@contextlib.contextmanager
def _closed() -> Iterator[list[tuple[str, int]]]:
    """No socket of this process connects or sends; gives the hosts and ports that are looked up."""
    asked: list[tuple[str, int]] = []

    def look_up(host: Any, port: Any, *_: object, **__: object) -> None:
        asked.append((str(host), int(port or 0)))
        raise _NotGoing

    def refuse(*_: object, **__: object) -> None:
        raise _NotGoing

    kept = socket.getaddrinfo
    socket.getaddrinfo = look_up  # type: ignore[assignment]  # it gives nothing: it ends the call
    for name in _WAYS_OUT:
        setattr(socket.socket, name, refuse)
    try:
        yield asked
    finally:
        socket.getaddrinfo = kept
        for name in _WAYS_OUT:
            delattr(socket.socket, name)  # so that the one of its base class is seen again


def reach(host: str, port: int, seconds: float) -> str:
    """Connect, greet by TLS where the port is for that, and leave; gives what went wrong, "" when nothing did."""
    try:
        with socket.create_connection((host, port), timeout=seconds) as connection:
            if port in SECURE_PORTS:
                with ssl.create_default_context().wrap_socket(connection, server_hostname=host):
                    pass
    except socket.gaierror:
        return f"the name {host} is not known"
    except TimeoutError:
        return f"{host}:{port} does not answer within {seconds:g} s"
    except ssl.SSLError as error:
        said = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else (error.reason or "")
        return f"{host}:{port} has no TLS that can be trusted: {said}"
    except OSError as error:
        return f"{host}:{port} cannot be reached: {(error.strerror or type(error).__name__).lower()}"
    return ""
