"""Writes what an outgoing webhook posts: the Creads envelope, or one of Standard Webhooks."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Literal

import msgspec

from bridge.model import Event, Json, Notification, replace
from bridge.render.redact import redacted, redacted_changes

Form = Literal["partners", "standard"]
NOTICE = "Notice"  # the type of what is no single event: a digest, a summary, news of Bridge itself
_ENVELOPE = {"event", "resource_type", "resource_gid"}

_encoder = msgspec.json.Encoder()


def enveloped(
    words: Notification, form: Form, *, event: Event | None, rule: str | None, now: datetime, redact: Collection[str]
) -> Notification:
    """The same notification with its envelope as the body; the title stays, for whoever looks the delivery up.

    `event` is None where the words tell of several events or of none. `partners` passes an event on as it was
    received, as its sender would have; in `standard`, fields named in `redact` are masked.
    """
    if form == "partners":
        text = _as_received(event) if event else _dumped(_notice(words, rule, now))
    else:
        text = _dumped(_standard(words, event, rule, now, frozenset(redact)))
    return replace(words, body=text, format="text")


def check_envelope(form: Form, now: datetime) -> str:
    """A post that tells nothing, to see whether the receiver answers."""
    return "{}" if form == "partners" else _dumped({"type": "bridge.check", "timestamp": _moment(now), "data": {}})


# ---- the Creads envelope -----------------------------------------------------------------------


def _as_received(event: Event) -> str:
    """The body as its source got it; made anew when it is no longer there, or came in another form."""
    if _is_creads(event.body):
        return event.body.decode()
    kept = {} if event.action == "deleted" or event.resource is None else {"resource": event.resource}
    return _dumped(_creads(event.action, event.type, event.gid) | kept)


def _is_creads(body: bytes) -> bool:
    try:
        envelope = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):  # there is none, or an earlier version took it with wider bounds
        return False
    return isinstance(envelope, dict) and envelope.keys() >= _ENVELOPE


def _notice(words: Notification, rule: str | None, now: datetime) -> dict[str, Json]:
    resource = {"title": words.title, "message": words.body, "tone": words.tone, "rule": rule, "at": _moment(now)}
    gid = hashlib.sha256(_dumped(resource).encode()).hexdigest()[:16]
    return _creads("created", NOTICE, gid) | {"resource": {"gid": gid} | resource}


def _creads(action: str, type_: str, gid: str) -> dict[str, Json]:
    return {"event": f"resource.{action}", "resource_type": type_, "resource_gid": gid}


# ---- Standard Webhooks -------------------------------------------------------------------------


def _standard(
    words: Notification, event: Event | None, rule: str | None, now: datetime, secret: frozenset[str]
) -> dict[str, Json]:
    data = {"event": _told(event, secret) if event else None, "title": words.title, "body": words.body}
    return {
        "type": f"{_word(event.type)}.{_word(event.action)}" if event else "bridge.notice",
        "timestamp": _moment(event.received_at if event else now),
        "data": data | {"format": words.format, "tone": words.tone, "rule": rule},
    }


def _told(event: Event, secret: frozenset[str]) -> dict[str, Json]:
    changes = redacted_changes(event.changes, secret)
    return {
        "id": str(event.id),
        "source": event.source,
        "type": event.type,
        "action": event.action,
        "gid": event.gid,
        "received_at": _moment(event.received_at),
        "resource": redacted(event.resource, secret),
        "changes": {path: {"old": change.old, "new": change.new} for path, change in changes.items()},
    }


def _word(name: str) -> str:
    """`Project Message` → `project_message`."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "unknown"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _dumped(value: Json) -> str:
    try:
        return _encoder.encode(value).decode()
    except UnicodeEncodeError:  # half a surrogate pair, which came escaped and can be said no other way
        return _dumped(_whole(value))


def _whole(value: Json) -> Json:
    """The value without halves of surrogate pairs; its depth was bounded when it was received."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_whole(name): _whole(inner) for name, inner in value.items()}
    return [_whole(inner) for inner in value] if isinstance(value, list) else value
