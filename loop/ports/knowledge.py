"""The port of the firewall: what it knows, read by key."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal, Protocol

from loop.records import (
    AuthorStanding,
    Derived,
    Due,
    EvalCase,
    FeedbackItem,
    Flag,
    Interaction,
    Judged,
    JudgedColumn,
    KnownQuestion,
    Level,
    Saying,
    SayingColumn,
    Split,
    Sums,
    Teacher,
    Voice,
    Vote,
)


class Knowledge(Protocol):
    """What the firewall knows, read by key. Every answer is complete for its keys; nothing reads all history."""

    def feedback_items(self, ids: Iterable[str]) -> dict[str, FeedbackItem]:
        """Those that exist, by id."""
        ...

    def interactions(self, ids: Iterable[str]) -> dict[str, Interaction]:
        """Those that exist, by id."""
        ...

    def flags(self, ids: Collection[str]) -> dict[str, tuple[Flag, ...]]:
        """Of the feedback that has any, by its id, in the order they were set."""
        ...

    # rows
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
        """Rows that still count as said, in the order of the log; by `feedback_id` also those that no longer do.

        `authors`: of these only. `since`, `until`: seconds since 1970, both inclusive. `any_state`: also those that no
        longer count.
        """
        ...

    def scan(self, level: Level, *, after: int, limit: int) -> list[Judged]:
        """Rows that choose and do not wait for this level by themselves, with a sequence number above `after`.

        In the order of the log.
        """
        ...

    def teachers(self, authors: Collection[str], *, limit: int) -> list[Teacher]:
        """Rows of these authors that choose, outside the groups drawn for the sealed set, in the order of the log."""
        ...

    def count_teachers(self, authors: Collection[str]) -> int: ...

    def first_votes(self, *, limit: int) -> list[Teacher]:
        """Rows that teach the out-of-author model, in the order of the log."""
        ...

    def count_first_votes(self, authors: Collection[str] | None = None) -> dict[tuple[str, str], int]:
        """By author and choice."""
        ...

    def timed(self, kind: str, *, limit: int | None = None, below: float | None = None) -> list[Judged]:
        """Rows of a feedback kind whose author's time is known (under `below` seconds), in the order of the log."""
        ...

    def count_timed(self, kind: str) -> int: ...

    # questions
    def questions(self, keys: Collection[str]) -> dict[str, KnownQuestion]:
        """Those that are known, by key."""
        ...

    def numbered(self, numbers: Collection[int]) -> dict[int, KnownQuestion]:
        """The same by number."""
        ...

    def questions_near(self, nears: Collection[int]) -> list[KnownQuestion]:
        """The members of groups of near-identical questions."""
        ...

    def count_questions(self) -> int: ...

    def buckets(self, keys: Collection[int]) -> dict[int, int]:
        """MinHash bucket to the number of its first question."""
        ...

    # people
    def sums(self, authors: Collection[str]) -> dict[str, Sums]:
        """Over the rows that still count, by author; empty sums for an author without rows."""
        ...

    def stream_hours(self, authors: Collection[str]) -> dict[str, tuple[int, int]]:
        """Of each stream (door, author, by line) of these authors: items ever received, and clock hours with one."""
        ...

    def standings(self, authors: Collection[str] | None = None) -> dict[str, tuple[AuthorStanding, Sums]]:
        """As last found, by author; None: everybody of whom enough is known to be anything but new."""
        ...

    def count_standings(self) -> int: ...

    # groups
    def kept(self, kind: str, keys: Collection[str] | None = None) -> dict[str, Mapping[str, Any]]:
        """Documents of one kind, by key; None: all of them."""
        ...

    def votes(self, nears: Collection[int]) -> list[Vote]:
        """Who chose what in these groups, one entry per group, author and choice."""
        ...

    def voices(self, column: Literal["theme", "matter"], keys: Collection[str]) -> list[Voice]:
        """Who speaks to these themes, one entry per theme, choice and author."""
        ...

    def rivals(self, theme: str, nears: Collection[int]) -> list[Voice]:
        """Who corrects questions of these groups to something else than the theme, one entry per choice and author."""
        ...

    def content(self, nears: Collection[int]) -> frozenset[str]:
        """Who says of questions of these groups that the answer was right."""
        ...

    def voiced(self, column: Literal["theme", "matter"], key: str, *, newest: int) -> list[Judged]:
        """The newest rows that speak to a theme, in the order of the log."""
        ...

    def confirmed(self, *, newest: int) -> list[Judged]:
        """The newest rows with a voice that say the answer was right as it was, in the order of the log."""
        ...

    def rival_rows(self, theme: str, nears: Collection[int], *, newest: int) -> list[Judged]:
        """The newest rows behind `rivals`, in the order of the log."""
        ...

    def backers(self, pairs: Collection[str]) -> dict[str, frozenset[str]]:
        """Authors with a voice for a pair."""
        ...

    # claims
    def sayings(
        self, column: SayingColumn, keys: Collection[str], *, first: int | None = None, only_open: bool = False
    ) -> list[Saying]:
        """Claims people said, in the order of the log; `first`: at most so many; `only_open`: of those that wait."""
        ...

    def sayers(self, claims: Collection[str]) -> dict[str, tuple[str, ...]]:
        """By claim: up to two of those whose own word it is, first and last by name; none: left out."""
        ...

    def spans(self, people: Collection[str]) -> dict[str, tuple[float, float]]:
        """By person: when their first and their last claim was said; people who say none are left out."""
        ...

    # chance
    def draw(self, purpose: str, key: str) -> float:
        """A number in [0, 1) that follows from the agent's secret and these words, and from nothing else.

        Nobody who chooses a name chooses its draw; the secret itself is never handed out. `purpose`: draws for
        different ends are independent.
        """
        ...

    # what it led to
    def given_cases(self, authors: Collection[str]) -> list[EvalCase]:
        """Cases that somebody vouched for, or that the operator or one of these authors handed in.

        No feedback made them, and none is sealed.
        """
        ...

    def cases_on(self, interactions: Collection[str]) -> list[EvalCase]:
        """Cases made from these interactions that are not retired."""
        ...

    def splits(self, groups: Collection[str]) -> dict[str, Split]:
        """The split each group was settled for, retired cases counted; groups without cases are left out.

        Once a case of a group examined, the group examines for ever: sealed before dev before log.
        """
        ...

    def cases_of(self, groups: Collection[str]) -> list[EvalCase]:
        """Cases of these groups that are not retired."""
        ...

    def count_cases(self, split: Split) -> int:
        """Not retired."""
        ...

    def count_groups(self, authors: Collection[str] | None = None) -> int:
        """Groups with a case that is not retired; made by these people, or by anybody."""
        ...

    def made_by(self, authors: Collection[str], split: Split) -> dict[tuple[str, str], int]:
        """Cases of a split these people made that are not retired, by author and ISO date (UTC) of their word."""
        ...

    def dump(self) -> Derived:
        """Everything that is kept, for a recheck: all history, so nothing else asks for it."""
        ...

    def due(self, level: Level, *, limit: int) -> list[Due]:
        """Keys of one level that have to be looked at, oldest first."""
        ...
