"""Daily aggregates of what happened: plain rows, each counted anew from the log when something of its day is new.

Tuples, because a year of them is tens of thousands. A day is an ISO date, UTC; of a signal the day of its answer.
"""

from dataclasses import dataclass
from typing import NamedTuple

from pydantic import Field

from loop.records.identity import Moment, Record


class SignalCell(NamedTuple):
    """Feedback of one day, kind, topic, hour and version, counted."""

    day: str
    kind: str
    """Of feedback, such as `thumbs`."""
    topic: str
    """Empty when unknown."""
    hour: int
    """0 to 23, UTC, of the question."""
    number: int | None
    """Version that answered; None when unknown."""
    told: int
    """Items that still count as said, and exceptions."""
    held: int
    """Of these, items the firewall holds back."""
    n: int
    """Of these, mature signals with a value that nobody holds back: their outcome window is closed."""
    good: int
    """Of `n`, value of one half or more."""
    waiting: int
    """Signals whose window is still open: in neither `n` nor `good`."""


class DaySignal(NamedTuple):
    """The same without the hour."""

    day: str
    kind: str
    topic: str
    number: int | None
    told: int
    held: int
    n: int
    good: int
    waiting: int


class HourSignal(NamedTuple):
    """Mature signals by hour; all versions together."""

    day: str
    kind: str
    topic: str
    hour: int
    n: int
    good: int


class DayAnswers(NamedTuple):
    """Answers of one day and version."""

    day: str
    number: int | None
    n: int
    handed_over: int
    """Of these, the agent did not answer but handed over to a person."""
    priced: int = 0
    """Of `n`, those that came with what the model call cost."""
    money: float = 0.0
    """US dollars, of the priced ones together."""


class DayWork(NamedTuple):
    """What people did about the agent in one day, from the journal."""

    day: str
    acts: int
    seconds: float
    """Time between acts of one sitting, and a minute for the first of each: an estimate, breaks included."""


@dataclass(frozen=True)
class DailyCounts:
    """Days counted anew, in place of what was kept of them."""

    signal_days: tuple[str, ...] = ()
    signals: tuple[DaySignal, ...] = ()
    """All there is of `signal_days` from now on."""
    hours: tuple[HourSignal, ...] = ()
    """All there is of `signal_days` from now on."""
    answer_days: tuple[str, ...] = ()
    answers: tuple[DayAnswers, ...] = ()
    """All there is of `answer_days` from now on."""
    work: tuple[DayWork, ...] = ()
    """Each replaces its day."""


class ChangeLine(Record):
    """One proposal as charts and funnels need it, without its content. Sealed totals as they may be read now."""

    id: str
    title: str
    """Built by us or by a proposer; may quote untrusted text."""
    state: str
    """A `ProposalState`."""
    proposer: str
    root_id: str
    """The first proposal of its line of redraws and edits; itself where it is the first."""
    since: Moment
    """When that one was drafted."""
    verdict: str = ""
    """Of the report a reviewer is shown; empty when it was not tested."""
    tested_at: Moment | None = None
    effect: float | None = None
    """On the sealed cases; None: not asked, or not to be read before the decision."""
    low: float | None = None
    high: float | None = None
    """Tango interval of the effect, 90 %."""
    n: int = 0
    expected_gain: float | None = None
    """Shrunk by how much tested changes differ; None as `effect`."""
    moved: int = Field(default=0, ge=0)
    """Sealed cases fixed or broken; 0 as `effect`."""


class WorkEntry(NamedTuple):
    """One act of a person, as the journal has it."""

    seq: int
    actor: str
    action: str
    at: Moment
