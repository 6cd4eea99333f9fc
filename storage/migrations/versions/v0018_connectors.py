"""How far each connector has read another tool's traces.

Revision 0018_connectors; idempotent.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018_connectors"
down_revision = "0017_agents"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "connector_cursor",
        sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False),
        sa.Column("connector", sa.String(255), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("agent", "connector"),
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_table("connector_cursor")
