"""What gates count, and when a throttle's summary is due."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select

from bridge.model import GateKey, GateState
from bridge.store.dialects import INSERTS
from bridge.store.tables import SUMMED, gate
from bridge.store.text import bounded, clean, to_json
from bridge.store.writer import Turn

AT_ONCE = 5000  # keys in one look-up: a statement has only so many parameters

_state = msgspec.json.Decoder(GateState)

_KEY = (gate.c.rule, gate.c.gate, gate.c.key)
# For one gate of one rule: of a list of triples SQLite would make a scan of the table.
_KNOWN = select(gate.c.key, gate.c.state).where(
    gate.c.rule == bindparam("rule"),
    gate.c.gate == bindparam("gate"),
    gate.c.key.in_(bindparam("keys", expanding=True)),
)
_DUE = (
    select(gate)
    .where(SUMMED, gate.c.due_at <= bindparam("now"))
    .order_by(gate.c.due_at, *_KEY)
    .limit(bindparam("most"))
)


def _upsert(database: str) -> Any:
    insert = INSERTS[database](gate)
    return insert.on_conflict_do_update(
        index_elements=list(_KEY), set_={name: insert.excluded[name] for name in ("state", "due_at")}
    )


_COUNT = {database: _upsert(database) for database in INSERTS}


def states(connection: Connection, keys: Collection[GateKey]) -> dict[GateKey, GateState]:
    """What is known of these keys; the unknown ones are absent."""
    asked: dict[tuple[str, str], dict[str, GateKey]] = {}
    for key in keys:
        rule, name, by = stored(key)
        asked.setdefault((rule, name), {})[by] = key
    found: dict[GateKey, GateState] = {}
    for (rule, name), of_gate in asked.items():
        for start in range(0, len(of_gate), AT_ONCE):
            some = list(of_gate)[start : start + AT_ONCE]
            for row in connection.execute(_KNOWN, {"rule": rule, "gate": name, "keys": some}):
                found[of_gate[row.key]] = _state.decode(row.state)
    return found


def due_summaries(connection: Connection, now: float, limit: int) -> list[tuple[GateKey, GateState]]:
    """The gates whose summary is due, the longest due first."""
    rows = connection.execute(_DUE, {"now": now, "most": limit})
    return [(GateKey(row.rule, row.gate, row.key), _state.decode(row.state)) for row in rows]


def write_gates(turn: Turn, every: Sequence[Mapping[GateKey, GateState]]) -> None:
    """Write what the gates count from now on; of one key, what was counted last."""
    latest: dict[GateKey, GateState] = {}
    for counted in every:
        if counted:
            latest.update((stored(key), state) for key, state in counted.items())
    if latest:
        # In one order everywhere, so that two processes never wait for each other in a circle.
        rows = [key._asdict() | {"state": to_json(latest[key]), "due_at": latest[key].due_at} for key in sorted(latest)]
        turn.connection.execute(_COUNT[turn.dialect.name], rows)


def stored(key: GateKey) -> GateKey:
    """The key as it stands in the table."""
    return GateKey(clean(key.rule), clean(key.gate), bounded(key.key))
