"""Propose to unlearn: examples whose feedback may no longer teach go, whoever vouched for them before."""

from collections import Counter

from loop.change.proposal import Idea
from loop.records import ChangeExamples, Proposer
from loop.update.teaching import Considered, UpdateWork


class UnlearningProposer:
    """One proposal that takes out everything learned from feedback that is held, quarantined or taken back."""

    def propose(self, work: UpdateWork) -> Considered:
        """At most one idea; none while nothing in the base is tainted."""
        going = work.untrusted_examples
        if not going:
            return Considered()
        labels = Counter(one.label or "answers" for one in going)
        named = ", ".join(f"{label} {n}" for label, n in labels.most_common(3))
        idea = Idea(
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
        return Considered(ideas=(idea,), looked_at=len(going))
