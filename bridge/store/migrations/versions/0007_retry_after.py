"""What a service asked to wait is kept with the attempt."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of earlier attempts it is not known."""
    op.add_column("attempt", sa.Column("retry_after", sa.Double()))
