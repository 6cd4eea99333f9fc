"""What is wrong and what could change: issues, differences, stakes, proposals."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from loop.records.agents import SectionName, Slug
from loop.records.identity import Moment, Record
from loop.records.kinds import Proposer
from loop.records.operations import Operation


class IssueSide(Record):
    """One correction that several people may share."""

    correction: str
    """What the answer should have been: a label, an article id or a text."""
    sources: int = Field(ge=0)
    """Distinct authors, one vote each."""
    feedback_ids: tuple[str, ...]


class Issue(Record):
    """Validated feedback that says the same thing."""

    id: str
    agent: Slug
    kind: Literal["label", "article", "answer", "knowledge", "complaint"]
    """`label`/`article`: the wrong one was chosen. `answer`: the wording is wrong.
    `knowledge`: people had to take over. `complaint`: low ratings without a correction."""
    title: str
    """In words; built by us, quoting at most a short piece of a question."""
    topic: str = ""
    sides: tuple[IssueSide, ...]
    """Strongest first; more than one strong side is a conflict."""
    support: int = Field(ge=0)
    """Distinct sources behind the strongest side."""
    is_supported: bool
    """Enough distinct sources for a machine to propose a change."""
    conflict: str = ""
    """In words when two sides are both strong, else empty."""
    interaction_ids: tuple[str, ...]
    first_at: Moment
    last_at: Moment


class Change(Record):
    """One element before and after: what a diff shows."""

    section: SectionName
    element_id: str
    title: str
    before: str
    """Text of the element; empty when it is new."""
    after: str
    """Text of the element; empty when it goes."""


class StakesLevel(StrEnum):
    """How much a wrong decision would cost."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Stakes(Record):
    """Computed, never typed in."""

    level: StakesLevel
    reasons: tuple[str, ...]
    """In words; why not lower."""


class Proposal(Record):
    """One concrete change on one base version."""

    id: str
    agent: Slug
    base_number: int
    base_digest: str
    candidate_digest: str
    """Digest of the bundle that would go live."""
    operations: tuple[Operation, ...] = Field(min_length=1)
    changes: tuple[Change, ...]
    """The elements before and after, as a diff shows them; derived from base and operations."""
    title: str
    """In words, what changes."""
    rationale: str
    """In words, why. Written by a proposer or a person; untrusted text."""
    evidence: tuple[str, ...] = ()
    """Feedback ids it cites."""
    issue_ids: tuple[str, ...] = ()
    expected_fixes: tuple[str, ...] = ()
    """Log case ids the proposer expects to fix."""
    proposer: Proposer
    authors: tuple[str, ...] = ()
    """People who wrote or edited it; none of them may approve it when roles are on."""
    stakes: Stakes
    replaces: str | None = None
    """The proposal a reviewer edited, or the stale one this redraws."""
    created_at: Moment
