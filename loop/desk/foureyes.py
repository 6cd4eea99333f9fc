"""Four eyes: nobody approves what they wrote, high stakes take two where two may approve, and why somebody may not."""

from collections.abc import Collection
from typing import NamedTuple

from loop import roles
from loop.change import authorship
from loop.errors import NotAllowed
from loop.ports import Parts
from loop.records import Actor, Proposal, ProposalItem, StakesLevel
from loop.records.approvals import ALREADY_APPROVED, APPROVERS_NEEDED, Approvals, standing_approvals
from loop.records.vouching import Vouching


class Rights(NamedTuple):
    """What one person may do about one change, for a page: three queries, whatever it shows."""

    approvals: Approvals
    not_approve: str
    """Why they may not approve it, in words; empty when they may."""
    not_reject: str
    """Why they may not reject or edit it; empty when they may."""


def rights(parts: Parts, item: ProposalItem, *, actor: Actor) -> Rights:
    """Everything a page shows of who may decide."""
    authors = authors_of(parts, item.proposal)
    vouching = parts.vouching()
    given = _approvals(parts, item, authors=authors, vouching=vouching)
    not_approve = _refusal(item, actor=actor, verb="approve", authors=authors)
    if not not_approve and actor.name in given.given:
        not_approve = ALREADY_APPROVED
    if not not_approve and not actor.is_single_operator:
        not_approve = vouching.why_same(actor.name, (*authors, *given.given))
    return Rights(given, not_approve, _refusal(item, actor=actor, verb="reject", authors=authors))


def approvals(parts: Parts, item: ProposalItem) -> Approvals:
    """How many approvals a change needs, and who gave theirs to what is shown now.

    Two for high stakes where at least two people besides its authors may approve; one for anything else, and where
    one person runs everything.
    """
    if item.proposal.stakes.level is not StakesLevel.HIGH:
        return Approvals(needed=1)
    return _approvals(parts, item, authors=authors_of(parts, item.proposal), vouching=parts.vouching())


def authors_of(parts: Parts, proposal: Proposal) -> tuple[str, ...]:
    """Who wrote it: its drafters and editors, and whoever gave, or released, more than half of what it cites."""
    told = parts.store.told_by(proposal.evidence) if proposal.evidence else {}
    return authorship.authors_of(proposal.authors, evidence=proposal.evidence, told=told)


def check_may(parts: Parts, item: ProposalItem, *, actor: Actor, verb: str) -> None:
    """Whether the actor may decide this so. Raises NotAllowed, naming who may."""
    is_asked = verb == "approve" and not actor.is_single_operator
    authors = authors_of(parts, item.proposal) if is_asked else ()
    _check(item, actor=actor, verb=verb, authors=authors)
    if is_asked:
        _check_other(parts, actor, authors)


def check_not_twice(parts: Parts, given: Approvals, *, actor: Actor) -> None:
    """Nobody is both of two, nor is for now whoever let them in. Raises NotAllowed."""
    if actor.name in given.given:
        raise NotAllowed(ALREADY_APPROVED)
    if given.given:
        _check_other(parts, actor, given.given)


def _check_other(parts: Parts, actor: Actor, others: Collection[str]) -> None:
    if same := parts.vouching().why_same(actor.name, others):
        raise NotAllowed(
            same, remedy="Somebody else decides, or whoever runs Ratchet vouches: ratchet people role NAME ROLE."
        )


def _approvals(parts: Parts, item: ProposalItem, *, authors: Collection[str], vouching: Vouching) -> Approvals:
    if item.proposal.stakes.level is not StakesLevel.HIGH:
        return Approvals(needed=1)
    able = frozenset(parts.approvers())
    if not vouching.takes_two(able, authors=authors):
        return Approvals(needed=1)
    made = parts.store.decisions(item.proposal.id)
    first = [one for one in standing_approvals(made, seen_digest=item.evidence_digest) if one.actor.name in able]
    given = tuple(one.actor.name for one in first)
    return Approvals(needed=APPROVERS_NEEDED, given=given, first_id=first[0].id if first else None)


def _check(item: ProposalItem, *, actor: Actor, verb: str, authors: Collection[str]) -> None:
    proposal = item.proposal
    roles.check_decision(actor, level=proposal.stakes.level, authors=proposal.authors, verb=verb)
    if verb == "approve" and actor.name in authors and not actor.is_single_operator:
        raise NotAllowed(
            f"{actor.name} gave, or released, more than half of what this change rests on and may not approve it.",
            remedy="Another reviewer has to decide.",
        )


def _refusal(item: ProposalItem, *, actor: Actor, verb: str, authors: Collection[str]) -> str:
    try:
        _check(item, actor=actor, verb=verb, authors=authors)
    except NotAllowed as error:
        return str(error)
    return ""
