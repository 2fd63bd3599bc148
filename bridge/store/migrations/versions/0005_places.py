"""What is sent again takes the turn of what it repeats, before younger messages about the same resource."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PLACED = sa.text("state != 'delivered' AND place IS NOT NULL")


def upgrade() -> None:
    """What is repeated already keeps the turn it had: its own."""
    op.add_column("delivery", sa.Column("place", sa.BigInteger()))
    op.create_index("delivery_place", "delivery", ["order_key", "place"], sqlite_where=PLACED, postgresql_where=PLACED)
