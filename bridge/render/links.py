"""The addresses a message may lead to: the event's page in Bridge, and the page of its resource, if configured."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from markupsafe import escape

from bridge.model import Event, Format, Json, Kind, Rule, fold
from bridge.render.values import Address, Links

Pages = Mapping[str, str]  # type of a resource → address with `{gid}`


def links(event: Event, pages: Pages, *, public_url: str) -> Links:
    """`event`, `mute`, and where it is known `resource` (with `leads_to`, the type of that page)."""
    page = _page(event, public_url)
    found = Links(event=Address(page), mute=Address(f"{page}/mute"))
    for type_, gid in _candidates(event, pages):
        if isinstance(gid, str) and gid:
            found["resource"] = Address(pages[type_].replace("{gid}", quote(gid, safe="")))
            found["leads_to"] = type_
            break
    return found


def why(event: Event, rule: Rule | None, *, public_url: str) -> Address:
    """Where one reads why a message came: at its rule, on the event's page."""
    return Address(_page(event, public_url) + (f"#{rule_anchor(rule.name)}" if rule else ""))


def rule_anchor(name: str) -> str:
    """What a rule is known by on an event's page: short, and safe in every text, whatever its name."""
    return f"rule-{hashlib.blake2b(name.encode('utf-8', 'replace'), digest_size=4).hexdigest()}"


def why_line(label: str, address: str, format_: Format) -> str:
    """The line that leads there."""
    if format_ == "html":
        return f'<p><a href="{escape(address)}">{escape(label)}</a></p>'
    return f"[{label}]({address})" if format_ == "markdown" else f"{label} {address}"


def tells_why(kind: Kind) -> bool:
    """Programs read the words as they are: there a link would be in the way."""
    return kind.words != "raw" or kind.name == "console"


def _page(event: Event, public_url: str) -> str:
    return f"{public_url.rstrip('/')}/events/{event.id}"


def _candidates(event: Event, pages: Pages) -> Iterator[tuple[str, Json]]:
    """The resource's own page, unless it is deleted; else that of what it belongs to."""
    for type_ in pages:
        if fold(type_) == fold(event.type) and event.action != "deleted":
            yield type_, event.gid
    for owner in (event.resource, _field(event.resource, "subject")):
        for type_ in pages:
            yield type_, _field(_field(owner, fold(type_)), "gid")


def _field(value: Json, name: str) -> Json:
    return value.get(name) if isinstance(value, dict) else None
