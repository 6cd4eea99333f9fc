"""One commit: everything a step made, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import sqlalchemy as sa

from loop.errors import InvalidInput, NotFound
from loop.records import (
    FEEDBACK_MOVES,
    PROPOSAL_MOVES,
    UNDECIDED_STATES,
    Changes,
    FeedbackMove,
    Mover,
    Proposal,
    ProposalMove,
    ProposalState,
    Report,
    Written,
    evidence_digest,
    may_move,
)
from storage import audit
from storage.ingest import (
    chunks,
    feedback_rows,
    insert_new,
    insert_unknown,
    interaction_rows,
    write_feedback,
    write_interactions,
)
from storage.rows import Row, from_row, to_row
from storage.tables import (
    DailyQualityRow,
    EvalCaseRow,
    FeedbackRow,
    FlagRow,
    HeadRow,
    IssueRow,
    MeasurementRow,
    ProposalRow,
    ReportRow,
    ScoreRow,
    TurnRow,
)

_COMMITTERS = (Mover.LOOP, Mover.PERSON)
"""Whose moves a commit may carry. The others take a decision, a release or an arrival."""


@dataclass(frozen=True)
class Prepared:
    """The rows of a commit, built before the write lock is taken."""

    interactions: list[Row]
    feedback: list[Row]
    scores: list[Row]


def prepare(agent: str, changes: Changes) -> Prepared:
    """Check what can be checked without the database. Raises InvalidInput; then nothing is written."""
    _check_agent(agent, changes)
    _check_moves(changes)
    return Prepared(
        interactions=interaction_rows(changes.interactions),
        feedback=feedback_rows(changes.feedback),
        scores=[to_row(score) for score in changes.scores],
    )


def hold(connection: sa.Connection, agent: str) -> int:
    """Queue behind the agent's other writers until this transaction ends; the number of the live version.

    Raises NotFound when the agent is gone.
    """
    head = HeadRow.core()
    number = connection.execute(sa.select(head.c.number).where(head.c.agent == agent).with_for_update()).scalar()
    if number is None:
        raise NotFound(f"There is no agent {agent} any more.")
    return int(number)


def mark(connection: sa.Connection, agent: str) -> None:
    """Note that the loop may have something to do."""
    head = HeadRow.core()
    connection.execute(sa.update(head).where(head.c.agent == agent).values(mark=head.c.mark + 1))


def write_changes(connection: sa.Connection, agent: str, changes: Changes, prepared: Prepared) -> Written:
    """Write a commit. The caller holds the agent."""
    arrived = [
        write_interactions(connection, agent, prepared.interactions),
        write_feedback(connection, agent, prepared.feedback),
    ]
    scores = insert_unknown(connection, ScoreRow.core(), agent, prepared.scores)
    _write_flags(connection, agent, changes)
    moved = _move_feedback(connection, agent, changes.feedback_moves)
    _write_cases(connection, agent, changes)
    drafted = insert_unknown(connection, ProposalRow.core(), agent, [drafted_row(one) for one in changes.proposals])
    reported = sum(_write_report(connection, agent, report) for report in changes.reports)
    moved += _move_proposals(connection, agent, changes.proposal_moves)
    _write_figures(connection, agent, changes)
    audit.append(connection, agent, changes.notes)
    written = Written(
        new=sum(one.new for one in arrived) + scores,
        updated=sum(one.updated for one in arrived),
        duplicate=sum(one.duplicate for one in arrived) + len(prepared.scores) - scores,
        moved=moved,
    )
    if written.new or written.updated or moved or drafted or reported:
        mark(connection, agent)
    return written


def drafted_row(proposal: Proposal) -> Row:
    """The row of a new proposal."""
    return to_row(proposal, state=ProposalState.DRAFTED.value, evidence_digest="")


def _check_agent(agent: str, changes: Changes) -> None:
    for name in (
        "interactions",
        "feedback",
        "scores",
        "issues",
        "cases",
        "proposals",
        "reports",
        "measurements",
        "daily",
    ):
        for record in getattr(changes, name) or ():
            if record.agent != agent:
                raise InvalidInput(f"{name} hold a record of another agent.", field="agent")
    if changes.turn is not None and changes.turn.agent != agent:
        raise InvalidInput("The turn is another agent's.", field="agent")


def _check_moves(changes: Changes) -> None:
    for move in changes.feedback_moves:
        if not any(may_move(FEEDBACK_MOVES, move.was, move.now, by=one) for one in _COMMITTERS):
            raise InvalidInput(f"Feedback cannot move from {move.was} to {move.now}.", field="feedback_moves")
    for step in changes.proposal_moves:
        if not any(may_move(PROPOSAL_MOVES, step.was, step.now, by=one) for one in _COMMITTERS):
            raise InvalidInput(
                f"A commit cannot move a proposal from {step.was} to {step.now}.",
                field="proposal_moves",
                remedy="That takes a decision or a release." if step.now in PROPOSAL_MOVES[step.was] else "",
            )


def _write_flags(connection: sa.Connection, agent: str, changes: Changes) -> None:
    table = FlagRow.core()
    for ids in chunks(list(changes.flags)):
        connection.execute(sa.delete(table).where(table.c.agent == agent, table.c.feedback_id.in_(ids)))
    rows = []
    for feedback_id, flags in changes.flags.items():
        for position, flag in enumerate(flags):
            if flag.feedback_id != feedback_id:
                raise InvalidInput("A flag is filed under another feedback.", field="flags")
            rows.append(to_row(flag, agent=agent, position=position))
    insert_new(connection, table, rows)


def _move_feedback(connection: sa.Connection, agent: str, moves: Sequence[FeedbackMove]) -> int:
    table = FeedbackRow.core()
    moved = 0
    for (was, now), group in groupby(moves, key=lambda move: (move.was, move.now)):
        for ids in chunks([move.feedback_id for move in group]):
            moved += connection.execute(
                sa.update(table)
                .where(table.c.agent == agent, table.c.id.in_(ids), table.c.state == was.value)
                .values(state=now.value)
            ).rowcount
    return moved


def _move_proposals(connection: sa.Connection, agent: str, moves: Sequence[ProposalMove]) -> int:
    return sum(move_proposal(connection, agent, move.proposal_id, was=move.was, now=move.now) for move in moves)


def move_proposal(
    connection: sa.Connection, agent: str, proposal_id: str, *, was: ProposalState, now: ProposalState
) -> int:
    """1 when the proposal stood at `was` and now stands at `now`, else 0."""
    table = ProposalRow.core()
    return connection.execute(
        sa.update(table)
        .where(table.c.agent == agent, table.c.id == proposal_id, table.c.state == was.value)
        .values(state=now.value)
    ).rowcount


def _write_cases(connection: sa.Connection, agent: str, changes: Changes) -> None:
    """A case that comes again after it was retired is in use again, as it was."""
    table = EvalCaseRow.core()
    insert_new(connection, table, [to_row(case, retired=False) for case in changes.cases])
    for is_retired, ids in ((False, [case.id for case in changes.cases]), (True, list(changes.retired_cases))):
        for chunk in chunks(ids):
            connection.execute(
                sa.update(table)
                .where(table.c.agent == agent, table.c.id.in_(chunk), table.c.retired != is_retired)
                .values(retired=is_retired)
            )


def _write_report(connection: sa.Connection, agent: str, report: Report) -> bool:
    """Whether the evidence changed; a proposal that is decided keeps what it was decided on."""
    proposals, reports = ProposalRow.core(), ReportRow.core()
    row = (
        connection.execute(sa.select(proposals).where(proposals.c.agent == agent, proposals.c.id == report.proposal_id))
        .mappings()
        .first()
    )
    if row is None:
        raise NotFound("A report is about a proposal that is not stored.")
    digest = evidence_digest(from_row(Proposal, row), report)
    if ProposalState(row["state"]) not in UNDECIDED_STATES or row["evidence_digest"] == digest:
        return False
    where = sa.and_(reports.c.agent == agent, reports.c.proposal_id == report.proposal_id)
    looks = connection.execute(sa.select(reports.c.looks).where(where)).scalar() or 0
    connection.execute(sa.delete(reports).where(where))
    connection.execute(sa.insert(reports), _report_row(report, looks=looks))
    connection.execute(
        sa.update(proposals)
        .where(proposals.c.agent == agent, proposals.c.id == report.proposal_id)
        .values(evidence_digest=digest)
    )
    return True


def _report_row(report: Report, *, looks: int) -> Row:
    dev, sealed = report.dev.tally, report.sealed.tally
    return to_row(
        report,
        dev_n=dev.n,
        dev_effect=dev.effect,
        sealed_n=sealed.n,
        sealed_effect=sealed.effect,
        sealed_low=report.sealed.low,
        sealed_high=report.sealed.high,
        looks=looks + (1 if sealed.n else 0),
    )


def _write_figures(connection: sa.Connection, agent: str, changes: Changes) -> None:
    """What is replaced as a whole, and what is only added to."""
    if changes.issues is not None:
        rows = [to_row(issue, position=place) for place, issue in enumerate(changes.issues)]
        connection.execute(sa.delete(IssueRow.core()).where(IssueRow.core().c.agent == agent))
        insert_new(connection, IssueRow.core(), rows)
    if changes.daily is not None:
        rows = [to_row(day, position=place) for place, day in enumerate(changes.daily)]
        connection.execute(sa.delete(DailyQualityRow.core()).where(DailyQualityRow.core().c.agent == agent))
        insert_new(connection, DailyQualityRow.core(), rows)
    insert_new(connection, MeasurementRow.core(), [to_row(one) for one in changes.measurements])
    if changes.turn is not None:
        insert_new(connection, TurnRow.core(), [to_row(changes.turn)])
