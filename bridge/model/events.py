"""Events, from their arrival to what rules see of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct, field

from bridge.model.values import Json


class Key(NamedTuple):
    """What a resource is remembered by."""

    source: str
    type: str
    gid: str


class Arrival(Struct, frozen=True, kw_only=True):
    """One event as a source read it, before it is recorded."""

    source: str  # the source's name in the configuration
    type: str  # the documented spelling; an unknown one as sent
    action: str  # "created", "updated", "deleted"; an unknown one as sent
    gid: str
    body: bytes  # the raw body, as signed
    digest: bytes  # what makes it a duplicate: the sender's own id, or a hash of the body
    received_at: float  # epoch seconds


class Receipt(Struct, frozen=True, kw_only=True):
    """What recording an arrival gave."""

    id: int  # of the first event when it is a duplicate
    duplicate: bool


class Recorded(Struct, frozen=True, kw_only=True):
    """An event on disk that waits to be matched."""

    id: int
    key: Key
    action: str
    received_at: float
    body: bytes


class Memory(Struct, frozen=True, kw_only=True):
    """What is remembered of one resource."""

    resource: dict[str, Json] | None = None  # its last state; None when only references told of it
    learned: dict[str, Json] = field(default_factory=dict)  # fields that references to it brought along
    modified_at: str | None = None  # the resource's own `modified_at`, as sent
    at: float = 0.0  # when it was last written, epoch seconds
    deleted: bool = False


class Change(NamedTuple):
    """One field that differs from before."""

    old: Json
    new: Json


class Event(Struct, frozen=True, kw_only=True):
    """An event with all that conditions and templates may see of it."""

    id: int
    source: str
    type: str
    action: str
    gid: str
    received_at: datetime  # UTC
    resource: dict[str, Json] | None  # references filled; of a deletion, the last state
    previous: dict[str, Json] | None  # None: nothing earlier is known
    changes: Mapping[str, Change]  # by dotted leaf path, "price.amount"
    filled: Mapping[str, float] = field(default_factory=dict)  # path filled from memory → when that was learned
    body: bytes = b""  # as received; empty where only what was made of it is kept
