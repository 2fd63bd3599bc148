"""The rule and template files of each version that ever was live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from bridge.store.dialects import INSERTS
from bridge.store.tables import version
from bridge.store.text import clean, from_json, to_json
from bridge.store.writer import Turn


class ToSave(NamedTuple):
    """A version and its files, path → text."""

    hash: str
    files: Mapping[str, str]


_SAVE = {
    database: insert(version).on_conflict_do_update(index_elements=[version.c.hash], set_={"at": bindparam("now")})
    for database, insert in INSERTS.items()
}
_NEWEST = select(version.c.files).order_by(version.c.at.desc(), version.c.hash).limit(1)
_PAST = select(version).order_by(version.c.at.desc(), version.c.hash).limit(bindparam("most"))
_FILES = select(version.c.files).where(version.c.hash == bindparam("wanted"))


def save_version(turn: Turn, payloads: Sequence[ToSave]) -> list[None]:
    """Keep the files of each version once, and when it was taken last."""
    rows = [{"hash": clean(one.hash), "at": turn.now, "files": to_json(one.files), "now": turn.now} for one in payloads]
    turn.connection.execute(_SAVE[turn.dialect.name], rows)
    return [None for _ in payloads]


class Past(NamedTuple):
    """A file in one version."""

    hash: str
    at: float  # when it was taken last
    text: str | None  # None: it was not there


def past_of(connection: Connection, file: str, limit: int) -> list[Past]:
    """A file in the newest versions, newest first; only its own text is kept of each."""
    rows = connection.execute(_PAST, {"most": limit})
    return [Past(row.hash, row.at, from_json(row.files).get(file)) for row in rows]


def files_of(connection: Connection, hash: str) -> dict[str, str] | None:
    """The files of a version; None when it was never saved."""
    files: dict[str, str] | None = from_json(connection.execute(_FILES, {"wanted": clean(hash)}).scalar())
    return files


def newest(connection: Connection) -> dict[str, str] | None:
    """The files of the version that was taken last; None before the first."""
    files: dict[str, str] | None = from_json(connection.execute(_NEWEST).scalar())
    return files
