"""Who asks: a bearer of the token, one whom a trusted proxy names, or one who signed in here."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from quart import Request

from bridge.config.access import LONGEST_NAME, Network, Role
from bridge.config.hosts import is_loopback
from bridge.config.settings import Settings
from bridge.config.snapshot import Snapshot
from bridge.web.sessions import Session

ADMIN = "admin"  # the name of who has the token or the link


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """One who may look, or also act."""

    name: str
    role: Role


def session_key(settings: Settings) -> bytes:
    """The key that signs cookies: the same in each replica and after a restart, so it is made of what all know.

    Without a way to sign in but the link, a session is good for this process only.
    """
    if not (settings.admin_token or settings.users or settings.auth):
        return secrets.token_bytes(32)
    known = [settings.admin_token, *(secret.hex() for source in settings.sources.values() for secret in source.secrets)]
    # A cookie is something to guess these from: each guess shall cost as much as one of a password.
    return hashlib.scrypt("\0".join(known).encode(), salt=b"bridge sessions", n=2**14, r=8, p=1, dklen=32)


def peer(request: Request) -> str:
    """The address at the other end of the connection."""
    client = request.scope.get("client")
    return str(client[0]).removeprefix("::ffff:") if client else ""


def is_trusted(address: str, trusted: tuple[Network, ...]) -> bool:
    """Whether the address is a proxy's."""
    known = _address(address)
    return known is not None and any(known in network for network in trusted)


def address_of(request: Request, settings: Settings) -> str:
    """The visitor's address: behind trusted proxies the last one that they did not add themselves."""
    found = peer(request)
    trusted = settings.auth.trusted if settings.auth else ()
    hops = [hop.strip() for hop in ",".join(request.headers.getlist("X-Forwarded-For")).split(",")]
    while hops and is_trusted(found, trusted):
        hop = hops.pop()
        if _address(hop) is None:
            break
        found = hop
    return found


def is_local(request: Request) -> bool:
    """Whether a program of this machine asks, as far as can be told: no proxy stands between."""
    passed_on = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return is_loopback(peer(request)) and not passed_on and is_loopback(host_of(request))


def host_of(request: Request) -> str:
    """The name by which Bridge was addressed, without its port."""
    try:
        return (urlsplit(f"//{request.host}").hostname or "").lower()
    except ValueError:
        return ""


def is_ours(request: Request, settings: Settings) -> bool:
    """Whether Bridge was addressed by a name that is its own. Another site's name may lead here too, and its script
    would then count as ours (DNS rebinding); an address cannot be led anywhere else."""
    host = host_of(request)
    return is_loopback(host) or host == urlsplit(settings.public_url).hostname or _address(host) is not None


class Register:
    """Tells who asks."""

    def __init__(self, snapshot: Callable[[], Snapshot], token: str, proof: Callable[[str], str]) -> None:
        self._snapshot = snapshot
        self._token = token  # where the configuration has none
        self._proof = proof

    @property
    def token(self) -> str:
        """The token that may do everything."""
        return self._snapshot().settings.admin_token or self._token

    def bearer(self, request: Request) -> bool | None:
        """Whether the request carries the right token; None when it carries none."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        return self.is_token(token.strip()) if kind.lower() == "bearer" else None

    def is_token(self, given: str) -> bool:
        """Whether this is the token."""
        return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), self.token.encode())

    def of(self, request: Request, session: Session) -> Who | None:
        """Who asks without a token."""
        settings = self._snapshot().settings
        if settings.auth and is_trusted(peer(request), settings.auth.trusted):
            names = request.headers.getlist(settings.auth.proxy_header)
            name = names[0].strip() if len(names) == 1 else ""  # of two, one was not the proxy's
            if name and len(name) <= LONGEST_NAME and name.isprintable():
                known = settings.users.get(name)
                return Who(name=name, role=known.role if known else "view")
        return self._signed_in(session, settings)

    def _signed_in(self, session: Session, settings: Settings) -> Who | None:
        if session.how == "password":
            user = settings.users.get(session.name)
            if user and user.password and hmac.compare_digest(session.proof, self._proof(user.password)):
                return Who(name=session.name, role=user.role)
        elif session.how and hmac.compare_digest(session.proof, self._proof(self.token)):
            return Who(name=ADMIN, role="operate")
        return None


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.removeprefix("::ffff:"))
    except ValueError:
        return None
