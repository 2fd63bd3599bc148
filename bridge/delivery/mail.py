"""What Apprise's mail plug-in cannot be told: the text part, what the mail answers to, and its own Message-ID."""

from __future__ import annotations

import email
import hashlib
import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from email.message import Message
from email.mime.text import MIMEText
from email.utils import parseaddr
from typing import Any

from bridge.htmltext import text_of
from bridge.model import Notification, replace

SIGNED = ("multipart/encrypted", "multipart/signed")  # by PGP: nothing inside may be touched any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """The notification that this attempt sends, and the number of its delivery."""

    notification: Notification
    delivery: int


POSTED: ContextVar[Posted | None] = ContextVar("posted", default=None)


def watch() -> None:
    """From now on the plug-in's mails are finished here; those of an attempt that set nothing stay as they are."""
    from apprise.plugins.email.base import NotifyEmail  # noqa: PLC0415 -- once all plug-ins are loaded, in silence

    prepare: Callable[..., Iterator[Any]] = NotifyEmail.prepare_emails

    def prepare_emails(*args: Any, **kwargs: Any) -> Iterator[Any]:
        posted = POSTED.get()
        for one in prepare(*args, **kwargs):
            yield one if posted is None else replace(one, body=finished(one.body, posted))

    NotifyEmail.prepare_emails = staticmethod(prepare_emails)  # type: ignore[method-assign]  # the one way in


def finished(raw: str, posted: Posted) -> str:
    """The mail with the headers that keep what is about one resource together, and our own text part."""
    message = email.message_from_string(raw)
    note = posted.notification
    domain = _domain(message)
    del message["Message-ID"]
    # The same for each attempt: where an ambiguous one had arrived, mail programs see that it is the same mail.
    message["Message-ID"] = f"<{posted.delivery}.{_hash(note.title, note.body, note.thread)}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    if note.thread:
        root = f"<thread.{_hash(note.thread)}@{domain}>"
        message["In-Reply-To"] = root
        message["References"] = root
        source = re.sub(r"[^a-z0-9-]+", "-", note.thread.partition("/")[0].lower()).strip("-")
        message["List-Id"] = f"<{source or 'events'}.bridge.{domain}>"
    if note.format == "html" and message.get_content_type() not in SIGNED:
        _set_text(message, text_of(note.body))
    return message.as_string()


def _domain(message: Message) -> str:
    domain = parseaddr(message["From"] or "")[1].rpartition("@")[2]
    return domain if re.fullmatch(r"[A-Za-z0-9.-]{1,253}", domain) else "bridge.invalid"


def _hash(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "replace")).hexdigest()[:20]


def _set_text(message: Message, text: str) -> None:
    """In place of what Apprise made of the HTML."""
    for part in message.walk():
        if part.get_content_type() == "multipart/alternative":
            for inner in part.walk():
                if inner.get_content_type() == "text/plain":
                    ours = MIMEText(text, "plain", "utf-8")
                    del inner["Content-Transfer-Encoding"]
                    inner["Content-Transfer-Encoding"] = ours["Content-Transfer-Encoding"]
                    inner.set_payload(ours.get_payload())
                    return
