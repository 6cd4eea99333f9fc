"""Who answers for a case; what people did about cases: acts, blind audits, named sets.

Revision 0006_cases. Cases that are there rest on what they rested on; nobody is said to answer for them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006_cases"
down_revision = "0005_ledger"
branch_labels = None
depends_on = None

_COUNTED = ("author", "topic", "at", "vouched_by", "is_protected")


def upgrade() -> None:
    op.add_column("eval_case", sa.Column("vouched_by", sa.String(), nullable=False, server_default=""))
    op.create_index("ix_eval_case_maker", "eval_case", ["agent", "retired", "split", *_COUNTED], if_not_exists=True)
    op.create_table(
        "case_act",
        _agent(),
        _key("id"),
        _key("case_id"),
        sa.Column("verb", sa.String(20), nullable=False),
        _key("actor"),
        _moment("at"),
        sa.Column("about", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "id"),
    )
    op.create_index("ix_case_act_agent_case_id", "case_act", ["agent", "case_id"])
    op.create_index("ix_case_act_agent_actor_verb_case_id", "case_act", ["agent", "actor", "verb", "case_id"])
    op.create_table(
        "case_audit",
        _agent(),
        _key("id"),
        sa.Column("kind", sa.String(20), nullable=False),
        _key("lead"),
        sa.Column("case_ids", sa.JSON(), nullable=False),
        sa.Column("drawn_from", sa.Integer(), nullable=False),
        _moment("started_at"),
        _moment("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("agent", "id"),
    )
    op.create_index("ix_case_audit_agent_started_at", "case_audit", ["agent", "started_at"])
    op.create_table(
        "audit_answer",
        _agent(),
        _key("audit_id"),
        _key("case_id"),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("expected", sa.String(), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=True),
        sa.Column("kept", sa.String(20), nullable=False),
        _moment("at"),
        sa.PrimaryKeyConstraint("agent", "audit_id", "case_id"),
        sa.ForeignKeyConstraint(["agent", "audit_id"], ["case_audit.agent", "case_audit.id"]),
    )
    op.create_table(
        "case_set",
        _agent(),
        _key("name"),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("case_ids", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        _moment("at"),
        sa.PrimaryKeyConstraint("agent", "name"),
    )


def downgrade() -> None:
    """What people did about cases goes; cases they handed in or replaced stay as they are."""
    for name in ("case_set", "audit_answer", "case_audit", "case_act"):
        op.drop_table(name)
    op.drop_index("ix_eval_case_maker", "eval_case")
    op.drop_column("eval_case", "vouched_by")


def _agent() -> sa.Column[str]:
    return sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(255), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
