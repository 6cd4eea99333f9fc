"""Knowledge in memory: the reference implementation of the port, from which the firewall is made again from nothing.

It answers by looking at everything, so it is plainly right and plainly slow; `ratchet recheck` and the tests use it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from loop.heldout import SPLIT_ORDER, keyed_draw
from loop.records import (
    SEPARATOR,
    AuthorStanding,
    Derived,
    Due,
    EvalCase,
    FeedbackItem,
    FeedbackMove,
    Flag,
    Interaction,
    Issue,
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
from loop.records.days import day_of
from loop.validate.memory_claims import MemoryClaims


@dataclass
class MemoryKnowledge(MemoryClaims):
    """Everything the firewall knows about one agent; see `loop.ports.Knowledge` for what each question means."""

    items: dict[str, FeedbackItem] = field(default_factory=dict)
    asked: dict[str, Interaction] = field(default_factory=dict)
    cases: dict[str, EvalCase] = field(default_factory=dict)
    retired: set[str] = field(default_factory=set)
    judged: dict[str, Judged] = field(default_factory=dict)
    registry: dict[str, KnownQuestion] = field(default_factory=dict)
    bucket_of: dict[int, int] = field(default_factory=dict)
    standing_of: dict[str, tuple[AuthorStanding, Sums]] = field(default_factory=dict)
    documents: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    list_of: dict[Level, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    issues: dict[str, Issue] = field(default_factory=dict)
    drawn: Callable[[str, str], float] = field(default=partial(keyed_draw, b"memory"), repr=False)
    """The draws of the agent's secret, which is not known here."""

    # what is asked ---------------------------------------------------------------------------------------------
    def feedback_items(self, ids: Iterable[str]) -> dict[str, FeedbackItem]:
        return {key: self.items[key] for key in ids if key in self.items}

    def interactions(self, ids: Iterable[str]) -> dict[str, Interaction]:
        return {key: self.asked[key] for key in ids if key in self.asked}

    def flags(self, ids: Collection[str]) -> dict[str, tuple[Flag, ...]]:
        return {key: self.items[key].flags for key in ids if key in self.items and self.items[key].flags}

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
        wanted = set(keys)
        return self._some(
            lambda row: (
                getattr(row, column) in wanted
                and (any_state or column == "feedback_id" or row.is_standing)
                and (authors is None or row.author in authors)
                and (since is None or row.at >= since)
                and (until is None or row.at <= until)
            )
        )

    def scan(self, level: Level, *, after: int, limit: int) -> list[Judged]:
        waiting = self.list_of[level]
        return self._some(
            lambda row: bool(row.choice) and row.is_standing and row.seq > after and row.feedback_id not in waiting
        )[:limit]

    def teachers(self, authors: Collection[str], *, limit: int) -> list[Teacher]:
        return [_teacher(row) for row in self._teachers(authors)[:limit]]

    def count_teachers(self, authors: Collection[str]) -> int:
        return len(self._teachers(authors))

    def first_votes(self, *, limit: int) -> list[Teacher]:
        return [_teacher(row) for row in self._some(lambda row: row.nth > 0)[:limit]]

    def count_first_votes(self, authors: Collection[str] | None = None) -> dict[tuple[str, str], int]:
        return dict(
            Counter(
                (row.author, row.choice)
                for row in self.judged.values()
                if row.nth > 0 and (authors is None or row.author in authors)
            )
        )

    def timed(self, kind: str, *, limit: int | None = None, below: float | None = None) -> list[Judged]:
        return self._some(
            lambda row: row.kind == kind and row.seconds is not None and (below is None or row.seconds < below)
        )[:limit]

    def count_timed(self, kind: str) -> int:
        return len(self.timed(kind))

    def questions(self, keys: Collection[str]) -> dict[str, KnownQuestion]:
        return {key: self.registry[key] for key in keys if key in self.registry}

    def numbered(self, numbers: Collection[int]) -> dict[int, KnownQuestion]:
        wanted = set(numbers)
        return {one.number: one for one in self.registry.values() if one.number in wanted}

    def questions_near(self, nears: Collection[int]) -> list[KnownQuestion]:
        wanted = set(nears)
        return [one for one in self.registry.values() if one.near in wanted]

    def count_questions(self) -> int:
        return len(self.registry)

    def buckets(self, keys: Collection[int]) -> dict[int, int]:
        return {key: self.bucket_of[key] for key in keys if key in self.bucket_of}

    def sums(self, authors: Collection[str]) -> dict[str, Sums]:
        own: dict[str, list[Judged]] = {author: [] for author in authors}
        for row in self.judged.values():
            if row.author in own and row.is_standing:
                own[row.author].append(row)
        return {author: _sums(rows) for author, rows in own.items()}

    def stream_hours(self, authors: Collection[str]) -> dict[str, tuple[int, int]]:
        times: defaultdict[str, list[float]] = defaultdict(list)
        for row in self.judged.values():
            if row.author in authors:
                times[f"{row.door}{SEPARATOR}{row.author}"].append(row.at)
        return {key: (len(some), len({int(at // 3600) for at in some})) for key, some in times.items()}

    def standings(self, authors: Collection[str] | None = None) -> dict[str, tuple[AuthorStanding, Sums]]:
        if authors is not None:
            return {name: self.standing_of[name] for name in authors if name in self.standing_of}
        return {name: one for name, one in self.standing_of.items() if one[1].is_telling or one[0].standing != "new"}

    def count_standings(self) -> int:
        return len(self.standing_of)

    def kept(self, kind: str, keys: Collection[str] | None = None) -> dict[str, Mapping[str, Any]]:
        wanted = None if keys is None else set(keys)
        return {
            key: body for (of, key), body in self.documents.items() if of == kind and (wanted is None or key in wanted)
        }

    def votes(self, nears: Collection[int]) -> list[Vote]:
        groups: defaultdict[tuple[int, str, str], list[Judged]] = defaultdict(list)
        for row in self.rows("near", nears):
            if row.choice:
                groups[row.near, row.author, row.choice].append(row)
        return [
            Vote(*key, max(row.seq for row in some), min(row.feedback_id for row in some))
            for key, some in groups.items()
        ]

    def voices(self, column: Literal["theme", "matter"], keys: Collection[str]) -> list[Voice]:
        return _voices((getattr(row, column), row) for row in self.rows(column, keys) if row.has_voice)

    def rivals(self, theme: str, nears: Collection[int]) -> list[Voice]:
        return _voices((theme, row) for row in self._rivals(theme, nears))

    def content(self, nears: Collection[int]) -> frozenset[str]:
        return frozenset(
            row.author
            for row in self.rows("near", nears)
            if row.has_voice and not row.pair and (row.choice or (row.family == "rating" and row.value == 1))
        )

    def voiced(self, column: Literal["theme", "matter"], key: str, *, newest: int) -> list[Judged]:
        return [row for row in self.rows(column, [key]) if row.has_voice][-newest:]

    def confirmed(self, *, newest: int) -> list[Judged]:
        return self._some(lambda row: row.confirms and row.has_voice and row.is_standing)[-newest:]

    def rival_rows(self, theme: str, nears: Collection[int], *, newest: int) -> list[Judged]:
        return sorted(self._rivals(theme, nears), key=_order)[-newest:]

    def backers(self, pairs: Collection[str]) -> dict[str, frozenset[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for row in self.rows("pair", pairs):
            if row.has_voice:
                found[row.pair].add(row.author)
        return {pair: frozenset(some) for pair, some in found.items()}

    def draw(self, purpose: str, key: str) -> float:
        return self.drawn(purpose, key)

    def given_cases(self, authors: Collection[str]) -> list[EvalCase]:
        return sorted(
            (
                case
                for case in self.cases.values()
                if case.feedback_id is None
                and case.split is not Split.SEALED
                and case.id not in self.retired
                and (case.vouched_by or not case.author or case.author in authors)
            ),
            key=lambda case: case.id,
        )

    def cases_on(self, interactions: Collection[str]) -> list[EvalCase]:
        wanted = set(interactions)
        return [case for case in self.cases.values() if case.interaction_id in wanted and case.id not in self.retired]

    def splits(self, groups: Collection[str]) -> dict[str, Split]:
        wanted = set(groups)
        some = [case for case in self.cases.values() if case.group in wanted]
        return {case.group: case.split for case in sorted(some, key=lambda case: SPLIT_ORDER.index(case.split))}

    def cases_of(self, groups: Collection[str]) -> list[EvalCase]:
        wanted = set(groups)
        return [case for case in self.cases.values() if case.group in wanted and case.id not in self.retired]

    def count_cases(self, split: Split) -> int:
        return sum(1 for _ in self._used(split))

    def count_groups(self, authors: Collection[str] | None = None) -> int:
        used = (case for split in Split for case in self._used(split))
        return len({case.group for case in used if authors is None or case.author in authors})

    def made_by(self, authors: Collection[str], split: Split) -> dict[tuple[str, str], int]:
        some = (case for case in self._used(split) if case.author in authors)
        return dict(Counter((case.author, day_of(case.at)) for case in some))

    def due(self, level: Level, *, limit: int) -> list[Due]:
        return [Due(key, stamp) for key, stamp in sorted(self.list_of[level].items())[:limit]]

    def dump(self) -> Derived:
        """Everything that is kept."""
        return Derived(
            rows=tuple(sorted(self.judged.values(), key=_order)),
            questions=tuple(sorted(self.registry.values(), key=lambda one: one.number)),
            buckets=dict(self.bucket_of),
            standings=tuple(one for _, one in sorted(self.standing_of.items())),
            kept=tuple(Kept(kind, key, body) for (kind, key), body in sorted(self.documents.items())),
            sayings=tuple(one for _, one in sorted(self.said.items())),
        )

    # what is written -------------------------------------------------------------------------------------------
    def write(
        self,
        derived: Derived,
        *,
        flags: Mapping[str, tuple[Flag, ...]],
        moves: Iterable[FeedbackMove],
        cases: Iterable[EvalCase],
        retired: Iterable[str],
        issues: Iterable[Issue],
    ) -> None:
        """What one step found, as a store would keep it."""
        self.judged |= {row.feedback_id: row for row in derived.rows}
        self.registry |= {one.key: one for one in derived.questions}
        self.bucket_of = dict(derived.buckets) | self.bucket_of
        self.standing_of |= {standing.name: (standing, sums) for standing, sums in derived.standings}
        self.documents |= {(one.kind, one.key): one.body for one in derived.kept}
        self.keep_sayings(derived.sayings, derived.unsaid)
        for level, one in derived.done:
            if self.list_of[level].get(one.key) == one.stamp:
                del self.list_of[level][one.key]
        for level, key in derived.due:
            self.list_of[level][key] = self.list_of[level].get(key, 0) + 1
        for key, some in flags.items():
            self.items[key] = self.items[key].model_copy(update={"flags": some})
        for move in moves:
            if self.items[move.feedback_id].state is move.was:
                self.items[move.feedback_id] = self.items[move.feedback_id].model_copy(update={"state": move.now})
        new = {case.id: case for case in cases}
        self.retired = (self.retired | set(retired)) - set(new)
        self.cases = new | self.cases
        self.issues |= {issue.id: issue for issue in issues}
        for key in derived.dropped_issues:
            self.issues.pop(key, None)

    def _used(self, split: Split) -> Iterator[EvalCase]:
        return (case for key, case in self.cases.items() if case.split is split and key not in self.retired)

    def _some(self, is_wanted: Callable[[Judged], bool]) -> list[Judged]:
        return sorted((row for row in self.judged.values() if is_wanted(row)), key=_order)

    def _teachers(self, authors: Collection[str]) -> list[Judged]:
        return self._some(lambda row: bool(row.choice) and row.author in authors and not row.is_drawn_sealed)

    def _rivals(self, theme: str, nears: Collection[int]) -> list[Judged]:
        side = theme.split(SEPARATOR)[1]
        return [row for row in self.rows("near", nears) if row.has_voice and row.pair and row.choice != side]


def _order(row: Judged) -> tuple[int, str]:
    return (row.seq, row.feedback_id)


def _teacher(row: Judged) -> Teacher:
    counts = row.is_standing and row.may_teach
    return Teacher(row.feedback_id, row.interaction_id, row.author, row.question, row.choice, counts)


def _voices(told: Iterable[tuple[str, Judged]]) -> list[Voice]:
    groups: defaultdict[tuple[str, str, str], list[Judged]] = defaultdict(list)
    for theme, row in told:
        groups[theme, row.choice, row.author].append(row)
    return [
        Voice(
            *key,
            n=len(some),
            n_teaching=sum(row.is_teaching for row in some),
            first_at=min(row.at for row in some),
            last_at=max(row.at for row in some),
        )
        for key, some in groups.items()
    ]


def _sums(rows: Collection[Judged]) -> Sums:
    judged = [row for row in rows if row.agree is not None]
    ratings = [row for row in rows if row.family == "rating" and not row.choice and row.value is not None]
    return Sums(
        given=len(rows),
        judged_choices=sum(bool(row.choice) for row in judged),
        judged_ratings=sum(not row.choice for row in judged),
        agreed=sum(row.agree or 0 for row in judged),
        bases=(
            sum(row.basis == 0 for row in judged),
            sum(row.basis == 1 for row in judged),
            sum(row.basis == 2 for row in judged),
        ),
        choices=dict(Counter(row.choice for row in rows if row.choice)),
        values=dict(Counter(row.value for row in ratings if row.value is not None)),
        is_wordy=any(row.is_wordy for row in ratings),
    )
