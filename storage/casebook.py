"""What people did about cases, read and written: `loop.ports.Casebook` over SQL."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from loop.errors import Conflict
from loop.heldout import HIDDEN_SPLITS
from loop.records import AuditAnswer, CaseAudit, CaseChanges, CaseSet, EvalCase, Grading, Maker, Split, digest
from loop.text.spelling import normalise
from storage import audit
from storage.among import among
from storage.connecting import reading
from storage.locks import bump_change_counter
from storage.record import TouchedRows, answer_key
from storage.rows import columns_of, from_row, to_row
from storage.statements import insert_new
from storage.tables import AuditAnswerRow, CaseActRow, CaseAuditRow, CaseSetRow, EvalCaseRow

_CASE = EvalCaseRow.core()
SHOWING = ("show", "import")
"""Whoever hands a question in knows it as well as whoever is shown it."""
_WALKED = 5_000
"""Rows fetched at a time where all questions are walked."""


class AgentCasebook:
    """Reads of what people did about cases; part of an agent's store."""

    _engine: sa.Engine
    _slug: str

    def cases(self, splits: Iterable[Split] | None = None) -> list[EvalCase]:
        """Not retired, by id."""
        query = sa.select(_CASE).where(sa.not_(_CASE.c.retired))
        if splits is not None:
            query = query.where(_CASE.c.split.in_([split.value for split in splits]))
        # Asked for this order, SQLite would walk all cases by id.
        return sorted(self._read_cases(query), key=lambda case: case.id)

    def retired_cases(self) -> list[EvalCase]:
        """Those no longer used, by id."""
        return self._read_cases(sa.select(_CASE).where(_CASE.c.retired).order_by(_CASE.c.id))

    def newest_cases(self, splits: Iterable[Split], *, limit: int) -> list[EvalCase]:
        """The newest that are not retired, oldest of them first."""
        order = (_CASE.c.at.desc(), _CASE.c.id.desc())
        used = sa.select(_CASE).where(sa.not_(_CASE.c.retired)).order_by(*order).limit(limit)
        # Split by split, so that an index gives the newest of each and not a sort of all.
        found = [case for split in splits for case in self._read_cases(used.where(_CASE.c.split == split.value))]
        return sorted(found, key=lambda case: (case.at, case.id))[-limit:]

    def cases_by_id(self, ids: Iterable[str]) -> dict[str, EvalCase]:
        """Those that exist and are not retired."""
        found = self._read_cases(sa.select(_CASE).where(sa.not_(_CASE.c.retired), among(_CASE.c.id, list(ids))))
        return {case.id: case for case in found}

    def stored_case_ids(self, ids: Collection[str]) -> frozenset[str]:
        """See `loop.ports.Casebook.stored_case_ids`."""
        query = sa.select(_CASE.c.id).where(_CASE.c.agent == self._slug, among(_CASE.c.id, ids))
        with reading(self._engine) as connection:
            return frozenset(connection.execute(query).scalars())

    def cases_asking(self, questions: Collection[str]) -> dict[str, EvalCase]:
        """See `loop.ports.Casebook.cases_asking`."""
        wanted, found = frozenset(questions), dict[str, str]()
        query = sa.select(_CASE.c.id, _CASE.c.question, _CASE.c.split).where(*self._in_use())
        with reading(self._engine) as connection:
            rows = connection.execution_options(yield_per=_WALKED).execute(query)
            asked = [
                (question, row.split not in HIDDEN_SPLITS, row.id)
                for row in rows
                if (question := normalise(row.question)) in wanted
            ]
            for question, _, case_id in sorted(asked, reverse=True):  # those of the log first: others are written over
                found[question] = case_id
            some = sa.select(*columns_of(EvalCase)).where(
                _CASE.c.agent == self._slug, among(_CASE.c.id, found.values())
            )
            cases = {row["id"]: from_row(EvalCase, row) for row in connection.execute(some).mappings()}
        return {question: cases[case_id] for question, case_id in found.items()}

    def unaudited(self, splits: Collection[Split], *, not_by: str | None, is_unvouched: bool = False) -> list[str]:
        """See `loop.ports.Casebook.unaudited`."""
        answers = AuditAnswerRow.core()
        is_asked = sa.exists().where(answers.c.agent == _CASE.c.agent, answers.c.case_id == _CASE.c.id)
        query = sa.select(_CASE.c.id).where(
            *self._in_use(), _CASE.c.split.in_([split.value for split in splits]), sa.not_(is_asked)
        )
        if not_by is not None:
            query = query.where(_CASE.c.author != not_by, _CASE.c.vouched_by != not_by)
        if is_unvouched:
            query = query.where(_CASE.c.vouched_by == "")
        with reading(self._engine) as connection:
            return sorted(connection.execute(query).scalars())

    def count_audited(self, split: Split) -> int:
        """See `loop.ports.Casebook.count_audited`."""
        answers = AuditAnswerRow.core()
        joined = sa.join(answers, _CASE, sa.and_(_CASE.c.agent == answers.c.agent, _CASE.c.id == answers.c.case_id))
        query = (
            sa.select(sa.func.count(sa.distinct(answers.c.case_id)))
            .select_from(joined)
            .where(answers.c.agent == self._slug, _CASE.c.split == split.value)
        )
        with reading(self._engine) as connection:
            return int(connection.execute(query).scalar() or 0)

    def makers(self) -> list[Maker]:
        """See `loop.ports.Casebook.makers`."""
        columns = (_CASE.c.author, _CASE.c.split)
        query = (
            sa.select(
                *columns,
                sa.func.count().label("n"),
                sa.func.sum(sa.case((_CASE.c.vouched_by != "", 1), else_=0)).label("vouched"),
                sa.func.min(_CASE.c.at).label("first_at"),
                sa.func.max(_CASE.c.at).label("last_at"),
            )
            .where(*self._in_use(), _CASE.c.split.in_(sorted(HIDDEN_SPLITS)))
            .group_by(*columns)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).mappings().all()
        return makers_of(rows)

    def labels_on_file(self) -> list[str]:
        """See `loop.ports.Casebook.labels_on_file`."""
        query = sa.select(_CASE.c.expected).distinct().where(*self._in_use(), _CASE.c.split.in_(sorted(HIDDEN_SPLITS)))
        with reading(self._engine) as connection:
            return sorted(connection.execute(query).scalars())

    def shown_cases(self, names: Collection[str]) -> frozenset[str]:
        """See `loop.ports.Casebook.shown_cases`."""
        table = CaseActRow.core()
        query = sa.select(table.c.case_id).where(
            table.c.agent == self._slug, among(table.c.actor, names), table.c.verb.in_(SHOWING)
        )
        with reading(self._engine) as connection:
            return frozenset(connection.execute(query).scalars())

    def case_audits(self) -> list[CaseAudit]:
        """See `loop.ports.Casebook.case_audits`."""
        table = CaseAuditRow.core()
        query = (
            sa.select(*columns_of(CaseAudit))
            .where(table.c.agent == self._slug)
            .order_by(table.c.started_at.desc(), table.c.id)
        )
        with reading(self._engine) as connection:
            return [from_row(CaseAudit, row) for row in connection.execute(query).mappings()]

    def audit_answers(self, audit_id: str) -> list[AuditAnswer]:
        """See `loop.ports.Casebook.audit_answers`."""
        table = AuditAnswerRow.core()
        query = (
            sa.select(*columns_of(AuditAnswer))
            .where(table.c.agent == self._slug, table.c.audit_id == audit_id)
            .order_by(table.c.case_id)
        )
        with reading(self._engine) as connection:
            return [from_row(AuditAnswer, row) for row in connection.execute(query).mappings()]

    def case_sets(self) -> list[CaseSet]:
        """See `loop.ports.Casebook.case_sets`."""
        table = CaseSetRow.core()
        query = sa.select(*columns_of(CaseSet)).where(table.c.agent == self._slug)
        with reading(self._engine) as connection:
            found = [from_row(CaseSet, row) for row in connection.execute(query).mappings()]
        return sorted(found, key=lambda one: (one.at, one.name), reverse=True)

    def anchors_digest(self) -> str:
        """See `loop.ports.Casebook.anchors_digest`."""
        # Sealed ones teach the firewall nothing; what was handed in for a group settles its split all the same.
        is_settling = sa.or_(_CASE.c.split != Split.SEALED.value, _CASE.c.interaction_id.is_(None))
        query = sa.select(_CASE.c.id, _CASE.c.expected).where(
            *self._in_use(),
            _CASE.c.feedback_id.is_(None),
            _CASE.c.vouched_by != "",
            _CASE.c.grading != Grading.TEXT.value,
            is_settling,
        )
        with reading(self._engine) as connection:
            rows = sorted(tuple(row) for row in connection.execute(query))
        return digest(rows) if rows else ""

    def _read_cases(self, query: sa.Select[tuple[object, ...]]) -> list[EvalCase]:
        with reading(self._engine) as connection:
            mine = query.with_only_columns(*columns_of(EvalCase)).where(_CASE.c.agent == self._slug)
            return [from_row(EvalCase, row) for row in connection.execute(mine).mappings()]

    def _in_use(self) -> tuple[sa.ColumnElement[bool], ...]:
        return (_CASE.c.agent == self._slug, sa.not_(_CASE.c.retired))


def makers_of(rows: Iterable[Mapping[Any, Any]]) -> list[Maker]:
    """From counts by author and split: one maker each, who made most of what examines first."""
    by_name: defaultdict[str, list[Mapping[Any, Any]]] = defaultdict(list)
    for row in rows:
        by_name[row["author"]].append(row)
    found = [
        Maker(
            name=name,
            **{split.value: sum(row["n"] for row in some if row["split"] == split.value) for split in Split},
            vouched=sum(row["vouched"] for row in some if row["split"] in HIDDEN_SPLITS),
            first_at=min(row["first_at"] for row in some),
            last_at=max(row["last_at"] for row in some),
        )
        for name, some in by_name.items()
    ]
    return sorted(found, key=lambda one: (-one.examining, -one.log, one.name))


def write_case_changes(connection: sa.Connection, agent: str, changes: CaseChanges) -> None:
    """Write what a person did about cases, all or nothing. The caller has locked the agent. Raises Conflict."""
    touched = _check_record(connection, agent, changes)
    insert_new(connection, _CASE, [to_row(case, retired=False) for case in changes.new])
    for case_id in changes.replaced:
        _change(connection, agent, case_id, retired=True)
    for case_id, name in changes.vouched.items():
        _change(connection, agent, case_id, feedback_id=None, vouched_by=name)
    for case_id, is_protected in changes.protected.items():
        _change(connection, agent, case_id, is_protected=is_protected)
    insert_new(connection, CaseActRow.core(), [to_row(act) for act in changes.acts])
    _write_audits(connection, agent, changes)
    for kept in changes.sets:
        table = CaseSetRow.core()
        if connection.execute(sa.select(table.c.name).where(table.c.agent == agent, table.c.name == kept.name)).first():
            raise Conflict(
                f"There is a set {kept.name} already; a kept set never changes.", remedy="Choose another name."
            )
        connection.execute(sa.insert(table), to_row(kept))
    audit.append(connection, agent, changes.notes, touched=touched)
    bump_change_counter(connection, agent)


def _check_record(connection: sa.Connection, agent: str, changes: CaseChanges) -> TouchedRows:
    """What this act writes of the rows that decide. Raises Damaged when one was changed from outside."""
    touched = TouchedRows(connection, agent)
    touched.check(
        "eval_case",
        [*(case.id for case in changes.new), *changes.replaced, *changes.vouched, *changes.protected],
    )
    touched.check("case_act", [act.id for act in changes.acts])
    touched.check("case_audit", [one.id for one in changes.audits])
    touched.check("audit_answer", [answer_key(said.audit_id, said.case_id) for said in changes.answers])
    touched.check("case_set", [kept.name for kept in changes.sets])
    return touched


def _change(connection: sa.Connection, agent: str, case_id: str, **values: object) -> None:
    """Compare-and-swap: the case must be in use."""
    moved = connection.execute(
        sa.update(_CASE).where(_CASE.c.agent == agent, _CASE.c.id == case_id, sa.not_(_CASE.c.retired)).values(values)
    ).rowcount
    if moved != 1:
        raise Conflict("A case is no longer in use; nothing was changed.", remedy="Look at the cases again.")


def _write_audits(connection: sa.Connection, agent: str, changes: CaseChanges) -> None:
    audits, answers = CaseAuditRow.core(), AuditAnswerRow.core()
    insert_new(connection, audits, [to_row(one) for one in changes.audits])
    for one in changes.audits:
        if one.ended_at is not None:
            connection.execute(
                sa.update(audits).where(audits.c.agent == agent, audits.c.id == one.id).values(ended_at=one.ended_at)
            )
    insert_new(connection, answers, [to_row(one) for one in changes.answers])
    for said in changes.answers:
        kept = connection.execute(
            sa.update(answers)
            .where(
                answers.c.agent == agent,
                answers.c.audit_id == said.audit_id,
                answers.c.case_id == said.case_id,
                answers.c.answer == said.answer,
                answers.c.kept.in_(["", said.kept]),
            )
            .values(agrees=said.agrees, kept=said.kept)
        ).rowcount
        if kept != 1:
            raise Conflict(
                "This question was answered before; a first answer stands.", remedy="Go on with the next one."
            )
