"""What stored events carried: of each type, which fields, how often, and values of which kinds. No value is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bridge.model import Json
from bridge.rules.wording import kind

MOST_VALUES = 5_000  # looked at in one resource


@dataclass(slots=True)
class Seen:
    """What the events of one type carried."""

    events: int = 0
    having: Counter[str] = field(default_factory=Counter)  # path below `resource`, without list indexes → events
    kinds: dict[str, set[str]] = field(default_factory=dict)  # path → kinds of its values, in words

    def add(self, resource: Mapping[str, Json]) -> None:
        self.events += 1
        paths: set[str] = set()
        for number, (path, value) in enumerate(_values(resource)):
            if number >= MOST_VALUES:
                break
            paths.add(path)
            self.kinds.setdefault(path, set()).add("a list" if isinstance(value, list) else kind(value))
        self.having.update(paths)


def _values(resource: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """Every value with its path, those inside lists under the path of their list."""
    waiting: list[tuple[str, Json]] = list(resource.items())
    while waiting:
        path, value = waiting.pop()
        yield path, value
        if isinstance(value, dict):
            waiting += ((f"{path}.{name}", inner) for name, inner in value.items())
        elif isinstance(value, list):
            waiting += (
                (f"{path}.{name}", inner) for item in value if isinstance(item, dict) for name, inner in item.items()
            )
