"""What the firewall knows, read by key from derived rows: `loop.ports.Knowledge` over SQL."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Literal

import sqlalchemy as sa

from loop.records import (
    SEPARATOR,
    STANDING_STATES,
    TEACHING_STATES,
    AuthorStanding,
    Derived,
    Due,
    EvalCase,
    FeedbackState,
    Finding,
    Judged,
    JudgedColumn,
    Kept,
    KnownQuestion,
    Level,
    Split,
    Sums,
    Teacher,
    Voice,
    Vote,
)
from storage.connecting import reading
from storage.rows import from_row
from storage.statements import chunks
from storage.tables import (
    BucketRow,
    DueRow,
    EvalCaseRow,
    JudgedRow,
    KeptRow,
    QuestionRow,
    StandingRow,
)

_J = JudgedRow.core()
_FIELDS = tuple(Judged.__dataclass_fields__)
_COLUMNS = tuple(_J.c[name] for name in _FIELDS)
_STATES = {state.value: state for state in FeedbackState}
_STANDING = _J.c.state.in_(sorted(state.value for state in STANDING_STATES))
_TEACHING = _J.c.state.in_(sorted(state.value for state in TEACHING_STATES))
_ORDER = (_J.c.seq, _J.c.feedback_id)
_TEACHER = (_J.c.feedback_id, _J.c.interaction_id, _J.c.author, _J.c.question, _J.c.choice, _J.c.state, _J.c.may_teach)


class AgentKnowledge:
    """The firewall's reads for one agent; part of its store."""

    _engine: sa.Engine
    _slug: str

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
        where: list[sa.ColumnElement[bool]] = [] if any_state or column == "feedback_id" else [_STANDING]
        if authors is not None:
            where.append(_J.c.author.in_(sorted(authors)))
        if since is not None:
            where.append(_J.c.at >= since)
        if until is not None:
            where.append(_J.c.at <= until)
        some = list(dict.fromkeys(keys))
        if column in ("question", "said", "pair", "theme", "matter"):
            some = [one for one in some if one]
            where.append(_J.c[column] != "")
        if column == "near":
            where.append(_J.c.near > 0)
        found = [row for part in chunks(some) for row in self._judged(_J.c[column].in_(part), *where)]
        return sorted(found, key=_in_order) if len(some) > 1 else found

    def scan(self, *, after: int, limit: int) -> list[Judged]:
        """See `loop.ports.Knowledge.scan`."""
        return self._judged(_J.c.choice != "", _J.c.seq > after, _STANDING, limit=limit)

    def teachers(self, authors: Collection[str], *, limit: int) -> list[Teacher]:
        """See `loop.ports.Knowledge.teachers`."""
        return self._teachers(self._may_teach(authors), limit=limit)

    def count_teachers(self, authors: Collection[str]) -> int:
        """See `loop.ports.Knowledge.count_teachers`."""
        return int(self._scalar(sa.select(sa.func.count()).where(self._mine(), self._may_teach(authors))) or 0)

    def first_votes(self, *, limit: int) -> list[Teacher]:
        """See `loop.ports.Knowledge.first_votes`."""
        return self._teachers(_J.c.nth > 0, limit=limit)

    def count_first_votes(self, authors: Collection[str] | None = None) -> dict[tuple[str, str], int]:
        """See `loop.ports.Knowledge.count_first_votes`."""
        query = (
            sa.select(_J.c.author, _J.c.choice, sa.func.count())
            .where(self._mine(), _J.c.nth > 0)
            .group_by(_J.c.author, _J.c.choice)
        )
        if authors is not None:
            query = query.where(_J.c.author.in_(sorted(authors)))
        return {(row[0], row[1]): int(row[2]) for row in self._all(query)}

    def timed(self, kind: str, *, limit: int | None = None, below: float | None = None) -> list[Judged]:
        """See `loop.ports.Knowledge.timed`."""
        where: list[sa.ColumnElement[bool]] = [_J.c.kind == kind, _J.c.seconds.is_not(None)]
        if below is not None:
            where.append(_J.c.seconds < below)
        return self._judged(*where, limit=limit)

    def count_timed(self, kind: str) -> int:
        """See `loop.ports.Knowledge.count_timed`."""
        query = sa.select(sa.func.count()).where(self._mine(), _J.c.kind == kind, _J.c.seconds.is_not(None))
        return int(self._scalar(query) or 0)

    # questions -------------------------------------------------------------------------------------------------
    def questions(self, keys: Collection[str]) -> dict[str, KnownQuestion]:
        """See `loop.ports.Knowledge.questions`."""
        return {one.key: one for one in self._questions(QuestionRow.core().c.key, list(dict.fromkeys(keys)))}

    def numbered(self, numbers: Collection[int]) -> dict[int, KnownQuestion]:
        """See `loop.ports.Knowledge.numbered`."""
        return {one.number: one for one in self._questions(QuestionRow.core().c.number, list(numbers))}

    def questions_near(self, nears: Collection[int]) -> list[KnownQuestion]:
        """See `loop.ports.Knowledge.questions_near`."""
        return list(self._questions(QuestionRow.core().c.near, list(nears)))

    def count_questions(self) -> int:
        """See `loop.ports.Knowledge.count_questions`."""
        table = QuestionRow.core()
        return int(self._scalar(sa.select(sa.func.max(table.c.number)).where(table.c.agent == self._slug)) or 0)

    def buckets(self, keys: Collection[int]) -> dict[int, int]:
        """See `loop.ports.Knowledge.buckets`."""
        table = BucketRow.core()
        found: dict[int, int] = {}
        for part in chunks(list(keys)):
            query = sa.select(table.c.bucket, table.c.number).where(
                table.c.agent == self._slug, table.c.bucket.in_(part)
            )
            found.update((row[0], row[1]) for row in self._all(query))
        return found

    # people ----------------------------------------------------------------------------------------------------
    def sums(self, authors: Collection[str]) -> dict[str, Sums]:
        """See `loop.ports.Knowledge.sums`."""
        found: dict[str, dict[str, Any]] = {author: {"choices": {}, "values": {}} for author in authors}
        is_choice = sa.case((_J.c.choice != "", 1), else_=0)
        for part in chunks(sorted(found)):
            mine = (self._mine(), _J.c.author.in_(part), _STANDING)
            counted = (
                sa.func.count(),
                sa.func.sum(sa.case((_J.c.agree.is_not(None), is_choice), else_=0)),
                sa.func.sum(sa.case((_J.c.agree.is_not(None), 1 - is_choice), else_=0)),
                sa.func.sum(sa.func.coalesce(_J.c.agree, 0)),
                *(sa.func.sum(sa.case((_J.c.basis == number, 1), else_=0)) for number in range(3)),
            )
            for row in self._all(sa.select(_J.c.author, *counted).where(*mine).group_by(_J.c.author)):
                found[row[0]] |= {
                    "given": int(row[1]),
                    "judged_choices": int(row[2]),
                    "judged_ratings": int(row[3]),
                    "agreed": int(row[4]),
                    "bases": (int(row[5]), int(row[6]), int(row[7])),
                }
            choices = sa.select(_J.c.author, _J.c.choice, sa.func.count()).where(*mine, _J.c.choice != "")
            for author, choice, n in self._all(choices.group_by(_J.c.author, _J.c.choice)):
                found[author]["choices"][choice] = int(n)
            ratings = sa.select(
                _J.c.author, _J.c.value, sa.func.count(), sa.func.max(sa.case((_J.c.is_wordy, 1), else_=0))
            ).where(*mine, _J.c.family == "rating", _J.c.choice == "", _J.c.value.is_not(None))
            for author, value, n, wordy in self._all(ratings.group_by(_J.c.author, _J.c.value)):
                found[author]["values"][float(value)] = int(n)
                found[author]["is_wordy"] = bool(wordy) or found[author].get("is_wordy", False)
        return {author: Sums(**fields) for author, fields in found.items()}

    def stream_hours(self, authors: Collection[str]) -> dict[str, tuple[int, int]]:
        """See `loop.ports.Knowledge.stream_hours`."""
        hour = (
            sa.func.floor(_J.c.at / 3600)
            if self._engine.dialect.name != "sqlite"
            else sa.cast(_J.c.at / 3600, sa.Integer)
        )
        found: dict[str, tuple[int, int]] = {}
        for part in chunks(sorted(authors)):
            query = (
                sa.select(_J.c.door, _J.c.author, sa.func.count(), sa.func.count(sa.distinct(hour)))
                .where(self._mine(), _J.c.author.in_(part))
                .group_by(_J.c.door, _J.c.author)
            )
            found.update((f"{row[0]}{SEPARATOR}{row[1]}", (int(row[2]), int(row[3]))) for row in self._all(query))
        return found

    def standings(self, authors: Collection[str] | None = None) -> dict[str, tuple[AuthorStanding, Sums]]:
        """See `loop.ports.Knowledge.standings`."""
        table = StandingRow.core()
        query = sa.select(table.c.name, table.c.body, table.c.sums).where(table.c.agent == self._slug)
        if authors is None:
            return {row[0]: _standing(row) for row in self._all(query.where(table.c.is_telling))}
        some = list(dict.fromkeys(authors))
        return {
            row[0]: _standing(row) for part in chunks(some) for row in self._all(query.where(table.c.name.in_(part)))
        }

    def count_standings(self) -> int:
        """See `loop.ports.Knowledge.count_standings`."""
        table = StandingRow.core()
        return int(self._scalar(sa.select(sa.func.count()).where(table.c.agent == self._slug)) or 0)

    # groups ----------------------------------------------------------------------------------------------------
    def kept(self, kind: str, keys: Collection[str] | None = None) -> dict[str, Mapping[str, Any]]:
        """See `loop.ports.Knowledge.kept`."""
        table = KeptRow.core()
        query = sa.select(table.c.key, table.c.body).where(table.c.agent == self._slug, table.c.kind == kind)
        if keys is None:
            return {row[0]: row[1] for row in self._all(query)}
        some = list(dict.fromkeys(keys))
        return {row[0]: row[1] for part in chunks(some) for row in self._all(query.where(table.c.key.in_(part)))}

    def votes(self, nears: Collection[int]) -> list[Vote]:
        """See `loop.ports.Knowledge.votes`."""
        columns = (_J.c.near, _J.c.author, _J.c.choice)
        found = []
        for part in chunks(list(nears)):
            query = (
                sa.select(*columns, sa.func.max(_J.c.seq), sa.func.min(_J.c.feedback_id))
                .where(self._mine(), _J.c.near.in_(part), _J.c.near > 0, _J.c.choice != "", _STANDING)
                .group_by(*columns)
            )
            found += [Vote(*row) for row in self._all(query)]
        return found

    def voices(self, column: Literal["theme", "matter"], keys: Collection[str]) -> list[Voice]:
        """See `loop.ports.Knowledge.voices`."""
        theme = _J.c[column]
        found: list[Voice] = []
        for part in chunks(list(keys)):
            query = _voice_query(theme, _J).where(self._mine(), theme.in_(part), theme != "", _J.c.has_voice, _STANDING)
            found += [_voice(row) for row in self._all(query)]
        return found

    def rivals(self, themes: Collection[str]) -> list[Voice]:
        """See `loop.ports.Knowledge.rivals`."""
        found: list[Voice] = []
        for theme in themes:
            query = _voice_query(sa.literal(theme), _J).where(*self._rival(theme))
            found += [_voice(row) for row in self._all(query)]
        return found

    def content(self, themes: Collection[str]) -> dict[str, frozenset[str]]:
        """See `loop.ports.Knowledge.content`."""
        found: dict[str, frozenset[str]] = {}
        is_liked = sa.and_(_J.c.family == "rating", _J.c.value == 1)
        for theme in themes:
            query = (
                sa.select(_J.c.author)
                .distinct()
                .where(
                    self._mine(),
                    _J.c.near.in_(self._nears_of(theme)),
                    _J.c.near > 0,
                    _J.c.has_voice,
                    _J.c.pair == "",
                    sa.or_(_J.c.choice != "", is_liked),
                    _STANDING,
                )
            )
            if people := frozenset(row[0] for row in self._all(query)):
                found[theme] = people
        return found

    def voiced(self, column: Literal["theme", "matter"], key: str, *, newest: int) -> list[Judged]:
        """See `loop.ports.Knowledge.voiced`."""
        where = (_J.c[column] == key, _J.c[column] != "", _J.c.has_voice, _STANDING)
        return self._judged(*where, limit=newest, newest=True)

    def confirmed(self, *, newest: int) -> list[Judged]:
        """See `loop.ports.Knowledge.confirmed`."""
        return self._judged(_J.c.confirms, _J.c.has_voice, _STANDING, limit=newest, newest=True)

    def rival_rows(self, theme: str, *, newest: int) -> list[Judged]:
        """See `loop.ports.Knowledge.rival_rows`."""
        return self._judged(*self._rival(theme), limit=newest, newest=True)

    def themes_near(self, nears: Collection[int]) -> set[str]:
        """See `loop.ports.Knowledge.themes_near`."""
        found: set[str] = set()
        for part in chunks(list(nears)):
            query = (
                sa.select(_J.c.theme)
                .distinct()
                .where(self._mine(), _J.c.near.in_(part), _J.c.near > 0, _J.c.theme != "", _STANDING)
            )
            found |= {row[0] for row in self._all(query)}
        return found

    def backers(self, pairs: Collection[str]) -> dict[str, frozenset[str]]:
        """See `loop.ports.Knowledge.backers`."""
        found: dict[str, set[str]] = {}
        for part in chunks(list(pairs)):
            query = (
                sa.select(_J.c.pair, _J.c.author)
                .where(self._mine(), _J.c.pair.in_(part), _J.c.pair != "", _J.c.has_voice, _STANDING)
                .distinct()
            )
            for pair, author in self._all(query):
                found.setdefault(pair, set()).add(author)
        return {pair: frozenset(some) for pair, some in found.items()}

    # what it led to --------------------------------------------------------------------------------------------
    def given_cases(self, authors: Collection[str]) -> list[EvalCase]:
        """See `loop.ports.Knowledge.given_cases`."""
        table = EvalCaseRow.core()
        return self._cases(
            table.c.feedback_id.is_(None),
            table.c.split != Split.SEALED.value,
            sa.not_(table.c.retired),
            table.c.author.in_(["", *sorted(authors)]),
        )

    def cases_on(self, interactions: Collection[str]) -> list[EvalCase]:
        """See `loop.ports.Knowledge.cases_on`."""
        table = EvalCaseRow.core()
        return [
            case
            for part in chunks(list(interactions))
            for case in self._cases(table.c.interaction_id.in_(part), sa.not_(table.c.retired))
        ]

    def splits(self, groups: Collection[str]) -> dict[str, Split]:
        """See `loop.ports.Knowledge.splits`."""
        table = EvalCaseRow.core()
        found: dict[str, Split] = {}
        for part in chunks(list(groups)):
            query = (
                sa.select(table.c.group, table.c.split)
                .where(table.c.agent == self._slug, table.c.group.in_(part))
                .order_by(table.c.at.desc(), table.c.id.desc())
            )
            found.update((row[0], Split(row[1])) for row in self._all(query))
        return found

    def count_cases(self, split: Split) -> int:
        """See `loop.ports.Knowledge.count_cases`."""
        table = EvalCaseRow.core()
        query = sa.select(sa.func.count()).where(
            table.c.agent == self._slug, table.c.split == split.value, sa.not_(table.c.retired)
        )
        return int(self._scalar(query) or 0)

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
            standings=tuple(_standing(row) for row in sorted(self._all(by_name), key=lambda row: str(row[0]))),
            kept=tuple(sorted((Kept(*row) for row in self._all(by_key)), key=lambda one: (one.kind, one.key))),
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
    def _mine(self) -> sa.ColumnElement[bool]:
        return _J.c.agent == self._slug

    def _may_teach(self, authors: Collection[str]) -> sa.ColumnElement[bool]:
        return sa.and_(_J.c.author.in_(sorted(authors)), _J.c.choice != "", sa.not_(_J.c.is_drawn_sealed))

    def _nears_of(self, theme: str) -> sa.Select[tuple[int]]:
        own = _J.alias("own")
        return (
            sa.select(own.c.near)
            .distinct()
            .where(
                own.c.agent == self._slug,
                own.c.theme == theme,
                own.c.theme != "",
                own.c.has_voice,
                own.c.near > 0,
                own.c.state.in_(sorted(state.value for state in STANDING_STATES)),
            )
        )

    def _rival(self, theme: str) -> tuple[sa.ColumnElement[bool], ...]:
        side = theme.split(SEPARATOR)[1]
        return (
            self._mine(),
            _J.c.near.in_(self._nears_of(theme)),
            _J.c.near > 0,
            _J.c.has_voice,
            _J.c.pair != "",
            _J.c.choice != side,
            _STANDING,
        )

    def _judged(self, *where: sa.ColumnElement[bool], limit: int | None = None, newest: bool = False) -> list[Judged]:
        order = tuple(column.desc() for column in _ORDER) if newest else _ORDER
        query = sa.select(*_COLUMNS).where(self._mine(), *where).order_by(*order).limit(limit)
        rows = [_as_judged(row) for row in self._all(query)]
        return rows[::-1] if newest else rows

    def _teachers(self, where: sa.ColumnElement[bool], *, limit: int) -> list[Teacher]:
        query = sa.select(*_TEACHER).where(self._mine(), where).order_by(*_ORDER).limit(limit)
        return [
            Teacher(row[0], row[1], row[2], row[3], row[4], _STATES[row[5]] in STANDING_STATES and bool(row[6]))
            for row in self._all(query)
        ]

    def _questions(self, column: sa.ColumnElement[Any], keys: Sequence[str | int]) -> Iterator[KnownQuestion]:
        table = QuestionRow.core()
        for part in chunks(keys):
            query = (
                sa.select(table.c.key, table.c.number, table.c.near, table.c.text)
                .where(table.c.agent == self._slug, column.in_(part))
                .order_by(table.c.number)
            )
            for row in self._all(query):
                yield KnownQuestion(*row)

    def _cases(self, *where: sa.ColumnElement[bool]) -> list[EvalCase]:
        table = EvalCaseRow.core()
        query = sa.select(table).where(table.c.agent == self._slug, *where).order_by(table.c.id)
        with reading(self._engine) as connection:
            return [from_row(EvalCase, row) for row in connection.execute(query).mappings()]

    def _all(self, query: sa.Select[Any]) -> list[Any]:
        with reading(self._engine) as connection:
            return list(connection.execute(query).all())

    def _scalar(self, query: sa.Select[Any]) -> Any:
        with reading(self._engine) as connection:
            return connection.execute(query).scalar()


def _voice_query(theme: sa.ColumnElement[Any], table: sa.Table) -> sa.Select[Any]:
    return sa.select(
        theme,
        table.c.choice,
        table.c.author,
        sa.func.count(),
        sa.func.sum(sa.case((_TEACHING, 1), else_=0)),
        sa.func.min(table.c.at),
        sa.func.max(table.c.at),
    ).group_by(sa.text("1, 2, 3"))


def _voice(row: Any) -> Voice:
    return Voice(row[0], row[1], row[2], int(row[3]), int(row[4]), float(row[5]), float(row[6]))


def _in_order(row: Judged) -> tuple[int, str]:
    return (row.seq, row.feedback_id)


def _as_judged(row: Any) -> Judged:
    fields = dict(zip(_FIELDS, row, strict=True))
    fields["state"] = _STATES[fields["state"]]
    told = fields["findings"]
    fields["findings"] = tuple(Finding(one[0], one[1], tuple(one[2])) for one in json.loads(told)) if told else ()
    return Judged(**fields)


def _standing(row: Any) -> tuple[AuthorStanding, Sums]:
    sums = dict(row[2])
    sums["bases"] = tuple(sums["bases"])
    sums["values"] = {float(value): n for value, n in sums["values"].items()}
    return AuthorStanding.model_validate(row[1]), Sums(**sums)
