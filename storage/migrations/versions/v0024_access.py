"""People who sign in, their roles at each agent, open sign-ins and one-time links.

Revision 0024_access; idempotent.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024_access"
down_revision = "0023_review"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person",
        *(_key(name) for name in ("name", "email", "issuer", "subject")),
        sa.Column("password", sa.String(), nullable=False),
        _moment("created_at"),
        _moment("disabled_at", nullable=True),
        sa.Column("signature", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        if_not_exists=True,
    )
    op.create_index("ix_person_email", "person", ["email"], if_not_exists=True)
    op.create_index("ix_person_issuer_subject", "person", ["issuer", "subject"], if_not_exists=True)
    op.create_table(
        "sign_in",
        _digest("digest"),
        _key("person"),
        *(_moment(name) for name in ("created_at", "expires_at", "seen_at")),
        sa.Column("idle_seconds", sa.Integer(), nullable=False),
        _moment("revoked_at", nullable=True),
        sa.Column("signature", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
        if_not_exists=True,
    )
    op.create_index("ix_sign_in_person", "sign_in", ["person"], if_not_exists=True)
    op.create_table(
        "sign_in_link",
        _digest("digest"),
        sa.Column("kind", sa.String(20), nullable=False),
        _key("person"),
        _moment("expires_at"),
        _moment("used_at", nullable=True),
        sa.Column("signature", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
        if_not_exists=True,
    )
    op.create_table(
        "sign_in_failure",
        _digest("name"),
        sa.Column("count", sa.Integer(), nullable=False),
        _moment("last_at"),
        sa.PrimaryKeyConstraint("name"),
        if_not_exists=True,
    )
    op.create_table(
        "role_grant",
        sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False),
        _key("name"),
        sa.Column("role", sa.String(20), nullable=False),
        _key("given_by"),
        _moment("at"),
        sa.PrimaryKeyConstraint("agent", "name"),
        if_not_exists=True,
    )


def downgrade() -> None:
    """Nobody can sign in any more; whoever reaches the machine acts as its operator again."""
    for name in ("role_grant", "sign_in_failure", "sign_in_link", "sign_in", "person"):
        op.drop_table(name)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(255), nullable=False)


def _digest(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(64), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
