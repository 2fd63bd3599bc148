"""`users` and `auth`: who may sign in, and which proxy may say who somebody is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Literal, cast

from bridge.config.reading import Fields, list_of, one_of, shown, word, wrong
from bridge.config.substitute import SECRET_KEYS
from bridge.model import Node

Role = Literal["view", "operate"]
Network = IPv4Network | IPv6Network

LONGEST_NAME = 64
ACCESS_KEYS = {"users": ("password", "role"), "auth": ("proxy_header", "trusted")}

_BASE64 = "[A-Za-z0-9+/]"
_HASH = re.compile(
    rf"\$argon2id\$v=19\$m=([0-9]{{1,7}}),t=([0-9]{{1,3}}),p=[0-9]{{1,2}}\${_BASE64}{{11,}}\${_BASE64}{{22,}}"
)
_LEAST_MEMORY, _LEAST_PASSES = 65536, 3  # KiB and rounds of what `bridge password` makes
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_NAME = re.compile(r"[\w.@+-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One who may sign in."""

    password: str = field(repr=False)  # an argon2id hash; empty: only the proxy may say that it is them
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """A proxy that signs people in."""

    proxy_header: str = ""  # holds the user's name
    trusted: tuple[Network, ...] = ()  # addresses of the proxy


def read_access(top: Fields) -> tuple[Mapping[str, User], Auth | None]:
    """Both keys; without `auth`, every user needs a password."""
    auth = _auth(top)
    users = {}
    for name, fields in top.named("users", one="user", example='{password: "$argon2id$…", role: view}'):
        if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
            help = f"letters, digits and . @ + - _, at most {LONGEST_NAME}"
            fields.findings.tell(fields.node.place, "name", f"{fields.what} has a name that cannot be used", help=help)
        fields.only(ACCESS_KEYS["users"], secret_keys=SECRET_KEYS)
        if "password" not in fields.entries and not (auth and auth.proxy_header):
            fields.missing("password", "`bridge password` makes the hash to write here")
        if "role" not in fields.entries:
            fields.missing("role", "write `view` or `operate`")
        users[name] = User(
            password=fields.get("password", _hash, ""),
            role=cast(Role, fields.get("role", one_of(("view", "operate"), "role"), "view")),
        )
    return users, auth


def _hash(node: Node) -> str:
    found = _HASH.fullmatch(node.value) if isinstance(node.value, str) else None
    help = "`bridge password` asks for the password and prints the hash to write here"
    if not found:
        wrong(node, "this password is no argon2 hash", help=help)
    if int(found[1]) < _LEAST_MEMORY or int(found[2]) < _LEAST_PASSES:
        wrong(node, "this hash is too quick to guess: its memory or its passes are below the usual", help=help)
    return found[0]


def _auth(top: Fields) -> Auth | None:
    auth = top.inner("auth", example='{proxy_header: X-Remote-User, trusted: ["10.0.0.5"]}')
    if auth is None:
        return None
    auth.only(ACCESS_KEYS["auth"])
    for key, help in (
        ("proxy_header", "name the header in which the proxy tells who somebody is"),
        ("trusted", "name the proxy's address: anybody else could send that header"),
    ):
        if key not in auth.entries:
            auth.missing(key, help)
    return Auth(proxy_header=auth.get("proxy_header", _header, ""), trusted=auth.get("trusted", _networks, ()))


def _header(node: Node) -> str:
    name = word(node)
    if not _HEADER.fullmatch(name) or name.lower() in ("authorization", "cookie", "host", "origin"):
        wrong(node, f"{shown(node)} is no header for a user's name", help="write X-Forwarded-User or X-Remote-User")
    return name


def _networks(node: Node) -> tuple[Network, ...]:
    networks = list_of(_network)(node)
    if not networks:
        wrong(node, "this list is empty: the header would be believed from nobody", help="name the proxy's address")
    return networks


def _network(node: Node) -> Network:
    written = word(node)
    try:
        network = ip_network(written, strict=False)
    except ValueError:
        wrong(node, f"{shown(node)} is no address or network", help="write 10.0.0.5 or 10.0.0.0/24")
    if network.prefixlen == 0:
        wrong(node, f"{shown(node)} trusts everybody", help="name the proxy's own address", code="trusted")
    return network
