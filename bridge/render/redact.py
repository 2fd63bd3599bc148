"""Masks the fields that the configuration calls secret, before a template can see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from bridge.model import Change, Json, fold

MASK = "********"


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


@lru_cache(maxsize=4_096)  # the same few names come with every event
def _is_secret(name: str, secret: frozenset[str]) -> bool:
    return fold(name) in secret


def _holds(value: Json, secret: frozenset[str]) -> bool:
    """Is there a secret anywhere; without recursion, as data may be deep."""
    waiting: list[Json] = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, dict):
            if any(_is_secret(name, secret) for name in inner):
                return True
            waiting.extend(item for item in inner.values() if isinstance(item, (dict, list)))
        elif isinstance(inner, list):
            waiting.extend(item for item in inner if isinstance(item, (dict, list)))
    return False


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
