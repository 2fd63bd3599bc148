"""What a list page is narrowed to, out of its address: the names are the API's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridge.web.api import BadFilter, number
from bridge.web.console import href
from bridge.web.look import Look

LONGEST = 500
PAGE = 30
AGES = {"1h": 3600.0, "24h": 86400.0, "7d": 7 * 86400.0}
TEXTS = ("q", "type", "action", "source", "gid", "rule", "destination", "state", "outcome")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The filters of one list."""

    path: str
    texts: Mapping[str, str]  # as they stand in the address, without the cursor
    wanted: Mapping[str, Any]  # keyword arguments of the store's reads

    def get(self, name: str) -> str:
        """A filter as written; empty when it is not set."""
        return self.texts.get(name, "")

    def without(self, *names: str, **instead: str) -> str:
        """The address of this list without some of its filters."""
        kept = {name: text for name, text in self.texts.items() if name not in names}
        return href(self.path, **{**kept, **instead})

    def older(self, last: int) -> str:
        """The address of the rows below an id."""
        return href(self.path, **self.texts, cursor=last)

    @property
    def is_narrow(self) -> bool:
        return bool(self.texts)


def asked(
    look: Look, path: str, arguments: Mapping[str, str], allowed: Mapping[str, tuple[str, ...]], limit: int = PAGE
) -> Asked:
    """Read the address; `allowed`: what some filters may be. Raises BadFilter."""
    texts = {name: text.strip() for name, text in arguments.items() if name in (*TEXTS, "since", "until")}
    texts = {name: text for name, text in texts.items() if text}
    wanted: dict[str, Any] = {"limit": limit}
    for name, text in texts.items():
        if len(text) > LONGEST:
            raise BadFilter(f"`{name}` is longer than {LONGEST} characters.")
        if name in allowed and text not in allowed[name]:
            raise BadFilter(f"`{name}` is one of {', '.join(allowed[name])}.")
        wanted[name] = _moment(look, name, text) if name in ("since", "until") else text
    if cursor := arguments.get("cursor"):
        wanted["before"] = number("cursor", cursor, 2**62)
    return Asked(path=path, texts=texts, wanted=wanted)


def _moment(look: Look, name: str, text: str) -> float:
    """`24h` is so long ago; a time without a zone, as browsers send it, is of the configured one."""
    if text in AGES:
        return look.now - AGES[text]
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))  # a `+` in an address arrives as a space
    except ValueError:
        at = None
    if at is None or not 2000 <= at.year < 2200:  # dates beyond cannot be told in every zone
        raise BadFilter(f"`{name}` is a time such as 2026-11-24T09:00, or one of {', '.join(AGES)}.")
    return (at if at.tzinfo else at.replace(tzinfo=look.zone)).timestamp()
