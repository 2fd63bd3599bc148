"""`destinations:` of the configuration: one address each, or a group of names."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Literal, cast
from urllib.parse import parse_qs, urlsplit

from bridge.config.hosts import is_private
from bridge.config.reading import (
    Fields,
    Findings,
    Reader,
    integer,
    kind_of_value,
    lasting,
    lasting_or,
    list_of,
    one_of,
    rate,
    shown,
    text,
    width_of,
    wrong,
)
from bridge.config.secret_values import warn_of_literal
from bridge.config.substitute import SECRET_KEYS, secrets_in
from bridge.config.webhooks import read_signing
from bridge.config.wording import choices, said, suggestion
from bridge.delivery.apart import check_ahead
from bridge.delivery.check import check_url
from bridge.delivery.kinds import OWN_WEBHOOK, kind_of
from bridge.errors import Invalid, Problem
from bridge.model import Destination, Format, Node

DOCS = "docs/configuration.md#destinations"
DESTINATION_KEYS = (
    "url",
    "format",
    "retry",
    "rate",
    "concurrency",
    "fallback",
    "overflow",
    "pause_after",
    "max_age",
    "secrets",
    "owner",
)
EXAMPLE = '{url: "console://"}'
FORMATS: tuple[Format, ...] = ("text", "markdown", "html")

_IN_CLEAR = frozenset({"http", "json", "xml", "form"})
_NAME = re.compile(r"\w[\w.-]{0,63}")


def read_destinations(top: Fields) -> tuple[dict[str, Destination], dict[str, tuple[str, ...]]]:
    """(destinations, groups)"""
    entries = top.inner("destinations", what="`destinations`", example=f"`name: {EXAMPLE}` lines below it")
    if entries is None:
        return {}, {}
    entries.docs = DOCS
    if not entries.entries:
        top.tell_key("destinations", "empty", "`destinations` has none", help=f"write `name: {EXAMPLE}` lines below it")
    groups = {name: node for name, node in entries.entries.items() if isinstance(node.value, list)}
    single = [name for name in entries.entries if name not in groups]
    for name in entries.entries:
        if not _NAME.fullmatch(name):
            help = "letters, digits, `.`, `-` and `_`, 64 at most"
            entries.tell_key(name, "name", f"{said(name)} cannot name a destination", help=help)
    check_ahead([url for name in single if (url := _written(entries.entries[name]))])
    # One that is written wrong is known all the same: rules that name it are not wrong.
    found = {name: _destination(name, entries.entries[name], entries, single) for name in single}
    _tell_circles(found, entries)
    return found, {name: _group(name, node, single, groups, entries) for name, node in groups.items()}


def destination_name(allowed: Collection[str]) -> Reader[str]:
    """A name that the configuration defines."""

    def read(node: Node) -> str:
        name = text(node)
        if "://" in name:
            help = "give it a name under `destinations:` in the configuration, and write that name here"
            wrong(node, "an address stands where a name is needed", help=help, code="unknown-destination")
        if name not in allowed:
            help = (
                f"{suggestion(name, allowed)}destinations: {choices(allowed)}"
                if allowed
                else "the configuration has none"
            )
            wrong(node, f"unknown destination {shown(node)}", help=help, code="unknown-destination")
        return name

    return read


def _group(
    name: str, node: Node, single: Collection[str], groups: Mapping[str, Node], entries: Fields
) -> tuple[str, ...]:
    def member(item: Node) -> str:
        if isinstance(item.value, str) and item.value in groups:
            wrong(item, f"{shown(item)} is a group", help="a group holds destinations, not groups", code="group")
        return destination_name(single)(item)

    if not node.value:
        entries.tell_key(name, "group", f"the group {said(name)} is empty", help="write [name, name]")
        return ()
    return tuple(dict.fromkeys(entries.take(node, list_of(member), ())))


def _destination(name: str, node: Node, entries: Fields, single: Collection[str]) -> Destination:
    fields = entries.map(node, what=f"destination {said(name)}", kind="a destination", example=EXAMPLE)
    if fields is None:
        return Destination(name=name, url="", kind=kind_of("console://"), place=node.place)
    fields.only(DESTINATION_KEYS, secret_keys=SECRET_KEYS)
    if "url" not in fields.entries:
        fields.missing("url", 'write url: "${NAME}", or url: "console://" to print')
    url = fields.get("url", _url(fields.findings), "")
    own = _is_webhook(fields)
    if not own:
        _tell_no_webhook(fields)
    schedule, give_up_after = _retry(fields)
    fallback, fallback_after = _fallback(name, fields, single)
    return Destination(
        name=name,
        url=url,
        kind=kind_of(url or "console://"),
        format=None if own else fields.get("format", _format, None),
        schedule=schedule,
        give_up_after=give_up_after,
        concurrency=fields.get("concurrency", integer(1, 64, below="1 sends one after the other"), 4),
        rate=fields.get("rate", rate, None),
        pause_after=fields.get("pause_after", integer(0, 1000, below="0 never pauses"), 5),
        max_age=fields.get("max_age", lasting_or("without it a pause makes nothing too old"), None),
        fallback=fallback,
        fallback_after=fallback_after,
        signing=read_signing(fields) if own else None,
        owner=fields.get("owner", destination_name(entries.entries), None) if own else None,
        overflow=fields.get("overflow", _overflow, "shorten"),
        place=fields.node.place,
    )


def _written(node: Node) -> str:
    """The address of a destination, whatever it is worth."""
    url = node.value.get("url") if isinstance(node.value, dict) else None
    return url.value.strip() if url and isinstance(url.value, str) else ""


def _format(node: Node) -> Format:
    return cast(Format, one_of(FORMATS, "format")(node))


def _is_webhook(fields: Fields) -> bool:
    """Also of an address that cannot be used; one that is missing or empty is taken for what the secrets say."""
    node = fields.entries.get("url")
    written = node.value.strip() if node and isinstance(node.value, str) else ""
    return written.startswith(OWN_WEBHOOK) if written else "secrets" in fields.entries


def _tell_no_webhook(fields: Fields) -> None:
    """Keys that only a `webhook:` address has."""
    if "secrets" in fields.entries:
        message, help = "`secrets` sign what `webhook:` addresses get, nothing else", "delete them"
        fields.tell_key("secrets", "no-effect", message, help=help, severity="warning")
    if "owner" in fields.entries:
        message, help = "only a `webhook:` address has an `owner`", "delete it; `operators` hear of every destination"
        fields.tell_key("owner", "no-effect", message, help=help, severity="warning")


def _overflow(node: Node) -> Literal["shorten", "split"]:
    return cast(Literal["shorten", "split"], one_of(("shorten", "split"), "overflow")(node))


def _retry(fields: Fields) -> tuple[tuple[float, ...], float | None]:
    retry = fields.inner("retry", example="{schedule: [5s, 30s, 2m]}")
    if retry is None:
        return (), None
    retry.only(("schedule", "give_up_after"))
    return retry.get("schedule", _schedule, ()), retry.get("give_up_after", lasting, None)


def _schedule(node: Node) -> tuple[float, ...]:
    schedule = list_of(lasting)(node)
    if not schedule:
        wrong(
            node, "an empty schedule never tries again", help="write how long to wait before each retry: [5s, 30s, 2m]"
        )
    return schedule


def _fallback(name: str, fields: Fields, single: Collection[str]) -> tuple[str | None, float | None]:
    """A name, or `{to: name, after: 10m}`."""
    other = _another(name, single)
    node = fields.node_of("fallback")
    if node is None or not isinstance(node.value, dict):
        return fields.get("fallback", other, None), None
    inner = fields.inner("fallback")
    if inner is None:
        return None, None
    inner.only(("to", "after"))
    if "to" not in inner.entries:
        inner.missing("to", "write {to: name, after: 10m}")
    return inner.get("to", other, None), inner.get("after", lasting, None)


def _another(name: str, single: Collection[str]) -> Reader[str]:
    known = destination_name([other for other in single if other != name])

    def read(node: Node) -> str:
        if node.value == name:
            wrong(node, f"{shown(node)} is its own fallback", help="name another destination", code="circle")
        return known(node)

    return read


def _tell_circles(found: Mapping[str, Destination], entries: Fields) -> None:
    """A message that nobody takes must not be handed round for ever. Each circle is told once."""
    told: set[str] = set()
    for name in found:
        chain = [name]
        while (after := found[chain[-1]].fallback) and after not in chain:
            chain.append(after)
        if after is None or after != name or told & set(chain):
            continue
        told.update(chain)
        node = entries.entries[chain[-1]]
        fallback = node.value["fallback"] if isinstance(node.value, dict) else node
        way = " → ".join(f"`{one}`" for one in (*chain, name))
        message, help = f"these fallbacks lead in a circle: {way}", "end the chain: delete one `fallback` of it"
        entries.findings.tell(fallback.place, "circle", message, help=help, docs=DOCS, width=width_of(fallback))


def _url(findings: Findings) -> Reader[str]:
    """One address that Apprise understands. No message ever holds a part of it."""

    def read(node: Node) -> str:
        if not isinstance(node.value, str):
            wrong(
                node, f"an address is a text, this is {kind_of_value(node)}", help=f"write {EXAMPLE}", code="wrong-type"
            )
        url = node.value.strip()
        if not url:
            wrong(node, "this address is empty", help='write "${NAME}", or "console://" to print')
        mistakes = [
            Problem(
                place=node.place,
                code=one.code,
                message=one.message,
                help=one.help,
                severity=one.severity,
                width=width_of(node),
            )
            for one in check_url(url)
        ]
        if any(one.severity == "error" for one in mistakes):
            raise Invalid(mistakes)
        findings.problems += mistakes
        if len(secrets_in(url)) > 1:
            warn_of_literal(node, findings)
        _unsafe(node, url, findings)
        return url

    return read


def _unsafe(node: Node, url: str, findings: Findings) -> None:
    """Text that crosses other people's networks in clear."""
    parts = urlsplit(url.removeprefix(OWN_WEBHOOK))
    query = {key.lower(): values[-1].lower() for key, values in parse_qs(parts.query).items()}
    clear = parts.scheme in _IN_CLEAR or query.get("mode") == "insecure"
    unverified = query.get("verify") in ("no", "false", "0")
    if not (clear or unverified) or is_private(parts.hostname or ""):
        return
    message = "this address sends in clear" if clear else "this address does not check whom it talks to (`verify=no`)"
    help = "take the encrypted form (`https://`, `jsons://`, `mailtos://`, …)" if clear else "delete `verify=no`"
    findings.tell(node.place, "insecure", message, help=help, docs=DOCS, severity="warning", width=width_of(node))
