"""Daily aggregates of signals, answers and work; every judged item is found by its day, whatever its kind.

Revision 0025_improvement; idempotent. The next turn counts every day once.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025_improvement"
down_revision = "0024_access"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "daily_signal",
        _agent(),
        *_signal(),
        *(_number(name) for name in ("place", "told", "held", "n", "good", "waiting")),
        sa.PrimaryKeyConstraint("agent", "day", "kind", "topic", "place"),
        if_not_exists=True,
    )
    op.create_table(
        "hourly_signal",
        _agent(),
        *_signal(),
        *(_number(name) for name in ("hour", "n", "good")),
        sa.PrimaryKeyConstraint("agent", "day", "kind", "topic", "hour"),
        if_not_exists=True,
    )
    op.create_table(
        "daily_answers",
        _agent(),
        _key("day", 10),
        *(_number(name) for name in ("place", "n", "handed_over", "priced")),
        sa.Column("money", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "day", "place"),
        if_not_exists=True,
    )
    op.create_table(
        "daily_work",
        _agent(),
        _key("day", 10),
        _number("acts"),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "day"),
        if_not_exists=True,
    )
    op.drop_index("ix_judged_day", "judged", if_exists=True)
    has_day = sa.text("day IS NOT NULL")  # partial, so that no other read by the agent alone is planned on it
    op.create_index("ix_judged_day", "judged", ["agent", "day"], sqlite_where=has_day, postgresql_where=has_day)
    _count_every_day(op.get_bind())


def downgrade() -> None:
    only = sa.text("value IS NOT NULL")
    op.drop_index("ix_judged_day", "judged", if_exists=True)
    op.create_index("ix_judged_day", "judged", ["agent", "day"], sqlite_where=only, postgresql_where=only)
    for name in ("daily_work", "daily_answers", "hourly_signal", "daily_signal"):
        op.drop_table(name)


def _count_every_day(connection: sa.Connection) -> None:
    """Put every day with feedback on the list of the stage deploy."""
    connection.execute(
        sa.text(
            "INSERT INTO due (agent, level, key, stamp, place) "
            "SELECT DISTINCT agent, 'day', day, 1, 0 FROM judged WHERE TRUE "
            "ON CONFLICT (agent, level, key) DO UPDATE SET stamp = due.stamp + 1"
        )
    )
    # What a turn that found nothing to do kept: the next one looks again.
    connection.execute(sa.text("DELETE FROM kept WHERE kind = 'settled' AND key = 'turn'"))


def _agent() -> sa.Column[str]:
    return sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False)


def _signal() -> tuple[sa.Column[str], ...]:
    return _key("day", 10), _key("kind", 20), sa.Column("topic", sa.String(), nullable=False)


def _key(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)
