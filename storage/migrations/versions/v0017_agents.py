"""The outbox of versions that went live, and the questions that were asked by day.

Revision 0017_agents; idempotent. What went live before is not announced any more.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017_agents"
down_revision = "0015_otlp"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox",
        _agent(),
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("from_number", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("agent", "id"),
        if_not_exists=True,
    )
    op.create_index("ix_outbox_agent_done_at", "outbox", ["agent", "done_at"], if_not_exists=True)
    op.create_table(
        "asks",
        _agent(),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "day"),
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_table("asks")
    op.drop_table("outbox")


def _agent() -> sa.Column[str]:
    return sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False)
