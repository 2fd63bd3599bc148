"""Tells what is wrong with a destination's URL before anything is sent; never quotes what may be secret."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from bridge.delivery import console
from bridge.delivery.kinds import OWN_WEBHOOK


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlProblem:
    """One thing wrong with a URL, worded as a Problem of the configuration; the caller knows the place."""

    code: str
    message: str
    help: str = ""
    severity: Literal["error", "warning", "info"] = "error"


# They act on this machine or go round in circles: a notification service in a container has no business there.
DENIED = {
    *("dbus", "kde", "qt", "glib", "gnome", "windows", "macosx", "growl", "syslog", "rsyslog", "blink1"),
    *("apprise", "apprises"),
}
# Arguments that Apprise takes for every service without declaring them.
EVERYWHERE = {"user", "password", "pass", "port"}
# Arguments that plug-ins read without declaring them, by one of their schemes.
UNDECLARED = {
    "discord": {"botname"},
    "fcm": {"keyfile", "apikey", "project"},
    "gchat": {"threadkey"},
    "hassio": {"accesstoken"},
    "jira": {"apikey"},
    "lametric": {"app", "token"},
    "matrix": {"v"},
    "ntfy": {"tags"},
    "o365": {"from", "tenant"},
    "octopush": {"sender"},
    "onesignal": {"app", "apikey"},
    "opsgenie": {"apikey"},
    "pagerduty": {"source", "component", "apikey", "integrationkey"},
    "pagertree": {"id", "integration"},
    "postmark": {"from", "apikey"},
    "reddit": {"app_id", "app_secret"},
    "signl4": {"secret"},
    "simplepush": {"password"},
    "twilio": {"source"},
    "whatsapp": {"source", "language"},
    "workflows": {"workflow", "signature"},
    **{scheme: {"source"} for scheme in ("burstsms", "exotel", "nexmo", "sinch")},
    **{scheme: {"token"} for scheme in ("d7sms", "lark", "line", "qq", "spike", "spugpush")},
}
WITHOUT_EFFECT = {
    "retry": "Bridge repeats by itself: set `retry:` beside `url:`",
    "wait": "Bridge repeats by itself: set `retry:` beside `url:`",
    "optional": "Bridge keeps the outcome of every delivery",
    "rto": "an attempt may take 15 s",
}
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_BOOLEAN = re.compile(r"yes|no|y|n|true|false|t|f|on|off|1|0|allow|deny|never|always|enabled?|disabled?", re.IGNORECASE)


known: dict[str, list[UrlProblem]] = {}  # what another process found out


def asks_apprise(url: str) -> bool:
    """Whether only Apprise can tell what is wrong with a URL."""
    found = _SCHEME.match(url)
    return _is_split(url) and found is not None and found[1].lower() not in DENIED | {"console"}


def check_url(url: str) -> list[UrlProblem]:
    """Everything that can be known of a destination's URL without sending to it; empty: it can be used."""
    if not url.strip():
        return [UrlProblem(code="empty-url", message="the url is empty", help="use `console://` to start with")]
    if not _is_split(url):
        message = "the host of this address is not written well"
        return [UrlProblem(code="bad-url", message=message, help="an IPv6 address stands in `[` and `]`")]
    if url.startswith(OWN_WEBHOOK):
        return _check_webhook(url)
    found = _SCHEME.match(url)
    if found is None:
        return [UrlProblem(code="bad-url", message="not a url: it has no `scheme://`", help=_EXAMPLES)]
    scheme = found[1].lower()
    if scheme == "console":
        return _check_console(url)
    if scheme in DENIED:
        message = f"`{scheme}://` is not allowed: it acts on this machine or leads back to Apprise"
        return [UrlProblem(code="denied-scheme", message=message, help=_EXAMPLES)]
    return known[url] if url in known else _check_with_apprise(url, scheme)


_TEAMS = (
    "Teams takes messages by a workflow: write its address as Teams gives it, or `workflows://host/workflow/signature`"
)
_MAIL = "mail is written `mailtos://user:password@smtp.example.com?from=bridge@example.com&to=team@example.com`"
# What people try first.
_OTHERS_SAY = {
    **dict.fromkeys(("teams", "msteams"), _TEAMS),
    **dict.fromkeys(("smtp", "smtps", "mail", "mails", "email"), _MAIL),
}
_EXAMPLES = "for example `slack://…`, `mailtos://…`, `workflows://…`, `jsons://…` or `console://`"


def _is_split(url: str) -> bool:
    try:
        urlsplit(url.removeprefix(OWN_WEBHOOK))
    except ValueError:
        return False
    return True


def _check_webhook(url: str) -> list[UrlProblem]:
    """One address to post to, which the signature is enough for."""
    address = url.removeprefix(OWN_WEBHOOK)
    parts = urlsplit(address)
    help = "write `webhook:https://host/path`"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return [UrlProblem(code="bad-url", message="an outgoing webhook needs the address it posts to", help=help)]
    if "@" in parts.netloc:
        message = "an outgoing webhook takes no login in its address: its signature is the proof"
        return [UrlProblem(code="bad-url", message=message, help=help)]
    if parts.fragment or re.search(r"[\s\x00-\x20\x7f\\]", address):
        message = "this address has a character in it that no address has"
        return [UrlProblem(code="bad-url", message=message, help=help)]
    return [*_check_port(address)]


def _check_console(url: str) -> list[UrlProblem]:
    if url == console.URL:
        return []
    return [UrlProblem(code="bad-url", message="`console://` takes nothing behind it", help="write `console://`")]


def _check_with_apprise(url: str, scheme: str) -> list[UrlProblem]:
    from bridge.delivery.prepared import plugin_class  # noqa: PLC0415 -- loads Apprise, a third of a second

    plugin = plugin_class(url)
    if plugin is None:
        return [_no_plugin(url, scheme)]
    if not plugin.enabled:
        help = "install what Apprise names for it, or choose another service"
        message = f"`{scheme}://` needs a package that is not installed"
        return [UrlProblem(code="missing-package", message=message, help=help)]
    problems = [*_check_port(url)]
    if scheme not in ("http", "https"):
        problems += _check_arguments(url, scheme, plugin)
    if not any(problem.severity == "error" for problem in problems):
        problems += _check_instance(url, scheme, plugin)
    return problems


def _no_plugin(url: str, scheme: str) -> UrlProblem:
    from bridge.delivery.prepared import all_schemes  # noqa: PLC0415 -- as above

    schemes = all_schemes()
    if scheme in ("http", "https"):
        if (urlsplit(url).hostname or "").endswith(".webhook.office.com"):
            message = "Teams no longer takes messages at this kind of address"
            return UrlProblem(code="bad-url", message=message, help=_TEAMS)
        raw = "jsons" if scheme == "https" else "json"
        message = f"a plain `{scheme}://` address of no service that Apprise knows"
        help = f"write `{raw}://…` to post JSON there; an address that a service gave is copied whole"
        return UrlProblem(code="bad-url", message=message, help=help)
    if scheme in schemes:
        message = f"Apprise does not understand the rest of this `{scheme}://` url"
        return UrlProblem(code="bad-url", message=message, help=_forms(schemes[scheme], scheme))
    if scheme in _OTHERS_SAY:
        return UrlProblem(code="unknown-scheme", message=f"unknown scheme `{scheme}://`", help=_OTHERS_SAY[scheme])
    close = difflib.get_close_matches(scheme, [*schemes, "console"], n=1, cutoff=0.6)
    help = f"did you mean `{close[0]}://`?" if close else _EXAMPLES
    return UrlProblem(code="unknown-scheme", message=f"unknown scheme `{scheme}://`", help=help)


def _forms(plugin: Any, scheme: str) -> str:
    if scheme in ("mailto", "mailtos"):  # Apprise's own forms leave out what nobody can do without
        return f"it is written `{scheme}://user:password@smtp.example.com?from=bridge@example.com&to=team@example.com`"
    forms = [str(form).replace("{schema}", scheme) for form in plugin.templates[:3]]
    return "it is written " + " or ".join(f"`{form}`" for form in forms)


# ---- arguments ---------------------------------------------------------------------------------


def _check_arguments(url: str, scheme: str, plugin: Any) -> Iterator[UrlProblem]:
    from bridge.delivery.prepared import details_of  # noqa: PLC0415 -- as above

    details = details_of(plugin)
    prefixes = tuple(str(one["prefix"]) for one in details["kwargs"].values())
    names = {str(name).lower() for name in details["args"]}
    schemes = {scheme, *_listed(plugin.protocol), *_listed(plugin.secure_protocol)}
    silent = EVERYWHERE.union(*(UNDECLARED.get(one, set()) for one in schemes))
    for key, value in _arguments(url):
        if prefixes and key.startswith(prefixes):
            continue
        if key not in names | silent:
            yield _unknown_argument(key, scheme, names)
        elif key in WITHOUT_EFFECT:
            message = f"`{key}` has no effect here"
            yield UrlProblem(code="no-effect", message=message, help=WITHOUT_EFFECT[key], severity="warning")
        elif key in names and (wrong := _wrong_value(value, details["args"][key])):
            yield UrlProblem(code="bad-argument", message=f"`{key}` in the url must be {wrong}")


def _arguments(url: str) -> Iterator[tuple[str, str]]:
    for pair in re.split("[&;]", url.partition("?")[2]):
        key, _, value = pair.partition("=")
        if pair:
            yield unquote(key).strip().lower(), unquote(value).strip()


def _unknown_argument(key: str, scheme: str, names: set[str]) -> UrlProblem:
    close = difflib.get_close_matches(key, sorted(names), n=1, cutoff=0.6)
    if not close and not re.fullmatch("[a-z_-]{1,12}", key):
        key = "…"  # it may be a piece of a token, after a `?` or `&` that should have been written %3F or %26
    if close:
        help = f"did you mean `{close[0]}`?"
    else:
        own = sorted(names - _COMMON)[:8] or sorted(names)[:8]
        help = f"`{scheme}://` takes: " + ", ".join(f"`{name}`" for name in own)
    return UrlProblem(code="unknown-argument", message=f"unknown argument `{key}` in the url", help=help)


_COMMON = {
    "cto",
    "emojis",
    "format",
    "optional",
    "overflow",
    "redirect",
    "retry",
    "rto",
    "store",
    "tz",
    "verify",
    "wait",
}


def _wrong_value(value: str, argument: dict[str, Any]) -> str:
    """What the value should have been; Apprise itself takes its default for a wrong one, and says nothing."""
    kind = argument.get("type", "")
    if kind == "bool" and not _BOOLEAN.fullmatch(value):
        return "`yes` or `no`"
    if kind == "choice:string" and argument.get("map_to") in ("format", "overflow"):
        choices = sorted(str(choice) for choice in argument["values"])
        return "" if value.lower() in choices else "one of " + ", ".join(f"`{choice}`" for choice in choices)
    if kind in ("int", "float"):
        low, high = argument.get("min"), argument.get("max")
        try:
            number = float(value) if kind == "float" else int(value)
        except ValueError:
            return "a number"
        if (low is not None and number < low) or (high is not None and number > high):
            return f"a number from {low} to {high}" if high is not None else f"at least {low}"
    return ""


def _check_port(url: str) -> Iterator[UrlProblem]:
    found = re.match(r"[^:]+://[^/?#]*:(\d+)(?:[/?#]|$)", url)
    if found and not 0 < int(found[1][:6]) < 65536:
        yield UrlProblem(code="bad-url", message="the port must be a number from 1 to 65535")


# ---- the whole ---------------------------------------------------------------------------------


def _check_instance(url: str, scheme: str, plugin: Any) -> Iterator[UrlProblem]:
    from bridge.delivery.prepared import prepare  # noqa: PLC0415 -- as above

    prepared = prepare(url)
    if prepared is None:
        message = f"Apprise cannot use this `{scheme}://` url: a part is missing or has the wrong form"
        yield UrlProblem(code="bad-url", message=message, help=_forms(plugin, scheme))
        return
    targets = len(prepared.plugin)
    if targets != 1:
        message = "the url names nobody to send to" if targets == 0 else f"the url names {targets} targets"
        help = _forms(plugin, scheme) if targets == 0 else "write one destination for each, and a group that lists them"
        yield UrlProblem(code="several-targets" if targets else "no-target", message=message, help=help)


def _listed(schemes: Any) -> tuple[str, ...]:
    """A plug-in's `protocol`: nothing, one or several."""
    return (schemes,) if isinstance(schemes, str) else tuple(schemes or ())
