"""Comparisons: two versions on the same sealed cases, counted pair by pair.

Revision 0008_confirm, after 0007_record; idempotent.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008_confirm"
down_revision = "0007_record"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "comparison",
        sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "kind", "number"),
        sa.ForeignKeyConstraint(["agent", "number"], ["version.agent", "version.number"]),
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_table("comparison")
