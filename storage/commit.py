"""One commit: everything a step made, in one transaction."""

from collections.abc import Iterable, Sequence
from itertools import groupby

import sqlalchemy as sa

from loop.errors import InvalidInput
from loop.records import (
    FEEDBACK_MOVES,
    PROPOSAL_MOVES,
    Changes,
    FeedbackMove,
    FeedbackState,
    Mover,
    ProposalState,
    RowCounts,
    Unlearning,
    may_move,
)
from storage import audit
from storage.among import among
from storage.arrival_totals import ArrivalTotals
from storage.counting import write_counted
from storage.derive import write_derived
from storage.lineage import note_import, read_import, write_unlearnings
from storage.locks import bump_change_counter, lock_arrivals
from storage.overwritten import swap
from storage.proposals import candidate_numbers, draft_proposals, move_proposal, write_experiments, write_report
from storage.raw import forget_raw_of
from storage.record import TouchedRows, comparison_key, measurement_key
from storage.reviewing import mark_practice, write_outcomes, write_practice_answers
from storage.rows import to_row
from storage.statements import enqueue_feedback, insert_new, upsert
from storage.tables import (
    ComparisonRow,
    DailyQualityRow,
    EvalCaseRow,
    FeedbackRow,
    FlagRow,
    IssueRow,
    MeasurementRow,
    TurnRow,
)

_COMMITTERS = (Mover.LOOP, Mover.PERSON, Mover.RELEARNING)
"""Whose moves a commit may carry. The others take a decision, a release or an arrival."""


def check_changes(agent: str, changes: Changes) -> None:
    """Check what can be checked without the database. Raises InvalidInput; then nothing is written."""
    _check_agent(agent, changes)
    _check_moves(changes)


def write_changes(connection: sa.Connection, agent: str, changes: Changes) -> RowCounts:
    """Write a checked commit. The caller has locked the agent; what moves feedback takes the arrival log after it."""
    arrived: ArrivalTotals | None = None
    takes_imports = any(one.scope.import_id for one in changes.unlearnings)
    if changes.flags or changes.feedback_moves or takes_imports:
        arrived = ArrivalTotals(connection, agent, lock_arrivals(connection, agent))
    touched = _check_record(connection, agent, changes)
    _write_flags(connection, agent, changes)
    moved = 0 if arrived is None else _move_feedback(connection, arrived, changes.feedback_moves)
    if changes.feedback_moves and changes.derived is None:  # a person's move: the firewall looks at the item again
        moved_ids = [move.feedback_id for move in changes.feedback_moves]
        enqueue_feedback(connection, agent, among(FeedbackRow.core().c.id, moved_ids))
    _write_cases(connection, agent, changes)
    drafted = draft_proposals(connection, agent, changes.proposals, bundles=changes.bundles)
    touched.add("version", candidate_numbers(connection, agent, [one.id for one in changes.proposals]))
    write_experiments(connection, agent, changes.experiments)
    shown = sum(write_report(connection, agent, report) for report in changes.reports)
    write_outcomes(connection, agent, changes.outcomes)
    moved += sum(move_proposal(connection, agent, move) for move in changes.proposal_moves)
    mark_practice(connection, agent, changes.practice)
    write_practice_answers(connection, agent, changes.practice_answers)
    _write_figures(connection, agent, changes)
    for made in changes.imports:
        note_import(connection, made, touched=touched)
    write_unlearnings(connection, changes.unlearnings)
    if arrived is not None and takes_imports:
        moved += _take_imports(connection, arrived, changes.unlearnings)
    audit.append(connection, agent, changes.notes, touched=touched, arrived=arrived)
    if moved or drafted or shown:
        bump_change_counter(connection, agent)
    return RowCounts(moved=moved)


def _check_agent(agent: str, changes: Changes) -> None:
    for name in (
        "issues",
        "cases",
        "proposals",
        "experiments",
        "reports",
        "measurements",
        "comparisons",
        "daily",
        "imports",
        "unlearnings",
        "practice_answers",
    ):
        for record in getattr(changes, name):
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
    if changes.flags:
        connection.execute(sa.delete(table).where(table.c.agent == agent, among(table.c.feedback_id, changes.flags)))
    rows = []
    for feedback_id, flags in changes.flags.items():
        for position, flag in enumerate(flags):
            if flag.feedback_id != feedback_id:
                raise InvalidInput("A flag is filed under another feedback.", field="flags")
            rows.append(to_row(flag, agent=agent, position=position))
    insert_new(connection, table, rows)


def _move_feedback(connection: sa.Connection, arrived: ArrivalTotals, moves: Sequence[FeedbackMove]) -> int:
    table = FeedbackRow.core()
    moved = 0
    for (was, now), group in groupby(sorted(moves, key=_step), key=_step):
        rows = arrived.stored([move.feedback_id for move in group], state=was.value)
        arrived.take("feedback", rows)
        arrived.put("feedback", rows, state=now.value)
        connection.execute(
            sa.update(table)
            .where(table.c.agent == arrived.agent, among(table.c.id, [row["id"] for row in rows]))
            .values(state=now.value)
        )
        moved += len(rows)
    arrived.keep()
    return moved


def _check_record(connection: sa.Connection, agent: str, changes: Changes) -> TouchedRows:
    """What this commit writes of the rows that decide. Raises Damaged when one was changed from outside."""
    touched = TouchedRows(connection, agent)
    reports = {report.proposal_id: None for report in changes.reports}
    written: dict[str, Iterable[str]] = {
        "eval_case": [*(case.id for case in changes.cases), *changes.retired_cases],
        "bundle": [proposal.candidate_digest for proposal in changes.proposals],
        "proposal": [
            *(proposal.id for proposal in changes.proposals),
            *(move.proposal_id for move in changes.proposal_moves if move.now is not ProposalState.STALE),
            *changes.practice,
            *(one.proposal_id for one in changes.practice_answers),
            *reports,
        ],
        "experiment": [one.id for one in changes.experiments],
        "report": [report.id for report in changes.reports],
        "measurement": [measurement_key(one.number, one.case_set_digest, one.at) for one in changes.measurements],
        "unlearning": [one.id for one in changes.unlearnings],
        "comparison": [comparison_key(one.kind, one.number) for one in changes.comparisons],
    }
    for kind, keys in written.items():
        touched.check(kind, keys)
    # Whatever was changed from outside may be taken off the desk, so that it stops nothing else.
    touched.changed_outside("proposal", [move.proposal_id for move in changes.proposal_moves])
    return touched


def _take_imports(connection: sa.Connection, arrived: ArrivalTotals, unlearnings: Iterable[Unlearning]) -> int:
    """What imports overwrote comes back, or goes again; raw text of an import that is taken back goes for good."""
    n = 0
    for one in unlearnings:
        if not one.scope.import_id:
            continue
        n += swap(connection, arrived, one.scope.import_id, is_taken_back=one.undone_at is None)
        if one.undone_at is None:
            forget_raw_of(connection, arrived.agent, read_import(connection, arrived.agent, one.scope.import_id).spans)
    arrived.keep()
    return n


def _step(move: FeedbackMove) -> tuple[FeedbackState, FeedbackState]:
    return move.was, move.now


def _write_cases(connection: sa.Connection, agent: str, changes: Changes) -> None:
    """A case that comes again after it was retired is in use again, as it was."""
    table = EvalCaseRow.core()
    insert_new(connection, table, [to_row(case, retired=False) for case in changes.cases])
    for is_retired, ids in ((False, [case.id for case in changes.cases]), (True, list(changes.retired_cases))):
        if ids:
            connection.execute(
                sa.update(table)
                .where(table.c.agent == agent, among(table.c.id, ids), table.c.retired != is_retired)
                .values(retired=is_retired)
            )


def _write_figures(connection: sa.Connection, agent: str, changes: Changes) -> None:
    """What is replaced as a whole, and what is only added to."""
    upsert(connection, IssueRow.core(), [to_row(issue) for issue in changes.issues])
    if changes.derived is not None:
        write_derived(connection, agent, changes.derived)
    days = DailyQualityRow.core()
    if changes.days:
        connection.execute(sa.delete(days).where(days.c.agent == agent, among(days.c.day, changes.days)))
    insert_new(connection, days, [to_row(day, place=-1 if day.number is None else day.number) for day in changes.daily])
    if changes.counted is not None:
        write_counted(connection, agent, changes.counted)
    insert_new(connection, MeasurementRow.core(), [to_row(one) for one in changes.measurements])
    upsert(connection, ComparisonRow.core(), [to_row(one) for one in changes.comparisons])
    if changes.turn is not None:
        insert_new(connection, TurnRow.core(), [to_row(changes.turn)])
