"""Every version of the rules that was live: its files, kept once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from bridge.store.dialects import INSERTS
from bridge.store.tables import version
from bridge.store.text import from_json, to_json
from bridge.store.writer import Turn


class ToKeep(NamedTuple):
    """A version and its files: path → text."""

    hash: str
    files: Mapping[str, str]


_KEEP = {database: insert(version).on_conflict_do_nothing() for database, insert in INSERTS.items()}


def save_version(turn: Turn, payloads: Sequence[ToKeep]) -> list[None]:
    """Keep versions that are not kept yet."""
    for wanted in payloads:
        row = {"hash": wanted.hash, "at": turn.now, "files": to_json(wanted.files)}
        turn.connection.execute(_KEEP[turn.dialect.name], row)
    return [None for _ in payloads]


def read_version(connection: Connection, hash: str) -> dict[str, str] | None:
    """The files of a version; None when it is not kept."""
    files: dict[str, str] | None = from_json(
        connection.execute(select(version.c.files).where(version.c.hash == hash)).scalar()
    )
    return files
