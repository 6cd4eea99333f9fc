"""How the agent is doing: four sentences and the numbers behind them, computed by the engine and read by screens."""

from typing import Literal

from loop.records.agents import Slug
from loop.records.identity import Moment, Record

SentenceKey = Literal["better", "why", "cost", "next"]
SentenceTone = Literal["good", "hopeful", "neutral", "bad", "unknown"]
Standing = Literal[
    "confirmed", "proved", "no worse", "coincided", "no clear effect", "not known", "worse", "taken back"
]  # fmt: skip
"""What is known of a release. `confirmed`: on cases sealed after its decision. `proved`: in the test it was approved
on. `no worse`: a loss is ruled out. `coincided`: people's signals moved around it, which compares times and not
versions. `no clear effect`: asked, by a test that ruled a worthwhile gain out or on fresh cases, and neither better
nor worse. `not known`: too little was asked to say anything. `worse`: by the interval on fresh cases. `taken back`: it
is not live any more."""


class Sentence(Record):
    """One question of a manager with its answer."""

    key: SentenceKey
    question: str
    answer: str
    """One or two words, such as `Yes` or `Not shown`."""
    text: str
    """The sentence; may quote titles, which are untrusted."""
    notes: tuple[str, ...] = ()
    """What else must be known to read it rightly."""
    tone: SentenceTone = "neutral"


class Gain(Record):
    """A difference of shares with its interval."""

    effect: float
    """−1 to 1; positive is better."""
    low: float
    high: float
    """90 % interval unless the field that holds it says otherwise."""
    n: int
    """Cases or signals it rests on."""

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.direction != "neutral"

    @property
    def direction(self) -> Literal["good", "bad", "neutral"]:
        """`good`: the interval lies above zero; `bad`: below; `neutral`: zero is in it."""
        return "good" if self.low > 0 else "bad" if self.high < 0 else "neutral"


class PeopleGain(Gain):
    """Signals of one kind before and after a release, adjusted for what was asked. Coincidence, not proof."""

    kind: str
    before: float
    """Share good before, as counted."""
    since: float


class ReleaseGain(Record):
    """What one release was worth."""

    number: int
    at: Moment
    title: str
    """Untrusted."""
    proposal_id: str | None
    standing: Standing
    tested: Gain | None = None
    """On the sealed cases it was approved on."""
    expected: float | None = None
    """Of `tested`, what is to be expected: less, because it was picked for coming out well."""
    fresh: Gain | None = None
    """On cases sealed after its decision; None: not enough yet."""
    people: tuple[PeopleGain, ...] = ()
    """One for each kind of signal with enough of it."""
    ended_at: Moment | None = None
    """When it was taken back."""

    @property
    def gain(self) -> Gain | None:
        """The best evidence there is: fresh cases before the test."""
        return self.fresh or self.tested


class Rollback(Record):
    """A release being taken back."""

    number: int
    at: Moment
    restores: int | None
    reason: str
    """Untrusted."""


class SignalDay(Record):
    """One day of one kind of signal."""

    day: str
    n: int
    good: int
    waiting: int = 0
    low: float | None = None
    high: float | None = None
    """Wilson 95 % interval of good / n."""
    centre: float | None = None
    """Usual share of its phase; None: too few days."""
    lower: float | None = None
    upper: float | None = None
    """Control limits, three sigma, wider where days scatter more than chance alone."""
    mark: Literal["", "outside", "run"] = ""
    """`outside`: beyond a limit. `run`: the eighth or later day in a row on one side."""


class SignalChart(Record):
    """One kind of signal, day by day, in phases from release to release."""

    kind: str
    n: int
    """Signals shown."""
    days: tuple[SignalDay, ...]


class Alarm(Record):
    """The last days fell by more than chance and usual scatter explain, or a kind of signal stopped."""

    kind: str
    since: str
    """First of the days that fell."""
    text: str
    """Calm: what fell, by how much, what coincides, where to look."""


class HeatCell(Record):
    """One topic at one hour, over the newest weeks."""

    topic: str
    hour: int
    """UTC."""
    n: int
    bad: int


class TrialLine(Record):
    """One tested change in the overview of tests."""

    proposal_id: str
    title: str
    """Untrusted."""
    at: Moment
    verdict: str
    gain: Gain
    expected: float | None = None
    """What is to be expected, as of `ReleaseGain`."""


class LevelPoint(Record):
    """How right a version is on the sealed cases, from when it went live."""

    number: int
    at: Moment
    share: float
    low: float
    high: float
    """Wilson 95 % interval."""
    n: int
    is_same: bool
    """Measured on the cases the live version was measured on: only such shares compare."""


class AvoidedErrors(Record):
    """Bad answers avoided so far, day by day, against the versions before each release."""

    day: str
    total: float
    low: float
    high: float
    answers: int = 0
    """Answers of versions with a counted change, so far."""
    unknown: int = 0
    """Answers since the first of them whose version is not known: in none of the others."""


class CostWeek(Record):
    """What one week took."""

    week: str
    """Its Monday, ISO."""
    answers: int
    takeovers: int | None
    """None while it is not known whether people report them."""
    watched: int = 0
    """Answers they are counted among: since the first was reported, the newest days left out."""
    handed_over: int
    seconds: float


class Month(Record):
    """One month in numbers."""

    month: str
    """Such as `2026-11`."""
    answers: int
    takeovers: int | None
    """None while it is not known whether people report them."""
    watched: int = 0
    """Answers they are counted among, see `CostWeek`."""
    released: int
    taken_back: int
    seconds: float
    good: tuple[tuple[str, int, int], ...] = ()
    """By kind of signal: mature ones, and of these good ones."""


class Worth(Record):
    """A decision that waits, and what it is worth."""

    proposal_id: str
    title: str
    """Untrusted."""
    verdict: str
    """Of its test; empty: not tested."""
    stakes: str
    since: Moment
    """When it, or what it redraws, was drafted."""
    gain: Gain | None = None
    """To be expected after its test, shrunk; None: not to be read before the decision."""
    week: float | None = None
    """The same in right answers a week; None: unknown."""
    low: float | None = None
    high: float | None = None


class Funnel(Record):
    """From feedback to live changes; each change once, however often it was drawn up again."""

    received: int
    """Items of feedback since `since`."""
    held: int
    since: str = ""
    """First day of which feedback is counted here; changes are counted from the very first."""
    drafted: int
    tested: int
    approved: int
    """Approvals that were taken back within the undo window are left out."""
    released: int
    in_force: int


class DecisionCounts(Record):
    """What people decided, undone decisions left out."""

    approved: int = 0
    edited: int = 0
    rejected: int = 0

    @property
    def n(self) -> int:
        """All of them."""
        return self.approved + self.edited + self.rejected


class Caught(Record):
    """The firewall as far as blind audits looked."""

    held: int
    looked_at: int
    judged: int = 0
    """Audited items on which people settled; 0: nobody has looked."""
    precision: Gain | None = None
    """Of what it holds, the part that is bad, 95 % interval; the rest are false alarms."""
    recall: Gain | None = None
    """Of what is bad, the part that it holds, 95 % interval."""
    missed: Gain | None = None
    """Bad items nothing objects to: a number of items, 95 % interval."""


class Improvement(Record):
    """The whole page. May be missing before the first turn, and is as old as `at`."""

    agent: Slug
    at: Moment
    sentences: tuple[Sentence, ...]
    """Better, why, cost, next."""
    alarms: tuple[Alarm, ...] = ()
    total: Gain | None = None
    """All changes in force that were counted on fresh cases, added up; valid whatever their cases share, and `n` is the
    most that one was counted on."""
    progress: Gain | None = None
    """Live against first version, on the sealed cases that also chose the changes."""
    looks: int = 0
    """Looks at these."""
    releases: tuple[ReleaseGain, ...] = ()
    """Oldest first."""
    rollbacks: tuple[Rollback, ...] = ()
    levels: tuple[LevelPoint, ...] = ()
    """By the time they went live; the last one is what answers now where that was measured."""
    signals: tuple[SignalChart, ...] = ()
    """The kind with most signals first."""
    avoided: tuple[AvoidedErrors, ...] = ()
    tests: tuple[TrialLine, ...] = ()
    """Newest first."""
    heat_kind: str = ""
    heat: tuple[HeatCell, ...] = ()
    weeks: tuple[CostWeek, ...] = ()
    months: tuple[Month, ...] = ()
    waiting: tuple[Worth, ...] = ()
    """Worth most first."""
    funnel: Funnel
    decided: DecisionCounts
    caught: Caught | None = None
