"""Days on which something came, by door: what tells that one which spoke regularly fell silent.

Revision 0020_connect. Doors that are there begin to count now.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020_connect"
down_revision = "0019_erasure"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("capture", sa.Column("days", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    """The days go; nothing else depends on them."""
    op.drop_column("capture", "days")
