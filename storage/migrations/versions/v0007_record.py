"""Seals of the rows that decide, totals beside the head and the arrival log, signatures in the journal.

Revision 0007_record; idempotent. The rows are sealed as they are after the upgrade (`storage.checkpoint`), and the
journal says so.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007_record"
down_revision = "0006_cases"
branch_labels = None
depends_on = None

_ADDED: tuple[tuple[str, str, type[sa.types.TypeEngine[Any]], str], ...] = (
    ("audit", "signature", sa.String, ""),
    ("head", "totals", sa.JSON, "{}"),
    ("arrival_log", "totals", sa.JSON, "{}"),
    ("arrival_log", "signature", sa.String, ""),
)
"""Table, column, type, and what rows that are there get."""


def upgrade() -> None:
    for table, name, kind, default in _ADDED:
        if name not in {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}:
            op.add_column(table, sa.Column(name, kind(), nullable=False, server_default=default))
    op.create_table(
        "seal",
        sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "kind", "key"),
        if_not_exists=True,
    )


def downgrade() -> None:
    for table, name, _, _ in reversed(_ADDED):
        op.drop_column(table, name)
    op.drop_table("seal")
