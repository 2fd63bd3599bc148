"""From what an attempt met on the wire to its Outcome, in plain words."""

from __future__ import annotations

import email.utils
import json
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

import urllib3.exceptions as net

from bridge.delivery.recorder import Seen
from bridge.delivery.retry import RETRY_AFTER_MAX
from bridge.model import Outcome

ANSWER_KEPT = 300  # characters of a service's answer
REASON_MAX = 160
TRY_AGAIN = {408, 425, 429}  # beside 5xx

# Errors that a 2xx of Slack's can hold and that pass.
SLACK_PASSING = {
    "ratelimited",
    "rate_limited",
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
}

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")


def outcome_of(
    seen: Seen, *, accepted: bool, service: str, kind: str, speaks: bool, mask: Callable[[str], str]
) -> Outcome:
    """How the attempt ended.

    `accepted`: what the plug-in made of it; `service`: its name for people; `kind`: a name of bridge.delivery.kinds;
    `speaks`: the plug-in uses HTTP or SMTP, so that an attempt without a trace was refused before it began.
    """
    status = _status(seen, kind)
    if accepted and status == seen.status:
        return Outcome(result="delivered", status=status if seen.protocol == "http" else None)
    if seen.error is not None:
        return _broken(seen, service, mask)
    if status is None:
        return _nothing_seen(service, speaks)
    answer = _tidy(mask(seen.body.decode("utf-8", "replace")))[:ANSWER_KEPT]
    says = _gist(seen.body)
    gist = _tidy(mask(says))[:REASON_MAX]
    reason = f"{service} answered {status}" + (f": {gist}" if gist else "")
    if seen.protocol == "smtp":
        return Outcome(result="failed" if status >= 500 else "retry", reason=reason, status=status, answer=answer)
    if 200 <= status < 300 and seen.incomplete:
        reason = f"{service} answered {status}, but the rest of its answer did not come in time"
        return Outcome(result="retry", reason=reason, status=status, answer=answer, ambiguous=True)
    if status in TRY_AGAIN or status >= 500 or (kind == "slack" and status < 300 and says in SLACK_PASSING):
        after = _retry_after(seen)
        return Outcome(result="retry", reason=reason, status=status, answer=answer, retry_after=after)
    if 300 <= status < 400:
        reason = f"{service} answered {status}: it wants to be found elsewhere; redirects are not followed"
    return Outcome(result="failed", reason=reason, status=status, answer=answer)


def given_up(service: str, seconds: float) -> Outcome:
    """The attempt did not come back at all."""
    reason = f"{service} did not answer within {seconds:g} s"
    return Outcome(result="retry", reason=reason, ambiguous=True, took_ms=round(seconds * 1000))


# ---- answers -----------------------------------------------------------------------------------


def _status(seen: Seen, kind: str) -> int | None:
    """The status that counts: Telegram can say no with a 200."""
    if kind == "telegram" and seen.status == 200:
        data = _json(seen.body)
        if data.get("ok") is False:
            code = data.get("error_code")
            return code if isinstance(code, int) else 400
    return seen.status


def _json(body: bytes) -> dict[str, Any]:
    if not body.lstrip().startswith(b"{"):
        return {}
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _gist(body: bytes) -> str:
    """What an answer says in short; nothing when it is a page or JSON of no known shape."""
    data = _json(body)
    for key in ("error", "message", "description", "detail", "errors"):
        found = data.get(key)
        if isinstance(found, dict):  # {"error": {"code": …, "message": …}}
            found = found.get("message")
        if isinstance(found, list) and found:
            found = found[0]
        if isinstance(found, str) and found.strip():
            return found.strip()
    text = body.decode("utf-8", "replace").strip()
    return "" if text.startswith(("<", "{", "[")) else text


def _tidy(text: str) -> str:
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


def _retry_after(seen: Seen) -> float | None:
    """Seconds the service asked for: by header (seconds or a date), or as Discord, Telegram and Slack put it."""
    asked = seen.retry_after.strip()
    if asked.isascii() and re.fullmatch(r"\d+(\.\d+)?", asked):
        return min(float(asked), RETRY_AFTER_MAX)
    if asked:
        try:
            date = email.utils.parsedate_to_datetime(asked)
            return min(max(0.0, date.timestamp() - time.time()), RETRY_AFTER_MAX)
        except (ValueError, OverflowError, OSError):
            return None
    data = _json(seen.body)
    parameters = data.get("parameters")
    found = data.get("retry_after") or (parameters.get("retry_after") if isinstance(parameters, dict) else None)
    if isinstance(found, int | float) and not isinstance(found, bool) and found >= 0:
        return min(float(found), RETRY_AFTER_MAX)
    return None


# ---- no answer ---------------------------------------------------------------------------------


def _nothing_seen(service: str, speaks: bool) -> Outcome:
    if speaks:
        return Outcome(result="failed", reason=f"{service}: Apprise refused the notification before sending anything")
    return Outcome(result="retry", reason=f"{service}: Apprise could not send, and does not say why")


def _broken(seen: Seen, service: str, mask: Callable[[str], str]) -> Outcome:
    reason = f"{service}: {_tidy(mask(_in_words(seen)))[:REASON_MAX]}"
    return Outcome(result="retry", reason=reason, status=None, ambiguous=seen.in_doubt)


def _in_words(seen: Seen) -> str:
    error = seen.error
    causes = [error, *_causes(error)]
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        found = next(cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError))
        return f"its certificate is not trusted: {found.verify_message}"
    if seen.cut or any(isinstance(cause, net.ReadTimeoutError) for cause in causes):
        return "no answer in time"
    if any(isinstance(cause, net.ProxySchemeUnknown) for cause in causes):
        return "the proxy in HTTPS_PROXY must be http:// or https://"
    if any(isinstance(cause, socket.gaierror | net.NameResolutionError) for cause in causes):
        return "its name cannot be resolved"
    if not seen.in_doubt and any(isinstance(cause, net.ProxyError) for cause in causes):
        return "the proxy could not lead there"
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "the connection was refused"
    if any(isinstance(cause, net.ConnectTimeoutError | TimeoutError) for cause in causes):
        return "no answer in time" if seen.in_doubt else "could not be reached in time"
    if any(isinstance(cause, ssl.SSLError | net.SSLError) for cause in causes):
        return "no secure connection could be agreed on"
    if any(isinstance(cause, smtplib.SMTPNotSupportedError) for cause in causes):
        return "it does not offer what the address asks for (STARTTLS or a login)"
    return "the connection broke before it answered" if seen.in_doubt else "the connection could not be made"


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
