"""Is it better: cases, outcomes, counts with their statistics, and measurements."""

from collections.abc import Iterable
from enum import StrEnum
from typing import ClassVar, Literal, TypeAlias

from pydantic import Field

from loop.records.agents import ContextFields, Grading, Slug
from loop.records.cards import Fact
from loop.records.events import Answer
from loop.records.identity import Moment, Record, digest


class Split(StrEnum):
    """Who may see a case."""

    LOG = "log"
    """Proposers learn from it."""
    DEV = "dev"
    """Results are shown one by one."""
    SEALED = "sealed"
    """Only totals are ever shown."""


class EvalCase(Record):
    """A question with a known good answer."""

    id: str
    agent: Slug
    split: Split
    group: str
    """Episode or customer whose hash chose the split; all cases of a group share it."""
    question: str
    context: ContextFields = Field(default_factory=dict)
    grading: Grading
    expected: str
    """A label, an article id or a text, as `grading` says."""
    must_include: tuple[str, ...] = ()
    """Pieces a right answer contains; case and spacing ignored."""
    must_exclude: tuple[str, ...] = ()
    """Pieces a right answer does not contain."""
    topic: str = ""
    """Slice in the report."""
    is_protected: bool = False
    """Must not break: one regression here blocks the change."""
    author: str = ""
    """Who said what is right."""
    vouched_by: str = ""
    """Who answers for it by name: handed it in, or confirmed it blind; empty: it rests on feedback."""
    feedback_id: str | None = None
    interaction_id: str | None = None
    at: Moment


def case_set_digest(cases: Iterable[EvalCase]) -> str:
    """What was asked and what counts as right, whatever the order. Numbers compare only where it is the same."""
    return digest(
        sorted(
            digest(
                [
                    case.id,
                    case.split,
                    case.question,
                    case.context,
                    case.grading,
                    case.expected,
                    case.must_include,
                    case.must_exclude,
                    case.is_protected,
                ]
            )
            for case in cases
        )
    )


class Grade(Record):
    """One answer against one case."""

    is_right: bool
    similarity: float | None = Field(default=None, ge=0, le=1)
    """For texts: token overlap with the expected answer; higher is closer."""
    reason: str
    """In words, why right or wrong."""


Movement: TypeAlias = Literal["broken", "fixed", "both_right", "both_wrong"]
"""Which cell of the 2×2 a case falls into."""


class CaseOutcome(Record):
    """One case under base and candidate. Made for dev cases only."""

    case_id: str
    question: str
    expected: str
    base: Answer
    candidate: Answer
    base_grade: Grade
    candidate_grade: Grade
    facts: tuple[Fact, ...] = ()
    """The facts beside the question, those that decide first."""

    UNSPOKEN: ClassVar[frozenset[str]] = frozenset({"facts"})

    @property
    def movement(self) -> Movement:
        """Which cell of the 2×2 it falls into."""
        match self.base_grade.is_right, self.candidate_grade.is_right:
            case False, True:
                return "fixed"
            case True, False:
                return "broken"
            case True, True:
                return "both_right"
            case _:
                return "both_wrong"


class Tally(Record):
    """The 2×2 of a paired comparison, in cases."""

    both_right: int = Field(default=0, ge=0)
    fixed: int = Field(default=0, ge=0)
    broken: int = Field(default=0, ge=0)
    both_wrong: int = Field(default=0, ge=0)

    @property
    def n(self) -> int:
        """Cases compared."""
        return self.both_right + self.fixed + self.broken + self.both_wrong

    @property
    def base_rate(self) -> float | None:
        """Share right under the base; None without cases."""
        return (self.both_right + self.broken) / self.n if self.n else None

    @property
    def candidate_rate(self) -> float | None:
        """Share right under the candidate; None without cases."""
        return (self.both_right + self.fixed) / self.n if self.n else None

    @property
    def effect(self) -> float | None:
        """Candidate rate minus base rate; positive is better; None without cases."""
        return (self.fixed - self.broken) / self.n if self.n else None


class Evidence(Record):
    """A tally with its statistics."""

    tally: Tally
    low: float | None
    """Tango score interval of the effect, 90 % two-sided: its lower end is the one-sided 95 % bound."""
    high: float | None
    p_better: float | None
    """One-sided mid-p McNemar for 'better'; None without cases."""
    p_worse: float | None
    """The same for 'worse'."""


class SliceResult(Record):
    """The sealed or dev evidence of one slice."""

    name: str
    """A topic, or `taught` / `untaught` (cases the change does not touch)."""
    split: Split
    evidence: Evidence
    p_harm_adjusted: float | None
    """Holm over the slices of this report, one-sided for harm."""
    is_harmed: bool


class LeftOut(Record):
    """Cases of one split that a report does not rest on, by why; each is counted once."""

    split: Split
    shown: int = Field(default=0, ge=0)
    """What they ask, or the answer that only they know, stands in the change or in what its author was shown."""
    repeated: int = Field(default=0, ge=0)
    """Near-identical to an older case of the split, which is asked in their place."""
    unanswered: int = Field(default=0, ge=0)
    """The base's answer to them is not known: what was really answered was not recorded."""


class Arm(Record):
    """One side of an experiment."""

    name: str
    """Such as `base` or `candidate`; unique within the experiment."""
    number: int
    """Version."""
    share: float = Field(ge=0, le=1)
    """Share of the cases (offline) or of the traffic (live) it gets."""


class Experiment(Record):
    """A comparison of versions: offline (paired replay) or live (split traffic)."""

    id: str
    agent: Slug
    kind: Literal["offline", "live"]
    proposal_id: str
    arms: tuple[Arm, ...]
    started_at: Moment
    ended_at: Moment | None = None
    state: Literal["running", "ended", "cancelled"] = "running"


class Measurement(Record):
    """How right one version is on the sealed cases as they were on a day. Never measured on what taught it."""

    agent: Slug
    number: int
    """Version."""
    case_set_digest: str
    n: int
    right: int
    low: float | None
    high: float | None
    """Wilson 95 % interval of right / n; None without cases."""
    at: Moment


class Comparison(Record):
    """Two versions on the same sealed cases, pair by pair. It decides nothing and is no look of the ledger."""

    agent: Slug
    kind: Literal["confirmation", "progress"]
    """`confirmation`: with a change and before it, on cases sealed after its decision. `progress`: since the first."""
    number: int
    """Version."""
    against: int
    """The version it is compared with."""
    evidence: Evidence
    """Of the cases both answered; of a confirmation empty until there are enough, and then its interval is one of all
    counts of the change together."""
    fresh: int = 0
    """Of a confirmation: cases asked and sealed after the decision to which both answers are known."""
    unasked: int = 0
    """Of a confirmation: such cases that not both were asked."""
    by_it: int = 0
    """Of a confirmation: of the cases counted, those that came of what a version with the change answered."""
    allowed: float = 0.0
    """Of a confirmation: loss that must be ruled out, as a share of cases; 0 where a gain was promised."""
    there: int
    """Sealed cases there were."""
    at: Moment

    @property
    def is_confirmed(self) -> bool:
        """Whether the interval shows what was promised."""
        return self.evidence.low is not None and self.evidence.low > -self.allowed


class DailyQuality(Record):
    """What people said of the answers of one day."""

    agent: Slug
    day: str
    """ISO date, UTC."""
    number: int | None
    """Version that answered; None when unknown."""
    n: int
    """Mature numeric signals that the firewall did not hold back: their outcome window is closed."""
    good: int
    """Of these, value of one half or more."""
    low: float | None
    high: float | None
    """Wilson 95 % interval of good / n."""
    waiting: int = 0
    """Signals whose window is still open: in neither `n` nor `good`."""

    @property
    def matured(self) -> float:
        """Share of the signals whose window is closed, 0 to 1; 1 without any."""
        return self.n / (self.n + self.waiting) if self.waiting else 1.0
