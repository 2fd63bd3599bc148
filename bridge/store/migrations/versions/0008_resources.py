"""A resource that stands in its event's body as rules saw it is not kept a second time.

Nothing changes in the tables: the number tells an earlier Bridge that it cannot read what is written from now on.
"""

from __future__ import annotations

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Earlier events keep theirs."""
