"""Feedback and proposals with where they stand, and signals counted by day: the joins behind a store's reads."""

from collections import defaultdict
from datetime import datetime

import sqlalchemy as sa

from loop.records import (
    COUNTING_STATES,
    DaySignals,
    Feedback,
    FeedbackItem,
    FeedbackState,
    Flag,
    Proposal,
    ProposalItem,
    ProposalState,
    Report,
    VersionSignals,
)
from storage.rows import from_row
from storage.tables import FeedbackRow, FlagRow, InteractionRow, ProposalRow, ReportRow

_UNCOUNTED = tuple(state for state in FeedbackState if state not in COUNTING_STATES)


def read_feedback(connection: sa.Connection, agent: str, which: sa.ColumnElement[bool]) -> list[FeedbackItem]:
    """In the order received, each with its flags in the order they were set."""
    table, flags = FeedbackRow.core(), FlagRow.core()
    mine = sa.and_(table.c.agent == agent, which)
    told = sa.select(table).where(mine).order_by(table.c.received_at, table.c.at, table.c.id)
    flagged = (
        sa.select(flags)
        .join(table, sa.and_(table.c.agent == flags.c.agent, table.c.id == flags.c.feedback_id))
        .where(mine)
        .order_by(flags.c.feedback_id, flags.c.position)
    )
    found: dict[str, list[Flag]] = defaultdict(list)
    for row in connection.execute(flagged).mappings():
        found[row["feedback_id"]].append(from_row(Flag, row))
    return [
        FeedbackItem(
            feedback=from_row(Feedback, row),
            state=FeedbackState(row["state"]),
            flags=tuple(found.get(row["id"], ())),
        )
        for row in connection.execute(told).mappings()
    ]


def read_proposals(connection: sa.Connection, agent: str, which: sa.ColumnElement[bool]) -> list[ProposalItem]:
    """Oldest first, each with its report."""
    table, reports = ProposalRow.core(), ReportRow.core()
    query = (
        sa.select(table, reports.c.body.label("report"))
        .outerjoin(reports, sa.and_(reports.c.agent == table.c.agent, reports.c.proposal_id == table.c.id))
        .where(table.c.agent == agent, which)
        .order_by(table.c.created_at, table.c.id)
    )
    return [
        ProposalItem(
            proposal=from_row(Proposal, row),
            state=ProposalState(row["state"]),
            report=None if row["report"] is None else Report.model_validate(row["report"]),
            evidence_digest=row["evidence_digest"],
        )
        for row in connection.execute(query).mappings()
    ]


def count_signals(connection: sa.Connection, agent: str) -> list[DaySignals]:
    """By day of the answer (of the signal where the answer is unknown) and version, oldest first."""
    told, answers = FeedbackRow.core(), InteractionRow.core()
    moment: sa.ColumnElement[datetime] = sa.func.coalesce(answers.c.at, told.c.at)
    if connection.dialect.name == "sqlite":
        day = sa.func.substr(sa.type_coerce(moment, sa.String), 1, 10).label("day")
    else:
        day = sa.func.to_char(sa.func.timezone("UTC", moment), "YYYY-MM-DD").label("day")
    query = (
        sa.select(
            day,
            answers.c.version.label("number"),
            sa.func.count().label("n"),
            sa.func.sum(sa.case((told.c.value >= 0.5, 1), else_=0)).label("good"),
        )
        .select_from(told)
        .outerjoin(answers, sa.and_(answers.c.agent == told.c.agent, answers.c.id == told.c.interaction_id))
        .where(
            told.c.agent == agent,
            told.c.value.is_not(None),
            told.c.state.not_in([state.value for state in _UNCOUNTED]),
        )
        # By place: the expression holds parameters, and PostgreSQL does not see that two are the same.
        .group_by(sa.text("1, 2"))
        .order_by(sa.text("1"), sa.func.coalesce(answers.c.version, -1))
    )
    return [DaySignals.model_validate(dict(row)) for row in connection.execute(query).mappings()]


def count_signals_on(connection: sa.Connection, agent: str, number: int) -> VersionSignals:
    """Of the answers of one version; who was unhappy is counted by author."""
    told, answers = FeedbackRow.core(), InteractionRow.core()
    query = (
        sa.select(
            told.c.author,
            sa.func.count().label("n"),
            sa.func.sum(sa.case((told.c.value >= 0.5, 1), else_=0)).label("good"),
        )
        .join_from(told, answers, sa.and_(answers.c.agent == told.c.agent, answers.c.id == told.c.interaction_id))
        .where(
            told.c.agent == agent,
            answers.c.version == number,
            told.c.value.is_not(None),
            told.c.state.not_in([state.value for state in _UNCOUNTED]),
        )
        .group_by(told.c.author)
    )
    rows = connection.execute(query).all()
    unhappy = [row.n - row.good for row in rows if row.n > row.good]
    return VersionSignals(
        n=sum(row.n for row in rows),
        good=sum(row.good for row in rows),
        unhappy_people=len(unhappy),
        loudest_share=max(unhappy) / sum(unhappy) if unhappy else 0.0,
    )
