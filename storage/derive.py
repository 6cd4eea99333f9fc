"""Write what the firewall learned: upserts of derived rows, in the caller's transaction."""

import json
from dataclasses import fields

import sqlalchemy as sa

from loop.records import AuthorStanding, Derived, Judged, Saying, Sums
from storage.among import among
from storage.rows import Row
from storage.statements import enqueue, enqueue_feedback, execute_many, insert_new, update, upsert
from storage.tables import (
    BucketRow,
    ClaimRow,
    DailyAnswersRow,
    DailySignalRow,
    DailyWorkRow,
    DueRow,
    HourlySignalRow,
    IssueRow,
    JudgedRow,
    KeptRow,
    QuestionRow,
    StandingRow,
)


def write_derived(connection: sa.Connection, agent: str, derived: Derived) -> None:
    """Everything one step of the firewall learned. Idempotent: rows are replaced by key, what is done is taken off."""
    rows = [_judged(agent, row) for row in derived.rows]
    if derived.columns:
        update(connection, JudgedRow.core(), rows, columns=derived.columns)
    else:
        upsert(connection, JudgedRow.core(), rows)
    upsert(
        connection,
        QuestionRow.core(),
        [
            {"agent": agent, "key": one.key, "number": one.number, "near": one.near, "text": one.text}
            for one in derived.questions
        ],
    )
    insert_new(
        connection,
        BucketRow.core(),
        [{"agent": agent, "bucket": bucket, "number": number} for bucket, number in derived.buckets.items()],
    )
    upsert(connection, StandingRow.core(), [standing_row(agent, *one) for one in derived.standings])
    upsert(
        connection,
        KeptRow.core(),
        [{"agent": agent, "kind": one.kind, "key": one.key, "body": dict(one.body)} for one in derived.kept],
    )
    _unsay(connection, agent, derived)
    upsert(connection, ClaimRow.core(), [_saying(agent, one) for one in derived.sayings])
    _take_off(connection, agent, derived)
    enqueue(connection, agent, ((level, key, 0) for level, key in derived.due))
    issues = IssueRow.core()
    if derived.dropped_issues:
        connection.execute(sa.delete(issues).where(issues.c.agent == agent, among(issues.c.id, derived.dropped_issues)))


def forget_derived(connection: sa.Connection, agent: str) -> None:
    """Drop everything derived and put all feedback on the list: what decides about it changed."""
    counts = (DailySignalRow, HourlySignalRow, DailyAnswersRow, DailyWorkRow)
    for table in (DueRow, ClaimRow, KeptRow, StandingRow, BucketRow, QuestionRow, JudgedRow, IssueRow, *counts):
        connection.execute(sa.delete(table.core()).where(table.core().c.agent == agent))
    enqueue_feedback(connection, agent, sa.true())


def _take_off(connection: sa.Connection, agent: str, derived: Derived) -> None:
    table = DueRow.core()
    if not derived.done:
        return
    statement = sa.delete(table).where(
        table.c.agent == sa.bindparam("of_agent"),
        table.c.level == sa.bindparam("of_level"),
        table.c.key == sa.bindparam("of_key"),
        table.c.stamp == sa.bindparam("of_stamp"),
    )
    rows: list[Row] = [
        {"of_agent": agent, "of_level": level, "of_key": one.key, "of_stamp": one.stamp} for level, one in derived.done
    ]
    execute_many(connection, statement, rows)


def _unsay(connection: sa.Connection, agent: str, derived: Derived) -> None:
    table = ClaimRow.core()
    if not derived.unsaid:
        return
    statement = sa.delete(table).where(
        table.c.agent == sa.bindparam("of_agent"),
        table.c.feedback_id == sa.bindparam("of_feedback"),
        table.c.claim == sa.bindparam("of_claim"),
    )
    rows: list[Row] = [
        {"of_agent": agent, "of_feedback": feedback, "of_claim": claim} for feedback, claim in derived.unsaid
    ]
    execute_many(connection, statement, rows)


def _saying(agent: str, one: Saying) -> Row:
    return {"agent": agent, **one._asdict()}


def _judged(agent: str, row: Judged) -> Row:
    made: Row = row._asdict()
    made["agent"] = agent
    made["state"] = row.state.value
    told = [[one.detector, one.reason, list(one.related)] for one in row.findings]
    made["findings"] = json.dumps(told, ensure_ascii=False) if told else ""
    return made


def standing_row(agent: str, standing: AuthorStanding, sums: Sums) -> Row:
    return {
        "agent": agent,
        "name": standing.name,
        "standing": standing.standing,
        "is_telling": sums.is_telling or standing.standing != "new",
        "body": standing.model_dump(mode="json"),
        "sums": {one.name: getattr(sums, one.name) for one in fields(Sums)}
        | {"values": {repr(value): n for value, n in sums.values.items()}},
    }
