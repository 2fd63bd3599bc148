"""Paused destinations: their queue is held, its oldest goes out as a probe, and it is let go when they are back.

What a pause holds keeps a `next_at`, the time it was created, so that the queue leaves in order; what a rule holds has
none. A queue may be long: it is held and let go in steps, each a short transaction, and is claimed by nobody meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, Double, Select, bindparam, case, func, not_, or_, select, update

from bridge.model import Delivery
from bridge.store.destinations import PAUSED, why_held
from bridge.store.dialects import INSERTS
from bridge.store.matched import LEASE_SECONDS, to_delivery
from bridge.store.order import BEHIND_HELD, BEHIND_PENDING, FIRST_CREATED
from bridge.store.tables import NOT_DELIVERED, OWNED, PENDING, bundle, delivery, destination, is_state
from bridge.store.text import clean
from bridge.store.writer import Turn

FIRST_PROBE = 5.0  # seconds; then twice as long each time
LONGEST_PROBE = 300.0
RESUMING = -1.0  # as `probe_wait`: its queue is being let go, nothing may hold it again
AWAY = "away"  # the kind of the bundle that gathers what is too old when a pause ends


class ToPause(NamedTuple):
    """A destination, why, and who did it; None: Bridge itself, after failures."""

    name: str
    reason: str
    failures: int
    who: str | None


class ToStep(NamedTuple):
    """A destination, and how many deliveries at once."""

    name: str
    most: int


class ToProbe(NamedTuple):
    """A destination, and what need not be tried again: it was refused for good."""

    name: str
    refused: Collection[int]


class ToResume(NamedTuple):
    """A destination, who has it resumed, and when what was created before is too old; None: nothing is."""

    name: str
    who: str | None
    too_old: float | None
    most: int


class ToForget(NamedTuple):
    """A destination that is gone from the configuration, and why nothing goes there."""

    name: str
    reason: str


class ToOvertake(NamedTuple):
    """A destination, and since when its messages have waited too long for it."""

    name: str
    before: float
    most: int


_NAME: Any = bindparam("place")
_THIS = (destination.c.name == _NAME, PAUSED)


def _held_by(name: Any) -> tuple[ColumnElement[bool], ...]:
    # A concatenation keeps the index on destinations from being walked through all that was ever delivered.
    place = delivery.c.destination.concat("")
    return is_state(delivery.c.state, "held"), NOT_DELIVERED, delivery.c.next_at.is_not(None), place == name


_HELD = _held_by(_NAME)
_FREE = or_(delivery.c.owner.is_(None), delivery.c.leased_until <= bindparam("now", type_=Double))
_WAITING: Select[Any] = (
    select(delivery.c.id)
    .where(PENDING, NOT_DELIVERED, delivery.c.destination.concat("") == _NAME, _FREE)
    .order_by(delivery.c.id)
    .limit(bindparam("most"))
)
_OLDEST_HELD: Select[Any] = select(delivery.c.id).where(*_HELD).order_by(delivery.c.id).limit(bindparam("most"))
_COUNT_HELD = select(func.count()).select_from(delivery).where(*_HELD)
_HOLD = (
    update(delivery)
    .where(delivery.c.id.in_(bindparam("ids", expanding=True)))
    .values(
        state="held",
        reason=bindparam("why"),
        next_at=delivery.c.created_at,
        # Whoever let its lease run out may have sent it.
        ambiguous=or_(delivery.c.ambiguous, OWNED),
        owner=None,
        leased_until=None,
    )
)
_LET_GO = (
    update(delivery)
    .where(delivery.c.id.in_(bindparam("ids", expanding=True)))
    # What repeats another leaves with those of its time.
    .values(state="pending", reason="", next_at=func.coalesce(FIRST_CREATED, delivery.c.next_at))
)
_PROBE: Select[Any] = (
    select(delivery)
    .where(
        *_HELD,
        delivery.c.id.not_in(bindparam("refused", expanding=True)),
        not_(BEHIND_HELD),
        not_(BEHIND_PENDING),  # one that was under way when the pause began, and still is
    )
    .order_by(delivery.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_TAKE = (
    update(delivery)
    .where(delivery.c.id.in_(bindparam("ids", expanding=True)))
    .values(state="pending", owner=bindparam("me"), leased_until=bindparam("until"))
)
_NEXT_PROBE = case((destination.c.probe_wait >= LONGEST_PROBE / 2, LONGEST_PROBE), else_=destination.c.probe_wait * 2)
_PROBED = (
    update(destination)
    .where(*_THIS, destination.c.probe_at <= bindparam("now", type_=Double))
    .values(probe_at=bindparam("now", type_=Double) + _NEXT_PROBE, probe_wait=_NEXT_PROBE)
    .returning(destination.c.name)
)
_PROBE_ANEW = (
    update(destination)
    .where(PAUSED, destination.c.probe_wait > 0)
    .values(probe_at=bindparam("first", type_=Double), probe_wait=FIRST_PROBE)
)
_IS_HELD_BACK = select(destination.c.reason, destination.c.since).where(
    *_THIS, or_(destination.c.probe_wait.is_(None), destination.c.probe_wait >= 0)
)
_RESUME = update(destination).where(*_THIS).values(probe_at=None, probe_wait=RESUMING)
_RESUMED = (
    update(destination)
    .where(*_THIS)
    .values(
        state="active",
        by=bindparam("hand"),
        since=bindparam("now", type_=Double),
        failures=0,
        reason="",
        probe_at=None,
        probe_wait=None,
        who=bindparam("by_whom"),
    )
)
# `place` is a column of what is updated here.
_STAYS_HELD = update(delivery).where(*_held_by(bindparam("gone"))).values(reason=bindparam("why"))
_TOO_OLD = _OLDEST_HELD.where(
    delivery.c.created_at < bindparam("too_old", type_=Double), delivery.c.event_id.is_not(None)
)
_GATHER = (
    update(delivery)
    .where(delivery.c.id.in_(bindparam("ids", expanding=True)))
    .values(state="merged", reason=bindparam("why"), next_at=None, bundle_id=bindparam("bundle"))
)
# Ids follow the time: of what waits, only what came before this one needs to be looked at.
_since = delivery.alias("since")
_LAST_BEFORE = (
    select(_since.c.id)
    .where(_since.c.created_at <= bindparam("before", type_=Double))
    .order_by(_since.c.created_at.desc(), _since.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
_WAITS = (
    PENDING,
    NOT_DELIVERED,
    delivery.c.owner.is_(None),
    delivery.c.destination.concat("") == _NAME,
)
_LATE = [
    select(delivery)
    .where(*waits, delivery.c.id <= _LAST_BEFORE, not_(BEHIND_PENDING))
    .order_by(delivery.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    for waits in (_HELD, _WAITS)
]


def _upsert_pause(database: str) -> Any:
    insert = INSERTS[database](destination)
    told = [column.name for column in destination.c if not column.primary_key and column.name != "not_before"]
    changed = {name: insert.excluded[name] for name in told}
    return insert.on_conflict_do_update(
        index_elements=[destination.c.name], set_=changed, where=not_(PAUSED)
    ).returning(destination.c.name)


def _upsert_bundle(database: str) -> Any:
    insert = INSERTS[database](bundle)
    return insert.on_conflict_do_update(
        index_elements=[bundle.c.kind, bundle.c.rule, bundle.c.destination, bundle.c.key],
        set_={"items": bundle.c["items"] + insert.excluded["items"], "due_at": insert.excluded.due_at},
    ).returning(bundle.c.id)


_PAUSE = {database: _upsert_pause(database) for database in INSERTS}
_BUNDLE = {database: _upsert_bundle(database) for database in INSERTS}
_TELL_AWAY = update(bundle).where(bundle.c.kind == AWAY, bundle.c.destination == _NAME).values(due_at=bindparam("now"))


def held(connection: Connection, name: str) -> int:
    """How many deliveries a destination holds."""
    return int(connection.execute(_COUNT_HELD, {"place": clean(name)}).scalar_one())


def pause(turn: Turn, payloads: Sequence[ToPause]) -> list[bool]:
    """Pause destinations; false for one that is paused already."""
    turn.dialect.tell(turn.connection, turn.owner)
    return [turn.connection.execute(_PAUSE[turn.dialect.name], _row(turn, one)).first() is not None for one in payloads]


def _row(turn: Turn, one: ToPause) -> dict[str, Any]:
    hand = one.who is not None
    return {
        "name": clean(one.name),
        "state": "paused",
        "by": "hand" if hand else "failures",
        "since": turn.now,
        "failures": one.failures,
        "reason": clean(one.reason),
        "probe_at": None if hand else turn.now + FIRST_PROBE,
        "probe_wait": None if hand else FIRST_PROBE,
        "who": None if one.who is None else clean(one.who),
    }


def hold_waiting(turn: Turn, payloads: Sequence[ToStep]) -> list[bool]:
    """Hold the next of what waits for paused destinations and is in nobody's hands; true: there may be more."""
    return [_hold_waiting(turn, wanted) for wanted in payloads]


def _hold_waiting(turn: Turn, wanted: ToStep) -> bool:
    paused = turn.connection.execute(_IS_HELD_BACK, {"place": clean(wanted.name)}).first()
    if paused is None:
        return False
    step = {"place": clean(wanted.name), "most": wanted.most, "now": turn.now}
    ids = turn.connection.execute(_WAITING, step).scalars().all()
    if ids:
        why = why_held(clean(wanted.name), paused.since, paused.reason)
        turn.connection.execute(_HOLD, {"ids": ids, "why": why})
    return len(ids) == wanted.most


def probe(turn: Turn, payloads: Sequence[ToProbe]) -> list[Delivery | None]:
    """The oldest held delivery in hand, when a probe is due; without one the probe stays due."""
    return [_probe(turn, wanted) for wanted in payloads]


def _probe(turn: Turn, wanted: ToProbe) -> Delivery | None:
    name = {"place": clean(wanted.name)}
    row = turn.connection.execute(_PROBE, name | {"refused": sorted(wanted.refused)}).mappings().first()
    if row is None or turn.connection.execute(_PROBED, name | {"now": turn.now}).first() is None:
        return None
    turn.connection.execute(_TAKE, {"ids": [row["id"]], "me": turn.owner, "until": turn.now + LEASE_SECONDS})
    return to_delivery(dict(row))


def probe_anew(turn: Turn, payloads: Sequence[None]) -> list[None]:
    """At a start: probes begin with the shortest wait again."""
    turn.connection.execute(_PROBE_ANEW, {"first": turn.now + FIRST_PROBE})
    return [None for _ in payloads]


def resume(turn: Turn, payloads: Sequence[ToResume]) -> list[Literal["more", "active", "was not paused"]]:
    """Let the next of a paused destination's queue go; without any more it is active."""
    return [_resume(turn, wanted) for wanted in payloads]


def _resume(turn: Turn, wanted: ToResume) -> Literal["more", "active", "was not paused"]:
    name = {"place": clean(wanted.name)}
    if turn.connection.execute(_RESUME, name).rowcount == 0:
        return "was not paused"
    step = name | {"most": wanted.most}
    if wanted.too_old is not None:
        old = turn.connection.execute(_TOO_OLD, step | {"too_old": wanted.too_old}).scalars().all()
        if old:
            _gather(turn, name["place"], old)
            return "more"
    if ids := turn.connection.execute(_OLDEST_HELD, step).scalars().all():
        turn.connection.execute(_LET_GO, {"ids": ids})
        return "more"
    by = {"hand": "failures" if wanted.who is None else "hand", "by_whom": wanted.who and clean(wanted.who)}
    turn.connection.execute(_RESUMED, name | by | {"now": turn.now})
    turn.connection.execute(_TELL_AWAY, name | {"now": turn.now})
    turn.dialect.tell(turn.connection, turn.owner)
    return "active"


def forget(turn: Turn, payloads: Sequence[ToForget]) -> list[None]:
    """End pauses of destinations that are gone; what they hold stays held, until `unhold` is told the name again."""
    for wanted in payloads:
        name = clean(wanted.name)
        ended = {"place": name, "hand": "failures", "by_whom": None, "now": turn.now}
        if turn.connection.execute(_RESUMED, ended).rowcount:
            turn.connection.execute(_STAYS_HELD, {"gone": name, "why": clean(wanted.reason)})
            turn.dialect.tell(turn.connection, turn.owner)
    return [None for _ in payloads]


def _gather(turn: Turn, name: str, ids: Sequence[int]) -> None:
    """Put deliveries into the bundle of what is too old. It is told when all are in, or soon if that fails."""
    opened = {"kind": AWAY, "rule": "", "destination": name, "key": "", "opened_at": turn.now}
    row = opened | {"due_at": turn.now + LONGEST_PROBE, "items": len(ids)}
    into = turn.connection.execute(_BUNDLE[turn.dialect.name], row).scalar_one()
    why = f"in a digest of what came while `{name}` was away"
    turn.connection.execute(_GATHER, {"ids": ids, "bundle": into, "why": why})


def overtake(turn: Turn, payloads: Sequence[ToOvertake]) -> list[list[Delivery]]:
    """Take into hand what has waited for too long, so that another destination gets it."""
    return [_overtake(turn, wanted) for wanted in payloads]


def _overtake(turn: Turn, wanted: ToOvertake) -> list[Delivery]:
    step = {"place": clean(wanted.name), "most": wanted.most, "before": wanted.before}
    rows = [row for late in _LATE for row in turn.connection.execute(late, step).mappings()]
    if rows:
        taken = {"ids": [row["id"] for row in rows], "me": turn.owner, "until": turn.now + LEASE_SECONDS}
        turn.connection.execute(_TAKE, taken)
    return [to_delivery(dict(row)) for row in rows]
