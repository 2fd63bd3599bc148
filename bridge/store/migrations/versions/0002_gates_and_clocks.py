"""What gates count, bundles, follow-ups, silences, states of destinations, and who did what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables and columns."""
    _widen()
    _clocks()
    _hands()


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def _text(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def _widen() -> None:
    op.add_column("delivery", sa.Column("kind", sa.Text(), nullable=False, server_default="event"))
    op.add_column("delivery", sa.Column("origin", sa.BigInteger()))
    op.add_column("delivery", sa.Column("bundle_id", sa.BigInteger()))
    op.add_column("delivery", sa.Column("thread", sa.Text()))
    op.add_column("delivery", sa.Column("attach", sa.Text()))
    op.create_index(
        "delivery_bundle",
        "delivery",
        ["bundle_id", "id"],
        sqlite_where=sa.text("bundle_id IS NOT NULL"),
        postgresql_where=sa.text("bundle_id IS NOT NULL"),
    )
    for column in _text("title", "body", "destination", nullable=True):
        op.add_column("trouble", column)
    op.add_column("trouble", sa.Column("ended", sa.Double()))


def _clocks() -> None:
    op.create_table(
        "gate",
        *_text("rule", "gate", "key", "state"),
        sa.Column("due_at", sa.Double()),
        sa.PrimaryKeyConstraint("rule", "gate", "key"),
    )
    op.create_index(
        "gate_due",
        "gate",
        ["due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "bundle",
        _id(),
        *_text("kind", "rule", "destination", "key"),
        sa.Column("opened_at", sa.Double(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("bundle_open", "bundle", ["kind", "rule", "destination", "key"], unique=True)
    op.create_index("bundle_due", "bundle", ["due_at"])
    op.create_table(
        "follow_up",
        _id(),
        *_text("rule"),
        sa.Column("step", sa.Integer(), nullable=False),
        *_text("key"),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("armed_at", sa.Double(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("follow_up_key", "follow_up", ["rule", "step", "key"], unique=True)
    op.create_index("follow_up_due", "follow_up", ["due_at"])
    op.create_index("follow_up_event", "follow_up", ["event_id"])


def _hands() -> None:
    op.create_table(
        "silence",
        _id(),
        sa.Column("starts_at", sa.Double(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=False),
        *_text("reason", "who"),
        *_text("rule", "destination", "source", "type", "gid", "where", nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        *_text("ended_by", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("silence_ends_at", "silence", ["ends_at"])
    op.create_table(
        "destination",
        *_text("name", "state", "by"),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        *_text("reason"),
        sa.Column("probe_at", sa.Double()),
        sa.Column("probe_wait", sa.Double()),
        *_text("who", nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "audit",
        _id(),
        sa.Column("at", sa.Double(), nullable=False),
        *_text("who", "what", "detail"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
