"""Who decided what on which evidence, what went live, and the journal of it."""

from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field

from loop.records.agents import Slug
from loop.records.changes import Proposal
from loop.records.identity import SCHEME, Moment, Record, digest
from loop.records.reports import Report


class Role(StrEnum):
    """What a person may do; see `loop.roles`."""

    VIEWER = "viewer"
    CORRECTOR = "corrector"
    REVIEWER = "reviewer"
    APPROVER = "approver"
    ADMIN = "admin"
    ENGINE = "engine"
    """The loop itself; never a person."""


class Actor(Record):
    """Who acts, as the edge established it. Never taken from a widget or a URL."""

    name: str = Field(min_length=1, max_length=200)
    role: Role
    is_single_operator: bool = False
    """True when sign-in is off and one person runs everything: may approve own work, and the record says so."""


class Decision(Record):
    """A person's (or a policy's) word on one proposal, bound to what they saw."""

    id: str
    agent: Slug
    proposal_id: str
    verb: Literal["approve", "edit", "reject", "undo", "endorse"]
    """`endorse`: the first of two approvals; the proposal still waits."""
    actor: Actor
    reason: str = ""
    categories: tuple[str, ...] = ()
    """Why rejected: `wrong`, `unsafe`, `too_narrow`, `tone`, `duplicate`, `other`."""
    seen_digest: str
    """Digest of agent, base, full artifact, case set and results as shown."""
    report_id: str | None = None
    """The one report it rests on; None when the proposal had not been tested."""
    at: Moment
    effective_at: Moment
    """When an approval may go live: after the undo window."""
    undoes: str | None = None
    """For `undo`: the decision taken back."""
    successor_id: str | None = None
    """For `edit`: the proposal that replaces this one."""
    completes: str | None = None
    """For an approval that needed two: the first of them, by somebody else, on the same digest."""

    UNSPOKEN: ClassVar[frozenset[str]] = frozenset({"completes"})


class Release(Record):
    """A version going live or coming back."""

    id: str
    agent: Slug
    kind: Literal["start", "deploy", "rollback"]
    number: int
    """The version that is live from now on."""
    from_number: int | None
    share: float = Field(default=1.0, ge=0, le=1)
    """Share of traffic."""
    step: int = Field(default=0, ge=0)
    """0-based step of a ramp; an approval makes each step happen at most once."""
    decision_id: str | None
    proposal_id: str | None
    actor: str
    reason: str = ""
    at: Moment


def evidence_digest(proposal: Proposal, report: Report) -> str:
    """What a decision is bound to: everything a reviewer was shown.

    Covers agent, base, the full artifact that would go live, operations, rationale, case set and results.
    """
    return digest([SCHEME, proposal, report])
