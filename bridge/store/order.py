"""The order of deliveries about one resource to one destination: one at a time, by their place.

A delivery's place is its id, which follows the time. One that repeats another takes the place of the first that was
repeated, so that what failed goes out before what happened later and still waits.
"""

from __future__ import annotations

from sqlalchemy import Double, and_, bindparam, func, literal, or_, select
from sqlalchemy.sql.elements import ColumnElement

from bridge.store.tables import delivery, is_state

PLACE = func.coalesce(delivery.c.place, delivery.c.id)

_other = delivery.alias("other")
_THE_SAME = _other.c.order_key == delivery.c.order_key
_OPEN = _other.c.state != literal("delivered", literal_execute=True)  # what the partial indexes ask for
_PENDING = is_state(_other.c.state, "pending")
_HELD = and_(is_state(_other.c.state, "held"), _OPEN, _other.c.next_at.is_not(None))
# A place is never above the id: whatever has a lower id than this place is before it, and so are repetitions of such.
_LOWER = _other.c.id < PLACE
_REPEATS_LOWER = and_(
    _OPEN,
    _other.c.place.is_not(None),
    or_(_other.c.place < PLACE, and_(_other.c.place == PLACE, _other.c.id < delivery.c.id)),
)
_IN_HAND = and_(
    _other.c.id != delivery.c.id,
    _other.c.owner.is_not(None),
    _other.c.leased_until > bindparam("now", type_=Double),
)


def _some(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(1).where(_THE_SAME, *where).exists()


# Each question apart: an index answers it with one row, however many wait.
BEHIND_PENDING = or_(_some(_PENDING, _LOWER), _some(_PENDING, _REPEATS_LOWER))
# What comes first by its place may have come while another was under way already.
BEHIND_SENT = and_(delivery.c.place.is_not(None), _some(_PENDING, _IN_HAND))
BEHIND_HELD = or_(_some(_HELD, _LOWER), _some(_HELD, _REPEATS_LOWER))
_first = delivery.alias("first")
# When the one whose place it takes was written; empty: it repeats nothing, or that is no longer kept.
FIRST_CREATED = select(_first.c.created_at).where(_first.c.id == delivery.c.place).scalar_subquery()
OTHERS_WAIT = _some(_PENDING, _other.c.id != delivery.c.id)
