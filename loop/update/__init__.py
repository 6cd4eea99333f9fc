"""Stage 3, what to change: validated feedback becomes a few concrete, typed proposals.

Every proposer looks at the same work and has ideas; `step` lets the strongest through that were not
refused before, do not wait already, and fit the base. Nothing here sees a sealed case.
"""

from collections.abc import Iterable

from loop.change import operations
from loop.change.proposal import Idea, draft
from loop.errors import OperationRefused
from loop.records import Proposal, Proposer, digest
from loop.update.explanations import because, tell
from loop.update.history import is_waiting, standing
from loop.update.proposers.examples import ExampleProposer
from loop.update.proposers.knowledge import KnowledgeProposer
from loop.update.proposers.reflection import ReflectionProposer
from loop.update.proposers.rules import RuleProposer
from loop.update.proposers.search import SearchProposer
from loop.update.proposers.unlearning import UnlearningProposer
from loop.update.proposers.wording import WordingProposer
from loop.update.reliable import reliable_among
from loop.update.teaching import IdeaSource, ProposerResult, UpdateOutcome, UpdateWork

__all__ = [
    "PROPOSERS",
    "Idea",
    "IdeaSource",
    "ProposerResult",
    "UpdateOutcome",
    "UpdateWork",
    "draft",
    "reliable_among",
    "step",
]

PROPOSERS: dict[Proposer, IdeaSource] = {
    Proposer.UNLEARNING: UnlearningProposer(),
    Proposer.EXAMPLES: ExampleProposer(),
    Proposer.RULES: RuleProposer(),
    Proposer.KNOWLEDGE: KnowledgeProposer(),
    Proposer.SEARCH: SearchProposer(),
    Proposer.WORDING: WordingProposer(),
    Proposer.REFLECTION: ReflectionProposer(),
}
"""By the name a proposal carries."""

RIDES = 13
"""Examples to unlearn up to which a change of their own can hardly be decided: so few move too few cases."""
MOST = 4
"""Proposals of one turn: each costs a look at the sealed cases and a person's time."""


def step(work: UpdateWork) -> UpdateOutcome:
    """Draft at most MOST proposals: unlearning first, then most expected fixes, then most evidence.

    No two have the same operations. A proposer that fails, or an idea that does not fit, is reported in
    words and the others go on.
    """
    ideas: list[Idea] = []
    failures: list[str] = []
    held_back: list[str] = []
    considered: dict[Proposer, int] = {}
    explained: set[Proposer] = set()
    for name, proposer in PROPOSERS.items():
        if name is Proposer.EXAMPLES and (reason := is_waiting(work)) and not work.untrusted_examples:
            held_back.append(because(name, reason))
            continue
        found = proposer.propose(work)
        considered[name] = found.looked_at
        failures += found.failures
        held_back += [because(name, reason) for reason in found.held_back]
        explained |= {name} if found.held_back or found.failures else set()
        ideas += found.ideas
    ideas.sort(key=_rank)
    proposals: dict[str, Proposal] = {}
    for idea in ideas:
        if len(proposals) == MOST:
            break
        stands = standing(idea, work=work)
        if stands.objection:
            held_back.append(because(idea.proposer, stands.objection))
            continue
        is_free = all(stands.replaces != one.replaces for one in proposals.values())  # one goes on where one stood
        try:
            proposal = _draft(idea.model_copy(update={"replaces": stands.replaces if is_free else None}), work=work)
        except OperationRefused as refused:
            failures.append(f"{idea.proposer}: {refused}")
            continue
        proposals.setdefault(proposal.id, proposal)
    for one in _riding(proposals.values()):
        del proposals[one]
        held_back.append(because(Proposer.UNLEARNING, "The bundle of this turn takes the same examples out."))
    return UpdateOutcome(
        proposals=tuple(proposals.values()),
        failures=tuple(failures),
        considered={name.value: n for name, n in considered.items()},
        held_back=tuple(dict.fromkeys(held_back)),
        told=tuple(tell(considered, with_ideas={idea.proposer for idea in ideas}, reasons=explained)),
    )


def _riding(drafted: Iterable[Proposal]) -> list[str]:
    """Ids of small unlearnings that a bundle drafted beside them does as well: too small to be decided alone."""
    made = list(drafted)
    carried = frozenset(
        gone for one in made if one.proposer is Proposer.EXAMPLES for gone in operations.taken_out(one.operations)
    )
    return [
        one.id
        for one in made
        if one.proposer is Proposer.UNLEARNING
        and 0 < len(gone := operations.taken_out(one.operations)) <= RIDES
        and gone <= carried
    ]


def _rank(idea: Idea) -> tuple[bool, int, int, str, str]:
    return (
        idea.proposer is not Proposer.UNLEARNING,
        -len(idea.expected_fixes),
        -len(idea.evidence),
        idea.proposer,
        digest(idea),
    )


def _draft(idea: Idea, *, work: UpdateWork) -> Proposal:
    cited = [work.items[one].feedback for one in idea.evidence if one in work.items]
    return draft(idea, agent=work.agent, base=work.base, bundle=work.bundle, cited=cited, at=work.now)
