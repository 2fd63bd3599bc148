"""An index that finds what repeats a delivery."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Few deliveries repeat another."""
    some = sa.text("origin IS NOT NULL")
    op.create_index("delivery_origin", "delivery", ["origin"], sqlite_where=some, postgresql_where=some)
