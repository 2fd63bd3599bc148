"""What a restart must know: how long a service asked to be left alone, and how many parts of a message have arrived."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Both columns are cheap to add, however long the tables are."""
    op.add_column("destination", sa.Column("not_before", sa.Double()))
    op.add_column("delivery", sa.Column("parts", sa.Integer(), nullable=False, server_default="0"))
