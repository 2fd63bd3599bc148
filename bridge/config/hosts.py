"""Which addresses stay on this machine or in this network; names are judged as written, never looked up."""

from __future__ import annotations

from ipaddress import ip_address

_PRIVATE_ENDINGS = (".local", ".internal", ".lan", ".home.arpa", ".localhost", ".test")


def is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_private(host: str) -> bool:
    """Loopback, a private range, or a name that only a local network knows: without a dot, `.local`, …"""
    try:
        return ip_address(host.strip("[]")).is_private
    except ValueError:
        return "." not in host or host.endswith(_PRIVATE_ENDINGS)
