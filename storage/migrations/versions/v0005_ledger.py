"""The budget of error: what each look at the sealed cases came to, beside the report it was taken for.

Revision 0005_ledger, after 0003_voices.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.migrations.ledger import charge_looks

revision = "0005_ledger"
down_revision = "0004_exam"
branch_labels = None
depends_on = None

_COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    "look": sa.Integer(),
    "p": sa.Float(),
    "level": sa.Float(),
    "expected_gain": sa.Float(),
}


def upgrade() -> None:
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("report")}
    for name, kind in _COLUMNS.items():
        if name not in there:
            op.add_column("report", sa.Column(name, kind, nullable=True))
    if "moved" not in there:
        op.add_column("report", sa.Column("moved", sa.Integer(), nullable=False, server_default="0"))
        charge_looks(op.get_bind())


def downgrade() -> None:
    for name in ("moved", *_COLUMNS):
        op.drop_column("report", name)
