"""Named leases: which of the processes runs the clock, and which one matches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, delete, or_

from bridge.store.dialects import INSERTS
from bridge.store.tables import lease
from bridge.store.text import clean
from bridge.store.writer import Turn


class ToLease(NamedTuple):
    """A role, and for how many seconds."""

    name: str
    ttl: float


_TAKE = {
    database: (
        insert(lease)
        .on_conflict_do_update(
            index_elements=[lease.c.name],
            set_={"owner": bindparam("me"), "until": bindparam("end")},
            where=or_(lease.c.owner == bindparam("me"), lease.c.until <= bindparam("now")),
        )
        .values(name=bindparam("role"), owner=bindparam("me"), until=bindparam("end"))
        .returning(lease.c.name)
    )
    for database, insert in INSERTS.items()
}
_DROP = delete(lease).where(lease.c.name == bindparam("role"), lease.c.owner == bindparam("me"))


def take_lease(turn: Turn, payloads: Sequence[ToLease]) -> list[bool]:
    """Take or keep a role; false while another has it."""
    return [
        turn.connection.execute(
            _TAKE[turn.dialect.name],
            {"role": clean(wanted.name), "me": turn.owner, "end": turn.now + wanted.ttl, "now": turn.now},
        ).first()
        is not None
        for wanted in payloads
    ]


def drop_all(turn: Turn, payloads: Sequence[None]) -> list[None]:
    """At the start of the only process: its predecessor may have been killed in every role."""
    turn.connection.execute(delete(lease))
    return [None for _ in payloads]


def drop_lease(turn: Turn, payloads: Sequence[str]) -> list[None]:
    """Let another have the role."""
    for name in payloads:
        turn.connection.execute(_DROP, {"role": clean(name), "me": turn.owner})
    return [None for _ in payloads]
