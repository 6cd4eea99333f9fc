"""Daily aggregates, read and written: `loop.ports.counting.Counting` over SQL."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from loop.ports.counting import Arrivals
from loop.records import (
    COUNTING_STATES,
    DOUBTED_STATES,
    FeedbackState,
    ProposalState,
    Verdict,
    are_totals_shown,
    open_since,
)
from loop.records.counts import (
    ChangeLine,
    DailyCounts,
    DayAnswers,
    DaySignal,
    DayWork,
    HourSignal,
    SignalCell,
    WorkEntry,
)
from loop.records.probes import PROBE_SOURCE
from storage.among import among
from storage.audit import by_people
from storage.connecting import reading
from storage.statements import insert_new, upsert
from storage.tables import (
    AuditRow,
    DailyAnswersRow,
    DailySignalRow,
    DailyWorkRow,
    FeedbackRow,
    HourlySignalRow,
    InteractionRow,
    JudgedRow,
    ProposalRow,
    ReportRow,
)

_TOLD, _ASKED, _JUDGED = FeedbackRow.core(), InteractionRow.core(), JudgedRow.core()
_SIGNALS, _HOURS = DailySignalRow.core(), HourlySignalRow.core()
_ANSWERS, _WORK, _JOURNAL = DailyAnswersRow.core(), DailyWorkRow.core(), AuditRow.core()
_COUNTING = sorted(state.value for state in COUNTING_STATES)
_DOUBTED = sorted(state.value for state in DOUBTED_STATES)
_COST = "$.response_cost"
_UNKNOWN = -1
"""In place of a version's number in a key."""


class AgentCounts:
    """Reads of daily aggregates; part of an agent's store."""

    _engine: sa.Engine
    _slug: str

    def signal_cells(self, days: Collection[str] | None = None, *, now: datetime | None = None) -> list[SignalCell]:
        """See `loop.ports.counting.Counting.signal_cells`; by day of the answer, of the signal where it is unknown."""
        if days is not None and not days:
            return []
        with reading(self._engine) as connection:
            query = _cells(connection.dialect.name, self._slug, days=days, now=now)
            return [SignalCell(*row) for row in connection.execute(query)]

    def answered_since(self, seq: int) -> Arrivals:
        """See `loop.ports.counting.Counting.answered_since`."""
        newer = (_ASKED.c.agent == self._slug, _ASKED.c.seq > seq)
        with reading(self._engine) as connection:
            newest = connection.execute(sa.select(sa.func.max(_ASKED.c.seq)).where(*newer)).scalar()
            if newest is None:
                return Arrivals((), seq)
            day, _ = _day_and_hour(connection.dialect.name, _ASKED.c.at)
            found = connection.execute(sa.select(day).distinct().where(*newer)).scalars()
            return Arrivals(tuple(sorted(found)), int(newest))

    def answer_counts(self, days: Collection[str] | None = None) -> list[DayAnswers]:
        """See `loop.ports.counting.Counting.answer_counts`."""
        with reading(self._engine) as connection:
            day, _ = _day_and_hour(connection.dialect.name, _ASKED.c.at)
            price = _price(connection.dialect.name)
            query = (
                sa.select(
                    day,
                    _ASKED.c.version,
                    sa.func.count(),
                    sa.func.sum(sa.case((_ASKED.c.method == "handover", 1), else_=0)),
                    sa.func.count(price),
                    sa.func.sum(price),
                )
                .where(_ASKED.c.agent == self._slug, _ASKED.c.source != PROBE_SOURCE)
                .group_by(sa.text("1, 2"))
            )
            if days is None:
                rows = connection.execute(query.order_by(sa.text("1"), sa.text("2"))).all()
            else:
                # Day by day: each is a range of the index of times.
                rows = [
                    row
                    for one in sorted(set(days))
                    for row in connection.execute(query.where(*_within(_ASKED.c.at, one)))
                ]
        return [
            DayAnswers(day, number, int(n), int(handed_over), int(priced), round(float(money or 0.0), 6))
            for day, number, n, handed_over, priced, money in rows
        ]

    def work_since(self, seq: int) -> list[WorkEntry]:
        """See `loop.ports.counting.Counting.work_since`."""
        columns = (_JOURNAL.c.seq, _JOURNAL.c.actor, _JOURNAL.c.action, _JOURNAL.c.at)
        query = (
            sa.select(*columns)
            .where(
                _JOURNAL.c.agent == self._slug,
                _JOURNAL.c.seq > seq,
                by_people(_JOURNAL.c.actor),
            )
            .order_by(_JOURNAL.c.seq)
        )
        with reading(self._engine) as connection:
            return [WorkEntry(*row) for row in connection.execute(query)]

    def day_signals(self, since: str = "", *, by_topic: bool = False) -> list[DaySignal]:
        """See `loop.ports.counting.Counting.day_signals`."""
        c = _SIGNALS.c
        sums = [sa.func.sum(column) for column in (c.told, c.held, c.n, c.good, c.waiting)]
        topic = c.topic if by_topic else sa.literal_column("''")
        query = (
            sa.select(c.day, c.kind, topic, c.place, *sums)
            .where(c.agent == self._slug, c.day >= since)
            .group_by(c.day, c.kind, *([c.topic] if by_topic else []), c.place)
            .order_by(c.day, c.kind, *([c.topic] if by_topic else []), c.place)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return [
            DaySignal(day, kind, of, _number(place), int(told), int(held), int(n), int(good), int(waiting))
            for day, kind, of, place, told, held, n, good, waiting in rows
        ]

    def hour_signals(self, since: str = "", *, by_day: bool = False) -> list[HourSignal]:
        """See `loop.ports.counting.Counting.hour_signals`."""
        c = _HOURS.c
        day = c.day if by_day else sa.literal_column("''")
        keys = [*([c.day] if by_day else []), c.kind, c.topic, c.hour]
        query = (
            sa.select(day, c.kind, c.topic, c.hour, sa.func.sum(c.n), sa.func.sum(c.good))
            .where(c.agent == self._slug, c.day >= since)
            .group_by(*keys)
            .order_by(*keys)
        )
        with reading(self._engine) as connection:
            return [HourSignal(*row[:4], int(row[4]), int(row[5])) for row in connection.execute(query)]

    def day_answers(self, since: str = "") -> list[DayAnswers]:
        """See `loop.ports.counting.Counting.day_answers`."""
        c = _ANSWERS.c
        query = (
            sa.select(c.day, c.place, c.n, c.handed_over, c.priced, c.money)
            .where(c.agent == self._slug, c.day >= since)
            .order_by(c.day, c.place)
        )
        with reading(self._engine) as connection:
            return [DayAnswers(row[0], _number(row[1]), *row[2:]) for row in connection.execute(query)]

    def day_work(self, since: str = "") -> list[DayWork]:
        """See `loop.ports.counting.Counting.day_work`."""
        c = _WORK.c
        query = sa.select(c.day, c.acts, c.seconds).where(c.agent == self._slug, c.day >= since).order_by(c.day)
        with reading(self._engine) as connection:
            return [DayWork(*row) for row in connection.execute(query)]

    def change_lines(self) -> list[ChangeLine]:
        """See `loop.ports.counting.Counting.change_lines`."""
        p, r = ProposalRow.core().c, ReportRow.core().c
        query = (
            sa.select(
                p.id, p.title, p.state, p.proposer, p.root_id, p.created_at, p.waits_since,
                r.verdict, r.at.label("tested_at"), r.sealed_effect, r.sealed_low, r.sealed_high, r.sealed_n,
                r.expected_gain, r.moved,
            )
            .select_from(
                ProposalRow.core().outerjoin(
                    ReportRow.core(), sa.and_(r.agent == p.agent, r.id == p.report_id)
                )
            )
            .where(p.agent == self._slug)
            .order_by(p.created_at, p.id)
        )  # fmt: skip
        with reading(self._engine) as connection:
            return [_line(row) for row in connection.execute(query)]


def write_counted(connection: sa.Connection, agent: str, counted: DailyCounts) -> None:
    """Put what was counted in place of what was kept of the same days. Idempotent."""
    for table, days in (
        (_SIGNALS, counted.signal_days),
        (_HOURS, counted.signal_days),
        (_ANSWERS, counted.answer_days),
    ):
        if days:
            connection.execute(sa.delete(table).where(table.c.agent == agent, among(table.c.day, sorted(set(days)))))
    insert_new(connection, _SIGNALS, [_placed(agent, one._asdict()) for one in counted.signals])
    insert_new(connection, _HOURS, [{"agent": agent, **one._asdict()} for one in counted.hours])
    insert_new(connection, _ANSWERS, [_placed(agent, one._asdict()) for one in counted.answers])
    upsert(connection, _WORK, [{"agent": agent, **one._asdict()} for one in counted.work])


# steps -------------------------------------------------------------------------------------------------------------
def _cells(dialect: str, agent: str, *, days: Collection[str] | None, now: datetime | None) -> sa.Select[Any]:
    moment: sa.ColumnElement[datetime] = sa.func.coalesce(_ASKED.c.at, _TOLD.c.at)
    day, hour = _day_and_hour(dialect, moment)
    since = {} if now is None else open_since(now)
    waits = sa.or_(sa.false(), *(sa.and_(_TOLD.c.kind == one.value, day >= first) for one, first in since.items()))
    counts = sa.and_(_TOLD.c.value.is_not(None), _TOLD.c.state.in_(_COUNTING))
    none: sa.ColumnElement[str] = sa.literal_column("''")
    topic = sa.func.coalesce(
        sa.func.nullif(_ASKED.c.topic, none), sa.func.nullif(_ASKED.c.label, none), _ASKED.c.article_id, none
    )

    def total(*when: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((sa.and_(*when), 1), else_=0))

    query = (
        sa.select(
            day,
            _TOLD.c.kind,
            topic,
            hour,
            _ASKED.c.version,
            sa.func.count(),
            total(_TOLD.c.state.in_(_DOUBTED)),
            total(counts, sa.not_(waits)),
            total(counts, sa.not_(waits), _TOLD.c.value >= 0.5),
            total(counts, waits),
        )
        .select_from(_TOLD)
        .outerjoin(_ASKED, sa.and_(_ASKED.c.agent == _TOLD.c.agent, _ASKED.c.id == _TOLD.c.interaction_id))
        .where(_TOLD.c.agent == agent, _TOLD.c.state != FeedbackState.SUPERSEDED.value)
        # By place: the expressions hold parameters, and PostgreSQL does not see that two are the same.
        .group_by(sa.text("1, 2, 3, 4, 5"))
        .order_by(sa.text("1, 2, 3, 4"), sa.func.coalesce(_ASKED.c.version, _UNKNOWN))
    )
    if days is None:
        return query
    # That a day is there says nothing new, but it is what the index holds.
    has_day = sa.and_(_JUDGED.c.agent == agent, _JUDGED.c.day.is_not(None))
    on_days = sa.select(_JUDGED.c.feedback_id).where(has_day, among(_JUDGED.c.day, sorted(set(days))))
    return query.where(_TOLD.c.id.in_(on_days))


def _day_and_hour(
    dialect: str, moment: sa.ColumnElement[datetime]
) -> tuple[sa.ColumnElement[str], sa.ColumnElement[int]]:
    """UTC, from how each database keeps a time."""
    if dialect == "sqlite":
        text = sa.type_coerce(moment, sa.String)
        return sa.func.substr(text, 1, 10), sa.cast(sa.func.substr(text, 12, 2), sa.Integer)
    there = sa.func.timezone("UTC", moment)
    return sa.func.to_char(there, "YYYY-MM-DD"), sa.cast(sa.func.to_char(there, "HH24"), sa.Integer)


def _price(dialect: str) -> sa.ColumnElement[float]:
    """What the model call of an answer cost, as LiteLLM's callback sends it; NULL for anything but a number above 0."""
    if dialect == "sqlite":
        value: sa.ColumnElement[float] = sa.func.json_extract(_ASKED.c.attributes, _COST)
        is_number = sa.func.json_type(_ASKED.c.attributes, _COST).in_(("integer", "real"))
        return sa.case((sa.and_(is_number, value > 0), value))
    told = _ASKED.c.attributes.op("->")("response_cost")
    value = sa.cast(_ASKED.c.attributes.op("->>")("response_cost"), sa.Float)
    # One case within the other: only then is what is no number never cast.
    return sa.case((sa.func.json_typeof(told) == "number", sa.case((value > 0, value))))


def _within(column: sa.ColumnElement[datetime], day: str) -> tuple[sa.ColumnElement[bool], ...]:
    begins = datetime.fromisoformat(f"{day}T00:00:00+00:00")
    return column >= begins, column < begins + timedelta(days=1)


def _number(place: int) -> int | None:
    return None if place == _UNKNOWN else int(place)


def _placed(agent: str, row: dict[str, Any]) -> dict[str, Any]:
    number = row.pop("number")
    return {"agent": agent, **row, "place": _UNKNOWN if number is None else number}


def _line(row: Any) -> ChangeLine:
    is_shown = row.verdict is not None and are_totals_shown(Verdict(row.verdict), ProposalState(row.state))
    told: dict[str, Any] = {}
    if is_shown and row.sealed_n:
        told = {
            "effect": row.sealed_effect,
            "low": row.sealed_low,
            "high": row.sealed_high,
            "n": row.sealed_n,
            "expected_gain": row.expected_gain,
            "moved": row.moved,
        }
    return ChangeLine(
        id=row.id,
        title=row.title,
        state=row.state,
        proposer=row.proposer,
        root_id=row.root_id or row.id,
        since=row.waits_since or row.created_at,
        verdict=row.verdict or "",
        tested_at=row.tested_at,
        **told,
    )
