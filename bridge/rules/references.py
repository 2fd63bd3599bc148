"""Fills references: a map with a `gid` under a name that leads to a known type gets the remembered fields it lacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from msgspec import Struct

from bridge.model import Json, Key, Memory, Path
from bridge.rules.paths import dotted

MAX_DEPTH = 2  # a comment's work, and that work's project
MAX_GID = 200  # characters
SUBJECT = "subject"
_SCALARS = frozenset({str, int, float, bool, type(None)})
_CONTAINERS = (dict, list)


class Leads(Protocol):
    """What must be known of a source to follow its references."""

    REFERENCES: ClassVar[Mapping[str, str]]  # name of a field that holds `{gid: …}` → the type it leads to

    def subject(self, type_text: str, resource: Mapping[str, Json], /) -> tuple[str, str] | None:
        """The type and gid of what a resource is about, where it says so in another form (a Comment's `uri`)."""


class State(Struct, frozen=True):
    """A resource as it was sent, or is remembered, and what it refers to at any depth: it is walked once."""

    resource: dict[str, Json] | None = None
    references: Sequence[tuple[Key, Mapping[str, Json]]] = ()  # each with its map, in the order of the text
    subject: Key | None = None  # what it is about
    stands_in: str | None = None  # the field of the event's body that holds just this

    def leads_to(self) -> set[Key]:
        """All that it refers to."""
        found = {key for key, _ in self.references}
        return found if self.subject is None else found | {self.subject}


def state_of(key: Key, resource: dict[str, Json] | None, source: Leads | None, stands_in: str | None = None) -> State:
    """A resource with its references. No source: it is no longer configured, so nothing is known of them."""
    if source is None or resource is None:
        return State(resource)
    subject = source.subject(key.type, resource)
    return State(
        resource,
        list(_references(resource, key.source, source)),
        None if subject is None else Key(key.source, *subject),
        stands_in,
    )


def learnt(state: State) -> dict[Key, dict[str, Json]]:
    """What the references of a resource tell of others: the fields they bring beside the gid."""
    told: dict[Key, dict[str, Json]] = {}
    for leads_to, reference in state.references:
        fields = {name: value for name, value in reference.items() if name != "gid" and value is not None}
        if fields:
            told.setdefault(leads_to, {}).update(fields)
    return told


def fill(
    key: Key, state: State, source: Leads, memory: Mapping[Key, Memory]
) -> tuple[dict[str, Json], dict[str, float]]:
    """The resource with its references filled, and which paths were filled with what was learned when.

    The input is left as it is; what a reference says itself always stays.
    """
    resource = state.resource or {}
    if state.subject is None and not any(_lacks(said, memory.get(leads_to)) for leads_to, said in state.references):
        return resource, {}
    filling = _Filling(key.source, source, memory)
    filled = filling.map(resource, (), MAX_DEPTH)
    if state.subject is not None:
        filled = filling.subject(filled, state.subject)
    return filled, filling.filled


def _lacks(said: Mapping[str, Json], known: Memory | None) -> bool:
    """Whether more is known than is said."""
    if known is None:
        return False
    return not (known.learned.keys() <= said.keys() and (known.resource or {}).keys() <= said.keys())


@dataclass(slots=True)
class _Filling:
    """One resource being filled."""

    source_name: str
    source: Leads
    memory: Mapping[Key, Memory]
    filled: dict[str, float] = field(default_factory=dict)

    def map(self, value: dict[str, Json], path: Path, depth: int) -> dict[str, Json]:
        """A map with the references below it filled; `depth` memories may still be laid inside each other.

        What holds no reference is not copied: most of a resource.
        """
        filled = value
        for name, inner in value.items():
            if type(inner) in _CONTAINERS:
                new = self._value(name, inner, (*path, name), depth)
                if new is not inner:
                    if filled is value:
                        filled = dict(value)
                    filled[name] = new
        return filled

    def subject(self, resource: dict[str, Json], key: Key) -> dict[str, Json]:
        """The resource with what it is about, under `subject` and the name of its type, and with that one's project."""
        about = self._reference(key, {"gid": key.gid}, (SUBJECT,), MAX_DEPTH)
        added: dict[str, Json] = {SUBJECT: {"type": key.type, **about}}
        name = next((name for name, leads_to in self.source.REFERENCES.items() if leads_to == key.type), SUBJECT)
        added.setdefault(name, about)
        if isinstance(project := about.get("project"), dict):
            added.setdefault("project", project)
        return {**added, **{name: value for name, value in resource.items() if value is not None or name not in added}}

    def _value(
        self, name: str, value: dict[str, Json] | list[Json], path: Path, depth: int
    ) -> dict[str, Json] | list[Json]:
        if isinstance(value, list):
            return self._list(value, path, depth)
        leads_to = _leads_to(name, value, self.source_name, self.source)
        return self._reference(leads_to, value, path, depth) if leads_to else self.map(value, path, depth)

    def _list(self, value: list[Json], path: Path, depth: int) -> list[Json]:
        filled = value
        for index, item in enumerate(value):
            if type(item) in _CONTAINERS and not _is_flat(item):  # without a name, it leads nowhere itself
                below = (*path, index)
                new = self.map(item, below, depth) if isinstance(item, dict) else self._list(item, below, depth)
                if new is not item:
                    if filled is value:
                        filled = list(value)
                    filled[index] = new
        return filled

    def _reference(self, key: Key, said: dict[str, Json], path: Path, depth: int) -> dict[str, Json]:
        own = self.map(said, path, depth)
        known = self.memory.get(key)
        if known is None or depth == 0:
            return own
        remembered = {**known.learned, **(known.resource or {})}
        lacking = {name: value for name, value in remembered.items() if name not in said}
        self.filled.update({dotted((*path, name)): known.at for name in lacking})
        return own | self.map(lacking, path, depth - 1)


def _references(value: Json, source_name: str, source: Leads) -> Iterator[tuple[Key, Mapping[str, Json]]]:
    """Each reference below a value, with its map, in the order of the text. Without recursion: it is the hot path."""
    waiting: list[tuple[str, Json]] = [("", value)]
    while waiting:
        name, inner = waiting.pop()
        if type(inner) is dict:
            if name in source.REFERENCES and (key := _leads_to(name, inner, source_name, source)):
                yield key, inner
            below = [(name, item) for name, item in inner.items() if type(item) in _CONTAINERS]
        else:
            # Without a name, an item leads nowhere itself; most are maps of scalars, which hold nothing.
            below = [("", item) for item in _items(inner) if type(item) in _CONTAINERS and not _is_flat(item)]
        below.reverse()
        waiting += below


def _items(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _is_flat(value: Json) -> bool:
    return type(value) is dict and _SCALARS.issuperset(map(type, value.values()))


def _leads_to(name: str, value: Mapping[str, Json], source_name: str, source: Leads) -> Key | None:
    leads_to, gid = source.REFERENCES.get(name), value.get("gid")
    if leads_to is None or not isinstance(gid, str) or not 0 < len(gid) <= MAX_GID:
        return None
    return Key(source_name, leads_to, gid)
