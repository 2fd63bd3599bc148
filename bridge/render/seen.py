"""What a template sees of an event: plain maps, so that no attribute of any object is in reach."""

from __future__ import annotations

from typing import Any

from bridge.model import Event, Rule
from bridge.render.redact import redacted, redacted_changes


class Changes(dict[str, Any]):
    """Changes by path: `changes.status.old`, `changes["price.amount"].new` or step by step; `changes.fields`."""

    __slots__ = ()

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name == "fields" or any(path.startswith(f"{name}.") for path in self)

    def __getitem__(self, name: str) -> Any:
        if super().__contains__(name):
            return super().__getitem__(name)
        if name == "fields":
            return sorted(self)
        below = Changes({path[len(name) + 1 :]: change for path, change in self.items() if path.startswith(f"{name}.")})
        if below:
            return below
        raise KeyError(name)


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
