"""Parts of traces that wait for the rest of their trace, and judgements that wait for the answer they name.

Revision 0015_otlp; idempotent.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015_otlp"
down_revision = "0013_serve"
branch_labels = None
depends_on = None

_INDEXES = ("response", "kept_at")


def upgrade() -> None:
    op.create_table(
        "telemetry",
        sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False),
        sa.Column("trace", sa.String(32), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("response", sa.String(255), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_gone", sa.Boolean(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "trace", "name"),
        if_not_exists=True,
    )
    for column in _INDEXES:
        op.create_index(f"ix_telemetry_agent_{column}", "telemetry", ["agent", column], if_not_exists=True)


def downgrade() -> None:
    for column in reversed(_INDEXES):
        op.drop_index(f"ix_telemetry_agent_{column}", "telemetry")
    op.drop_table("telemetry")
