"""Four eyes: how many approvals a proposal needs, and which of those given still count."""

from collections.abc import Iterable

from pydantic import Field

from loop.records.decisions import Decision
from loop.records.identity import Record

APPROVERS_NEEDED = 2
"""People who approve high stakes, where so many may."""
ALREADY_APPROVED = "You approved this already; somebody else has to be the second."


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
