"""The operator's own words and contact data: what makes a change high stakes, and what is never masked.

Revision 0010_stakes. Agents that are there have neither.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010_stakes"
down_revision = "0009_claims"
branch_labels = None
depends_on = None

_ADDED = ("stakes_words", "own_contacts")


def upgrade() -> None:
    for name in _ADDED:
        op.add_column("agent", sa.Column(name, sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    """The words and contacts go; nothing else depends on them."""
    for name in reversed(_ADDED):
        op.drop_column("agent", name)
