"""Approve, edit, reject, undo: a person's word on one proposal, bound to the digest of what they saw."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

from loop import roles
from loop.change.proposal import Idea
from loop.desk.drafts import draft_proposal
from loop.desk.foureyes import approvals, check_may, check_not_twice
from loop.desk.practice import answer_practice, practice_words
from loop.desk.viewing import release_lease
from loop.desk.wording import WORDS_MAX, checked_words
from loop.errors import Conflict, DigestMismatch, InvalidInput
from loop.policy import is_withheld, recommend
from loop.ports import Parts, Store
from loop.records import (
    Actor,
    Changes,
    Decision,
    JournalAction,
    Note,
    Operation,
    Proposal,
    ProposalItem,
    ProposalMove,
    ProposalState,
    StakesLevel,
    derived_id,
    digest,
)
from loop.records.practice import PracticeAnswer

REJECTION_CATEGORIES = ("wrong", "unsafe", "too_narrow", "tone", "duplicate", "other")
"""Why a reviewer says no; the reason goes back to the proposers."""


def needs_reason(store: Store, item: ProposalItem, *, verb: Literal["approve", "reject"] = "approve") -> str:
    """Why deciding so asks for a reason in words, in a sentence; empty when it does not.

    Where what the test found is withheld, nobody can decide against it, so only the stakes ask.
    """
    is_high = item.proposal.stakes.level is StakesLevel.HIGH
    if is_withheld(store, item):
        return "The stakes are high." if verb == "approve" and is_high else ""
    advice = recommend(item.report, stakes=item.proposal.stakes).verb
    if verb == "reject":
        return "The evidence recommends approving it." if advice == "approve" else ""
    if is_high:
        return "The stakes are high."
    if item.report is not None and advice != "approve":
        return "The evidence does not recommend it."
    return ""


def undo_seconds(parts: Parts, item: ProposalItem) -> int:
    """How long an approval of this waits before it goes live: the undo window, longer for high stakes."""
    limits = parts.store.agent.limits
    return limits.undo_seconds_high if item.proposal.stakes.level is StakesLevel.HIGH else limits.undo_seconds


def check_seen(item: ProposalItem, *, seen_digest: str) -> None:
    """At the first press, before anything is asked: what was read must be what stands. Raises DigestMismatch."""
    if item.evidence_digest != seen_digest:
        raise DigestMismatch(
            "The proposal or its evidence changed since it was shown.", remedy="Read it as it is now, then decide."
        )


def approve(
    parts: Parts, proposal_id: str, *, actor: Actor, seen_digest: str, reason: str = ""
) -> Decision | PracticeAnswer:
    """Approve exactly what was shown; it goes live when its undo window is over.

    `seen_digest` is the evidence digest the screen showed when it was read. Where two people have to approve, the
    first word is an `endorse`: it is kept, and the change still waits for the second. A practice case is answered,
    never decided: the answer comes back in place of a decision.
    Raises NotAllowed, InvalidInput (a reason is needed), DigestMismatch, StaleBase, Conflict.
    """
    item = parts.store.proposal(proposal_id)
    check_may(parts, item, actor=actor, verb="approve")
    check_seen(item, seen_digest=seen_digest)
    why = needs_reason(parts.store, item)
    if why and not reason.strip():
        raise InvalidInput(f"{why} Approving needs a reason.", field="reason", remedy="Say why in a sentence.")
    wanted = approvals(parts, item)
    check_not_twice(parts, wanted, actor=actor)
    is_last = len(wanted.given) + 1 >= wanted.needed
    verb: Literal["approve", "endorse"] = "approve" if is_last else "endorse"
    word = _word(parts, item, verb=verb, actor=actor, seen_digest=seen_digest, reason=reason)
    if item.practice:
        return answer_practice(parts, item, actor=actor, verb="approve")
    if is_last:
        effective_at = word.at + timedelta(seconds=undo_seconds(parts, item))
        word = word.model_copy(update={"effective_at": effective_at, "completes": wanted.first_id})
    parts.checkpoint("approve:before")
    parts.store.decide(word)
    parts.checkpoint("approve:after")
    release_lease(parts, proposal_id, actor=actor, verb=verb)
    return word


def reject(
    parts: Parts,
    proposal_id: str,
    *,
    actor: Actor,
    seen_digest: str,
    categories: Sequence[str] = (),
    reason: str = "",
) -> Decision | PracticeAnswer:
    """Say no, and why: proposers are told and do not bring the same change again. A practice case is answered.

    Raises NotAllowed, InvalidInput (unknown category, neither category nor reason, or no reason in words against a
    recommendation to approve), DigestMismatch, Conflict.
    """
    item = parts.store.proposal(proposal_id)
    check_may(parts, item, actor=actor, verb="reject")
    unknown = sorted(set(categories) - set(REJECTION_CATEGORIES))
    if unknown:
        raise InvalidInput(
            "A rejection category is not known.",
            field="categories",
            remedy=f"Choose from: {', '.join(REJECTION_CATEGORIES)}.",
        )
    if not categories and not reason.strip():
        raise InvalidInput("A rejection needs a reason.", field="reason", remedy="Pick one or write a sentence.")
    check_seen(item, seen_digest=seen_digest)
    why = needs_reason(parts.store, item, verb="reject")
    if why and not reason.strip():
        raise InvalidInput(f"{why} Rejecting needs a reason.", field="reason", remedy="Say why in a sentence.")
    word = _word(parts, item, verb="reject", actor=actor, seen_digest=seen_digest, reason=reason)
    decision = word.model_copy(update={"categories": tuple(categories)})
    if item.practice:
        return answer_practice(parts, item, actor=actor, verb="reject")
    parts.store.decide(decision)
    release_lease(parts, proposal_id, actor=actor, verb="reject")
    return decision


def edit(
    parts: Parts,
    proposal_id: str,
    *,
    actor: Actor,
    seen_digest: str,
    operations: Sequence[Operation],
    reason: str = "",
) -> Proposal:
    """Replace a proposal by the reviewer's own wording: a new proposal, tested again, with the editor as an author.

    Raises NotAllowed, OperationRefused, InvalidInput (nothing was edited), DigestMismatch, Conflict.
    """
    item = parts.store.proposal(proposal_id)
    check_may(parts, item, actor=actor, verb="edit")
    if item.practice:
        check_seen(item, seen_digest=seen_digest)
        answer = answer_practice(parts, item, actor=actor, verb="edit")
        raise Conflict(practice_words(answer), remedy="Nothing was drafted.")
    if tuple(operations) == item.proposal.operations:
        raise InvalidInput("Nothing was edited.", field="operations", remedy="Change it, or approve it as it is.")
    successor, candidate = draft_proposal(
        parts,
        Idea(
            operations=tuple(operations),
            title="",
            rationale=_of_an_edit(item.proposal, actor=actor, reason=reason),
            evidence=item.proposal.evidence,
            issue_ids=item.proposal.issue_ids,
            authors=tuple(dict.fromkeys((*item.proposal.authors, actor.name))),
            replaces=item.proposal.id,
        ),
    )
    word = _word(parts, item, verb="edit", actor=actor, seen_digest=seen_digest, reason=reason)
    decision = word.model_copy(update={"successor_id": successor.id})
    parts.store.decide(decision, successor=successor, candidate=candidate)
    release_lease(parts, proposal_id, actor=actor, verb="edit")
    return successor


def _of_an_edit(of: Proposal, *, actor: Actor, reason: str) -> str:
    """Who worded it and why; what was said of the change it was made from holds for that one alone."""
    why = f": {reason.strip().rstrip('.')}." if reason.strip() else "."
    told = f"{actor.name} edited “{of.title}”{why} What was said of it as a whole: {of.rationale}"
    return told[:WORDS_MAX]


def undo(parts: Parts, decision_id: str, *, actor: Actor) -> Decision:
    """Take back an approval that is not live yet, or a rejection; the proposal waits again.

    Somebody else's rejection is taken back by who may approve the change.
    Raises NotAllowed, Conflict (it went live meanwhile: roll back instead).
    """
    roles.check(actor, "decide")
    made = next((one for one in parts.store.decisions() if one.id == decision_id), None)
    if made is None or made.verb not in ("approve", "endorse", "reject"):
        raise Conflict("There is nothing to undo.", remedy="Reload the page.")
    if made.verb == "reject" and made.actor.name != actor.name:
        check_may(parts, parts.store.proposal(made.proposal_id), actor=actor, verb="approve")
    now = parts.clock()
    decision = Decision(
        id=derived_id("decision", decision_id, "undo"),
        agent=parts.store.agent.slug,
        proposal_id=made.proposal_id,
        verb="undo",
        actor=actor,
        seen_digest=made.seen_digest,
        report_id=made.report_id,
        at=now,
        effective_at=now,
        undoes=made.id,
    )
    parts.store.decide(decision)
    return decision


def bring_back(parts: Parts, proposal_id: str, *, actor: Actor, reason: str = "") -> None:
    """Put a proposal that was set aside on the desk. Raises NotAllowed, Conflict."""
    roles.check(actor, "decide")
    if parts.store.proposal(proposal_id).state is not ProposalState.SET_ASIDE:
        raise Conflict("This proposal is no longer set aside.", remedy="Reload the page.")
    move = ProposalMove(proposal_id=proposal_id, was=ProposalState.SET_ASIDE, now=ProposalState.WAITING)
    note = Note(
        actor=actor.name,
        action=JournalAction.BRING_BACK_PROPOSAL,
        subject=proposal_id,
        digests={"reason": digest(reason)},
        at=parts.clock(),
    )
    parts.store.commit(Changes(proposal_moves=(move,), notes=(note,)))


def _word(
    parts: Parts,
    item: ProposalItem,
    *,
    verb: Literal["approve", "edit", "endorse", "reject"],
    actor: Actor,
    seen_digest: str,
    reason: str,
) -> Decision:
    """The record that every verb shares, effective at once."""
    now = parts.clock()
    return Decision(
        id=derived_id("decision", item.proposal.id, verb, seen_digest, actor.name, now),
        agent=parts.store.agent.slug,
        proposal_id=item.proposal.id,
        verb=verb,
        actor=actor,
        reason=checked_words(reason),
        seen_digest=seen_digest,
        report_id=item.report.id if item.report else None,
        at=now,
        effective_at=now,
    )
