"""Whose words go: the subject's rows by stored links, and the texts in them that nobody else said."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from loop.records import Erasure, digest
from loop.records.erasure import ALIAS, ERASED, ErasureOrder
from storage.among import among
from storage.erasing.scrub import Scrub
from storage.tables import EvalCaseRow, FeedbackRow, InteractionRow, OrphanRow, SecretRow

_TOLD, _ASKED, _CASES = FeedbackRow.core(), InteractionRow.core(), EvalCaseRow.core()
_ORPHANS = OrphanRow.core()


@dataclass(frozen=True)
class Subject:
    """What is the subject's."""

    id: str
    """Keyed digest of who it is."""
    names: dict[str, str]
    """Each name with its alias."""
    interactions: tuple[str, ...]
    feedback: tuple[str, ...]
    cases: tuple[str, ...]
    texts: tuple[str, ...]
    """Of any length, that nobody else said."""
    pending: tuple[str, ...] = ()
    """Feedback that waits for its episode, by id."""

    @property
    def scrub(self) -> Scrub:
        """Takes them out."""
        return Scrub(names=self.names, texts=self.texts, ids=self._ids)

    @property
    def content(self) -> Scrub:
        """The same for what teaches and examines: a name that others have too is left alone there."""
        return Scrub(names={}, texts=self.texts, ids=self._ids)

    @property
    def _ids(self) -> tuple[str, ...]:
        return (*self.interactions, *self.feedback, *self.cases)

    def and_earlier(self, earlier: Erasure) -> "Subject":
        """With what an earlier run has made tombstones."""
        return replace(
            self,
            interactions=tuple(dict.fromkeys((*earlier.interactions, *self.interactions))),
            feedback=tuple(dict.fromkeys((*earlier.feedback, *self.feedback))),
            texts=tuple(dict.fromkeys((*earlier.waiting, *self.texts))),
        )


def subject_id(connection: sa.Connection, agent: str, order: ErasureOrder) -> str:
    """Keyed with the agent's secret: the same subject gets it again, and no name can be tried against it."""
    table = SecretRow.core()
    secret = connection.execute(sa.select(table.c.secret).where(table.c.agent == agent)).scalar_one()
    return f"erasure_{digest([secret, order.what, order.name])[:20]}"


def find_subject(connection: sa.Connection, agent: str, order: ErasureOrder, *, own: str) -> Subject:
    """Rows and texts of a subject as they are stored now. `own`: its id."""
    names = sorted({order.name, *order.known_as})
    column = {"customer": _ASKED.c.customer, "episode": _ASKED.c.episode_id}.get(order.what)
    asked: list[Any] = [] if column is None else _rows(connection, _ASKED, agent, among(column, names))
    ids = [row["id"] for row in asked]
    told = {row["id"]: row for row in _rows(connection, _TOLD, agent, among(_TOLD.c.interaction_id, ids))}
    if order.what != "episode":
        told |= {row["id"]: row for row in _rows(connection, _TOLD, agent, among(_TOLD.c.author, names))}
    waits = {
        row["id"]: row["body"]
        for row in _rows(connection, _ORPHANS, agent, _ORPHANS.c.target.is_(None))
        if row["episode_id"] in names or (order.what != "episode" and row["body"]["author"] in names)
    }
    return Subject(
        id=own,
        names={name: f"{ALIAS}{digest([own, name])[:12]}" for name in names},
        interactions=tuple(ids),
        feedback=tuple(told),
        cases=(),
        texts=tuple(
            _alone(
                connection, agent, {*_said(asked), *_said(told.values()), *_said(waits.values())}, ids=ids, told=told
            )
        ),
        pending=tuple(waits),
    )


def with_cases(connection: sa.Connection, agent: str, subject: Subject, *, order: ErasureOrder) -> Subject:
    """The same with the cases made of it; none that somebody else answers for, unless the question is theirs."""
    by_asking = sa.or_(among(_CASES.c.interaction_id, subject.interactions), among(_CASES.c.group, subject.names))
    by_telling = sa.or_(among(_CASES.c.feedback_id, subject.feedback), among(_CASES.c.author, subject.names))
    vouched = sa.or_(_CASES.c.vouched_by == "", among(_CASES.c.vouched_by, subject.names))
    which = sa.and_(by_telling, vouched) if order.what == "author" else sa.or_(by_asking, sa.and_(by_telling, vouched))
    query = sa.select(_CASES.c.id).where(_CASES.c.agent == agent, which)
    return replace(subject, cases=tuple(sorted(connection.execute(query).scalars())))


def _rows(connection: sa.Connection, table: sa.Table, agent: str, which: Any) -> list[Any]:
    return list(connection.execute(sa.select(table).where(table.c.agent == agent, which)).mappings())


def _said(rows: Iterable[Any]) -> Iterator[str]:
    """What people said in these rows: what the agent answered is the version's, not theirs."""
    for row in rows:
        if "question" in row:
            yield row["question"]
            yield from (item for item in row["context"].values() if isinstance(item, str))
        else:
            yield from (row["text"], row["reason"])


def _alone(
    connection: sa.Connection, agent: str, texts: set[str], *, ids: Collection[str], told: Collection[str]
) -> list[str]:
    """Without what others said in the same words: that is theirs too, and stays."""
    left = texts - {"", ERASED}
    for table, columns, mine in (
        (_ASKED, (_ASKED.c.question,), frozenset(ids)),
        (_TOLD, (_TOLD.c.text, _TOLD.c.reason), frozenset(told)),
    ):
        if not left:
            break
        query = sa.select(table.c.id, *columns).where(table.c.agent == agent)
        for row in connection.execute(query):
            if row[0] not in mine:
                left.difference_update(row[1:])
    return sorted(left)
