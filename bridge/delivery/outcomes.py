"""From what an attempt met on the wire to its Outcome, in plain words."""

from __future__ import annotations

import re
from collections.abc import Callable

from bridge.delivery.answers import codes_of, data_of, retry_after, tidy, words_of
from bridge.delivery.broken import in_words
from bridge.delivery.meanings import in_doubt, mail_meaning, meaning, passes
from bridge.delivery.recorder import Seen
from bridge.model import Outcome

ANSWER_KEPT = 300  # characters of a service's answer
REASON_MAX = 160  # characters of it that a reason quotes
TRY_AGAIN = {408, 425, 429}  # beside 5xx
GATEWAY_TIMEOUT = 504
UNKNOWN_COMMAND = {500, 502}  # a mail server's answer to a greeting that is then made in an older form
# They say no by status alone: a 2xx that their plug-in does not expect is a yes.
BY_STATUS = {"teams", "discord", "ntfy"}

Mask = Callable[[str], str]


def outcome_of(seen: Seen, *, accepted: bool, service: str, kind: str, speaks: bool, mask: Mask) -> Outcome:
    """How the attempt ended.

    `accepted`: what the plug-in made of it; `service`: its name for people; `kind`: a name of bridge.delivery.kinds;
    `speaks`: the plug-in uses HTTP or SMTP, so that an attempt without a trace was refused before it began.
    """
    if seen.protocol == "smtp":
        return _of_mail(seen, service, mask)
    if _is_yes(seen, accepted, kind):
        return Outcome(result="delivered", status=seen.status, answer=_start(seen.body, mask))
    if seen.error is not None:
        return _broken(seen, service, mask)
    if seen.status is None:
        return _nothing_seen(service, speaks)
    if 200 <= seen.status < 300 and (doubt := _doubtful(seen, kind)):
        reason, answer = f"{service} answered {seen.status}, but {doubt}", _start(seen.body, mask)
        return Outcome(result="retry", reason=reason, status=seen.status, answer=answer, ambiguous=seen.incomplete)
    return _refused(seen, service, kind, mask)


def given_up(service: str, seconds: float) -> Outcome:
    """The attempt did not come back at all."""
    reason = f"{service} did not answer within {seconds:g} s"
    return Outcome(result="retry", reason=reason, ambiguous=True, took_ms=round(seconds * 1000))


# ---- answers over HTTP -------------------------------------------------------------------------


def _is_yes(seen: Seen, accepted: bool, kind: str) -> bool:
    if kind == "telegram" and seen.status == 200:  # it can say no with a 200, which its plug-in takes for a yes
        return accepted and data_of(seen.body).get("ok") is True
    if kind in BY_STATUS and seen.error is None and seen.status is not None:
        return accepted or 200 <= seen.status < 300
    return accepted


def _doubtful(seen: Seen, kind: str) -> str:
    """Why an answer that looks like a yes tells nothing; empty when it is a no in the service's own words."""
    if seen.incomplete:
        return "the rest of its answer did not come in time"
    text = seen.body.decode("utf-8", "replace").strip()
    own = "ok" in data_of(seen.body) or (kind == "slack" and re.fullmatch("[a-z_]+", text))
    return "" if own or kind not in ("slack", "telegram") else "not as it does: a proxy may have answered instead"


def _refused(seen: Seen, service: str, kind: str, mask: Mask) -> Outcome:
    codes = codes_of(seen.body)
    status = _status(seen, kind)
    passing = status in TRY_AGAIN or status >= 500 or passes(kind, codes)
    return Outcome(
        result="retry" if passing else "failed",
        reason=_reason(service, status, meaning(kind, status, codes), words_of(seen.body), mask),
        status=status,
        answer=_start(seen.body, mask),
        retry_after=retry_after(seen) if passing else None,
        ambiguous=passing and (status == GATEWAY_TIMEOUT or in_doubt(kind, codes)),
    )


def _status(seen: Seen, kind: str) -> int:
    """The status that counts: of Telegram's 200 that says no, the one it names."""
    code = data_of(seen.body).get("error_code") if kind == "telegram" and seen.status == 200 else seen.status
    return code if isinstance(code, int) else 400


def _reason(service: str, status: int, says: str, words: str, mask: Mask) -> str:
    """`Slack answered 404: the webhook was removed ("no_service")`: what it means, and the service's words for it."""
    quoted = tidy(mask(words)).replace('"', "'")[:REASON_MAX].rstrip(". ")
    return f"{service} answered {status}" + (f": {says}" if says else "") + (f' ("{quoted}")' if quoted else "")


def _start(body: bytes, mask: Mask) -> str:
    return tidy(mask(body.decode("utf-8", "replace")))[:ANSWER_KEPT] if body else ""


# ---- mail --------------------------------------------------------------------------------------


def _of_mail(seen: Seen, service: str, mask: Mask) -> Outcome:
    """A server that took the message has it, however the connection ends; who of its readers was refused is told."""
    if seen.taken:
        return _partly(seen, service, mask) if seen.refused else Outcome(result="delivered")
    if seen.refused:
        # All were refused; one who may be taken later keeps the delivery alive.
        code, message = min(seen.refused.values())
    elif seen.status is not None and not seen.in_doubt and not (seen.error and seen.status in UNKNOWN_COMMAND):
        code, message = seen.status, seen.body
    else:
        return _broken(seen, service, mask)
    text = message.decode("utf-8", "replace")
    reason = _reason(service, code, mail_meaning(code, text), text, mask)
    return Outcome(
        result="failed" if code >= 500 else "retry", reason=reason, status=code, answer=_start(message, mask)
    )


def _partly(seen: Seen, service: str, mask: Mask) -> Outcome:
    """Some have the mail. Who is refused for now is tried again, at the price of a second mail to the others."""
    code, message = min(seen.refused.values())
    text = message.decode("utf-8", "replace")
    says = f"{mail_meaning(code, text)}; not sent to {', '.join(sorted(seen.refused))}, others have it"
    reason, answer = _reason(service, code, says, text, mask), _start(message, mask)
    later = code < 500
    return Outcome(result="retry" if later else "delivered", reason=reason, status=code, answer=answer, ambiguous=later)


# ---- no answer ---------------------------------------------------------------------------------


def _nothing_seen(service: str, speaks: bool) -> Outcome:
    if speaks:
        return Outcome(result="failed", reason=f"{service}: Apprise refused the notification before sending anything")
    return Outcome(result="retry", reason=f"{service}: Apprise could not send, and does not say why")


def _broken(seen: Seen, service: str, mask: Mask) -> Outcome:
    reason = f"{service}: {tidy(mask(in_words(seen)))[:REASON_MAX]}"
    return Outcome(result="retry", reason=reason, ambiguous=seen.in_doubt)
