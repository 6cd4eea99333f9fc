"""Log positions, candidate versions, experiments, several reports per proposal, releases by id, kept answers.

Revision 0002_floor, after 0001_first. What is stored stays as it was written, digests and journal included.
"""

import sqlalchemy as sa
from alembic import op

from storage.migrations.candidates import carry_over
from storage.migrations.firewall import add_firewall, drop_firewall, rebuild_daily

revision = "0002_floor"
down_revision = "0001_first"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add_log_positions()
    _add_assignments()
    _add_change_counter()
    _add_candidates()
    _add_experiments()
    _add_reports()
    _add_releases()
    _add_answers()
    carry_over(op.get_bind())
    _add_case_lookups()
    op.drop_column("issue", "position")
    rebuild_daily()
    add_firewall()
    _add_failed_jobs()


def downgrade() -> None:
    """Structure only: candidates, answers, experiments and all but the newest report go."""
    op.drop_table("failed_job")
    drop_firewall()
    _drop_case_lookups()
    _restore_places()
    op.drop_table("answer")
    _drop_releases()
    _drop_reports()
    op.drop_table("experiment")
    _drop_candidates()
    op.execute("ALTER TABLE head RENAME COLUMN change_counter TO mark")
    with op.batch_alter_table("interaction") as batch:
        for column in ("bundle_digest", "experiment_id", "arm", "probability"):
            batch.drop_column(column)
    _drop_log_positions()


# log positions: one count per agent over interactions and feedback ------------------------------------------------
def _add_log_positions() -> None:
    op.create_table(
        "arrival_log",
        sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agent"),
    )
    for table in ("interaction", "feedback"):
        op.add_column(table, sa.Column("seq", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("INSERT INTO arrival_log (agent, seq) SELECT slug, 0 FROM agent")
    _number("interaction", order="at, id")
    _number("feedback", order="received_at, at, id")
    for table in ("interaction", "feedback"):
        op.create_index(op.f(f"ix_{table}_agent_seq"), table, ["agent", "seq"])
    new = sa.text("state = 'new'")
    op.create_index("ix_feedback_new", "feedback", ["agent", "seq"], sqlite_where=new, postgresql_where=new)


def _number(table: str, *, order: str) -> None:
    op.execute(
        f"UPDATE {table} SET seq = numbered.place + "  # noqa: S608 - names are ours
        f"(SELECT arrival_log.seq FROM arrival_log WHERE arrival_log.agent = {table}.agent) FROM "
        f"(SELECT agent, id, row_number() OVER (PARTITION BY agent ORDER BY {order}) AS place FROM {table}) "
        "AS numbered "
        f"WHERE numbered.agent = {table}.agent AND numbered.id = {table}.id"
    )
    op.execute(
        f"UPDATE arrival_log SET seq = seq + "  # noqa: S608 - names are ours
        f"(SELECT count(*) FROM {table} WHERE {table}.agent = arrival_log.agent)"
    )


def _drop_log_positions() -> None:
    op.drop_index("ix_feedback_new", "feedback")
    for table in ("interaction", "feedback"):
        op.drop_index(op.f(f"ix_{table}_agent_seq"), table)
        op.drop_column(table, "seq")
    op.drop_table("arrival_log")


# what an interaction was answered with, and why with that -----------------------------------------------------------
def _add_assignments() -> None:
    op.add_column("interaction", sa.Column("bundle_digest", sa.String(64), nullable=True))
    op.add_column("interaction", sa.Column("experiment_id", sa.String(255), nullable=True))
    op.add_column("interaction", sa.Column("arm", sa.String(255), nullable=True))
    op.add_column("interaction", sa.Column("probability", sa.Float(), nullable=True))


def _add_change_counter() -> None:
    op.execute("ALTER TABLE head RENAME COLUMN mark TO change_counter")


# candidate versions ---------------------------------------------------------------------------------------------------
def _add_candidates() -> None:
    op.add_column("version", sa.Column("released_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE version SET released_at = created_at")
    op.add_column("proposal", sa.Column("stale_reason", sa.String(), nullable=False, server_default=""))


def _drop_candidates() -> None:
    op.drop_column("proposal", "stale_reason")
    op.execute("DELETE FROM version WHERE released_at IS NULL")
    op.drop_column("version", "released_at")


# experiments ----------------------------------------------------------------------------------------------------------
def _add_experiments() -> None:
    op.create_table(
        "experiment",
        sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False),
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("proposal_id", sa.String(255), nullable=False),
        sa.Column("arms", sa.JSON(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(["agent", "proposal_id"], ["proposal.agent", "proposal.id"]),
        sa.PrimaryKeyConstraint("agent", "id"),
    )
    op.create_index(op.f("ix_experiment_agent_proposal_id"), "experiment", ["agent", "proposal_id"])


# several reports per proposal, and a decision on one of them ----------------------------------------------------------
def _add_reports() -> None:
    with op.batch_alter_table("report") as batch:
        batch.add_column(sa.Column("experiment_id", sa.String(255), nullable=True))
        batch.drop_constraint(op.f("uq_report_agent_proposal_id"), type_="unique")
        batch.create_foreign_key(
            op.f("fk_report_agent_experiment_id_experiment"),
            "experiment",
            ["agent", "experiment_id"],
            ["agent", "id"],
        )
    op.create_index(op.f("ix_report_agent_proposal_id"), "report", ["agent", "proposal_id"])
    op.add_column("proposal", sa.Column("report_id", sa.String(255), nullable=True))
    op.execute(
        "UPDATE proposal SET report_id = (SELECT id FROM report "
        "WHERE report.agent = proposal.agent AND report.proposal_id = proposal.id)"
    )
    with op.batch_alter_table("decision") as batch:
        batch.add_column(sa.Column("report_id", sa.String(255), nullable=True))
        batch.create_foreign_key(
            op.f("fk_decision_agent_report_id_report"), "report", ["agent", "report_id"], ["agent", "id"]
        )
    # An older decision on evidence that was replaced since names a report that was deleted: it stays without one.
    op.execute(
        "UPDATE decision SET report_id = (SELECT report_id FROM proposal WHERE proposal.agent = decision.agent "
        "AND proposal.id = decision.proposal_id AND proposal.evidence_digest = decision.seen_digest)"
    )


def _drop_reports() -> None:
    with op.batch_alter_table("decision") as batch:
        batch.drop_constraint(op.f("fk_decision_agent_report_id_report"), type_="foreignkey")
        batch.drop_column("report_id")
    op.execute(
        "DELETE FROM report WHERE NOT EXISTS (SELECT 1 FROM proposal "
        "WHERE proposal.agent = report.agent AND proposal.report_id = report.id)"
    )
    op.drop_column("proposal", "report_id")
    op.drop_index(op.f("ix_report_agent_proposal_id"), "report")
    with op.batch_alter_table("report") as batch:
        batch.drop_constraint(op.f("fk_report_agent_experiment_id_experiment"), type_="foreignkey")
        batch.drop_column("experiment_id")
        batch.create_unique_constraint(op.f("uq_report_agent_proposal_id"), ["agent", "proposal_id"])


# releases by id, each step of a decision once -------------------------------------------------------------------------
def _add_releases() -> None:
    op.add_column("release", sa.Column("step", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("release") as batch:
        batch.drop_constraint(op.f("uq_release_agent_decision_id"), type_="unique")
        batch.drop_constraint(op.f("uq_release_agent_number"), type_="unique")
        batch.create_unique_constraint(op.f("uq_release_agent_decision_id_step"), ["agent", "decision_id", "step"])
    op.create_index(op.f("ix_release_agent_number"), "release", ["agent", "number"])


def _drop_releases() -> None:
    op.execute("DELETE FROM release WHERE step > 0")
    op.drop_index(op.f("ix_release_agent_number"), "release")
    with op.batch_alter_table("release") as batch:
        batch.drop_constraint(op.f("uq_release_agent_decision_id_step"), type_="unique")
        batch.create_unique_constraint(op.f("uq_release_agent_decision_id"), ["agent", "decision_id"])
        batch.create_unique_constraint(op.f("uq_release_agent_number"), ["agent", "number"])
        batch.drop_column("step")


# cases by what they were made from, issues and days without a place ---------------------------------------------------
def _add_case_lookups() -> None:
    for column in ("interaction_id", "group"):
        op.create_index(op.f(f"ix_eval_case_agent_{column}"), "eval_case", ["agent", column])


def _drop_case_lookups() -> None:
    for column in ("interaction_id", "group"):
        op.drop_index(op.f(f"ix_eval_case_agent_{column}"), "eval_case")


def _restore_places() -> None:
    op.add_column("issue", sa.Column("position", sa.Integer(), nullable=False, server_default="0"))
    op.rename_table("daily_quality", "daily_quality_new")
    op.create_table(
        "daily_quality",
        sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("low", sa.Float(), nullable=True),
        sa.Column("high", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("agent", "position", name="pk_daily_quality_old"),
    )
    op.execute(
        "INSERT INTO daily_quality (agent, position, day, number, n, good, low, high) "
        "SELECT agent, row_number() OVER (PARTITION BY agent ORDER BY day, place) - 1, day, number, n, good, low, high "
        "FROM daily_quality_new"
    )
    op.drop_table("daily_quality_new")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX pk_daily_quality_old RENAME TO pk_daily_quality")


# what versions answered -----------------------------------------------------------------------------------------------
def _add_answers() -> None:
    op.create_table(
        "answer",
        sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("case_id", sa.String(255), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "digest", "case_id"),
    )


# durable work that failed ---------------------------------------------------------------------------------------------
def _add_failed_jobs() -> None:
    op.create_table(
        "failed_job",
        sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False),
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("agent", "id"),
    )
