"""Which addresses that came with an event may be asked: plain http and https, and only of public machines."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

URL_MAX = 4_096
PORTS = frozenset({80, 443, 8443})

# One pattern reads the address, so that no two parsers can disagree on its host: no user, no backslash, no space.
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]{2,45}\]|[a-z0-9.-]{1,253})(?::(?P<port>\d{1,5}))?"
    r"(?P<target>[/?][!-\"$-\[\]-~]*)?(?:#[!-~]*)?",
    re.I,
)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")

_PUBLIC_6 = ipaddress.IPv6Network("2000::/3")
# What Python calls global, or did in some version, and is none of the public's machines.
_NEVER = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "168.63.129.16/32",  # a cloud's own service, at a public address
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "224.0.0.0/3",
        "2001::/23",  # Teredo and other tunnels
        "2001:db8::/32",
        "2002::/16",  # 6to4 holds an IPv4 address
        "3fff::/20",
    )
)


class Refused(Exception):
    """The file is not fetched; the text says why, and holds no more of the address than its host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A checked address: where to connect to, and what to ask for."""

    scheme: str
    host: str
    port: int
    target: str
    address: str = ""  # of the machine; the connection goes to this very one


def is_public(address: str) -> bool:
    """Is it a machine of the public internet, whatever stands inside the address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if any(found in network for network in _NEVER if network.version == found.version):
        return False
    if isinstance(found, ipaddress.IPv6Address) and found not in _PUBLIC_6:  # mapped, NAT64, link-local …
        return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def look_up(host: str, port: int) -> list[str]:
    """All addresses of a name. Raises OSError."""
    return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What may be asked; another than the one below is for tests."""

    look_up: Callable[[str, int], Sequence[str]] = look_up
    is_public: Callable[[str], bool] = is_public
    ports: Collection[int] = PORTS


PUBLIC = Policy()


def read(url: str, policy: Policy) -> Place:
    """The parts of an address, or Refused; nobody is asked yet."""
    found = _URL.fullmatch(url) if len(url) <= URL_MAX else None
    if found is None:
        raise Refused("its address is not a plain http or https one")
    scheme, host = found["scheme"].lower(), found["host"].lower().removesuffix(".")
    if not _is_host(host):
        raise Refused("its address has no sound host")
    port = int(found["port"]) if found["port"] else (443 if scheme == "https" else 80)
    if port not in policy.ports:
        raise Refused(f"{host} is not asked at port {port}")
    target = found["target"] or "/"
    return Place(scheme=scheme, host=host.strip("[]"), port=port, target=target if target[0] == "/" else f"/{target}")


def _is_host(host: str) -> bool:
    if host.startswith("["):
        return _is_address(host[1:-1])
    labels = host.split(".")
    if labels[-1].isdigit() or labels[-1].startswith("0x"):  # other ways to write IPv4 are nobody's honest address
        return _is_address(host)
    return all(_LABEL.fullmatch(label) for label in labels)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def addresses(place: Place, policy: Policy) -> Sequence[str]:
    """The addresses of a place's host, every one of them public; else Refused."""
    if _is_address(place.host):
        found: Sequence[str] = [place.host]
    else:
        try:
            found = policy.look_up(place.host, place.port)
        except (OSError, UnicodeError):
            raise Refused(f"{place.host} cannot be found") from None
    if not found:
        raise Refused(f"{place.host} cannot be found")
    if not all(policy.is_public(address) for address in found):
        raise Refused(f"{place.host} is not a public address")
    return found
