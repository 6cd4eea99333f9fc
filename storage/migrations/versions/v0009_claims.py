"""Claims: what each correction says and what it rests on, and the facts an operator sets for an agent.

Revision 0009_claims; idempotent. The table is derived: the firewall's rules changed with it, so that the next turn
judges all feedback again and fills it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009_claims"
down_revision = "0008_confirm"
branch_labels = None
depends_on = None

_OPEN = sa.text("is_open")
_COUNTS = sa.text("counts")


def upgrade() -> None:
    if "facts" not in {column["name"] for column in sa.inspect(op.get_bind()).get_columns("agent")}:
        op.add_column("agent", sa.Column("facts", sa.JSON(), nullable=False, server_default="[]"))
    op.create_table(
        "claim",
        sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False),
        sa.Column("feedback_id", sa.String(255), nullable=False),
        sa.Column("claim", sa.String(20), nullable=False),
        *(sa.Column(name, sa.String(255), nullable=False) for name in ("person", "conversation")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("scope", "door")),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("is_vouched", "is_released", "counts", "is_open")),
        sa.PrimaryKeyConstraint("agent", "feedback_id", "claim"),
        if_not_exists=True,
    )
    for name, columns, condition in (
        ("ix_claim_claim", ["agent", "claim", "person"], None),
        ("ix_claim_person", ["agent", "person", "at"], _COUNTS),
        ("ix_claim_teller", ["agent", "person", "seq"], None),
        ("ix_claim_scope", ["agent", "scope"], None),
        ("ix_claim_open", ["agent", "scope"], _OPEN),
        ("ix_claim_door", ["agent", "door"], None),
    ):
        op.create_index(name, "claim", columns, sqlite_where=condition, postgresql_where=condition, if_not_exists=True)


def downgrade() -> None:
    op.drop_table("claim")
    op.drop_column("agent", "facts")
