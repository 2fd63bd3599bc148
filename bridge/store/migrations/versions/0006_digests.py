"""A body's digest stands behind the start of its gid, so that the index of digests grows at its end."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BEHIND_THE_GID = {
    # SQLite joins only texts; the casts change no byte.
    "sqlite": "CAST(CAST(substr(gid, 1, 16) AS BLOB) || digest AS BLOB)",
    "postgresql": "convert_to(substr(gid, 1, 16), 'UTF8') || digest",
}


def upgrade() -> None:
    """What came before is known again by its new digest."""
    op.execute(f"UPDATE event SET digest = {BEHIND_THE_GID[op.get_bind().dialect.name]}")  # noqa: S608 -- our own text
