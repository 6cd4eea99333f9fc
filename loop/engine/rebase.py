"""When the live version moved under a proposal: mark it stale, and draw the same change anew where it still fits."""

from loop.change import operations, proposal
from loop.change.proposal import Idea
from loop.engine.journal import StageTally, note
from loop.errors import OperationRefused
from loop.ports import Parts
from loop.records import (
    OPEN_STATES,
    UNDECIDED_STATES,
    Bundle,
    Changes,
    JournalAction,
    Proposal,
    ProposalItem,
    ProposalMove,
    ProposalState,
    Proposer,
    Verdict,
    Version,
)


def redraw(parts: Parts, tally: StageTally, *, head: Version, bundle: Bundle) -> None:
    """Proposals whose base is no longer live become stale; those a person has or awaits are drawn anew."""
    store = parts.store
    moves: list[ProposalMove] = []
    redrawn: list[Proposal] = []
    first = _went_first(parts, head)
    for item in store.proposals(OPEN_STATES):
        if item.proposal.base_number == head.number:
            continue
        reason = first
        if _is_drawn_from_all(item) and not item.practice:
            reason += " What is validated by now is drafted on it."
        elif item.state is not ProposalState.SET_ASIDE and not item.practice:
            try:
                redrawn.append(_drawn_anew(parts, item.proposal, head=head, bundle=bundle))
                reason += " The same change was drafted again on it."
            except OperationRefused as error:
                reason += f" The change no longer fits it. {error}"
                tally.words.append(f"A waiting change no longer fits the live version. {error}")
        moves.append(_to_stale(item, reason=reason))
    if moves:
        tally.counts["redrawn"] = len(redrawn)
        store.commit(
            Changes(
                proposals=tuple(redrawn),
                bundles=tuple(operations.apply_all(bundle, proposal.operations) for proposal in redrawn),
                proposal_moves=tuple(moves),
                notes=tuple(note(parts, JournalAction.MARK_PROPOSAL_STALE, subject=move.proposal_id) for move in moves),
            )
        )


def _went_first(parts: Parts, head: Version) -> str:
    """What went live, by whose word: who approved something else on the same base is told."""
    release = next((one for one in reversed(parts.store.releases()) if one.number == head.number), None)
    if release is None or release.kind == "start":
        return f"Version {head.number} went live."
    verb = "approved" if release.kind == "deploy" else "took a version back"
    return (
        f"Version {head.number} went live first: {release.actor} {verb}{f' “{head.summary}”' if head.summary else ''}."
    )


def _is_drawn_from_all(item: ProposalItem) -> bool:
    """A bundle of examples that nobody decided about and that is not proved: the next draft holds what it held.

    Drawn anew as it was, it would keep a fuller bundle waiting, and teach again what has gone live meanwhile.
    """
    is_proved = item.report is not None and item.report.verdict is Verdict.PROVED
    return item.proposal.proposer is Proposer.EXAMPLES and item.state in UNDECIDED_STATES and not is_proved


def outgrown(earlier: list[ProposalItem], fresh: tuple[Proposal, ...]) -> tuple[ProposalMove, ...]:
    """Open machine drafts that a fresh one names as replaced: the larger one stands in their place."""
    replaced = {proposal.replaces for proposal in fresh}
    return tuple(
        _to_stale(old, reason="A larger change took its place.")
        for old in earlier
        if old.proposal.id in replaced
        and old.proposal.proposer is not Proposer.PERSON
        and old.state in UNDECIDED_STATES
    )


def _to_stale(item: ProposalItem, *, reason: str) -> ProposalMove:
    return ProposalMove(proposal_id=item.proposal.id, was=item.state, now=ProposalState.STALE, reason=reason)


def _drawn_anew(parts: Parts, old: Proposal, *, head: Version, bundle: Bundle) -> Proposal:
    """The same change on the live version. Raises OperationRefused when it no longer fits."""
    idea = Idea(
        operations=old.operations,
        title=old.title,
        rationale=old.rationale,
        evidence=old.evidence,
        issue_ids=old.issue_ids,
        expected_fixes=old.expected_fixes,
        proposer=old.proposer,
        authors=old.authors,
        replaces=old.id,
    )
    cited = parts.store.feedback_items(old.evidence).values()
    return proposal.draft(
        idea,
        agent=parts.store.agent,
        base=head,
        bundle=bundle,
        cited=[item.feedback for item in cited],
        at=parts.clock(),
    )
