"""What pages and API look through, and who may look."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass

from quart import Request

from bridge.config.snapshot import Snapshot
from bridge.store import Store


@dataclass(kw_only=True)
class Window:
    """The store, the rules in force, and how the service is."""

    store: Store
    snapshot: Callable[[], Snapshot]
    token: str  # of the API
    state: Callable[[], str]  # "starting", "running", "stopping"

    def admits(self, request: Request) -> bool:
        """Whether the request carries the token."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        right = hmac.compare_digest(token.strip().encode(), self.token.encode())
        return kind.lower() == "bearer" and right


def is_loopback(request: Request) -> bool:
    """Whether the peer of the connection is this machine."""
    peer = request.scope.get("client")
    try:
        return peer is not None and ipaddress.ip_address(peer[0]).is_loopback
    except ValueError:
        return False
