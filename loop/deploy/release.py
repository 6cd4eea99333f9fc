"""A version going live or coming back: what has to be written, and what must not be."""

from datetime import datetime

from loop.errors import Conflict, InvalidInput
from loop.records import Actor, Decision, Proposal, Record, Release, Version, derived_id


class Rollback(Record):
    """Older content coming back under a new number, ready to be written in one transaction."""

    version: Version
    release: Release
    undone: str | None
    """The proposal that is no longer live; None when the head was not made by one."""


def deploy_release(decision: Decision, proposal: Proposal, *, number: int, now: datetime) -> Release:
    """The release an approval allows, idempotent: the same approval always gives the same id, so it counts once.

    `number`: of the proposal's candidate version. Raises InvalidInput when the decision does not approve the
    proposal, Conflict while its undo window is open.
    """
    if decision.verb != "approve" or (decision.proposal_id, decision.agent) != (proposal.id, proposal.agent):
        raise InvalidInput(
            "This decision does not approve this version.", field="decision", remedy="Use the approval of its proposal."
        )
    if now < decision.effective_at:
        raise Conflict(
            "The approval can still be undone.", remedy=f"Apply it from {decision.effective_at.isoformat()} on."
        )
    return Release(
        id=derived_id("release", proposal.agent, "deploy", decision.id),
        agent=proposal.agent,
        kind="deploy",
        number=number,
        from_number=proposal.base_number,
        decision_id=decision.id,
        proposal_id=decision.proposal_id,
        actor=decision.actor.name,
        reason=decision.reason,
        at=now,
    )


def rollback(head: Version, *, target: Version, actor: Actor, reason: str, now: datetime) -> Rollback:
    """Bring the content of `target` back as a new version after the head; history stays a line.

    Its number is the least it can be: the store gives the next free one. Needs no approval, only a reason.
    Raises InvalidInput without one, when `target` is another agent's or was never live,
    Conflict when the head already is `target` or has the same content.
    """
    if target.agent != head.agent:
        raise InvalidInput("The version belongs to another agent.", field="target", remedy="Choose one of its own.")
    if not reason.strip():
        raise InvalidInput("A rollback needs a reason.", field="reason", remedy="Say in a few words what went wrong.")
    if target.released_at is None:
        raise InvalidInput(
            f"Version {target.number} was never live.", field="target", remedy="Choose an earlier version."
        )
    if target.number == head.number or target.digest == head.digest:
        raise Conflict(
            f"Version {head.number} already has the content of version {target.number}.",
            remedy="Choose a version with other content.",
        )
    version = Version(
        agent=head.agent,
        number=head.number + 1,
        digest=target.digest,
        parent=head.number,
        proposal_id=None,
        restores=target.number,
        summary=f"Back to version {target.number}",
        created_at=now,
        released_at=now,
    )
    return Rollback(
        version=version,
        release=Release(
            id=derived_id("release", head.agent, "rollback", head.number),
            agent=head.agent,
            kind="rollback",
            number=version.number,
            from_number=head.number,
            decision_id=None,
            proposal_id=None,
            actor=actor.name,
            reason=reason.strip(),
            at=now,
        ),
        undone=head.proposal_id,
    )
