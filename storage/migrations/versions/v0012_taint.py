"""Imports by what they brought, what proposals rest on the other way round, what was unlearned; ways to look it up.

Revision 0012_taint; idempotent. Of proposals that are there, what they rest on is written out; what an earlier import
brought was not noted and stays unknown: it is found by its door.
"""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012_taint"
down_revision = "0011_panel"
branch_labels = None
depends_on = None

_INDEXES = (
    ("import", ["at"]),
    ("unlearning", ["at"]),
    ("proposal_source", ["kind", "key", "proposal_id"]),
    ("feedback", ["source", "received_at"]),
    ("answer", ["case_id", "digest"]),
    ("version", ["digest"]),
)
_AT_ONCE = 1_000


def upgrade() -> None:
    op.create_table(
        "import",
        _agent(),
        _key("id"),
        sa.Column("name", sa.String(), nullable=False),
        _key("actor"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spans", sa.JSON(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("new", "updated", "known")),
        _key("proposal_id", nullable=True),
        sa.PrimaryKeyConstraint("agent", "id"),
        if_not_exists=True,
    )
    op.create_table(
        "proposal_source",
        _agent(),
        _key("proposal_id"),
        sa.Column("kind", sa.String(20), nullable=False),
        _key("key"),
        sa.PrimaryKeyConstraint("agent", "proposal_id", "kind", "key"),
        sa.ForeignKeyConstraint(["agent", "proposal_id"], ["proposal.agent", "proposal.id"]),
        if_not_exists=True,
    )
    op.create_table(
        "unlearning",
        _agent(),
        _key("id"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "id"),
        if_not_exists=True,
    )
    for table, columns in _INDEXES:
        name = f"ix_{table}_{'_'.join(['agent', *columns])}"
        op.create_index(name, table, ["agent", *columns], if_not_exists=True)
    _write_sources(op.get_bind())


def downgrade() -> None:
    for table, columns in reversed(_INDEXES):
        op.drop_index(f"ix_{table}_{'_'.join(['agent', *columns])}", table)
    for name in ("unlearning", "proposal_source", "import"):
        op.drop_table(name)


def _write_sources(connection: sa.Connection) -> None:
    proposals = sa.table(
        "proposal",
        *(sa.column(name) for name in ("agent", "id")),
        *(sa.column(name, sa.JSON()) for name in ("evidence", "issue_ids", "expected_fixes", "authors", "operations")),
    )
    sources = sa.table("proposal_source", *(sa.column(name) for name in ("agent", "kind", "key", "proposal_id")))
    known = {tuple(row) for row in connection.execute(sa.select(sources))}
    some = [row for row in _sources(connection.execute(sa.select(proposals)).mappings().all()) if row not in known]
    names = ("agent", "kind", "key", "proposal_id")
    for start in range(0, len(some), _AT_ONCE):
        rows = [dict(zip(names, row, strict=True)) for row in some[start : start + _AT_ONCE]]
        connection.execute(sa.insert(sources), rows)


def _sources(rows: Any) -> Iterator[tuple[str, str, str, str]]:
    """Of each proposal, each once."""
    for row in rows:
        told = {name: _read(row[name]) for name in ("evidence", "issue_ids", "expected_fixes", "authors", "operations")}
        learned = [
            example["feedback_id"]
            for operation in told["operations"]
            for example in operation.get("add", ())
            if isinstance(example, dict) and example.get("feedback_id")
        ]
        keys = {
            *(("feedback", key) for key in (*told["evidence"], *learned)),
            *(("issue", key) for key in told["issue_ids"]),
            *(("case", key) for key in told["expected_fixes"]),
            *(("author", key) for key in told["authors"]),
        }
        yield from ((row["agent"], kind, key, row["id"]) for kind, key in sorted(keys) if len(key) <= 255)


def _read(stored: Any) -> Any:
    return json.loads(stored) if isinstance(stored, str) else stored or []


def _agent() -> sa.Column[str]:
    return sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False)


def _key(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(255), nullable=nullable)
