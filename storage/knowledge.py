"""What the firewall knows of rows, questions and people, read by key: `loop.ports.Knowledge` over SQL."""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from loop.records import (
    SEPARATOR,
    STANDING_STATES,
    AuthorStanding,
    Derived,
    Due,
    Judged,
    JudgedColumn,
    Kept,
    KnownQuestion,
    Level,
    Sums,
    Teacher,
)
from storage.among import among
from storage.claims import AgentClaims
from storage.judged import (
    CHOOSES,
    CHOOSES_NOTHING,
    IS_FIRST_VOTE,
    IS_NEAR,
    NO_TEXT,
    ORDER,
    STANDING,
    STATES,
    J,
)
from storage.tables import (
    BucketRow,
    DueRow,
    KeptRow,
    QuestionRow,
    StandingRow,
)

_TEACHER = (J.c.feedback_id, J.c.interaction_id, J.c.author, J.c.question, J.c.choice, J.c.state, J.c.may_teach)


class AgentKnowledge(AgentClaims):
    """The firewall's reads of rows, questions and people; part of an agent's store."""

    # rows ------------------------------------------------------------------------------------------------------
    def rows(
        self,
        column: JudgedColumn,
        keys: Collection[str | int],
        *,
        authors: Collection[str] | None = None,
        since: float | None = None,
        until: float | None = None,
        any_state: bool = False,
    ) -> list[Judged]:
        """See `loop.ports.Knowledge.rows`."""
        where: list[sa.ColumnElement[bool]] = [] if any_state or column == "feedback_id" else [STANDING]
        if authors is not None:
            where.append(among(J.c.author, sorted(authors)))
        if since is not None:
            where.append(J.c.at >= since)
        if until is not None:
            where.append(J.c.at <= until)
        if column in ("question", "said", "pair", "theme", "matter"):
            where.append(J.c[column] != NO_TEXT)
        if column == "near":
            where.append(IS_NEAR)
        return self._judged(among(J.c[column], keys), *where) if keys else []

    def scan(self, level: Level, *, after: int, limit: int) -> list[Judged]:
        """See `loop.ports.Knowledge.scan`."""
        due = DueRow.core()
        waits = sa.exists().where(due.c.agent == J.c.agent, due.c.level == level, due.c.key == J.c.feedback_id)
        return self._judged(CHOOSES, J.c.seq > after, STANDING, sa.not_(waits), limit=limit)

    def teachers(self, authors: Collection[str], *, limit: int) -> list[Teacher]:
        """See `loop.ports.Knowledge.teachers`."""
        return self._teachers(self._may_teach(authors), limit=limit)

    def count_teachers(self, authors: Collection[str]) -> int:
        """See `loop.ports.Knowledge.count_teachers`."""
        return int(self._scalar(sa.select(sa.func.count()).where(self._mine(), self._may_teach(authors))) or 0)

    def first_votes(self, *, limit: int) -> list[Teacher]:
        """See `loop.ports.Knowledge.first_votes`."""
        # A few of each author and choice: sorted here, because asked for an order SQLite would walk all rows by it.
        columns = (*_TEACHER, J.c.seq)
        found = sorted(
            self._all(sa.select(*columns).where(self._mine(), IS_FIRST_VOTE)), key=lambda row: (row[-1], row[0])
        )
        return [_teacher(row) for row in found[:limit]]

    def count_first_votes(self, authors: Collection[str] | None = None) -> dict[tuple[str, str], int]:
        """See `loop.ports.Knowledge.count_first_votes`."""
        query = (
            sa.select(J.c.author, J.c.choice, sa.func.count())
            .where(self._mine(), IS_FIRST_VOTE)
            .group_by(J.c.author, J.c.choice)
        )
        if authors is not None:
            query = query.where(among(J.c.author, sorted(authors)))
        return {(row[0], row[1]): int(row[2]) for row in self._all(query)}

    def timed(self, kind: str, *, limit: int | None = None, below: float | None = None) -> list[Judged]:
        """See `loop.ports.Knowledge.timed`."""
        where: list[sa.ColumnElement[bool]] = [J.c.kind == kind, J.c.seconds.is_not(None)]
        if below is not None:
            where.append(J.c.seconds < below)
        return self._judged(*where, limit=limit)

    def count_timed(self, kind: str) -> int:
        """See `loop.ports.Knowledge.count_timed`."""
        query = sa.select(sa.func.count()).where(self._mine(), J.c.kind == kind, J.c.seconds.is_not(None))
        return int(self._scalar(query) or 0)

    # questions -------------------------------------------------------------------------------------------------
    def questions(self, keys: Collection[str]) -> dict[str, KnownQuestion]:
        """See `loop.ports.Knowledge.questions`."""
        return {one.key: one for one in self._questions(QuestionRow.core().c.key, keys)}

    def numbered(self, numbers: Collection[int]) -> dict[int, KnownQuestion]:
        """See `loop.ports.Knowledge.numbered`."""
        return {one.number: one for one in self._questions(QuestionRow.core().c.number, numbers)}

    def questions_near(self, nears: Collection[int]) -> list[KnownQuestion]:
        """See `loop.ports.Knowledge.questions_near`."""
        return self._questions(QuestionRow.core().c.near, nears)

    def count_questions(self) -> int:
        """See `loop.ports.Knowledge.count_questions`."""
        table = QuestionRow.core()
        return int(self._scalar(sa.select(sa.func.max(table.c.number)).where(table.c.agent == self._slug)) or 0)

    def buckets(self, keys: Collection[int]) -> dict[int, int]:
        """See `loop.ports.Knowledge.buckets`."""
        table = BucketRow.core()
        query = sa.select(table.c.bucket, table.c.number).where(
            table.c.agent == self._slug, among(table.c.bucket, keys)
        )
        return {row[0]: row[1] for row in self._all(query)} if keys else {}

    # people ----------------------------------------------------------------------------------------------------
    def sums(self, authors: Collection[str]) -> dict[str, Sums]:
        """See `loop.ports.Knowledge.sums`."""
        found: dict[str, dict[str, Any]] = {author: {"choices": {}, "values": {}} for author in authors}
        agreed = (
            sa.func.count(),
            sa.func.count(J.c.agree),
            sa.func.sum(sa.func.coalesce(J.c.agree, 0)),
            *(sa.func.sum(sa.case((J.c.basis == number, 1), else_=0)) for number in range(3)),
        )
        wordy = sa.func.max(sa.case((J.c.is_wordy, 1), else_=0))
        mine = (self._mine(), among(J.c.author, found), STANDING)
        choices = sa.select(J.c.author, J.c.choice, *agreed).where(*mine, CHOOSES).group_by(J.c.author, J.c.choice)
        for author, choice, *counted in self._all(choices):
            found[author]["choices"][choice] = int(counted[0])
            _add(found[author], counted, judged="judged_choices")
        keys = (J.c.author, J.c.family, J.c.value)
        others = sa.select(*keys, *agreed, wordy).where(*mine, CHOOSES_NOTHING).group_by(*keys)
        for author, family, value, *counted in self._all(others):
            _add(found[author], counted, judged="judged_ratings")
            if family == "rating" and value is not None:
                found[author]["values"][float(value)] = int(counted[0])
                found[author]["is_wordy"] = bool(counted[-1]) or found[author].get("is_wordy", False)
        return {author: Sums(**fields) for author, fields in found.items()}

    def stream_hours(self, authors: Collection[str]) -> dict[str, tuple[int, int]]:
        """See `loop.ports.Knowledge.stream_hours`."""
        hour = (
            sa.func.floor(J.c.at / 3600)
            if self._engine.dialect.name != "sqlite"
            else sa.cast(J.c.at / 3600, sa.Integer)
        )
        query = (
            sa.select(J.c.door, J.c.author, sa.func.count(), sa.func.count(sa.distinct(hour)))
            .where(self._mine(), among(J.c.author, sorted(authors)))
            .group_by(J.c.door, J.c.author)
        )
        return {f"{row[0]}{SEPARATOR}{row[1]}": (int(row[2]), int(row[3])) for row in self._all(query)}

    def standings(self, authors: Collection[str] | None = None) -> dict[str, tuple[AuthorStanding, Sums]]:
        """See `loop.ports.Knowledge.standings`."""
        table = StandingRow.core()
        query = sa.select(table.c.name, table.c.body, table.c.sums).where(table.c.agent == self._slug)
        if authors is None:
            telling = query.where(sa.text("standing.is_telling"))
            return {row[0]: standing_from_row(row) for row in self._all(telling)}
        return {row[0]: standing_from_row(row) for row in self._all(query.where(among(table.c.name, authors)))}

    def count_standings(self) -> int:
        """See `loop.ports.Knowledge.count_standings`."""
        table = StandingRow.core()
        return int(self._scalar(sa.select(sa.func.count()).where(table.c.agent == self._slug)) or 0)

    # all of it -----------------------------------------------------------------------------------------------
    def dump(self) -> Derived:
        """See `loop.ports.Knowledge.dump`."""
        questions, buckets, kept = QuestionRow.core(), BucketRow.core(), KeptRow.core()
        standings = StandingRow.core()
        by_number = sa.select(questions.c.key, questions.c.number, questions.c.near, questions.c.text).where(
            questions.c.agent == self._slug
        )
        by_bucket = sa.select(buckets.c.bucket, buckets.c.number).where(buckets.c.agent == self._slug)
        by_name = sa.select(standings.c.name, standings.c.body, standings.c.sums).where(standings.c.agent == self._slug)
        by_key = sa.select(kept.c.kind, kept.c.key, kept.c.body).where(kept.c.agent == self._slug)
        return Derived(
            rows=tuple(self._judged()),
            questions=tuple(KnownQuestion(*row) for row in self._all(by_number.order_by(questions.c.number))),
            buckets={row[0]: row[1] for row in self._all(by_bucket)},
            standings=tuple(standing_from_row(row) for row in sorted(self._all(by_name), key=lambda row: str(row[0]))),
            kept=tuple(sorted((Kept(*row) for row in self._all(by_key)), key=lambda one: (one.kind, one.key))),
            sayings=self._claims(),
        )

    def due(self, level: Level, *, limit: int) -> list[Due]:
        """See `loop.ports.Knowledge.due`."""
        table = DueRow.core()
        query = (
            sa.select(table.c.key, table.c.stamp)
            .where(table.c.agent == self._slug, table.c.level == level)
            .order_by(table.c.place, table.c.key)
            .limit(limit)
        )
        return [Due(*row) for row in self._all(query)]

    # steps -----------------------------------------------------------------------------------------------------
    def _may_teach(self, authors: Collection[str]) -> sa.ColumnElement[bool]:
        return sa.and_(among(J.c.author, sorted(authors)), CHOOSES, sa.not_(J.c.is_drawn_sealed))

    def _teachers(self, where: sa.ColumnElement[bool], *, limit: int) -> list[Teacher]:
        query = sa.select(*_TEACHER).where(self._mine(), where).order_by(*ORDER).limit(limit)
        return [_teacher(row) for row in self._all(query)]

    def _questions(self, column: sa.ColumnElement[Any], keys: Collection[str] | Collection[int]) -> list[KnownQuestion]:
        table = QuestionRow.core()
        query = sa.select(table.c.key, table.c.number, table.c.near, table.c.text).where(
            table.c.agent == self._slug, among(column, keys)
        )
        # Asked for this order, SQLite would walk all questions by number.
        found = [KnownQuestion(*row) for row in self._all(query)] if keys else []
        return sorted(found, key=lambda question: question.number)


def _teacher(row: Any) -> Teacher:
    return Teacher(row[0], row[1], row[2], row[3], row[4], STATES[row[5]] in STANDING_STATES and bool(row[6]))


def _add(sums: dict[str, Any], counted: Sequence[Any], *, judged: str) -> None:
    """Add one group of rows: how many, how many judged, what they agree, and by which basis."""
    n, n_judged, agreed, *bases = (int(one) for one in counted[:6])
    sums["given"] = sums.get("given", 0) + n
    sums[judged] = sums.get(judged, 0) + n_judged
    sums["agreed"] = sums.get("agreed", 0) + agreed
    before = sums.get("bases", (0, 0, 0))
    sums["bases"] = tuple(one + more for one, more in zip(before, bases, strict=True))


def standing_from_row(row: Any) -> tuple[AuthorStanding, Sums]:
    sums = dict(row[2])
    sums["bases"] = tuple(sums["bases"])
    sums["values"] = {float(value): n for value, n in sums["values"].items()}
    return AuthorStanding.model_validate(row[1]), Sums(**sums)
