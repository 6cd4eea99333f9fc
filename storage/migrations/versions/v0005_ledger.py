"""The budget of error: what each look at the sealed cases came to, beside the report it was taken for.

Revision 0005_ledger, after 0003_voices.
"""

import sqlalchemy as sa
from alembic import op

from storage.migrations.ledger import charge_looks

revision = "0005_ledger"
down_revision = "0004_exam"
branch_labels = None
depends_on = None

_COLUMNS = ("look", "p", "level", "moved", "expected_gain")


def upgrade() -> None:
    op.add_column("report", sa.Column("look", sa.Integer(), nullable=True))
    op.add_column("report", sa.Column("p", sa.Float(), nullable=True))
    op.add_column("report", sa.Column("level", sa.Float(), nullable=True))
    op.add_column("report", sa.Column("moved", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("report", sa.Column("expected_gain", sa.Float(), nullable=True))
    charge_looks(op.get_bind())


def downgrade() -> None:
    for name in _COLUMNS:
        op.drop_column("report", name)
