"""What of the live version no longer rests on enough, because evidence was taken back or somebody said so."""

from collections.abc import Sequence

from loop.change.truth_maintenance import UnsupportedChange, cited_by, leaves_something, rest_of, undo_operations
from loop.ports import Parts
from loop.records import Bundle, ProposalItem, ProposalState, Proposer


def fallen_changes(parts: Parts, bundle: Bundle, earlier: Sequence[ProposalItem]) -> tuple[UnsupportedChange, ...]:
    """Live changes, newest first, of which something stands in `bundle` and that have lost what they rest on.

    What is read is bounded by what is live: the evidence of what stands, by key.
    """
    store = parts.store
    whole = {key for one in store.unlearnings() if one.undone_at is None for key in one.taken_back}
    standing = [
        item.proposal
        for item in earlier
        if item.state is ProposalState.LIVE
        and item.proposal.proposer is not Proposer.UNLEARNING  # it cites what is gone, and that is its point
        and leaves_something(item.proposal, bundle, is_whole=item.proposal.id in whole)
    ]
    cited = cited_by(standing)
    told = store.told_by(cited) if cited else {}
    found: list[UnsupportedChange] = []
    for proposal in reversed(standing):
        is_whole = proposal.id in whole
        rest = rest_of(proposal, told, needed=store.agent.limits.min_sources)
        if rest.stands and not is_whole:
            continue
        back = undo_operations(proposal, before=store.bundle(proposal.base_digest), live=bundle, is_whole=is_whole)
        if back:
            found.append(UnsupportedChange(proposal, back, rest.lost, rest.people_left, is_whole))
    return tuple(found)
