"""What Bridge must know of a destination's service to write for it: its words, formats and limits."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from bridge.model import Format, Kind

OWN_WEBHOOK = "webhook:"  # stands before the address that Bridge's own webhooks post to

# Limits are the services' own, or stricter where a longer text looks bad; Apprise cuts nothing by itself.
CONSOLE = Kind(name="console", words="raw", formats=("text",), title_max=250, body_max=32768)
SLACK = Kind(name="slack", words="chat", formats=("markdown", "text"), title_max=150, body_max=3000)
TEAMS = Kind(
    name="teams",
    words="chat",
    formats=("markdown", "text"),
    title_max=250,
    body_max=1000,
    code_spans=False,
    blank_lines=True,
)
# Discord counts title, line break and body as one text of 2,000.
DISCORD = Kind(name="discord", words="chat", formats=("markdown", "text"), title_max=250, body_max=1748)
TELEGRAM = Kind(name="telegram", words="chat", formats=("markdown", "html", "text"), title_max=0, body_max=4096)
NTFY = Kind(name="ntfy", words="chat", formats=("text",), title_max=200, body_max=7800, code_spans=False)
GOOGLE_CHAT = Kind(name="gchat", words="chat", formats=("markdown", "text"), title_max=0, body_max=4000)
MATTERMOST = Kind(name="mattermost", words="chat", formats=("markdown", "text"), title_max=0, body_max=4000)
MAIL = Kind(name="mail", words="mail", formats=("html", "markdown", "text"), title_max=79, body_max=32768)
JSON = Kind(name="json", words="raw", formats=("markdown", "text", "html"), title_max=250, body_max=32768)
XML = Kind(name="xml", words="raw", formats=("markdown", "text", "html"), title_max=250, body_max=32768)
FORM = Kind(name="form", words="raw", formats=("markdown", "text", "html"), title_max=250, body_max=32768)
WEBHOOK = Kind(name="webhook", words="raw", formats=("markdown", "text", "html"), title_max=250, body_max=32768)

BY_SCHEME: dict[str, Kind] = {
    "console": CONSOLE,
    "slack": SLACK,
    **dict.fromkeys(("workflow", "workflows"), TEAMS),
    "discord": DISCORD,
    "tgram": TELEGRAM,
    **dict.fromkeys(("ntfy", "ntfys"), NTFY),
    "gchat": GOOGLE_CHAT,
    **dict.fromkeys(("mmost", "mmosts"), MATTERMOST),
    **dict.fromkeys(("mailto", "mailtos"), MAIL),
    # Mail sent through a provider's HTTP interface.
    **dict.fromkeys(("brevo", "mailersend", "mailgun", "o365", "postmark", "resend", "sendgrid"), MAIL),
    **dict.fromkeys(("sendpulse", "ses", "smtp2go", "sparkpost"), MAIL),
    **dict.fromkeys(("json", "jsons"), JSON),
    **dict.fromkeys(("xml", "xmls"), XML),
    **dict.fromkeys(("form", "forms"), FORM),
}
# The web addresses these services hand out, which Apprise knows too.
BY_HOST: dict[str, Kind] = {
    "hooks.slack.com": SLACK,
    "discord.com": DISCORD,
    "discordapp.com": DISCORD,
    "logic.azure.com": TEAMS,
    "api.powerplatform.com": TEAMS,
    "chat.googleapis.com": GOOGLE_CHAT,
    "ntfy.sh": NTFY,
}


@lru_cache(maxsize=1000)
def kind_of(url: str) -> Kind:
    """The kind of a destination; of a URL that cannot be used, a careful guess, since `check_url` says so."""
    scheme = url.partition("://")[0].lower()
    if url.startswith(OWN_WEBHOOK):
        return WEBHOOK
    if known := BY_SCHEME.get(scheme):
        return known
    if scheme in ("http", "https"):
        host = _host_of(url)
        for name, known in BY_HOST.items():
            if host == name or host.endswith("." + name):
                return known
    return _from_plugin(url)


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # a `[` without its `]`
        return ""


def _from_plugin(url: str) -> Kind:
    from bridge.delivery.prepared import prepare  # noqa: PLC0415 -- loads Apprise, 0.3 s that common services save

    prepared = prepare(url)
    if prepared is None:
        return Kind(name="unknown", words="chat", formats=("text",), title_max=0, body_max=1000)
    plugin = prepared.plugin
    return Kind(
        name=str(plugin.service_name).lower(),
        words="chat",
        formats=_formats(plugin.notify_format),
        title_max=max(0, int(plugin.title_maxlen)),
        body_max=int(plugin.body_maxlen) - (int(plugin.title_maxlen) + 2 if plugin.overflow_amalgamate_title else 0),
        code_spans=False,
    )


def _formats(declared: Any) -> tuple[Format, ...]:
    """Those a plug-in takes as they are, richest first; text is always converted well."""
    names = {str(one.value) for one in (declared if isinstance(declared, tuple) else (declared,))}
    rich: tuple[Format, ...] = ("markdown", "html")
    return (*(one for one in rich if one in names), "text")
