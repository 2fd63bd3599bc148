"""Match, written down: what became of the events, what is remembered from now on, and the deliveries they gave."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, update

from bridge.model import Delivery, Key, Matched, Memory, Notification, Planned
from bridge.store.bundles import join_bundles
from bridge.store.destinations import held_back
from bridge.store.dialects import INSERTS
from bridge.store.follow_ups import write_follow_ups
from bridge.store.gates import write_gates
from bridge.store.many import Found, Inserted, Many
from bridge.store.tables import PENDING, RECEIVED, delivery, event, resource
from bridge.store.text import clean, to_json
from bridge.store.writer import Turn

LEASE_SECONDS = 30.0

_STILL_WAITING = Found(
    select(event.c.id)
    .where(event.c.id.in_(bindparam("ids", expanding=True)), RECEIVED)
    .order_by(event.c.id)
    .with_for_update()
)
_MATCH = Many(
    update(event)
    .where(event.c.id == bindparam("event_id"))
    .values({name: bindparam(name) for name in ("state", "version", "previous", "resource", "filled", "decisions")})
)
_WAITING_KEYS = Found(
    select(delivery.c.order_key)
    .where(PENDING, delivery.c.order_key.in_(bindparam("order_keys", expanding=True)))
    .distinct()
)
_COLUMNS = (
    *("event_id", "rule", "destination", "order_key", "state", "reason", "title", "body", "format", "tone"),
    *("attempts", "created_at", "next_at", "owner", "leased_until", "ambiguous", "kind", "origin", "bundle_id"),
    *("thread", "attach", "place"),
)
_INSERT = Inserted(delivery, _COLUMNS)


def _upsert(database: str) -> Any:
    insert = INSERTS[database](resource)
    return insert.on_conflict_do_update(
        index_elements=[resource.c.gid, resource.c.type, resource.c.source],
        set_={name: insert.excluded[name] for name in ("resource", "learned", "modified_at", "at", "deleted")},
    )


_KNOWN = ("gid", "type", "source", "resource", "learned", "modified_at", "at", "deleted")
_REMEMBER = {database: Many(_upsert(database), _KNOWN) for database in INSERTS}


class ToWrite(NamedTuple):
    """What matching made of some events, and the destinations that have enough in hand already."""

    every: Sequence[Matched]
    full: Collection[str] = ()


def write_matched(turn: Turn, payloads: Sequence[ToWrite]) -> list[list[Delivery]]:
    """Write what matching made of the events, and give back the deliveries that may be sent at once."""
    kept = _still_waiting(turn, [payload.every for payload in payloads])
    every = [matched for payload in kept for matched in payload]
    if not every:
        return [[] for _ in kept]
    _MATCH.run(turn.connection, [_matched_row(matched) for matched in every])
    _remember(turn, every)
    write_gates(turn, [matched.gates for matched in every])
    write_follow_ups(turn, every)
    planned = ((one, matched.event_id, matched.key) for matched in every for one in matched.planned)
    full = {name for payload in payloads for name in payload.full}
    handed = iter(insert_deliveries(turn, delivery_rows(turn, planned, full)))
    return [
        [one for matched in payload for _ in matched.planned if (one := next(handed)) is not None] for payload in kept
    ]


def _still_waiting(turn: Turn, payloads: Sequence[Sequence[Matched]]) -> list[list[Matched]]:
    """Without the events that are no longer `received`: whoever matched them has written all of it already."""
    ids = [matched.event_id for payload in payloads for matched in payload]
    waiting = {id for (id,) in _STILL_WAITING.run(turn.connection, ids=ids)}
    kept: list[list[Matched]] = []
    for payload in payloads:
        kept.append([matched for matched in payload if matched.event_id in waiting])
        waiting.difference_update(matched.event_id for matched in payload)
    return kept


def _matched_row(matched: Matched) -> dict[str, object]:
    return {
        "event_id": matched.event_id,
        "state": matched.state,
        "version": matched.version,
        "previous": _json_or_none(matched.previous),
        "resource": matched.stands_in or _json_or_none(matched.resource),
        "filled": to_json(matched.filled),
        "decisions": to_json(matched.decisions),
    }


def _remember(turn: Turn, every: Sequence[Matched]) -> None:
    latest: dict[Key, Memory] = {}
    for matched in every:
        latest.update(matched.remembered)
    if latest:
        # In one order everywhere, so that two processes never wait for each other in a circle.
        rows = [_memory_row(key, latest[key]) for key in sorted(latest)]
        _REMEMBER[turn.dialect.name].run(turn.connection, rows)


def write_memory(turn: Turn, payloads: Sequence[Mapping[Key, Memory]]) -> list[None]:
    """Remember resources without an event."""
    latest = {key: known for payload in payloads for key, known in payload.items()}
    if latest:
        _REMEMBER[turn.dialect.name].run(turn.connection, [_memory_row(key, latest[key]) for key in sorted(latest)])
    return [None for _ in payloads]


def _memory_row(key: Key, memory: Memory) -> dict[str, object]:
    return {
        "gid": clean(key.gid),
        "type": clean(key.type),
        "source": clean(key.source),
        "resource": _json_or_none(memory.resource),
        "learned": to_json(memory.learned),
        "modified_at": None if memory.modified_at is None else clean(memory.modified_at),
        "at": memory.at,
        "deleted": memory.deleted,
    }


def _json_or_none(value: object) -> str | None:
    return None if value is None else to_json(value)


# ---- deliveries --------------------------------------------------------------------------------


def delivery_rows(
    turn: Turn, planned: Iterable[tuple[Planned, int | None, Key | None]], full: Collection[str] = ()
) -> list[dict[str, Any]]:
    """The deliveries' rows in the order of their events, each in its bundle. What must wait has no owner."""
    pairs = [(one, delivery_row(turn, one, event_id, key)) for one, event_id, key in planned]
    join_bundles(turn, pairs)
    rows = [row for _, row in pairs]
    ordered = {row["order_key"] for row in rows if row["order_key"] is not None}
    taken = {key for (key,) in _WAITING_KEYS.run(turn.connection, order_keys=list(ordered))} if ordered else set()
    for row in rows:
        if row["state"] != "pending":
            continue
        if row["order_key"] in taken or row["destination"] in full:
            row["owner"] = row["leased_until"] = None
        if row["order_key"] is not None:
            taken.add(row["order_key"])
    return rows


def delivery_row(turn: Turn, planned: Planned, event_id: int | None, key: Key | None) -> dict[str, Any]:
    """The row of a delivery in this process's hands when it is to be sent. No key: it waits behind no other."""
    pending = planned.state == "pending"
    return {
        "event_id": event_id,
        "rule": None if planned.rule is None else clean(planned.rule),
        "destination": clean(planned.destination),
        "order_key": None if key is None else _order_key(planned.destination, key),
        "state": planned.state,
        "reason": clean(planned.reason),
        "title": clean(planned.notification.title),
        "body": clean(planned.notification.body),
        "format": planned.notification.format,
        "tone": planned.notification.tone,
        "attempts": 0,
        "created_at": turn.now,
        "next_at": turn.now if pending else None,
        "owner": turn.owner if pending else None,
        "leased_until": turn.now + LEASE_SECONDS if pending else None,
        "ambiguous": False,
        "kind": planned.kind,
        "origin": planned.origin,
        "bundle_id": None,
        "thread": clean(planned.notification.thread),
        "place": None,
        "attach": clean(json.dumps(planned.notification.attach)) if planned.notification.attach else None,
    }


def _order_key(destination: str, key: Key) -> int:
    """One number for a destination and a resource. Two that share one by chance only wait for each other."""
    name = "\0".join((destination, *key)).encode(errors="replace")
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big", signed=True)


def insert_deliveries(turn: Turn, rows: Sequence[Mapping[str, Any]]) -> list[Delivery | None]:
    """Insert the rows; for each a Delivery when it is in this process's hands, else None."""
    if not rows:
        return []
    rows = _held_back(turn, rows)
    ids = _INSERT.run(turn.connection, rows)
    if not all(row["owner"] for row in rows):
        turn.dialect.tell(turn.connection, turn.owner)
    return [to_delivery({**row, "id": id}) if row["owner"] else None for id, row in zip(ids, rows, strict=True)]


def _held_back(turn: Turn, rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The rows; those for destinations that are paused join what is held there."""
    paused = held_back(turn)
    if not paused:
        return rows
    waiting = {"state": "held", "owner": None, "leased_until": None}
    return [
        {**row, **waiting, "reason": paused[row["destination"]]}
        if row["state"] == "pending" and row["destination"] in paused
        else row
        for row in rows
    ]


def to_delivery(row: Mapping[str, Any]) -> Delivery:
    """The delivery of a row of the table."""
    return Delivery(
        id=row["id"],
        event_id=row["event_id"],
        rule=row["rule"],
        destination=row["destination"],
        notification=Notification(
            title=row["title"],
            body=row["body"],
            format=row["format"],
            tone=row["tone"],
            thread=row["thread"] or "",
            attach=tuple(json.loads(row["attach"])) if row["attach"] else (),
        ),
        attempts=row["attempts"],
        created_at=row["created_at"],
        ambiguous=bool(row["ambiguous"]),
        kind=row["kind"],
        parts=row.get("parts", 0),  # a new one has none
    )
