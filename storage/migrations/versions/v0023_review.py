"""The review desk: who reads what, comments, practice cases, every case a change was tried on; how long a change waits.

Revision 0023_review. Of proposals that are there, the first of each chain of replacements is found by following it.
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0023_review"
down_revision = "0021_raw"
branch_labels = None
depends_on = None

_INDEXES = (
    ("viewing", ["until"]),
    ("viewing", ["decided_at"]),
    ("remark", ["proposal_id", "at"]),
    ("outcome", ["report_id", "movement", "place"]),
    ("practice_answer", ["at"]),
    ("proposal", ["root_id"]),
)


def upgrade() -> None:
    for column in (
        sa.Column("root_id", sa.String(255), nullable=False, server_default=""),
        sa.Column("waits_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practice", sa.String(20), nullable=False, server_default=""),
    ):
        op.add_column("proposal", column)
    op.add_column("decision", sa.Column("completes", sa.String(), nullable=True))
    op.create_table(
        "viewing",
        _agent(),
        _key("proposal_id"),
        _key("person"),
        *(_time(name) for name in ("first_at", "since", "until")),
        sa.Column("verb", sa.String(20), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        _time("decided_at", nullable=True),
        sa.PrimaryKeyConstraint("agent", "proposal_id", "person"),
        _to_proposal(),
    )
    op.create_table(
        "remark",
        _agent(),
        _key("id"),
        _key("proposal_id"),
        _key("author"),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("text", "element")),
        sa.Column("side", sa.String(10), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("quote", sa.String(), nullable=False),
        _time("at"),
        _time("withdrawn_at", nullable=True),
        sa.PrimaryKeyConstraint("agent", "id"),
        _to_proposal(),
    )
    op.create_table(
        "outcome",
        _agent(),
        _key("report_id"),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("movement", sa.String(20), nullable=False),
        _key("case_id"),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "report_id", "place"),
        sa.ForeignKeyConstraint(["agent", "report_id"], ["report.agent", "report.id"]),
    )
    op.create_table(
        "practice_answer",
        _agent(),
        _key("id"),
        _key("proposal_id"),
        _key("person"),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("verb", sa.String(20), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        _time("at"),
        sa.PrimaryKeyConstraint("agent", "id"),
        _to_proposal(),
    )
    for table, columns in _INDEXES:
        op.create_index(_index(table, columns), table, ["agent", *columns])
    _write_roots(op.get_bind())


def downgrade() -> None:
    """Comments, viewings and practice answers go, and a first approval of two does not count any more."""
    connection = op.get_bind()
    # What practice put on the desk would be a change like any other without its mark.
    connection.execute(sa.text("UPDATE proposal SET state = 'set_aside' WHERE practice != '' AND state = 'waiting'"))
    for table, columns in reversed(_INDEXES):
        op.drop_index(_index(table, columns), table)
    for name in ("practice_answer", "outcome", "remark", "viewing"):
        op.drop_table(name)
    op.drop_column("decision", "completes")
    for name in ("practice", "waits_since", "root_id"):
        op.drop_column("proposal", name)


def _write_roots(connection: sa.Connection) -> None:
    proposals = sa.table(
        "proposal",
        *(sa.column(name) for name in ("agent", "id", "replaces", "root_id")),
        *(sa.column(name, sa.DateTime(timezone=True)) for name in ("created_at", "waits_since")),
    )
    columns = (proposals.c.agent, proposals.c.id, proposals.c.replaces, proposals.c.created_at)
    known: dict[tuple[str, str], tuple[str | None, datetime]] = {
        (row.agent, row.id): (row.replaces, row.created_at) for row in connection.execute(sa.select(*columns))
    }
    for agent, key in known:
        first, seen = key, {key}
        while (before := known[agent, first][0]) is not None and (agent, before) in known and before not in seen:
            first = before
            seen.add(first)
        connection.execute(
            sa.update(proposals)
            .where(proposals.c.agent == agent, proposals.c.id == key)
            .values(root_id=first, waits_since=known[agent, first][1])
        )


def _index(table: str, columns: list[str]) -> str:
    return f"ix_{table}_{'_'.join(['agent', *columns])}"


def _agent() -> sa.Column[str]:
    return sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(255), nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _to_proposal() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["agent", "proposal_id"], ["proposal.agent", "proposal.id"])
