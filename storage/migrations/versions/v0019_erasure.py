"""Erasures by subject, and tombstones of what no longer says all it said.

Revision 0019_erasure; idempotent. The journal's triggers, made anew after every upgrade, let names of the erased go.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019_erasure"
down_revision = "0018_connectors"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erasure",
        _agent(),
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "id"),
        if_not_exists=True,
    )
    op.create_index("ix_erasure_agent_finished_at", "erasure", ["agent", "finished_at"], if_not_exists=True)
    op.create_table(
        "tombstone",
        _agent(),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("agent", "kind", "key"),
        if_not_exists=True,
    )


def downgrade() -> None:
    for name in ("tombstone", "erasure"):
        op.drop_table(name)


def _agent() -> sa.Column[str]:
    return sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False)
