"""What a template sees of an event: plain maps, so that no attribute of any object is in reach."""

from __future__ import annotations

from typing import Any

from bridge.model import Event, Rule
from bridge.render.redact import redacted, redacted_changes


class Changes(dict[str, Any]):
    """Changes by path: `changes.status.old`, `changes["price.amount"].new` or step by step; `changes.fields`."""

    __slots__ = ("_below", "_fields")

    def __contains__(self, name: object) -> bool:
        return self._part(str(name)) is not None

    def __getitem__(self, name: str) -> Any:
        found = self._part(name)
        if found is None:
            raise KeyError(name)
        return found

    def _part(self, name: str) -> Any:
        if not hasattr(self, "_below"):  # only once: a template may ask in a loop
            self._below = _grouped(self)
            self._fields = sorted(self)
        if name == "fields":
            return self._fields
        if super().__contains__(name):
            return super().__getitem__(name)
        first, _, rest = name.partition(".")
        below = self._below.get(first)
        return below._part(rest) if below is not None and rest else below


def _grouped(changes: Changes) -> dict[str, Changes]:
    groups: dict[str, Changes] = {}
    for path, change in changes.items():
        first, dot, rest = path.partition(".")
        if dot:
            groups.setdefault(first, Changes())[rest] = change
    return groups


def seen(event: Event, *, secret: frozenset[str]) -> dict[str, Any]:
    """The names of LANGUAGE.md, "Templates see", but for `rule`, `links` and `now`."""
    names: dict[str, Any] = {
        "event": {
            "id": event.id,
            "type": event.type,
            "action": event.action,
            "gid": event.gid,
            "source": event.source,
            "received_at": event.received_at,
        },
        "resource": redacted(event.resource, secret) or {},
        "changes": Changes(redacted_changes(event.changes, secret)),
        "source": event.source,
    }
    if event.previous is not None:
        names["previous"] = redacted(event.previous, secret)
    return names


def rule_seen(rule: Rule) -> dict[str, Any]:
    """The name `rule` of templates."""
    return {"name": rule.name, "file": rule.place.file, "line": rule.place.line, "labels": list(rule.labels)}
