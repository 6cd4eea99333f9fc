"""What one level of the firewall is handed, and what it found: a worklist algorithm, every step idempotent."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from loop.ports import Knowledge
from loop.records import (
    Agent,
    AuthorStanding,
    Derived,
    Due,
    EvalCase,
    FeedbackMove,
    Flag,
    Issue,
    Judged,
    Kept,
    KnownQuestion,
    Level,
    Moment,
    Saying,
    Sums,
    named_people,
)
from loop.validate.ground import NO_GROUND, Ground

CHANGED: Mapping[Level, tuple[str, ...]] = {
    "view": ("agree", "basis"),
    "said": ("findings",),
    "burst": ("findings",),
    "stream": ("findings",),
    "row": (
        *("state", "agree", "basis", "top", "top_chance", "given_chance", "rank"),
        *("has_voice", "theme", "findings"),
    ),
    "pair": ("theme",),
    "text": ("findings",),
}
"""By level, what it may change of a row that is there already; `facts` makes rows."""


@dataclass(frozen=True)
class Work:
    """One level's keys, with what is known. The same keys on the same knowledge find the same."""

    agent: Agent
    known: Knowledge
    now: Moment
    keys: tuple[str, ...]
    seed: int = 0
    ground: Ground = NO_GROUND
    """What the agent's own articles, instructions, examples and facts say."""

    @cached_property
    def named(self) -> frozenset[str]:
        """People the operator vouches for, as their doors authenticated them."""
        return named_people(self.agent)


@dataclass
class Findings:
    """What a level found, while it is gathered; `derived` hands it over for one transaction."""

    rows: dict[str, Judged] = field(default_factory=dict)
    questions: dict[str, KnownQuestion] = field(default_factory=dict)
    buckets: dict[int, int] = field(default_factory=dict)
    standings: list[tuple[AuthorStanding, Sums]] = field(default_factory=list)
    kept: dict[tuple[str, str], Kept] = field(default_factory=dict)
    sayings: dict[tuple[str, str], Saying] = field(default_factory=dict)
    unsaid: dict[tuple[str, str], None] = field(default_factory=dict)
    due: dict[tuple[Level, str], None] = field(default_factory=dict)
    flags: dict[str, tuple[Flag, ...]] = field(default_factory=dict)
    """By feedback id: all its flags from now on."""
    moves: list[FeedbackMove] = field(default_factory=list)
    cases: list[EvalCase] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    """Emerging topics that were not there before, a sentence each."""
    new_issues: int = 0
    """Of the issues, those that did not stand before."""

    def give(self, level: Level, keys: Iterable[str]) -> None:
        """Put keys on the list of a level; empty ones are left out."""
        for key in keys:
            if key:
                self.due[level, key] = None

    def keep(self, kind: str, key: str, body: Mapping[str, object]) -> None:
        """Replace a document."""
        self.kept[kind, key] = Kept(kind, key, body)

    def derived(self, level: Level, done: Sequence[Due]) -> Derived:
        """Everything to be written, with the keys that were worked off."""
        return Derived(
            rows=tuple(self.rows.values()),
            columns=CHANGED.get(level, ()),
            questions=tuple(self.questions.values()),
            buckets=self.buckets,
            standings=tuple(self.standings),
            kept=tuple(self.kept.values()),
            sayings=tuple(self.sayings.values()),
            unsaid=tuple(self.unsaid),
            due=tuple(self.due),
            done=tuple((level, one) for one in done),
            dropped_issues=tuple(self.dropped),
        )


def unreliable_among(standings: Collection[AuthorStanding]) -> frozenset[str]:
    """Authors who have no vote."""
    return frozenset(one.name for one in standings if one.standing == "unreliable")
