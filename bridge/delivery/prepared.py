"""One Apprise plug-in, prepared once and called as `Apprise.notify` would, without its costs and sleeps."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from apprise import (
    Apprise,
    AppriseAsset,
    AppriseAttachment,
    NotificationManager,
    NotifyFormat,
    NotifyType,
    conversion,
    emojis,
    plugins,
)
from apprise.attachment import memory

from bridge.delivery import mail, redact, webhook
from bridge.delivery.addresses import PUBLIC, Policy
from bridge.delivery.attachments import File, fetch
from bridge.delivery.kinds import OWN_WEBHOOK, kind_of
from bridge.delivery.outcomes import outcome_of
from bridge.delivery.parts import anew, parts_of
from bridge.delivery.recorder import SEEN, Seen
from bridge.model import Notification, Outcome, replace

# What Apprise logs may quote tokens; what happened is told by the Outcome.
logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)

ASSET = AppriseAsset(
    app_id="Bridge",
    app_desc="Bridge",
    image_url_mask="",  # else every message makes people's clients fetch a picture from Apprise's repository
    image_url_logo="",
    service_timeout=0,  # the call stays in our thread, whose deadline is ours
    http_redirects=False,
    allow_templates=False,
)

# Apprise leaves these without annotations.
convert_between: Callable[..., str] = conversion.convert_between
apply_emojis: Callable[[str], str] = emojis.apply_emojis
url_to_dict: Callable[[str], dict[str, Any] | None] = plugins.url_to_dict
details_of: Callable[[Any], dict[str, Any]] = plugins.details
manager: Callable[[], Any] = NotificationManager
in_memory: Callable[..., Any] = memory.AttachMemory

# Load all plug-ins now (a quarter of a second) instead of in the first attempt.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # some import what Python deprecates; that is for Apprise to mend
    manager().load_modules()
mail.watch()

WITHOUT_HTTP = {
    *("amqp", "amqps", "aprs", "blink1", "deltachat", "deltachats", "growl", "irc", "ircs", "mqtt", "mqtts"),
    *("rsyslog", "smpp", "smpps", "syslog", "xmpp", "xmpps", "dbus", "kde", "qt", "glib", "gnome", "windows", "macosx"),
}
TONES = {
    "info": NotifyType.INFO,
    "success": NotifyType.SUCCESS,
    "warning": NotifyType.WARNING,
    "failure": NotifyType.FAILURE,
}
# Apprise's names that would read badly in "… answered 403".
NAMES = {
    "Power Automate / Workflows (for MSTeams)": "Teams",
    "E-Mail": "The mail server",
    **dict.fromkeys(("JSON", "XML", "Form"), "The receiver"),
}


@dataclass(frozen=True)
class Prepared:
    """A destination ready to be sent to, from any thread."""

    url: str
    plugin: Any

    @cached_property
    def mask(self) -> Callable[[str], str]:
        return redact.masker(self.url)

    @cached_property
    def kind(self) -> str:
        return kind_of(self.url).name

    @property
    def service(self) -> str:
        name = str(self.plugin.service_name)
        return NAMES.get(name, name)

    @property
    def speaks(self) -> bool:
        return self.url.partition("://")[0].lower() not in WITHOUT_HTTP


@lru_cache(maxsize=1000)
def prepare(url: str) -> Prepared | None:
    """None: Apprise cannot use this URL."""
    plugin: Any = Apprise.instantiate(url, asset=ASSET)
    if plugin is None:
        return None
    plugin.throttle = lambda *_, **__: None  # it sleeps in our thread; rates are kept where deliveries are claimed
    plugin.retry = 0
    return Prepared(url, plugin)


def call(plugin: Any, notification: Notification, files: Sequence[File] = ()) -> bool:
    """Send as `Apprise.notify` does: format resolved and text converted before the plug-in sees them."""
    source = NotifyFormat(notification.format)
    title, body = notification.title, notification.body
    if not body.strip():
        title, body = "", title  # Apprise refuses a title alone
    if plugin.interpret_emojis:
        title, body = apply_emojis(title), apply_emojis(body)
    target = plugin.resolve_format(source)
    if title and plugin.title_maxlen <= 0:
        title = convert_between(source, target, title)
    return bool(
        plugin.notify(
            body=convert_between(source, target, body),
            title=title,
            notify_type=TONES[notification.tone],
            body_format=target,
            body_passthrough=False,
            **({"attach": _attached(files)} if files else {}),
        )
    )


def _attached(files: Sequence[File]) -> AppriseAttachment:
    """Bytes alone: nothing that a plug-in could follow to a file or an address."""
    found = AppriseAttachment(asset=ASSET)
    for file in files:
        found.add(in_memory(content=file.data, name=file.name, mimetype=file.type))
    return found


def send(url: str, notification: Notification, seen: Seen, *, delivery: int = 0, policy: Policy = PUBLIC) -> Outcome:
    """One attempt in this thread; `seen` bounds it and learns what happens."""
    prepared = prepare(url)
    if prepared is None:
        return Outcome(result="failed", reason="Apprise cannot use this destination's url: see `bridge check`")
    parts = [notification] if kind_of(url).words == "raw" else parts_of(notification)
    if len(parts) == 1:
        return _send_one(prepared, parts[0], seen, delivery, policy)
    outcome = Outcome(result="delivered")  # where all have arrived, and an earlier attempt ended before it said so
    for number, part in enumerate(parts, 1):
        if number <= seen.parts:
            continue
        anew(seen)
        outcome = _send_one(prepared, part, seen, delivery, policy)
        if outcome.result != "delivered":
            return replace(outcome, reason=f"part {number} of {len(parts)}: {outcome.reason}")
        seen.parts = number
        seen.tell(number)
    return outcome


def _send_one(prepared: Prepared, notification: Notification, seen: Seen, delivery: int, policy: Policy) -> Outcome:
    files, left_out = _files(prepared.plugin, notification, seen, policy)
    token = SEEN.set(seen)
    posted = mail.POSTED.set(mail.Posted(notification=notification, delivery=delivery))
    try:
        accepted = call(prepared.plugin, notification, files)
    except Exception:  # a plug-in is foreign code: whatever it raises ends this attempt, not this thread
        accepted = False
    finally:
        mail.POSTED.reset(posted)
        SEEN.reset(token)
    outcome = outcome_of(
        seen,
        accepted=accepted,
        service=prepared.service,
        kind=prepared.kind,
        speaks=prepared.speaks,
        mask=prepared.mask,
    )
    if not left_out:
        return outcome
    told = f"left out of the message: {'; '.join(left_out)}"
    return replace(outcome, reason=f"{outcome.reason}; {told}" if outcome.reason else told)


def _files(plugin: Any, notification: Notification, seen: Seen, policy: Policy) -> tuple[list[File], list[str]]:
    """What the message takes along, and why the rest is left out; half of the attempt's time is kept for sending."""
    if not notification.attach:
        return [], []
    if not plugin.attachment_support:
        return [], ["files, which this service does not take"]
    now = time.monotonic()
    return fetch(notification.attach, until=now + (seen.deadline - now) / 2, policy=policy)


def name_of(url: str) -> str:
    """The service's name for people."""
    if url.startswith(OWN_WEBHOOK):
        return webhook.SERVICE
    found = prepare(url) if not url.startswith("console:") else None
    return found.service if found else "The destination"


def all_schemes() -> dict[str, Any]:
    """Every scheme Apprise knows → its plug-in's class."""
    known = manager()
    return {scheme: known[scheme] for scheme in known.schemas()}


def plugin_class(url: str) -> Any | None:
    """The class of the plug-in that takes this URL, also of one that is switched off; None: there is none."""
    results = url_to_dict(url)
    return None if results is None else manager()[results["schema"]]
