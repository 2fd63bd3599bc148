"""Record: put arrivals on disk, and know the ones that came before."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import NamedTuple

from msgspec import Struct
from sqlalchemy import bindparam, select, update

from bridge.model import Arrival, Key, Receipt, fold
from bridge.store.many import Found, Inserted
from bridge.store.tables import event
from bridge.store.text import clean
from bridge.store.writer import Turn

# Digests alone would be written all over their index, at a cost that grows with it. Most senders count their gids up:
# behind the start of the gid, new digests come at the index's end.
GID_PART = 16

# A sender repeats a post for some minutes when our answer got lost; what comes later may be the resource's way back.
REPEATS_FOR = 600.0


class ToRecord(NamedTuple):
    """An arrival, and for how many seconds an equal one is a duplicate."""

    arrival: Arrival
    window: float


class _First(Struct):
    """The newest event with some source and digest."""

    received_at: float
    superseded: bool  # another state of the resource came after it
    id: int = 0  # 0: not inserted yet
    duplicates: int = 0  # found in this turn


_Same = tuple[str, bytes]  # source, digest

_later = event.alias("later")
_SEEN = Found(
    select(
        event.c.id,
        event.c.source,
        event.c.digest,
        event.c.received_at,
        select(1)
        .where(
            _later.c.gid == event.c.gid,
            _later.c.id > event.c.id,
            _later.c.type == event.c.type,
            _later.c.source == event.c.source,
            _later.c.digest != event.c.digest,
        )
        .exists()
        .label("superseded"),
    )
    .where(event.c.digest.in_(bindparam("digests", expanding=True)))
    .order_by(event.c.id)
)
_INSERT = Inserted(
    event,
    (
        *("source", "type", "action", "gid", "type_folded", "action_folded", "received_at"),
        *("digest", "body", "duplicates", "state"),
    ),
)
_COUNT = (
    update(event).where(event.c.id == bindparam("event_id")).values(duplicates=event.c.duplicates + bindparam("more"))
)


def record(turn: Turn, payloads: Sequence[ToRecord]) -> list[Receipt]:
    """Insert the arrivals that are news and count those that are not."""
    turn.dialect.lock(turn.connection, (f"{a.source}\0".encode() + a.digest for a, _ in payloads))
    digests = [_digest(arrival) for arrival, _ in payloads]
    firsts = _seen(turn, digests)
    latest: dict[Key, bytes] = {}  # the last state of each resource inserted here
    fresh: list[tuple[Arrival, bytes, _First]] = []
    answers: list[tuple[_First, bool]] = []
    for (arrival, window), digest in zip(payloads, digests, strict=True):
        key = Key(arrival.source, arrival.type, arrival.gid)
        same = (arrival.source, digest)
        first = firsts.get(same)
        if first is not None and latest.get(key, digest) != digest:
            first.superseded = True
        if first is not None and _is_duplicate(arrival.received_at - first.received_at, window, first):
            first.duplicates += 1
            answers.append((first, True))
            continue
        firsts[same] = first = _First(arrival.received_at, superseded=False)
        latest[key] = digest
        fresh.append((arrival, digest, first))
        answers.append((first, False))
    _count(turn, [first for first in firsts.values() if first.id and first.duplicates])
    _insert(turn, fresh)
    return [Receipt(id=first.id, duplicate=duplicate) for first, duplicate in answers]


def _digest(arrival: Arrival) -> bytes:
    return clean(arrival.gid)[:GID_PART].encode() + arrival.digest


def _seen(turn: Turn, digests: Sequence[bytes]) -> dict[_Same, _First]:
    # Oldest first, so that the newest with the same source and digest is the one that stays.
    return {
        (source, digest): _First(received_at, bool(superseded), id)
        for id, source, digest, received_at, superseded in _SEEN.run(turn.connection, digests=list(set(digests)))
    }


def _is_duplicate(age: float, window: float, first: _First) -> bool:
    return age < window and not (first.superseded and age > REPEATS_FOR)


def _insert(turn: Turn, fresh: Sequence[tuple[Arrival, bytes, _First]]) -> None:
    if not fresh:
        return
    rows = [_row(arrival, digest, first.duplicates) for arrival, digest, first in fresh]
    for (_, _, first), id in zip(fresh, _INSERT.run(turn.connection, rows), strict=True):
        first.id = id
    turn.dialect.tell(turn.connection, turn.owner)


def _row(arrival: Arrival, digest: bytes, duplicates: int) -> dict[str, object]:
    kind, action = clean(arrival.type), clean(arrival.action)
    return {
        "source": clean(arrival.source),
        "type": kind,
        "action": action,
        "gid": clean(arrival.gid),
        "type_folded": fold(kind),
        "action_folded": fold(action),
        "received_at": arrival.received_at,
        "digest": digest,
        "body": arrival.body,
        "duplicates": duplicates,
        "state": "received",
    }


def _count(turn: Turn, firsts: Sequence[_First]) -> None:
    if firsts:
        rows = sorted(
            ({"event_id": first.id, "more": first.duplicates} for first in firsts), key=itemgetter("event_id")
        )
        turn.connection.execute(_COUNT, rows)
