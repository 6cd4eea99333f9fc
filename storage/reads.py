"""Feedback and proposals with where they stand, kept answers, and signals counted: the joins behind a store's reads."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from loop.records import (
    COUNTING_STATES,
    Answer,
    Feedback,
    FeedbackItem,
    FeedbackState,
    Flag,
    Ledger,
    Proposal,
    ProposalItem,
    ProposalState,
    Report,
    SealedLook,
    Verdict,
    VersionSignals,
    as_shown,
    open_since,
)
from storage.among import among
from storage.answers import SIGNATURE, is_kept_by_us
from storage.bodies import from_body
from storage.connecting import keys_of
from storage.rows import columns_of, from_row
from storage.tables import (
    AnswerRow,
    DailyQualityRow,
    FeedbackRow,
    FlagRow,
    JudgedRow,
    ProposalRow,
    ReportRow,
    VersionRow,
)

_UNCOUNTED = tuple(state for state in FeedbackState if state not in COUNTING_STATES)


def read_feedback(connection: sa.Connection, agent: str, which: sa.ColumnElement[bool]) -> list[FeedbackItem]:
    """In the order received, each with its flags in the order they were set."""
    table = FeedbackRow.core()
    mine = sa.and_(table.c.agent == agent, which)
    told = (
        sa.select(table.c.id, table.c.state, table.c.seq, *columns_of(Feedback))
        .where(mine)
        .order_by(table.c.received_at, table.c.at, table.c.id)
    )
    rows = connection.execute(told).mappings().all()
    found = read_flags(connection, agent, [row["id"] for row in rows])
    return [
        FeedbackItem(
            feedback=from_row(Feedback, row),
            state=FeedbackState(row["state"]),
            seq=row["seq"],
            flags=found.get(row["id"], ()),
        )
        for row in rows
    ]


def read_flags(connection: sa.Connection, agent: str, ids: Collection[str]) -> dict[str, tuple[Flag, ...]]:
    """Of the feedback that has any, by its id, in the order they were set."""
    flags = FlagRow.core()
    query = (
        sa.select(*columns_of(Flag))
        .where(flags.c.agent == agent, among(flags.c.feedback_id, ids))
        .order_by(flags.c.feedback_id, flags.c.position)
    )
    found: dict[str, list[Flag]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        found[row["feedback_id"]].append(from_row(Flag, row))
    return {key: tuple(some) for key, some in found.items()}


def count_feedback(connection: sa.Connection, agent: str, states: Iterable[FeedbackState]) -> dict[FeedbackState, int]:
    """Items in each of these states, from the index alone."""
    table = FeedbackRow.core()
    wanted = {state.value: 0 for state in states}
    query = (
        sa.select(table.c.state, sa.func.count())
        .where(table.c.agent == agent, table.c.state.in_(list(wanted)))
        .group_by(table.c.state)
    )
    counted = wanted | {state: int(n) for state, n in connection.execute(query)}
    return {FeedbackState(state): n for state, n in counted.items()}


def read_answers(connection: sa.Connection, agent: str, digest: str, ids: Sequence[str]) -> dict[str, Answer]:
    """What the bundle with this digest answered, by case id; those that are kept, and as they were kept."""
    table, keys = AnswerRow.core(), keys_of(connection)
    query = sa.select(table.c.case_id, table.c.body).where(
        table.c.agent == agent, table.c.digest == digest, among(table.c.case_id, ids)
    )
    kept = {row.case_id: dict(row.body) for row in connection.execute(query)}
    return {
        case_id: from_body(Answer, {name: value for name, value in body.items() if name != SIGNATURE})
        for case_id, body in kept.items()
        if is_kept_by_us(body, agent=agent, digest=digest, case_id=case_id, keys=keys)
    }


def read_ledger(connection: sa.Connection, agent: str) -> Ledger:
    """The looks in the order they were taken; one of which only the number is known counts as one that cost."""
    table = ReportRow.core()
    query = (
        sa.select(table.c.look, table.c.p, table.c.level, table.c.verdict, table.c.sealed_n, table.c.sealed_effect,
                  table.c.moved)
        .where(table.c.agent == agent, table.c.look.is_not(None))
        .order_by(table.c.look)
    )  # fmt: skip
    looks: list[SealedLook] = []
    for row in connection.execute(query):
        unknown = range(len(looks) + 1, row.look)
        looks += [
            SealedLook(number=number, p=0.5, level=0.0, is_proved=False, n=0, effect=0.0, moved=0) for number in unknown
        ]
        looks.append(
            SealedLook(
                number=row.look,
                p=row.p,
                level=row.level,
                is_proved=row.verdict == Verdict.PROVED.value and row.p <= row.level,
                n=row.sealed_n,
                effect=row.sealed_effect or 0.0,
                moved=row.moved,
            )
        )
    since = sa.select(sa.func.min(table.c.at)).where(table.c.agent == agent, table.c.dev_n > 0)
    return Ledger(looks=tuple(looks), dev_shown_since=connection.execute(since).scalar())


def read_proposals(connection: sa.Connection, agent: str, which: sa.ColumnElement[bool]) -> list[ProposalItem]:
    """Oldest first, each with the report as a reviewer may read it now and the number of its candidate."""
    table, reports, versions = ProposalRow.core(), ReportRow.core(), VersionRow.core()
    query = (
        sa.select(table, reports.c.body.label("report"), versions.c.number)
        .outerjoin(reports, sa.and_(reports.c.agent == table.c.agent, reports.c.id == table.c.report_id))
        .outerjoin(versions, sa.and_(versions.c.agent == table.c.agent, versions.c.proposal_id == table.c.id))
        .where(table.c.agent == agent, which)
        .order_by(table.c.created_at, table.c.id)
    )
    return [
        ProposalItem(
            proposal=from_row(Proposal, row),
            state=ProposalState(row["state"]),
            report=_shown(row),
            evidence_digest=row["evidence_digest"],
            stale_reason=row["stale_reason"],
            number=row["number"],
            waits_since=row["waits_since"],
            practice=row["practice"],
        )
        for row in connection.execute(query).mappings()
    ]


def _shown(row: sa.RowMapping) -> Report | None:
    if row["report"] is None:
        return None
    return as_shown(from_body(Report, row["report"]), state=ProposalState(row["state"]))


def _waits(kind: sa.ColumnElement[str], day: sa.ColumnElement[str], *, now: datetime | None) -> sa.ColumnElement[bool]:
    """Whether the outcome window of a signal is open."""
    since = {} if now is None else open_since(now)
    return sa.or_(sa.false(), *(sa.and_(kind == one.value, day >= first) for one, first in since.items()))


def read_waiting_days(connection: sa.Connection, agent: str) -> list[str]:
    """Oldest first."""
    table = DailyQualityRow.core()
    query = sa.select(table.c.day).distinct().where(table.c.agent == agent, table.c.waiting > 0)
    return sorted(connection.execute(query).scalars())


def count_signals_on(
    connection: sa.Connection, agent: str, number: int, *, now: datetime | None = None
) -> VersionSignals:
    """Of the answers of one version, from an index of what was judged; who was unhappy is counted by author.

    All are counted from one index, and those whose window is open, of the newest days alone, from another.
    """
    judged = JudgedRow.core()
    everything = connection.execute(_signals_by_author(agent, number)).all()
    opened: dict[str, sa.Row[tuple[str, int, int]]] = {}
    if now is not None:
        waits = (judged.c.day >= min(open_since(now).values()), _waits(judged.c.kind, judged.c.day, now=now))
        opened = {row.author: row for row in connection.execute(_signals_by_author(agent, number).where(*waits))}
    counted = [
        (row.n - opened[row.author].n, row.good - opened[row.author].good)
        if row.author in opened
        else (row.n, row.good)
        for row in everything
    ]
    unhappy = [n - good for n, good in counted if n > good]
    return VersionSignals(
        n=sum(n for n, _ in counted),
        good=sum(good for _, good in counted),
        waiting=sum(row.n for row in opened.values()),
        unhappy_people=len(unhappy),
        loudest_share=max(unhappy) / sum(unhappy) if unhappy else 0.0,
    )


def _signals_by_author(agent: str, number: int) -> sa.Select[tuple[str, int, int]]:
    judged = JudgedRow.core()
    return (
        sa.select(
            judged.c.author,
            sa.func.count().label("n"),
            sa.func.sum(sa.case((judged.c.value >= 0.5, 1), else_=0)).label("good"),
        )
        .where(
            judged.c.agent == agent,
            judged.c.version == number,
            judged.c.value.is_not(None),
            judged.c.state.not_in([state.value for state in _UNCOUNTED]),
        )
        .group_by(judged.c.author)
    )
