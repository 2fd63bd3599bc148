"""`sources:` of the configuration: who may send events, and with which secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from bridge.config.not_yet import tell_not_yet
from bridge.config.reading import (
    Fields,
    duration,
    integer,
    lasting_or,
    one_of,
    shown,
    width_of,
    word,
    wrong,
)
from bridge.config.secret_values import secret_list, warn_of_short
from bridge.config.substitute import SECRET_KEYS
from bridge.config.wording import choices, said, suggestion
from bridge.model import Node
from bridge.sources import SOURCES

DOCS = "docs/configuration.md#sources"
SOURCE_KEYS = ("type", "secrets", "expect_every", "duplicate_window", "links", "api", "max_body")
EXAMPLE = '{type: creads, secrets: ["${CREADS_WEBHOOK_SECRET}"]}'
DAY = 86400.0
MAX_BODY = 16 * 1024 * 1024

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")  # it stands in the address `/hooks/<name>`


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """One configured sender of events."""

    name: str
    type: str  # a key of SOURCES
    secrets: tuple[bytes, ...] = field(repr=False)  # any of them may have signed
    expect_every: float | None = None  # seconds without an event until the operators are told
    duplicate_window: float = DAY  # seconds in which the same event counts as the same
    links: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))  # documented type → page, with {gid}
    api: bool = False  # whether the sender's own API is configured
    max_body: int = 1024 * 1024  # bytes


def read_sources(top: Fields) -> dict[str, SourceSettings]:
    found = {}
    seen: dict[str, str] = {}
    for name, fields in top.named("sources", one="source", example=EXAMPLE):
        fields.docs = DOCS
        fields.only(SOURCE_KEYS, secret_keys=SECRET_KEYS)
        tell_not_yet(fields, "source")
        if not _NAME.fullmatch(name):
            help = "letters, digits, `-` and `_`, 64 at most: it stands in the address /hooks/<name>"
            fields.findings.tell(
                top.entries["sources"].keys[name],
                "name",
                f"{said(name)} cannot name a source",
                help=help,
                docs=DOCS,
                width=len(name),
            )
            continue
        found[name] = _source(name, fields, seen)
    return found


def _source(name: str, fields: Fields, seen: dict[str, str]) -> SourceSettings:
    if "type" not in fields.entries:
        fields.missing("type", f"one of: {choices(SOURCES)}")
    type_name = fields.get("type", one_of(tuple(SOURCES), "source type"), "")
    return SourceSettings(
        name=name,
        type=type_name,
        secrets=_secrets(name, fields, seen),
        expect_every=fields.get("expect_every", lasting_or("without it a silent source is not told of"), None),
        duplicate_window=fields.get("duplicate_window", duration, DAY),
        links=_links(type_name, fields),
        api=_api(fields),
        max_body=fields.get("max_body", integer(1, MAX_BODY), 1024 * 1024),
    )


def _secrets(name: str, fields: Fields, seen: dict[str, str]) -> tuple[bytes, ...]:
    help = 'write secrets: ["${NAME}"] and set that variable to the secret that the sender shows'
    secrets = secret_list(fields, help=help, empty="an empty list lets everybody in")
    for node, value in secrets:
        warn_of_short(node, len(value.encode()), fields)
        other = seen.setdefault(value, name)
        if other != name:
            message = f"source {said(other)} has the same secret"
            help = "give each its own: one that leaks then opens one door"
            fields.findings.tell(
                node.place, "weak-secret", message, help=help, docs=DOCS, severity="warning", width=width_of(node)
            )
    return tuple(value.encode() for _, value in secrets)


def _links(type_name: str, fields: Fields) -> Mapping[str, str]:
    links = fields.inner("links", example='{Project: "https://example.com/projects/{gid}"}')
    if links is None or type_name not in SOURCES:
        return MappingProxyType({})
    source, found = SOURCES[type_name], {}
    for written, node in links.entries.items():
        documented = source.documented(written)
        if documented is None:
            help = f"{suggestion(written, source.EVENTS)}types: {choices(source.EVENTS)}"
            links.tell_key(written, "unknown-type", f"{type_name} sends no type {said(written)}", help=help)
            continue
        address = links.take(node, page, "")
        if address:
            found[documented] = address
    return MappingProxyType(found)


def page(node: Node) -> str:
    """The address of a resource's page, with `{gid}` in it."""
    address = word(node)
    if not re.fullmatch(r"https?://[^\s{}]+\{gid\}[^\s{}]*", address):
        wrong(node, f"{shown(node)} is no page of a resource", help='write "https://…/{gid}"')
    return address


def _api(fields: Fields) -> bool:
    api = fields.inner("api", example='{client_id: "${CREADS_CLIENT_ID}", client_secret: "${CREADS_CLIENT_SECRET}"}')
    if api is None:
        return False
    api.only(("client_id", "client_secret", "url"), secret_keys=("client_id", "client_secret", "url"))
    for key in ("client_id", "client_secret"):
        if key not in api.entries:
            api.missing(key)
        api.get(key, _present, "")
    return True


def _present(node: Node) -> str:
    if not isinstance(node.value, str) or not node.value.strip():
        wrong(node, "a text is needed here", help='write "${NAME}"')
    return node.value
