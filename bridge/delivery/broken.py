"""Why no answer came, in plain words."""

from __future__ import annotations

import smtplib
import socket
import ssl

import urllib3.exceptions as net

from bridge.delivery.recorder import Seen


def in_words(seen: Seen) -> str:
    """The sentence for an attempt that ended with an error instead of an answer; it may quote a host."""
    causes = [seen.error, *_causes(seen.error)]

    def among(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    untrusted = next((cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None)
    if untrusted is not None:
        return f"its certificate is not trusted: {untrusted.verify_message}"
    if seen.cut or among(net.ReadTimeoutError):
        return "no answer in time"
    if among(net.ProxySchemeUnknown):
        return "the proxy in HTTPS_PROXY must be http:// or https://"
    if among(socket.gaierror, net.NameResolutionError):
        return "its name cannot be resolved"
    if not seen.in_doubt and among(net.ProxyError):
        return "the proxy could not lead there"
    if among(ConnectionRefusedError):
        return "the connection was refused"
    if among(net.ConnectTimeoutError, TimeoutError):
        return "could not be reached in time" if seen.sock is None and not seen.in_doubt else "no answer in time"
    if among(ssl.SSLError, net.SSLError):
        return "no secure connection could be agreed on"
    if among(smtplib.SMTPNotSupportedError):
        return "it does not offer what the address asks for (STARTTLS or a login)"
    if seen.in_doubt:
        return "the connection broke before it answered"
    return (
        "the connection could not be made" if seen.sock is None else "the connection broke before the message was sent"
    )


def _causes(error: BaseException | None) -> list[BaseException]:
    """What is wrapped in what: by `from`, by `except`, by urllib3's `reason` and in arguments."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting and len(found) < 20:
        one = waiting.pop(0)
        if one is None:
            continue
        inner = [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
        for other in inner:
            if isinstance(other, BaseException) and other not in found:
                found.append(other)
                waiting.append(other)
    return found
