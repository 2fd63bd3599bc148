"""Silences: what keeps messages from people for a while, who asked for it and who ended it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, select, update

from bridge.model import Silence
from bridge.store.audit import ToNote, note
from bridge.store.tables import silence
from bridge.store.text import clean
from bridge.store.writer import Turn

MOST_SHOWN = 1000


class ToEnd(NamedTuple):
    """A silence, and who ends it."""

    id: int
    who: str


_TEXTS = ("rule", "destination", "source", "type", "gid", "where")

_NEWEST = select(silence).order_by(silence.c.id.desc()).limit(MOST_SHOWN)
_NOT_OVER = select(silence).where(silence.c.ends_at > bindparam("now")).order_by(silence.c.id)
_ADD = silence.insert().returning(silence.c.id)
_END = (
    update(silence)
    .where(silence.c.id == bindparam("wanted"), silence.c.ends_at > bindparam("now"))
    .values(ends_at=bindparam("now"), ended_by=bindparam("by"))
    .returning(silence.c.id)
)


def not_over(connection: Connection, now: float) -> list[Silence]:
    """Those that hold now or will, oldest first."""
    return [_silence(row) for row in connection.execute(_NOT_OVER, {"now": now})]


def newest(connection: Connection) -> list[Silence]:
    """The newest, over or not, oldest first."""
    return [_silence(row) for row in reversed(connection.execute(_NEWEST).all())]


def _silence(row: Row[Any]) -> Silence:
    return Silence(**row._mapping)


def add_silence(turn: Turn, payloads: Sequence[Silence]) -> list[int]:
    """Keep the silences; what their ids are."""
    turn.dialect.tell(turn.connection, turn.owner)
    ids = [turn.connection.execute(_ADD, _row(turn, one)).scalar_one() for one in payloads]
    note(turn, [ToNote(one.who, "silence.added", _told(id, one)) for id, one in zip(ids, payloads, strict=True)])
    return ids


def _told(id: int, one: Silence) -> str:
    given = [f"{name} {value}" for name in _TEXTS if (value := getattr(one, name)) is not None]
    until = datetime.fromtimestamp(one.ends_at, UTC).isoformat(timespec="seconds")
    return f"silence {id}: {', '.join(given) or 'everything'}; until {until}; {one.reason}"


def _row(turn: Turn, one: Silence) -> dict[str, Any]:
    texts = {name: getattr(one, name) for name in _TEXTS}
    return {
        "starts_at": one.starts_at,
        "ends_at": one.ends_at,
        "reason": clean(one.reason),
        "who": clean(one.who),
        "created_at": one.created_at or turn.now,
        "ended_by": None,
    } | {name: None if text is None else clean(text) for name, text in texts.items()}


def end_silence(turn: Turn, payloads: Sequence[ToEnd]) -> list[bool]:
    """End silences now; false for what is unknown or over."""
    turn.dialect.tell(turn.connection, turn.owner)
    ended = [
        turn.connection.execute(_END, {"wanted": one.id, "now": turn.now, "by": clean(one.who)}).first() is not None
        for one in payloads
    ]
    if done := [one for one, was in zip(payloads, ended, strict=True) if was]:
        note(turn, [ToNote(one.who, "silence.ended", f"silence {one.id}") for one in done])
    return ended
