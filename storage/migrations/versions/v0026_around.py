"""What people outside are told: that a change waits, went live or was taken back, alarms, a worker that stopped.

Revision 0026_around; idempotent.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026_around"
down_revision = "0025_improvement"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False),
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("agent", "id"),
        if_not_exists=True,
    )
    op.create_index("ix_notice_agent_done_at", "notice", ["agent", "done_at"], if_not_exists=True)


def downgrade() -> None:
    op.drop_table("notice")
