"""What was proposed before and how it went: nothing is asked twice without new evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TypeAlias

from loop.change.proposal import Idea
from loop.change.repetition import is_more_of_the_same
from loop.records import (
    OPEN_STATES,
    ChangeExamples,
    Operation,
    Proposal,
    ProposalItem,
    ProposalState,
    Proposer,
    SearchWeights,
    SetSearchWeights,
    Verdict,
)
from loop.update.teaching import UpdateWork

GROWTH = 0.5
"""Share by which a bundle that could not be proved must grow before it is tested again."""
REFRESH = 1 / 3
"""Share of a full bundle that must be new instead, when it cannot grow any more."""

_WAITS = "A bundle of examples waits already."

Taught: TypeAlias = frozenset[tuple[str, str, str | None]]
"""Question, answer and label of examples."""

_REFUSED = frozenset({ProposalState.REJECTED, ProposalState.UNDONE})
_ALIKE = 0.5
"""Share of the larger of two bundles that both teach, from which one goes on where the other was drawn up before."""


@dataclass(frozen=True)
class Standing:
    """Whether an idea may be drafted."""

    objection: str = ""
    """Why not, in words; empty when it may."""
    replaces: str | None = None
    """The open proposal it outgrew."""


def is_waiting(work: UpdateWork) -> str:
    """Why no bundle of examples need be worked out now; empty when one may: asked before the costly choice."""
    for item in work.earlier:
        is_open = item.state in OPEN_STATES and item.proposal.base_digest == work.base.digest
        if not is_open or item.proposal.proposer is Proposer.PERSON or not taught(item.proposal.operations):
            continue
        if _is_settled(item):
            return _WAITS
    return ""


def standing(idea: Idea, *, work: UpdateWork) -> Standing:
    """Compare an idea with everything proposed before.

    A bundle of examples must have grown by half (or, when full, be new by a third) against every one
    that was rejected, rolled back, or is open on the same base and has to show the same. Anything else must
    not repeat an open one on the same base, nor a refused one without `min_sources` pieces of evidence more.
    What a person made of a bundle, open on any base, stands for that bundle until it is decided.
    """
    replaces = None
    worded = _worded_by_people(work)
    if learned := _weighs_words(idea.operations):
        found = search_standing(work, corrections=learned.corrections)
        if found.objection:
            return found
        replaces = found.replaces
    teaches = taught(idea.operations)
    for item in work.earlier:
        is_refused = item.state in _REFUSED
        is_open = item.state in OPEN_STATES and item.proposal.base_digest == work.base.digest
        if not (is_refused or is_open):
            continue
        if (
            is_open
            and idea.proposer is item.proposal.proposer is Proposer.UNLEARNING
            and not _is_same(idea, item.proposal)
        ):
            if not (_takes_examples(idea.operations) and _takes_examples(item.proposal.operations)):
                continue  # each other change is taken back by itself
            # What is to be unlearned now includes what was before, less what was released meanwhile.
            replaces = item.proposal.id
            continue
        if _weighs_words(idea.operations) and _weighs_words(item.proposal.operations):
            continue
        # A machine neither waits for a person's bundle nor takes it off the desk; it must only not repeat it.
        is_rival = not (is_open and item.proposal.proposer is Proposer.PERSON) or item.proposal.id in worded
        if is_rival and teaches and taught(item.proposal.operations):
            if is_open and _is_another_kind(idea, item.proposal, work=work):
                continue
            found = _against_bundle(teaches, item, work=work, is_open=is_open)
        else:
            found = _against_same(idea, item.proposal, work=work, is_open=is_open)
        if found.objection:
            return found
        replaces = (found.replaces if item.proposal.id not in worded else None) or replaces
    return Standing(replaces=replaces or _goes_on(idea, work=work))


def left_out_by_people(work: UpdateWork) -> Taught:
    """Examples of machine bundles that people took out, or worded otherwise, when they kept a part: never again."""
    went_on = {item.proposal.replaces: item.proposal for item in work.earlier if item.proposal.replaces}
    found: set[tuple[str, str, str | None]] = set()
    for item in work.earlier:
        if item.state is ProposalState.EDITED and (kept := went_on.get(item.proposal.id)) is not None:
            found |= taught(item.proposal.operations) - taught(kept.operations)
    return frozenset(found)


def _worded_by_people(work: UpdateWork) -> frozenset[str]:
    """Ids of what people made of machine bundles, and of what that was drawn up as again."""
    found: set[str] = set()
    machines = {
        item.proposal.id
        for item in work.earlier
        if item.state is ProposalState.EDITED and item.proposal.proposer is Proposer.EXAMPLES
    }
    for item in work.earlier:
        if item.proposal.replaces in machines or item.proposal.replaces in found:
            found.add(item.proposal.id)
    return frozenset(found)


def _goes_on(idea: Idea, *, work: UpdateWork) -> str | None:
    """The bundle that went stale with the version before, where this one is what it is now: it waits since then."""
    if idea.proposer is not Proposer.EXAMPLES:
        return None
    followed = {item.proposal.replaces for item in work.earlier}
    stale = [
        item.proposal
        for item in work.earlier
        if item.state is ProposalState.STALE
        and item.proposal.proposer is Proposer.EXAMPLES
        and item.proposal.id not in followed
    ]
    last = max((one.base_number for one in stale), default=None)
    teaches, best = taught(idea.operations), None
    most = 0.0
    for one in stale:
        old = taught(one.operations)
        share = len(teaches & old) / max(len(teaches), len(old), 1)
        if one.base_number == last and share >= _ALIKE and share > most:
            best, most = one.id, share
    return best


def search_standing(work: UpdateWork, *, corrections: int) -> Standing:
    """Whether weights learned from so many questions may be drafted: asked before the costly fit, too.

    Against those that are live, that were refused, or that are open on the same base and undecided, there must be
    half as many questions again.
    """
    known, replaces = work.bundle.search.corrections, None
    for item in work.earlier:
        weights = _weighs_words(item.proposal.operations)
        is_open = item.state in OPEN_STATES and item.proposal.base_digest == work.base.digest
        if weights is None or not (is_open or item.state in _REFUSED):
            continue
        if is_open and _is_settled(item):
            return Standing(objection="Learned weights of words wait already.")
        known = max(known, weights.corrections)
        replaces = item.proposal.id if is_open and item.proposal.proposer is not Proposer.PERSON else replaces
    if corrections < (needed := ceil((1 + GROWTH) * known)):
        return Standing(objection=f"The search has learned from {known} questions; it learns again from {needed}.")
    return Standing(replaces=replaces)


def _weighs_words(operations: Sequence[Operation]) -> SearchWeights | None:
    """The weights a change sets, when that is all it does."""
    only = operations[0] if len(operations) == 1 else None
    return only.weights if isinstance(only, SetSearchWeights) else None


def taught(operations: Sequence[Operation]) -> Taught:
    """What a bundle of examples teaches, each example by its content; empty for any other change."""
    bundles = [one for one in operations if isinstance(one, ChangeExamples)]
    if len(bundles) < len(operations):
        return frozenset()
    return frozenset((example.question, example.answer, example.label) for one in bundles for example in one.add)


def _takes_examples(operations: Sequence[Operation]) -> bool:
    return all(isinstance(one, ChangeExamples) for one in operations)


def _is_another_kind(idea: Idea, old: Proposal, *, work: UpdateWork) -> bool:
    """One has to be proved and the other only to be no worse: neither waits for the other."""
    mine, theirs = (is_more_of_the_same(one.operations, base=work.bundle, proved=work.bundle) for one in (idea, old))
    return mine != theirs


def _against_bundle(new: Taught, item: ProposalItem, *, work: UpdateWork, is_open: bool) -> Standing:
    old = taught(item.proposal.operations)
    if not new & old and not is_open:
        return Standing()
    if is_open and _is_settled(item):
        return Standing(objection=_WAITS)
    needed = min(GROWTH * len(old), REFRESH * work.bundle_max)
    if len(new - old) < needed:
        how = "was refused" if not is_open else "could not be proved yet"
        return Standing(
            objection=f"A bundle much like this {how}; {len(new - old)} of at least {needed:.0f} new corrections came."
        )
    return Standing(replaces=item.proposal.id if is_open else None)


def _is_settled(item: ProposalItem) -> bool:
    """A bundle that is proved, approved or not tested yet: nothing larger takes its place."""
    return is_proved(item) or item.report is None or item.state is ProposalState.APPROVED


def is_proved(item: ProposalItem) -> bool:
    """Whether its last test proved it."""
    return item.report is not None and item.report.verdict is Verdict.PROVED


def _is_same(idea: Idea, old: Proposal) -> bool:
    return idea.operations == old.operations


def _against_same(idea: Idea, old: Proposal, *, work: UpdateWork, is_open: bool) -> Standing:
    if not _is_same(idea, old):
        return Standing()
    if is_open or old.base_digest == work.base.digest:
        return Standing(objection="The same change was proposed on this version before.")
    more = len(set(idea.evidence) - set(old.evidence))
    if more < work.agent.limits.min_sources:
        return Standing(objection="The same change was refused, and there is hardly any new evidence.")
    return Standing()
