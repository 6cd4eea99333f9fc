"""The card of a change: what a reviewer reads first, worked out when it is tested and kept with the report."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

from pydantic import Field

from loop.records.agents import SectionName
from loop.records.identity import Record, Scalar

REACH_DAYS = 28
"""Days of answers from which a change's reach is counted."""


class Fact(Record):
    """One fact beside a question: what a rule may test, and what no wording of the question says."""

    name: str
    """Of the context field."""
    value: Scalar
    """None: it was not known."""
    is_decisive: bool = False
    """A rule that the change brings, alters or takes away tests it."""


class AnsweredQuestion(NamedTuple):
    """What was asked and answered, as far as counting a change's reach needs."""

    at: datetime
    question: str
    context: Mapping[str, Scalar]
    answer: str
    label: str | None
    article_id: str | None


class WeeklyReach(Record):
    """How many answers a week the change is about, from a sample of the newest of the last REACH_DAYS days."""

    per_week: float | None
    """None: not known; `why` says why."""
    low: float | None = None
    high: float | None = None
    """Wilson interval, 90 %, of the same; None where every answer of these days was looked at."""
    matched: int = 0
    """Of those that were looked at: answers that would differ, or that the change's footprint matches."""
    looked_at: int = 0
    """A sample of the newest, at most a bounded number."""
    days: float = Field(default=0, ge=0)
    """That they span."""
    is_compared: bool = True
    """Both versions were asked, so `matched` would read differently; else they are on the same topics."""
    why: str = ""
    """Why it is not known, in words; empty where it is."""

    @property
    def words(self) -> str:
        """Such as `about 31 answers a week (2 of 200 looked at, so 8 to 100)`, always with what it rests on."""
        if self.per_week is None:
            return "how many answers it reaches is not known"
        if not self.matched:
            return f"none of the {self.looked_at:,} answers looked at" if self.looked_at else "no answer"
        seen = f"{self.matched:,} of {self.looked_at:,} looked at"
        if self.low is not None and self.high is not None:
            if self.matched == 1:
                return f"few answers a week ({seen})"
            seen += f", so {self.low:,.0f} to {self.high:,.0f}"
        if self.per_week < 1:
            told = "less than one answer a week"
        else:
            told = f"about {self.per_week:,.0f} {'answer' if round(self.per_week) == 1 else 'answers'} a week"
        return f"{told} ({seen})" if self.looked_at else told

    @property
    def sentence(self) -> str:
        """The same, and whether they would differ or are only on the same topics."""
        if self.per_week is None:
            return "How many answers it reaches is not known."
        if not self.is_compared:
            return f"It is on the topics of {self.words}."
        return f"{self.words[:1].upper()}{self.words[1:]} would read differently."


AlarmKind: TypeAlias = Literal["placeholder", "secret", "language", "invisible"]
"""What may be wrong with a text whatever its verdict."""


class Alarm(Record):
    """Something in what the change would say that no test of answers finds."""

    kind: AlarmKind
    words: str
    """In a sentence, naming the piece."""
    section: SectionName
    element_id: str


class Clash(Record):
    """Something live that says the opposite of what the change teaches."""

    section: SectionName
    element_id: str
    """Empty: the instructions."""
    says: str
    """The live sentence, as it stands."""
    against: str
    """The sentence of the change it stands against."""
    difference: str
    """Such as `5 days instead of 10 to 14 days`."""


class Card(Record):
    """What a reviewer reads first, in the customer's terms. Worked out once, at the test; never in a page run."""

    sentence: str
    """What customers are told from now on, and how many."""
    reach: WeeklyReach
    alarms: tuple[Alarm, ...] = ()
    clashes: tuple[Clash, ...] = ()
    """Nearest first."""
    facts: tuple[str, ...] = ()
    """Names of the context fields that rules of the change test."""
