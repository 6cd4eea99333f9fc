"""Propose to unlearn: what was learned from feedback that may no longer teach goes, whoever vouched for it before."""

from collections import Counter
from collections.abc import Iterator

from loop.change.proposal import Idea
from loop.change.truth_maintenance import UnsupportedChange
from loop.records import ChangeExamples, Proposer
from loop.update.teaching import ProposerResult, UpdateWork

MOST = 3
"""Changes taken back in one turn besides examples; the others follow."""


class UnlearningProposer:
    """One proposal that takes out every tainted example, and one for each other change that has lost its evidence."""

    def propose(self, work: UpdateWork) -> ProposerResult:
        """No idea while nothing in the base is tainted."""
        ideas = (*_examples(work), *(_taken_back(one) for one in work.fallen[:MOST]))
        return ProposerResult(ideas=ideas, looked_at=len(work.untrusted_examples) + len(work.fallen))


def _examples(work: UpdateWork) -> Iterator[Idea]:
    going = work.untrusted_examples
    if not going:
        return
    labels = Counter(one.label or "answers" for one in going)
    named = ", ".join(f"{label} {n}" for label, n in labels.most_common(3))
    yield Idea(
        operations=(ChangeExamples(remove=tuple(one.id for one in going)),),
        title=f"Unlearn {len(going)} {'example' if len(going) == 1 else 'examples'}: {named}",
        rationale=(
            f"{len(going)} {'example was' if len(going) == 1 else 'examples were'} learned from feedback that is "
            "now held back, quarantined, excluded or replaced by its author. Feedback that may not teach should "
            "not keep teaching."
        ),
        evidence=tuple(one.feedback_id for one in going if one.feedback_id),
        proposer=Proposer.UNLEARNING,
    )


def _taken_back(one: UnsupportedChange) -> Idea:
    people = "nobody is left behind it" if not one.people_left else f"{one.people_left} people are left behind it"
    why = (
        "Everything from where it came was unlearned."
        if one.is_whole
        else f"{len(one.lost)} of the {len(one.proposal.evidence)} items it cites were taken back, and {people}."
    )
    return Idea(
        operations=one.operations,
        title=f"Take back: {one.proposal.title}",
        rationale=f"{why} What stands of it goes, and what stood in its place before comes back.",
        evidence=one.lost,
        proposer=Proposer.UNLEARNING,
    )
