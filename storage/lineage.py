"""Data lineage over SQL: what came from where and what it led to, each read through an index; `loop.ports.Lineage`."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loop.errors import NotFound
from loop.records import (
    SIGNED_IN,
    VOUCHED,
    ChangeExamples,
    EvalCase,
    FeedbackState,
    Import,
    Issue,
    JournalAction,
    Proposal,
    ProposalItem,
    RowCounts,
    Split,
    TaintScope,
    Unlearning,
    Version,
    door_of,
    vouched_source,
)
from loop.records.lineage import TracedCase, TracedItem
from storage import reads
from storage.among import among
from storage.connecting import reading
from storage.record import TouchedRows
from storage.rows import Row, columns_of, from_row, to_row
from storage.statements import insert_new, upsert
from storage.tables import (
    AnswerRow,
    AuditRow,
    CaseActRow,
    EvalCaseRow,
    FeedbackRow,
    ImportRow,
    InteractionRow,
    IssueRow,
    ProposalRow,
    ProposalSourceRow,
    ReleaseRow,
    ReportRow,
    UnlearningRow,
    VersionRow,
)

_FEEDBACK = FeedbackRow.core().c
_TRACED = ("id", "interaction_id", "author", "source", "state", "seq")
_MAKING = ("import", "confirm", "replace")
"""Acts by which a person's own word becomes a case."""


class AgentLineage:
    """Reads of where things came from and went; part of an agent's store."""

    _engine: sa.Engine
    _slug: str

    # where from --------------------------------------------------------------------------------------------------
    def imports(self) -> list[Import]:
        """See `loop.ports.Lineage.imports`."""
        table = ImportRow.core()
        query = sa.select(*columns_of(Import)).where(table.c.agent == self._slug).order_by(table.c.at.desc())
        return [from_row(Import, row) for row in self._mappings(query)]

    def import_of(self, import_id: str) -> Import:
        """See `loop.ports.Lineage.import_of`."""
        with reading(self._engine) as connection:
            return read_import(connection, self._slug, import_id)

    def traced_items(self, scope: TaintScope, *, limit: int) -> list[TracedItem]:
        """See `loop.ports.Lineage.traced_items`."""
        found: dict[str, TracedItem] = {}
        for where in self._wheres(scope):
            # Not in an order: asked for one, SQLite would walk everything in it.
            query = sa.select(*(_FEEDBACK[name] for name in _TRACED)).where(_FEEDBACK.agent == self._slug, *where)
            for row in self._rows(query.limit(limit - len(found))):
                found[row[0]] = _traced(row)
            if len(found) >= limit:
                break
        return sorted(found.values(), key=lambda one: (one.seq, one.id))

    def told_by(self, feedback_ids: Collection[str]) -> dict[str, TracedItem]:
        """See `loop.ports.Lineage.told_by`."""
        with reading(self._engine) as connection:
            return read_told(connection, self._slug, feedback_ids)

    # where to ----------------------------------------------------------------------------------------------------
    def issues_by_id(self, ids: Collection[str]) -> list[Issue]:
        """See `loop.ports.Lineage.issues_by_id`."""
        table = IssueRow.core()
        query = sa.select(*columns_of(Issue)).where(table.c.agent == self._slug, among(table.c.id, ids))
        return sorted((from_row(Issue, row) for row in self._mappings(query)), key=lambda one: (-one.support, one.id))

    def traced_cases(
        self, feedback_ids: Collection[str], *, interaction_ids: Collection[str] = (), people: Collection[str] = ()
    ) -> list[TracedCase]:
        """See `loop.ports.Lineage.traced_cases`."""
        table, acts = EvalCaseRow.core(), CaseActRow.core()
        wheres = [among(table.c.feedback_id, feedback_ids), among(table.c.interaction_id, interaction_ids)]
        made = sa.select(acts.c.case_id).where(
            acts.c.agent == self._slug, among(acts.c.actor, people), acts.c.verb.in_(_MAKING)
        )
        if people:
            known = [row[0] for row in self._rows(made)]
            wheres += [among(table.c.author, people), among(table.c.id, known)]
        columns = (table.c.id, table.c.split, table.c.retired, table.c.vouched_by)
        found: dict[str, TracedCase] = {}
        for where in wheres:
            for row in self._rows(sa.select(*columns).where(table.c.agent == self._slug, where)):
                if row.vouched_by and row.vouched_by not in people:
                    continue  # somebody else answers for it now
                found[row.id] = TracedCase(
                    id=row.id, split=Split(row.split), retired=row.retired, is_vouched=bool(row.vouched_by)
                )
        return sorted(found.values(), key=lambda one: one.id)

    def retired_by_id(self, ids: Collection[str]) -> list[EvalCase]:
        """See `loop.ports.Lineage.retired_by_id`."""
        table = EvalCaseRow.core()
        query = sa.select(*columns_of(EvalCase)).where(
            table.c.agent == self._slug, among(table.c.id, ids), table.c.retired
        )
        return [from_row(EvalCase, row) for row in self._mappings(query)]

    def proposals_from(self, kind: str, keys: Collection[str]) -> dict[str, frozenset[str]]:
        """See `loop.ports.Lineage.proposals_from`."""
        table = ProposalSourceRow.core()
        query = sa.select(table.c.proposal_id, table.c.key).where(
            table.c.agent == self._slug, table.c.kind == kind, among(table.c.key, keys)
        )
        found: dict[str, set[str]] = {}
        for row in self._rows(query):
            found.setdefault(row.proposal_id, set()).add(row.key)
        return {key: frozenset(some) for key, some in found.items()}

    def proposals_by_id(self, ids: Collection[str]) -> list[ProposalItem]:
        """See `loop.ports.Lineage.proposals_by_id`."""
        with reading(self._engine) as connection:
            return reads.read_proposals(connection, self._slug, among(ProposalRow.core().c.id, ids)) if ids else []

    def digests_asked(self, case_ids: Collection[str]) -> frozenset[str]:
        """See `loop.ports.Lineage.digests_asked`."""
        table = AnswerRow.core()
        # Each many times: asked for each once, SQLite would walk all answers by digest.
        query = sa.select(table.c.digest).where(table.c.agent == self._slug, among(table.c.case_id, case_ids))
        return frozenset(row.digest for row in self._rows(query))

    def versions_of(self, *, proposal_ids: Collection[str] = (), digests: Collection[str] = ()) -> list[Version]:
        """See `loop.ports.Lineage.versions_of`."""
        table = VersionRow.core()
        found: dict[int, Version] = {}
        for where in (among(table.c.proposal_id, proposal_ids), among(table.c.digest, digests)):
            for row in self._mappings(sa.select(*columns_of(Version)).where(table.c.agent == self._slug, where)):
                found[row["number"]] = from_row(Version, row)
        return [found[number] for number in sorted(found)]

    def released_since(self, number: int) -> list[Version]:
        """See `loop.ports.Lineage.released_since`."""
        table = VersionRow.core()
        query = (
            sa.select(*columns_of(Version))
            .where(table.c.agent == self._slug, table.c.number >= number, table.c.released_at.is_not(None))
            .order_by(table.c.number)
        )
        return [from_row(Version, row) for row in self._mappings(query)]

    def released_before(self, number: int) -> Version | None:
        """See `loop.ports.Lineage.released_before`."""
        table = VersionRow.core()
        query = (
            sa.select(*columns_of(Version))
            .where(table.c.agent == self._slug, table.c.number < number, table.c.released_at.is_not(None))
            .order_by(table.c.number.desc())
            .limit(1)
        )
        return next((from_row(Version, row) for row in self._mappings(query)), None)

    def release_ids(self, numbers: Collection[int]) -> list[str]:
        """See `loop.ports.Lineage.release_ids`."""
        table = ReleaseRow.core()
        query = sa.select(table.c.id, table.c.number).where(table.c.agent == self._slug, among(table.c.number, numbers))
        return [row.id for row in sorted(self._rows(query), key=lambda row: (row.number, row.id))] if numbers else []

    def report_ids(self, proposal_ids: Collection[str]) -> list[str]:
        """See `loop.ports.Lineage.report_ids`."""
        table = ReportRow.core()
        query = sa.select(table.c.id).where(table.c.agent == self._slug, among(table.c.proposal_id, proposal_ids))
        return sorted(row.id for row in self._rows(query))

    def count_answered(self, numbers: Collection[int], *, limit: int) -> int:
        """See `loop.ports.Lineage.count_answered`."""
        table = InteractionRow.core()
        some = sa.select(sa.literal(1)).where(table.c.agent == self._slug, among(table.c.version, numbers)).limit(limit)
        return int(self._rows(sa.select(sa.func.count()).select_from(some.subquery()))[0][0]) if numbers else 0

    # what was unlearned --------------------------------------------------------------------------------------------
    def unlearnings(self) -> list[Unlearning]:
        """See `loop.ports.Lineage.unlearnings`."""
        table = UnlearningRow.core()
        query = sa.select(table.c.body).where(table.c.agent == self._slug).order_by(table.c.at.desc(), table.c.id)
        return [from_row(Unlearning, row) for row in self._mappings(query)]

    def _wheres(self, scope: TaintScope) -> Iterator[Sequence[sa.ColumnElement[bool]]]:
        """Conditions whose rows together are the scope, each answered by one index."""
        if scope.items:
            yield [among(_FEEDBACK.id, scope.items)]
            yield [among(_FEEDBACK.interaction_id, scope.items)]
            return
        if scope.import_id:
            yield from ([_FEEDBACK.seq.between(first, last)] for first, last in self.import_of(scope.import_id).spans)
            return
        narrowed = [*_times(scope.since, scope.until)]
        if scope.author:
            narrowed.append(_FEEDBACK.author == scope.author)
        doors: Sequence[sa.ColumnElement[bool]] = _doors(scope.door) if scope.door else []
        if scope.author and scope.door and not door_of(scope.door):  # one person, through whichever door knows them
            doors = [sa.or_(_FEEDBACK.source.in_(sorted(SIGNED_IN)), _FEEDBACK.source.startswith(VOUCHED))]
        if doors:
            yield from ([*narrowed, door] for door in doors)
        elif scope.author:
            yield narrowed
        elif narrowed:
            yield from ([_FEEDBACK.state == state.value, *narrowed] for state in FeedbackState)

    def _rows(self, query: sa.Executable) -> Sequence[sa.Row[Any]]:
        with reading(self._engine) as connection:
            return connection.execute(query).all()

    def _mappings(self, query: sa.Executable) -> Sequence[sa.RowMapping]:
        with reading(self._engine) as connection:
            return connection.execute(query).mappings().all()


def read_told(connection: sa.Connection, agent: str, feedback_ids: Collection[str]) -> dict[str, TracedItem]:
    """See `loop.ports.Lineage.told_by`."""
    query = sa.select(*(_FEEDBACK[name] for name in _TRACED)).where(
        _FEEDBACK.agent == agent, among(_FEEDBACK.id, feedback_ids)
    )
    found = {row.id: _traced(row) for row in connection.execute(query)}
    released = [key for key, one in found.items() if one.state is FeedbackState.RELEASED]
    entries = AuditRow.core().c
    acts = sa.select(entries.subject, entries.actor).where(
        entries.agent == agent, among(entries.subject, released), entries.action == JournalAction.RELEASE_FEEDBACK
    )
    for act in connection.execute(acts.order_by(entries.seq)) if released else ():
        found[act.subject] = found[act.subject]._replace(released_by=act.actor)
    return found


def _traced(row: sa.Row[Any]) -> TracedItem:
    return TracedItem(row.id, row.interaction_id, row.author, row.source, FeedbackState(row.state), int(row.seq))


def _times(since: datetime | None, until: datetime | None) -> Iterator[sa.ColumnElement[bool]]:
    if since is not None:
        yield _FEEDBACK.received_at >= since
    if until is not None:
        yield _FEEDBACK.received_at < until


def _doors(door: str) -> Sequence[sa.ColumnElement[bool]]:
    """A file is one door whether or not the operator vouched for people in it."""
    if door == "import":
        return [
            sa.and_(_FEEDBACK.source >= f"{name}:", _FEEDBACK.source < f"{name};") for name in ("import", "vouched")
        ]
    same = [door, vouched_source(door)] if door.startswith("import:") else [door]
    return [_FEEDBACK.source == one for one in same]


def read_import(connection: sa.Connection, agent: str, import_id: str) -> Import:
    """By its id. Raises NotFound."""
    table = ImportRow.core()
    query = sa.select(*columns_of(Import)).where(table.c.agent == agent, table.c.id == import_id)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFound("There is no such import.", remedy="See them all: ratchet import list.")
    return from_row(Import, row)


# writing -----------------------------------------------------------------------------------------------------------
def write_sources(connection: sa.Connection, proposals: Iterable[Proposal]) -> None:
    """What these proposals rest on, to be found from there. Idempotent."""
    rows: list[Row] = []
    for one in proposals:
        bundles = [operation for operation in one.operations if isinstance(operation, ChangeExamples)]
        learned = [example.feedback_id for bundle in bundles for example in bundle.add if example.feedback_id]
        keys = {
            "feedback": (*one.evidence, *learned),
            "issue": one.issue_ids,
            "case": one.expected_fixes,
            "author": one.authors,
        }
        rows += [
            {"agent": one.agent, "kind": kind, "key": key, "proposal_id": one.id}
            for kind, some in keys.items()
            for key in dict.fromkeys(some)
        ]
    insert_new(connection, ProposalSourceRow.core(), rows)


def note_import(
    connection: sa.Connection,
    made: Import,
    *,
    touched: TouchedRows,
    span: tuple[int, int] | None = None,
    written: RowCounts | None = None,
) -> None:
    """Add to an import what one more part of it brought. The caller holds the agent's head row. Raises Damaged."""
    table, counts = ImportRow.core(), written or RowCounts()
    touched.check("import", [made.id])
    query = sa.select(*columns_of(Import)).where(table.c.agent == made.agent, table.c.id == made.id)
    row = connection.execute(query).mappings().first()
    was = made if row is None else from_row(Import, row)
    spans = [*was.spans]
    if span is not None and span[0] <= span[1]:
        if spans and spans[-1][1] + 1 == span[0]:
            spans[-1] = (spans[-1][0], span[1])
        else:
            spans.append(span)
    now = was.model_copy(
        update={
            "spans": tuple(spans),
            "new": was.new + counts.new,
            "updated": was.updated + counts.updated,
            "known": was.known + counts.duplicate,
            "proposal_id": made.proposal_id or was.proposal_id,
        }
    )
    upsert(connection, table, [to_row(now)])


def write_unlearnings(connection: sa.Connection, unlearnings: Sequence[Unlearning]) -> None:
    """Each in place of the one with the same id."""
    upsert(connection, UnlearningRow.core(), [to_row(one) for one in unlearnings])
