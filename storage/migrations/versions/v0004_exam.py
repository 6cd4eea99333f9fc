"""A secret of each agent, which its draws are keyed with, so that no name chooses a split; cases by who made them.

Revision 0004_exam. Agents that are there get theirs now; cases that are there keep their split.
"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0004_exam"
down_revision = "0003_voices"
branch_labels = None
depends_on = None

_CURRENT = sa.text("state <> 'superseded'")


def upgrade() -> None:
    made = op.create_table(
        "agent_secret",
        sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("agent"),
    )
    slugs = op.get_bind().execute(sa.text("SELECT slug FROM agent ORDER BY slug")).scalars().all()
    op.bulk_insert(made, [{"agent": slug, "secret": secrets.token_hex(32)} for slug in slugs])
    op.create_index("ix_eval_case_author", "eval_case", ["agent", "author", "retired", "split", "group", "at"])
    op.drop_index("ix_eval_case_group", "eval_case")
    op.create_index("ix_eval_case_group", "eval_case", ["agent", "group", "split", "retired"])
    # One name through two doors is two people: neither replaces the other's word.
    _index_current("agent", "interaction_id", "kind", "author", "source")


def downgrade() -> None:
    """What one name said through two doors becomes one person's word again: the newest."""
    op.execute(
        "UPDATE feedback SET state = 'superseded' WHERE state <> 'superseded' AND EXISTS "
        "(SELECT 1 FROM feedback AS newer WHERE newer.agent = feedback.agent "
        "AND newer.interaction_id = feedback.interaction_id "
        "AND newer.kind = feedback.kind AND newer.author = feedback.author AND newer.state <> 'superseded' "
        "AND newer.seq > feedback.seq)"
    )
    _index_current("agent", "interaction_id", "kind", "author")
    op.drop_index("ix_eval_case_group", "eval_case")
    op.create_index("ix_eval_case_group", "eval_case", ["agent", "group", "at", "id", "split"])
    op.drop_index("ix_eval_case_author", "eval_case")
    op.drop_table("agent_secret")


def _index_current(*columns: str) -> None:
    op.drop_index("uq_feedback_current", "feedback")
    op.create_index(
        "uq_feedback_current", "feedback", list(columns), unique=True, sqlite_where=_CURRENT, postgresql_where=_CURRENT
    )
