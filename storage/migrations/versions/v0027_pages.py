"""Questions that people put to versions, the last check of the record, and the journal by who, what, whom and when.

Revision 0027_pages; idempotent.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027_pages"
down_revision = "0026_around"
branch_labels = None
depends_on = None

_JOURNAL = ("actor", "action", "subject")


def upgrade() -> None:
    op.create_table(
        "probe",
        _agent(),
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("actor", sa.String(255), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True)),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "id"),
        if_not_exists=True,
    )
    op.create_index("ix_probe_agent_ended_at_asked_at", "probe", ["agent", "ended_at", "asked_at"], if_not_exists=True)
    op.create_index("ix_probe_agent_asked_at", "probe", ["agent", "asked_at"], if_not_exists=True)
    op.create_table(
        "record_check",
        _agent(),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True)),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("agent"),
        if_not_exists=True,
    )
    for column in _JOURNAL:
        op.create_index(f"ix_audit_agent_{column}_seq", "audit", ["agent", column, "seq"], if_not_exists=True)
    op.create_index("ix_audit_agent_at", "audit", ["agent", "at"], if_not_exists=True)


def downgrade() -> None:
    """What was asked goes; the journal keeps every entry."""
    op.drop_index("ix_audit_agent_at", "audit")
    for column in _JOURNAL:
        op.drop_index(f"ix_audit_agent_{column}_seq", "audit")
    for name in ("record_check", "probe"):
        op.drop_table(name)


def _agent() -> sa.Column[str]:
    return sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False)
