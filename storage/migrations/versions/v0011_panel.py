"""Blind audits of the firewall: what was drawn, what people said of it; signals that wait for their window, by day.

Revision 0011_panel; idempotent.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011_panel"
down_revision = "0010_stakes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "firewall_audit",
        _agent(),
        _key("id"),
        _moment("drawn_at"),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "id"),
        if_not_exists=True,
    )
    op.create_index("ix_firewall_audit_agent_drawn_at", "firewall_audit", ["agent", "drawn_at"], if_not_exists=True)
    op.create_table(
        "firewall_verdict",
        _agent(),
        _key("audit_id"),
        _key("feedback_id"),
        _key("rater"),
        sa.Column("says", sa.String(20), nullable=False),
        sa.Column("is_alone", sa.Boolean(), nullable=False),
        _moment("at"),
        sa.PrimaryKeyConstraint("agent", "audit_id", "feedback_id", "rater"),
        sa.ForeignKeyConstraint(["agent", "audit_id"], ["firewall_audit.agent", "firewall_audit.id"]),
        if_not_exists=True,
    )
    if not any(one["name"] == "waiting" for one in sa.inspect(op.get_bind()).get_columns("daily_quality")):
        op.add_column("daily_quality", sa.Column("waiting", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("daily_quality", "waiting")
    op.drop_table("firewall_verdict")
    op.drop_table("firewall_audit")


def _agent() -> sa.Column[str]:
    return sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(255), nullable=False)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)
