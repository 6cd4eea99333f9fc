"""What reviewers do beside deciding: read under a lease, comment, approve as one of two, answer practice cases."""

from collections.abc import Iterable
from typing import Literal, TypeAlias

from pydantic import Field

from loop.records.agents import Slug
from loop.records.decisions import Decision
from loop.records.identity import Moment, Record

LEASE_SECONDS = 60
"""How long a spell of reading lasts when it is not renewed."""


class Viewing(Record):
    """One person reading one proposal: a short lease, renewed while the page is open."""

    agent: Slug
    proposal_id: str
    person: str = Field(min_length=1, max_length=200)
    first_at: Moment
    """When they saw it first."""
    since: Moment
    """When this spell of reading began."""
    until: Moment
    """When it ends by itself; earlier once they left or decided."""
    verb: str = ""
    """What they decided last: `approve`, `reject`, `edit`, `endorse`; empty: nothing."""
    seconds: float | None = None
    """How long they had been reading when they did."""
    decided_at: Moment | None = None


class Viewers(Record):
    """Who reads a proposal now."""

    holder: str = ""
    """Who came first and may decide; the others may read. Empty: nobody."""
    is_mine: bool = False
    """The one who asks is the holder."""
    others: tuple[str, ...] = ()
    """Everybody else, in the order they came."""


class Remark(Record):
    """A reviewer's comment on a proposal, or on one of its lines."""

    id: str
    agent: Slug
    proposal_id: str
    author: str = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1, max_length=4000)
    """Untrusted text."""
    element: str = ""
    """`section/element id` of the change it is about; empty: the proposal as a whole."""
    side: Literal["before", "after"] = "after"
    line: int | None = Field(default=None, ge=1)
    """1-based line of that side; None: the element as a whole."""
    quote: str = Field(default="", max_length=400)
    """The line as it stood, so that the comment is understood after a redraw."""
    at: Moment
    withdrawn_at: Moment | None = None
    """When its author took it back."""


class Approvals(Record):
    """How many approvals a proposal needs, and who gave theirs to what is shown now."""

    needed: int = Field(ge=1)
    given: tuple[str, ...] = ()
    """Distinct people, in the order they approved."""
    first_id: str | None = None
    """The decision of the first of two; the second completes it."""

    @property
    def words(self) -> str:
        """Such as `1 of 2`; empty where one is enough."""
        return f"{len(self.given)} of {self.needed}" if self.needed > 1 else ""


APPROVERS_NEEDED = 2
"""People who approve high stakes, where so many may."""
ALREADY_APPROVED = "You approved this already; somebody else has to be the second."


def standing_approvals(decisions: Iterable[Decision], *, seen_digest: str) -> tuple[Decision, ...]:
    """First approvals that still count for what is shown now, oldest first, one of each person.

    `decisions`: of one proposal, oldest first. Any rejection drops them, and so does a changed digest; one that was
    taken back does not count, and a person counts once.
    """
    some = tuple(decisions)
    undone = {one.undoes for one in some if one.verb == "undo"}
    rejected_at = max((one.at for one in some if one.verb == "reject"), default=None)
    found: dict[str, Decision] = {}
    for one in some:
        is_after = rejected_at is None or one.at > rejected_at  # in one tick of the clock nothing tells which was first
        if one.verb == "endorse" and is_after and one.id not in undone and one.seen_digest == seen_digest:
            found.setdefault(one.actor.name, one)
    return tuple(found.values())


PracticeKind: TypeAlias = Literal["harmful", "useless"]
"""What is known of a change that is shown to see whether reviewers catch it."""


class PracticeAnswer(Record):
    """What somebody decided about a practice case: a known bad change in the queue, never released."""

    id: str
    agent: Slug
    proposal_id: str
    person: str
    kind: PracticeKind
    verb: Literal["approve", "edit", "reject"]
    seconds: float | None = None
    """How long they had been reading; None: not known."""
    at: Moment

    @property
    def is_caught(self) -> bool:
        """Whether they did not let it pass as it was: they turned it down or rewrote it."""
        return self.verb != "approve"


QUICK_SECONDS = 10
"""An approval sooner than this after the change was opened for the last time is quick; it may be read before."""
STAMPED_SHARE = 0.9
"""Share of decisions that are quick approvals above which a reviewer is warned."""
STAMPED_LEAST = 10
"""Decisions from which that is said."""
PRACTISED_LEAST = 10
"""Practice cases below which their share says little."""


class ReviewerFigures(Record):
    """How one person reviewed in some days."""

    person: str
    decided: int
    approved: int
    timed: int
    """Decisions of which it is known how long they took."""
    quick: int
    """Of these, approvals less than QUICK_SECONDS after the change was opened for the last time."""
    median_seconds: float | None
    """Of these; None without any."""
    practised: int
    """Practice cases they decided."""
    caught: int
    """Of these, turned down or rewritten."""

    @property
    def is_rubber_stamp(self) -> bool:
        """More than STAMPED_SHARE of at least STAMPED_LEAST timed decisions were quick approvals."""
        return self.timed >= STAMPED_LEAST and self.quick > STAMPED_SHARE * self.timed

    @property
    def words(self) -> str:
        """A sentence for the person and their lead; empty when there is nothing to say."""
        told = []
        if self.is_rubber_stamp:
            told.append(
                f"{self.quick} of {self.timed} decisions were approvals within {QUICK_SECONDS} seconds of opening the "
                "change for the last time."
            )
        if self.practised:
            few = "; too few to say how often that happens" if self.practised < PRACTISED_LEAST else ""
            told.append(f"{self.caught} of {self.practised} practice changes were turned down or rewritten{few}.")
        return " ".join(told)
