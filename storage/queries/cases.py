"""The Cases page: who made what when, per topic and person; what traffic asks and no case does; audits and acts.

Of sealed cases there are counts only. Every read is bounded, whatever is stored.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Literal

import sqlalchemy as sa
from pydantic import Field

from loop.errors import NotAllowed
from loop.heldout import HIDDEN_SPLITS
from loop.records import CaseAct, ContextFields, Maker, Moment, Record, Split
from storage.casebook import SHOWING, makers_of
from storage.queries.scope import Scope, moment
from storage.tables import CaseActRow, EvalCaseRow, InteractionRow

LOGGED = 5_000
"""Newest cases of the log that are counted by person and topic; there may be a million."""
LOOKED_AT = 5_000
"""Newest answers that traffic is judged by."""
ENOUGH = 5
"""Dev and sealed cases from which a topic counts as covered."""
PAGE = 50
EXCERPT = 300

_CASE = EvalCaseRow.core().c
_ACT = CaseActRow.core().c
_INTERACTION = InteractionRow.core().c


class CaseTopic(Record):
    """One topic, by split."""

    name: str
    """Empty: no topic is named on them."""
    log: int = 0
    dev: int = 0
    sealed: int = 0


class Composition(Record):
    """What cases there are: how many, whose, about what."""

    log: int
    """At most LOGGED; see `is_log_cut`."""
    is_log_cut: bool
    """There are more cases of the log than were counted."""
    dev: int
    sealed: int
    protected: int
    """Dev and sealed cases, and counted ones of the log, that no change may break."""
    makers: tuple[Maker, ...]
    """Whoever made most of what examines first."""
    topics: tuple[CaseTopic, ...]
    """By how many examine, most first."""
    sealed_shown: int
    """Sealed cases that at least one person has read: in an audit, by an export, because they handed them in."""


class TopicCoverage(Record):
    """One topic of the newest traffic."""

    name: str
    answers: int
    """Of the newest ones that were looked at."""
    cases: int
    """Dev and sealed."""


class Coverage(Record):
    """How much of what is asked is examined."""

    looked_at: int
    """Newest answers, at most LOOKED_AT."""
    without_topic: int
    """Of these, those of which nobody knows the topic."""
    enough: int
    """Cases from which a topic counts as covered."""
    topics: tuple[TopicCoverage, ...]
    """Most asked first."""

    @property
    def covered(self) -> float | None:
        """Share of the answers with a topic whose topic has enough cases, 0 to 1; None without any."""
        n = sum(one.answers for one in self.topics)
        return sum(one.answers for one in self.topics if one.cases >= self.enough) / n if n else None

    @property
    def bare(self) -> tuple[TopicCoverage, ...]:
        """Topics without a single case, most asked first."""
        return tuple(one for one in self.topics if not one.cases)


class CaseFilter(Record):
    """Which cases to list; an empty field does not narrow. Sealed ones are never listed."""

    split: Split = Split.DEV
    topic: str = ""
    author: str = ""
    is_protected: bool | None = None
    after: tuple[Moment, str] | None = None
    """Time and id of the last line of the page before."""
    limit: int = Field(default=PAGE, ge=1, le=500)


class CaseLine(Record):
    """One case as a list shows it."""

    id: str
    split: Split
    question: str
    """Cut after EXCERPT characters."""
    expected: str
    """Cut after EXCERPT characters."""
    topic: str
    author: str
    vouched_by: str
    is_protected: bool
    at: Moment


def composition(scope: Scope) -> Composition:
    """Everything that examines, and the newest of the log, counted. Raises StoreUnavailable."""
    makers = [dict(row._mapping) for is_log in (False, True) for row in _counted(scope, "author", is_log=is_log)]
    for row in makers:
        row["first_at"], row["last_at"] = moment(row["first_at"]), moment(row["last_at"])
    by_topic: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for is_log in (False, True):
        for counted in _counted(scope, "topic", is_log=is_log):
            by_topic[counted.topic][counted.split] += counted.n
    topics = [CaseTopic(name=name, **{split.value: n[split.value] for split in Split}) for name, n in by_topic.items()]
    totals = {split: sum(row["n"] for row in makers if row["split"] == split.value) for split in Split}
    return Composition(
        log=min(totals[Split.LOG], LOGGED),
        is_log_cut=totals[Split.LOG] > LOGGED,
        dev=totals[Split.DEV],
        sealed=totals[Split.SEALED],
        protected=sum(row["protected"] for row in makers),
        makers=tuple(makers_of(makers)),
        topics=tuple(sorted(topics, key=lambda one: (-one.dev - one.sealed, -one.log, one.name))),
        sealed_shown=_shown(scope),
    )


def list_cases(scope: Scope, wanted: CaseFilter) -> list[CaseLine]:
    """Log or dev cases, newest first. Raises NotAllowed for sealed ones, StoreUnavailable."""
    if wanted.split is Split.SEALED:
        raise NotAllowed("Sealed cases are not listed: only their totals are ever shown.", remedy="List dev or log.")
    where = [scope.mine(EvalCaseRow), _CASE.split == wanted.split.value, sa.not_(_CASE.retired)]
    if wanted.topic:
        where.append(_CASE.topic == wanted.topic)
    if wanted.author:
        where.append(_CASE.author == wanted.author)
    if wanted.is_protected is not None:
        where.append(_CASE.is_protected if wanted.is_protected else sa.not_(_CASE.is_protected))
    if wanted.after is not None:
        at, case_id = wanted.after
        where.append(sa.or_(_CASE.at < at, sa.and_(_CASE.at == at, _CASE.id < case_id)))
    # The newest of the split first: a filter looks through at most LOGGED of them.
    newest = (
        sa.select(_CASE.id)
        .where(scope.mine(EvalCaseRow), _CASE.split == wanted.split.value, sa.not_(_CASE.retired))
        .order_by(_CASE.at.desc(), _CASE.id.desc())
        .limit(LOGGED)
    )
    found = scope.rows(
        sa.select(
            _CASE.id,
            _CASE.split,
            sa.func.substr(_CASE.question, 1, EXCERPT).label("question"),
            sa.func.substr(_CASE.expected, 1, EXCERPT).label("expected"),
            _CASE.topic,
            _CASE.author,
            _CASE.vouched_by,
            _CASE.is_protected,
            _CASE.at,
        )
        .where(*where, _CASE.id.in_(newest))
        .order_by(_CASE.at.desc(), _CASE.id.desc())
        .limit(wanted.limit)
    )
    return [CaseLine(**{**row._mapping, "split": Split(row.split), "at": moment(row.at)}) for row in found]


def coverage(scope: Scope, *, enough: int = ENOUGH) -> Coverage:
    """Topics of the newest LOOKED_AT answers, each with how many cases examine it. Raises StoreUnavailable."""
    newest = (
        sa.select(_INTERACTION.topic, _INTERACTION.label, _INTERACTION.article_id)
        .where(scope.mine(InteractionRow))
        .order_by(_INTERACTION.at.desc())
        .limit(LOOKED_AT)
    )
    asked = Counter(row.topic or row.label or row.article_id or "" for row in scope.rows(newest))
    examined = Counter[str]()
    for row in _counted(scope, "topic", is_log=False):
        examined[row.topic] += row.n
    topics = (TopicCoverage(name=name, answers=n, cases=examined[name]) for name, n in asked.items() if name)
    return Coverage(
        looked_at=asked.total(),
        without_topic=asked[""],
        enough=enough,
        topics=tuple(sorted(topics, key=lambda one: (-one.answers, one.name))),
    )


class CaseDetail(CaseLine):
    """One case whole."""

    context: ContextFields
    must_include: tuple[str, ...]
    must_exclude: tuple[str, ...]
    feedback_id: str | None
    """What it rests on where nobody answers for it."""
    interaction_id: str | None


def one(scope: Scope, case_id: str) -> CaseDetail | None:
    """A dev or log case in use; None for any other, sealed ones among them. Raises StoreUnavailable."""
    names = [*CaseDetail.model_fields]
    found = scope.rows(
        sa.select(*(_CASE[name] for name in names)).where(
            scope.mine(EvalCaseRow),
            _CASE.id == case_id,
            _CASE.split.in_([Split.DEV.value, Split.LOG.value]),
            sa.not_(_CASE.retired),
        )
    )
    if not found:
        return None
    row = found[0]
    return CaseDetail.model_validate({**row._mapping, "at": moment(row.at)})


def examining_ids(scope: Scope) -> frozenset[str]:
    """Ids of the dev and sealed cases in use; what they ask is not read. Raises StoreUnavailable."""
    hidden = sorted(split.value for split in HIDDEN_SPLITS)
    query = sa.select(_CASE.id).where(scope.mine(EvalCaseRow), sa.not_(_CASE.retired), _CASE.split.in_(hidden))
    return frozenset(row.id for row in scope.rows(query))


def acts(scope: Scope, case_id: str) -> list[CaseAct]:
    """What people did about one case, oldest first. Raises StoreUnavailable."""
    found = scope.rows(
        sa.select(_ACT.id, _ACT.case_id, _ACT.verb, _ACT.actor, _ACT.at, _ACT.about)
        .where(scope.mine(CaseActRow), _ACT.case_id == case_id)
        .order_by(_ACT.at, _ACT.id)
        .limit(500)
    )
    return [CaseAct.model_validate({**row._mapping, "agent": scope.agent, "at": moment(row.at)}) for row in found]


def _counted(scope: Scope, column: Literal["author", "topic"], *, is_log: bool) -> Sequence[sa.Row[tuple[object, ...]]]:
    """Dev and sealed cases by one column and split, read from an index alone; of the log, the newest."""
    some = sa.select(*(_CASE[name] for name in (column, "split", "at", "is_protected", "vouched_by"))).where(
        scope.mine(EvalCaseRow), sa.not_(_CASE.retired)
    )
    if is_log:
        order = (_CASE.at.desc(), _CASE.id.desc())
        some = some.where(_CASE.split == Split.LOG.value).order_by(*order).limit(LOGGED + 1)
    else:
        some = some.where(_CASE.split.in_(sorted(split.value for split in HIDDEN_SPLITS)))
    table = some.subquery().c
    return scope.rows(
        sa.select(
            table[column],
            table.split,
            sa.func.count().label("n"),
            sa.func.sum(sa.case((table.vouched_by != "", 1), else_=0)).label("vouched"),
            sa.func.sum(sa.case((table.is_protected, 1), else_=0)).label("protected"),
            sa.func.min(table.at).label("first_at"),
            sa.func.max(table.at).label("last_at"),
        ).group_by(table[column], table.split)
    )


def _shown(scope: Scope) -> int:
    """Sealed cases in use that somebody has read."""
    is_shown = (
        sa.select(sa.literal(1))
        .where(scope.mine(CaseActRow), _ACT.case_id == _CASE.id, _ACT.verb.in_(SHOWING))
        .exists()
    )
    return scope.number(
        sa.select(sa.func.count()).where(
            scope.mine(EvalCaseRow), _CASE.split == Split.SEALED.value, sa.not_(_CASE.retired), is_shown
        )
    )
