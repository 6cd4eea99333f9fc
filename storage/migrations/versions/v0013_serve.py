"""What programs send: API keys, idempotency keys, feedback that waits for what it is about, capture health.

Revision 0013_serve; idempotent.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013_serve"
down_revision = "0012_taint"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_key",
        _agent(),
        _key("id"),
        _key("client"),
        sa.Column("verbs", sa.JSON(), nullable=False),
        sa.Column("secret_digest", sa.String(64), nullable=False),
        _moment("created_at"),
        _moment("expires_at"),
        _moment("revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("agent", "id"),
        if_not_exists=True,
    )
    op.create_index("ix_api_key_id", "api_key", ["id"], if_not_exists=True)
    op.create_table(
        "api_key_use",
        _agent(),
        _key("id"),
        _moment("last_used_at"),
        sa.PrimaryKeyConstraint("agent", "id"),
        if_not_exists=True,
    )
    op.create_table(
        "idempotency_key",
        _agent(),
        _key("client"),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("receipt", sa.JSON(), nullable=False),
        _moment("at"),
        sa.PrimaryKeyConstraint("agent", "client", "key"),
        if_not_exists=True,
    )
    op.create_table(
        "orphan",
        _agent(),
        _key("id"),
        _key("target", nullable=True),
        _key("episode_id", nullable=True),
        _key("door"),
        _moment("received_at"),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "id"),
        if_not_exists=True,
    )
    for name in ("target", "episode_id"):
        op.create_index(f"ix_orphan_agent_{name}", "orphan", ["agent", name], if_not_exists=True)
    op.create_table(
        "capture",
        _agent(),
        _key("door"),
        *(_count(name) for name in ("calls", "feedback", "stored", "with_outcome")),
        sa.Column("rejected", sa.JSON(), nullable=False),
        _count("dropped"),
        _moment("last_at", nullable=True),
        sa.PrimaryKeyConstraint("agent", "door"),
        if_not_exists=True,
    )


def downgrade() -> None:
    for name in ("capture", "orphan", "idempotency_key", "api_key_use", "api_key"):
        op.drop_table(name)


def _agent() -> sa.Column[str]:
    return sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False)


def _key(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(255), nullable=nullable)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
