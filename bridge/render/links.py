"""The addresses a message may lead to: the event's page in Bridge, and the page of its resource, if configured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from bridge.model import Event, Json, fold
from bridge.render.values import Address

Pages = Mapping[str, str]  # type of a resource → address with `{gid}`


def links(event: Event, pages: Pages, *, public_url: str, why_link: bool) -> dict[str, str]:
    """`event`, `mute`, and where they are known `resource` (with `leads_to`, the type of that page) and `why`."""
    page = f"{public_url.rstrip('/')}/events/{event.id}"
    found: dict[str, str] = {"event": Address(page), "mute": Address(f"{page}/mute")}
    if why_link:
        found["why"] = Address(page)
    for type_, gid in _candidates(event, pages):
        if isinstance(gid, str) and gid:
            found["resource"] = Address(pages[type_].replace("{gid}", quote(gid, safe="")))
            found["leads_to"] = type_
            break
    return found


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
