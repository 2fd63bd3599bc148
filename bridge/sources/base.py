"""What every source can do: verify who sent a post, read it as an event, and say what it is known to send."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from bridge.model import Arrival, Json, fold

Headers = Sequence[tuple[bytes, bytes]]


class Source(ABC):
    """One configured sender of events. Documented types are in the spelling of the sender's own documentation."""

    type: ClassVar[str]  # as the configuration names it
    EVENTS: ClassVar[Mapping[str, tuple[str, ...]]]  # type → its actions, in the documentation's order
    FIELDS: ClassVar[Mapping[str, frozenset[str]]]  # type → dotted paths below `resource`, without list indexes
    REFERENCES: ClassVar[Mapping[str, str]]  # name of a field that holds `{gid: …}` → the type it leads to

    def __init__(self, name: str, secrets: tuple[bytes, ...]) -> None:
        if not secrets or not all(secrets):
            raise ValueError(
                "a source needs at least one secret, and none may be empty: an empty one signs for everybody"
            )
        self.name = name
        self.secrets = secrets

    @abstractmethod
    def verify(self, headers: Headers, body: bytes) -> None:
        """Raise BadSignature unless one of the secrets signed this body."""

    @abstractmethod
    def read(self, body: bytes, received_at: float) -> Arrival | None:
        """The event in this body; None is a void post that only asks whether we answer. Raises BadEnvelope."""

    @abstractmethod
    def resource_of(self, body: bytes) -> dict[str, Json] | None:
        """The resource in a body that `read` took before."""

    def stands_in(self, body: bytes) -> str | None:
        """The field of the body in which its resource stands just as `resource_of` gives it; None: nowhere."""
        return None

    @classmethod
    def documented(cls, type_text: str) -> str | None:
        """The documented spelling of a type, whatever its case, spaces, `_` and `-`; None: not a known type."""
        folded = fold(type_text)
        return next((known for known in cls.EVENTS if fold(known) == folded), None)

    @classmethod
    def subject(cls, type_text: str, resource: Mapping[str, Json]) -> tuple[str, str] | None:
        """The type and gid of what this resource is about, where it says so in another form than a reference."""
        return None

    @staticmethod
    @abstractmethod
    def sign(body: bytes, secret: bytes) -> tuple[str, str]:
        """The header, name and value, with which the sender would sign this body."""

    @staticmethod
    @abstractmethod
    def samples(now: datetime) -> list[tuple[str, bytes]]:
        """An invented event of each kind as (`project.created`, body), in an order that tells a story around `now`."""
