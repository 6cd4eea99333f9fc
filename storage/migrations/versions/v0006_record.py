"""Seals of the rows that decide, totals beside the head and the arrival log, signatures in the journal.

Revision 0006_record. The rows are sealed as they are after the upgrade (`storage.checkpoint`), and the journal says so.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006_record"
down_revision = "0007_cases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seal",
        sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "kind", "key"),
    )
    op.add_column("audit", sa.Column("signature", sa.String(), nullable=False, server_default=""))
    op.add_column("head", sa.Column("totals", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("arrival_log", sa.Column("totals", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("arrival_log", sa.Column("signature", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("arrival_log", "signature")
    op.drop_column("arrival_log", "totals")
    op.drop_column("head", "totals")
    op.drop_column("audit", "signature")
    op.drop_table("seal")
