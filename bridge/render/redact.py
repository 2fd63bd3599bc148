"""Masks the fields that the configuration calls secret, before a template can see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from bridge.model import Change, Json, fold

MASK = "********"
MOST_NAMES = 4_096  # that are remembered as harmless


def redacted(value: Json, secret: frozenset[str]) -> Json:
    """The same data with every value under a secret name masked; what holds none is given back as it is."""
    return _masked(value, secret) if _holds(value, secret) else value


def redacted_changes(changes: Mapping[str, Change], secret: frozenset[str]) -> dict[str, Change]:
    """Changes by path; a path that leads through a secret name keeps its fact but not its values."""
    return {
        path: Change(MASK, MASK)
        if any(_is_secret(part, secret) for part in path.split("."))
        else Change(redacted(change.old, secret), redacted(change.new, secret))
        for path, change in changes.items()
    }


def _is_secret(name: str, secret: frozenset[str]) -> bool:
    return fold(name) in secret


@lru_cache(maxsize=16)
def _harmless(_secret: frozenset[str]) -> set[str]:
    """Names that were looked at and are no secret: the same few come with every event."""
    return set()


def _holds(value: Json, secret: frozenset[str]) -> bool:
    """Is there a secret anywhere; without recursion, as data may be deep."""
    harmless = _harmless(secret)
    waiting: list[Json] = [value]
    while waiting:
        inner = waiting.pop()
        if type(inner) is dict:
            if not harmless.issuperset(inner):
                if any(_is_secret(name, secret) for name in inner):
                    return True
                _keep(harmless, inner)
            waiting += inner.values()
        elif type(inner) is list:
            waiting += inner
    return False


def _keep(harmless: set[str], names: Iterable[str]) -> None:
    if len(harmless) > MOST_NAMES:
        harmless.clear()
    harmless.update(names)


def _masked(value: Json, secret: frozenset[str]) -> Json:
    whole: list[Json] = [value]
    waiting: list[Any] = [whole]
    while waiting:
        holder = waiting.pop()
        entries: Iterable[tuple[Any, Json]] = holder.items() if isinstance(holder, dict) else enumerate(holder)
        for name, item in list(entries):
            if isinstance(name, str) and item is not None and _is_secret(name, secret):
                holder[name] = MASK
            elif isinstance(item, (dict, list)):
                holder[name] = item.copy()
                waiting.append(holder[name])
    return whole[0]
