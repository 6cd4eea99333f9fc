"""Keep some of a change and leave the rest (partial staging): a new proposal of the kept blocks, tested again."""

from collections.abc import Collection

from loop.change.between import operations_between
from loop.change.blocks import blocks, compose
from loop.desk.decisions import edit
from loop.errors import InvalidInput
from loop.ports import Parts
from loop.records import Actor, Proposal


def keep(
    parts: Parts, proposal_id: str, *, actor: Actor, seen_digest: str, kept: Collection[str], reason: str = ""
) -> Proposal:
    """The proposal of the kept blocks, in place of the whole one; its results do not hold for a part of it.

    `kept`: ids of `loop.change.blocks.blocks` of the proposal's changes. Raises like `edit`; InvalidInput for an
    unknown block, for all of them (approve it) and for none (reject it).
    """
    proposal = parts.store.proposal(proposal_id).proposal
    there = {one.id for one in blocks(proposal.changes)}
    wanted = set(kept)
    if wanted - there:
        raise InvalidInput("A block is not part of this change.", field="kept", remedy="Reload the page.")
    if wanted in (there, set()):
        raise InvalidInput(
            "All of it is kept." if wanted else "Nothing of it is kept.",
            field="kept",
            remedy="Approve it as it is." if wanted else "Reject it.",
        )
    base, candidate = parts.store.bundle(proposal.base_digest), parts.store.bundle(proposal.candidate_digest)
    target = compose(base, candidate, changes=proposal.changes, kept=wanted)
    return edit(
        parts,
        proposal_id,
        actor=actor,
        seen_digest=seen_digest,
        operations=operations_between(base, target),
        reason=reason or f"Kept {len(wanted)} of {len(there)} changes.",
    )
