"""Raw text, kept apart for a while where it is switched on, and interactions as they were before an import.

Revision 0021_raw; idempotent.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021_raw"
down_revision = "0020_connect"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "raw_text",
        _agent(),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "kind", "id"),
        if_not_exists=True,
    )
    op.create_index("ix_raw_text_agent_kept_at", "raw_text", ["agent", "kept_at"], if_not_exists=True)
    op.create_table(
        "overwritten",
        _agent(),
        sa.Column("import_id", sa.String(255), nullable=False),
        sa.Column("interaction_id", sa.String(255), nullable=False),
        sa.Column("kept_digest", sa.String(64), nullable=False),
        sa.Column("other_digest", sa.String(64), nullable=False),
        sa.Column("is_taken_back", sa.Boolean(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "import_id", "interaction_id"),
        if_not_exists=True,
    )
    op.create_index(
        "ix_overwritten_agent_interaction_id", "overwritten", ["agent", "interaction_id"], if_not_exists=True
    )


def downgrade() -> None:
    """Raw text goes, and imports can no longer give back what they overwrote."""
    for name in ("overwritten", "raw_text"):
        op.drop_table(name)


def _agent() -> sa.Column[str]:
    return sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False)
