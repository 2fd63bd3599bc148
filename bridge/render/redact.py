"""Masks the fields that the configuration calls secret, before a template can see them."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.model import Change, Json, fold

MASK = "********"


def redacted(value: Json, secret: frozenset[str]) -> Json:
    """The same data with every value under a secret name masked; what holds none is given back as it is."""
    if isinstance(value, dict):
        changed = {
            key: MASK if fold(key) in secret and item is not None else redacted(item, secret)
            for key, item in value.items()
        }
        return changed if any(changed[key] is not value[key] for key in value) else value
    if isinstance(value, list):
        items = [redacted(item, secret) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value


def redacted_changes(changes: Mapping[str, Change], secret: frozenset[str]) -> dict[str, Change]:
    """Changes by path; a path that leads through a secret name keeps its fact but not its values."""
    return {
        path: Change(MASK, MASK)
        if any(fold(part) in secret for part in path.split("."))
        else Change(redacted(change.old, secret), redacted(change.new, secret))
        for path, change in changes.items()
    }
