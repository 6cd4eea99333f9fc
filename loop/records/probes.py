"""Probes: questions a person puts to versions to see what they say, outside of any test and any traffic."""

from typing import Literal

from pydantic import Field

from loop.records.agents import ContextFields, SectionName, Slug
from loop.records.events import Answer
from loop.records.identity import Moment, Record

SIDES_MAX = 2
"""Versions asked the same question: one, or two side by side."""
PROBE_SOURCE = "probe"
"""The door of an interaction that was kept because somebody corrected the answer to a probe."""


class UsedPart(Record):
    """One part of a version that an answer rests on, in words: the version itself may be long gone from a screen."""

    section: SectionName
    id: str
    """Empty for a line of the instructions."""
    title: str
    words: str
    """Cut where it is long."""


class ProbeAnswer(Record):
    """What one version said."""

    number: int
    """Version."""
    answer: Answer
    used: tuple[UsedPart, ...] = ()
    """In the order of weight."""
    note: str = ""
    """What else must be known to read it, in a sentence."""


class Probe(Record):
    """One question to one version, or to two side by side. A worker answers it; a page never does."""

    id: str
    agent: Slug
    actor: str
    """Who asks."""
    question: str
    """Masked as everything is that is stored: this is what the versions are asked."""
    context: ContextFields = Field(default_factory=dict)
    numbers: tuple[int, ...] = Field(min_length=1, max_length=SIDES_MAX)
    """Versions, in the order shown."""
    asked_at: Moment
    ended_at: Moment | None = None
    """When it was answered, or given up; None: it waits."""
    answers: tuple[ProbeAnswer, ...] = ()
    """One for each version, in the order of `numbers`; empty while it waits and when it failed."""
    reason: str = ""
    """Why it could not be answered, in words; empty when it could."""

    @property
    def state(self) -> Literal["waits", "answered", "failed"]:
        """Where it stands."""
        if self.ended_at is None:
            return "waits"
        return "failed" if self.reason else "answered"


class CheckFault(Record):
    """One thing in the record that does not follow."""

    subject: str
    what: str
    repair: str
    """What can be done, with the command."""


class RecordCheck(Record):
    """The last check of an agent's journal and of everything it vouches for, as a worker found it."""

    agent: Slug
    asked_by: str
    asked_at: Moment
    ended_at: Moment | None = None
    """None: a worker is at it, or none has begun; what is said below was found before."""
    found_at: Moment | None = None
    """When what is said below was found; None: nothing was."""
    entries: int = 0
    """Of the journal."""
    signed: int = 0
    """Of these, signed with a key that is here."""
    rows: int = 0
    """Rows that decide."""
    anchors: int = 0
    """Compared with where the journal stood, as kept outside of the database."""
    faults: tuple[CheckFault, ...] = ()
    """The first ones."""
    n_faults: int = 0
    notes: tuple[str, ...] = ()
    """What cannot be told from what is here."""
    reason: str = ""
    """Why it could not be done, in words."""
