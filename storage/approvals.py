"""What a decision is held against: the state and digest that were seen, and the first of two approvals."""

import sqlalchemy as sa

from loop.errors import Conflict, DigestMismatch, InvalidInput, StaleBase
from loop.records import PROPOSAL_MOVES, Decision, Mover, ProposalState, may_move
from loop.records.approvals import ALREADY_APPROVED, standing_approvals
from storage.quorum import needs_people
from storage.rows import from_row
from storage.standing import read_approvers
from storage.tables import DecisionRow

TARGETS = {
    "approve": ProposalState.APPROVED,
    "edit": ProposalState.EDITED,
    "endorse": ProposalState.WAITING,
    "reject": ProposalState.REJECTED,
}
"""Where a proposal stands afterwards; after the first of two approvals it still waits."""
_APPROVING = frozenset({"approve", "endorse"})
RELOAD = "Load it again and decide on what it is now."


def check_seen(decision: Decision, proposal: sa.RowMapping, *, was: ProposalState, head: int) -> None:
    """The proposal stands where it can be decided, on what was seen. Raises Conflict, DigestMismatch, StaleBase."""
    if proposal["practice"]:
        raise Conflict("This is a practice case: it is answered, never decided.", remedy=RELOAD)
    target = ProposalState.APPROVED if decision.verb == "endorse" else TARGETS[decision.verb]
    if not may_move(PROPOSAL_MOVES, was, target, by=Mover.DECISION):
        raise Conflict(f"The proposal is {words(was)} now, not waiting.", remedy=RELOAD)
    if decision.seen_digest != proposal["evidence_digest"]:
        raise DigestMismatch("The proposal or its evidence changed since it was shown.", remedy=RELOAD)
    if decision.report_id != proposal["report_id"]:
        raise DigestMismatch("The decision names another report than the one that is shown.", remedy=RELOAD)
    if decision.verb in _APPROVING and not proposal["evidence_digest"]:
        raise DigestMismatch("The proposal has not been tested; there is nothing to approve.")
    if decision.verb in _APPROVING and proposal["base_number"] != head:
        raise StaleBase(
            f"Version {head} went live since this was drafted on version {proposal['base_number']}.",
            remedy="It will be drafted and tested again on the live version.",
        )


def check_first(connection: sa.Connection, agent: str, decision: Decision) -> None:
    """A change has one first approval. Raises Conflict."""
    given = {one.actor.name for one in _standing(connection, agent, decision)}
    if decision.actor.name in given:
        raise Conflict(ALREADY_APPROVED)
    if given:
        raise Conflict("Somebody else approved it a moment ago.", remedy="Load it again: yours is the second approval.")


def check_completed(connection: sa.Connection, agent: str, decision: Decision) -> None:
    """An approval that completes another rests on one that stands, on the same digest, by somebody else.

    Raises InvalidInput, Conflict.
    """
    if decision.completes is None:
        return
    if decision.verb != "approve":
        raise InvalidInput("Only an approval completes another.", field="completes")
    first = next((one for one in _standing(connection, agent, decision) if one.id == decision.completes), None)
    if first is None:
        raise Conflict(
            "The first approval does not stand any more: it was taken back, or the evidence changed.",
            remedy="Load it again and decide on what it is now.",
        )
    if first.actor.name == decision.actor.name:
        raise Conflict(ALREADY_APPROVED)


def is_completed_still(connection: sa.Connection, agent: str, approval: Decision) -> bool:
    """At release: whether what the approval completes still stands."""
    if approval.completes is None:
        return True
    return approval.completes in {one.id for one in _standing(connection, agent, approval)}


def _standing(connection: sa.Connection, agent: str, decision: Decision) -> tuple[Decision, ...]:
    """First approvals on what was seen, of people who still may give one. Raises Damaged."""
    table = DecisionRow.core()
    query = (
        sa.select(table)
        .where(table.c.agent == agent, table.c.proposal_id == decision.proposal_id)
        .order_by(table.c.at, table.c.id)
    )
    made = [from_row(Decision, row) for row in connection.execute(query).mappings()]
    found = standing_approvals(made, seen_digest=decision.seen_digest)
    if not found or not needs_people(connection, agent, decision):
        return found
    able = read_approvers(connection, agent)
    return tuple(one for one in found if one.actor.name in able)


def words(state: str) -> str:
    """A state as a sentence says it."""
    return state.replace("_", " ")
