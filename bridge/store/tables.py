"""The tables of the store, and the indexes that keep one page fast at a million events.

Times are DOUBLE epoch seconds, as everywhere in Bridge: a double is exact to less than a microsecond in this century,
so a time comes back as the very value that went in. JSON is TEXT: both databases then hold the same bytes, and
PostgreSQL's JSONB would refuse the NUL that TEXT holds escaped.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    and_,
    literal,
)
from sqlalchemy.sql.elements import ColumnElement

metadata = MetaData()

# SQLite counts up only a column of the very type INTEGER.
Id = BigInteger().with_variant(Integer(), "sqlite")

event = Table(
    "event",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("gid", Text, nullable=False),
    Column("type_folded", Text, nullable=False),
    Column("action_folded", Text, nullable=False),
    Column("received_at", Double, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # of the body, behind the start of the gid; see record.py
    Column("body", LargeBinary, nullable=False),
    Column("duplicates", Integer, nullable=False),
    Column("state", Text, nullable=False),  # received, matched, stale
    Column("version", Text),  # of the rules it was matched with
    Column("previous", Text),  # JSON
    Column("resource", Text),  # as rules saw it: JSON, or the name of the body's field that holds just this
    Column("filled", Text),  # JSON: path → when that was learned
    Column("decisions", Text),  # JSON, of the rules that fired
    sqlite_autoincrement=True,  # an id is never given twice, not even after the newest rows were deleted
)

resource = Table(
    "resource",
    metadata,
    # The gid first: the look-up names many gids in one IN, and source and type hardly narrow it further.
    Column("gid", Text, primary_key=True),
    Column("type", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("resource", Text),  # JSON
    Column("learned", Text, nullable=False),  # JSON
    Column("modified_at", Text),
    Column("at", Double, nullable=False),
    Column("deleted", Boolean, nullable=False),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Id, primary_key=True),
    Column("event_id", BigInteger, ForeignKey("event.id")),  # empty: Bridge's own news
    Column("rule", Text),  # empty: Bridge's own news
    Column("destination", Text, nullable=False),
    Column("order_key", BigInteger),  # equal for one destination and one resource; see matched.order_key
    Column("state", Text, nullable=False),  # pending, held, merged, delivered, failed, suppressed
    Column("reason", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("tone", Text, nullable=False),
    Column("attempts", Integer, nullable=False),  # made so far
    Column("created_at", Double, nullable=False),
    Column("next_at", Double),  # of pending: when it is due
    Column("owner", Text),  # the process that has it in hand
    Column("leased_until", Double),
    Column("ambiguous", Boolean, nullable=False),  # an earlier attempt may have arrived
    Column("kind", Text, nullable=False, server_default="event"),  # see model.Planned
    Column("origin", BigInteger),  # the delivery that this one repeats
    Column("bundle_id", BigInteger),  # the bundle it waits or waited in, or that it tells of; see bundle
    Column("thread", Text),
    Column("attach", Text),  # JSON: a list of addresses
    Column("parts", Integer, nullable=False, server_default="0"),  # of a split message: how many have arrived
    Column("place", BigInteger),  # of one that repeats others: the first of them, whose turn it takes; see order.py
    sqlite_autoincrement=True,
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", Id, primary_key=True),
    Column("delivery_id", BigInteger, ForeignKey("delivery.id"), nullable=False),
    Column("at", Double, nullable=False),
    Column("result", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("status", Integer),
    Column("answer", Text, nullable=False),
    Column("ambiguous", Boolean, nullable=False),
    Column("took_ms", Integer, nullable=False),
    Column("retry_after", Double),  # seconds that the service asked to wait
)

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("until", Double, nullable=False),
)

trouble = Table(
    "trouble",
    metadata,
    Column("key", Text, primary_key=True),
    Column("first_at", Double, nullable=False),
    Column("told_at", Double, nullable=False),
    Column("untold", Integer, nullable=False),  # how often it came since it was last told
    Column("title", Text),  # of its last news
    Column("body", Text),
    Column("destination", Text),  # the one in trouble
    Column("ended", Double),  # when; empty: it goes on
)

version = Table(
    "version",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("at", Double, nullable=False),
    Column("files", Text, nullable=False),  # JSON: path → text
)

# What gates count, and the clocks: a row with a `due_at` is told then. Rules and keys are names, not references: rules
# live in files.

gate = Table(
    "gate",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("state", Text, nullable=False),  # JSON: model.GateState
    Column("due_at", Double),  # when the summary is told
)

bundle = Table(
    "bundle",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Text, nullable=False),  # digest, hours, away, told
    Column("rule", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("opened_at", Double, nullable=False),
    Column("due_at", Double, nullable=False),
    Column("items", Integer, nullable=False),
    sqlite_autoincrement=True,  # the row goes when it is told, the deliveries keep naming its id
)

follow_up = Table(
    "follow_up",
    metadata,
    Column("id", Id, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("step", Integer, nullable=False),
    Column("key", Text, nullable=False),
    Column("event_id", BigInteger, ForeignKey("event.id"), nullable=False),  # the one that armed it
    Column("armed_at", Double, nullable=False),
    Column("due_at", Double, nullable=False),
)

silence = Table(
    "silence",
    metadata,
    Column("id", Id, primary_key=True),
    Column("starts_at", Double, nullable=False),
    Column("ends_at", Double, nullable=False),
    Column("reason", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("rule", Text),
    Column("destination", Text),
    Column("source", Text),
    Column("type", Text),
    Column("gid", Text),
    Column("where", Text),
    Column("created_at", Double, nullable=False),
    Column("ended_by", Text),
    sqlite_autoincrement=True,
)

destination = Table(
    "destination",
    metadata,
    Column("name", Text, primary_key=True),
    Column("state", Text, nullable=False),  # active, paused
    Column("by", Text, nullable=False),  # failures, hand
    Column("since", Double, nullable=False),
    Column("failures", Integer, nullable=False),  # in a row
    Column("reason", Text, nullable=False),
    Column("probe_at", Double),
    Column("probe_wait", Double),
    Column("who", Text),
    Column("not_before", Double),  # its service asked to be left alone until then
)

audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Double, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("detail", Text, nullable=False),
    sqlite_autoincrement=True,
)


def is_state(column: Column[str], state: str) -> ColumnElement[bool]:
    """The state written into the SQL itself: SQLite takes a partial index only when it can read the condition."""
    return column == literal(state, literal_execute=True)


PENDING = is_state(delivery.c.state, "pending")
RECEIVED = is_state(event.c.state, "received")
STALE = is_state(event.c.state, "stale")
OWNED = delivery.c.owner.is_not(None)
REPEATS = delivery.c.origin.is_not(None)
BUNDLED = delivery.c.bundle_id.is_not(None)
SUMMED = gate.c.due_at.is_not(None)
NOT_DELIVERED = delivery.c.state != literal("delivered", literal_execute=True)
PLACED = and_(NOT_DELIVERED, delivery.c.place.is_not(None))

Index("event_digest", event.c.digest)
Index("event_gid", event.c.gid, event.c.id)
Index("event_source", event.c.source, event.c.id)
Index("event_type", event.c.type_folded, event.c.id)
Index("event_action", event.c.action_folded, event.c.id)
Index("event_received_at", event.c.received_at, event.c.id)
Index("event_unmatched", event.c.id, sqlite_where=RECEIVED, postgresql_where=RECEIVED)
Index("event_stale", event.c.id, sqlite_where=STALE, postgresql_where=STALE)

Index("delivery_event", delivery.c.event_id)
Index("delivery_rule", delivery.c.rule, delivery.c.id)
Index("delivery_destination", delivery.c.destination, delivery.c.id)
Index("delivery_created_at", delivery.c.created_at, delivery.c.id)
Index("delivery_state", delivery.c.state, delivery.c.id, sqlite_where=NOT_DELIVERED, postgresql_where=NOT_DELIVERED)
Index(
    "delivery_due",
    delivery.c.next_at,
    delivery.c.id,
    delivery.c.destination,  # so that a full destination's queue is stepped over without reading its rows
    sqlite_where=PENDING,
    postgresql_where=PENDING,
)
Index("delivery_order", delivery.c.order_key, delivery.c.id, sqlite_where=PENDING, postgresql_where=PENDING)
Index("delivery_place", delivery.c.order_key, delivery.c.place, sqlite_where=PLACED, postgresql_where=PLACED)

Index("delivery_owner", delivery.c.owner, sqlite_where=OWNED, postgresql_where=OWNED)

Index("attempt_delivery", attempt.c.delivery_id)

Index("delivery_bundle", delivery.c.bundle_id, delivery.c.id, sqlite_where=BUNDLED, postgresql_where=BUNDLED)
Index("delivery_origin", delivery.c.origin, sqlite_where=REPEATS, postgresql_where=REPEATS)
Index("gate_due", gate.c.due_at, sqlite_where=SUMMED, postgresql_where=SUMMED)
Index("bundle_open", bundle.c.kind, bundle.c.rule, bundle.c.destination, bundle.c.key, unique=True)
Index("bundle_due", bundle.c.due_at)
Index("follow_up_key", follow_up.c.rule, follow_up.c.step, follow_up.c.key, unique=True)
Index("follow_up_due", follow_up.c.due_at)
Index("follow_up_event", follow_up.c.event_id)
Index("silence_ends_at", silence.c.ends_at)
