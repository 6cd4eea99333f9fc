"""Truth maintenance: what of the live version rests on a change, and whether the change still rests on enough."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from loop.change.inverse import inverse, stands
from loop.records import TEACHING_STATES, Bundle, ChangeExamples, FeedbackState, Operation, Proposal
from loop.records.lineage import TracedItem

GONE = frozenset({FeedbackState.EXCLUDED, FeedbackState.QUARANTINED})
"""States that take a piece of evidence away from what rests on it: a person's word, or that of several detectors."""


class Rest(NamedTuple):
    """What is left of a change's evidence."""

    lost: tuple[str, ...]
    """Cited feedback that is gone."""
    people_left: int
    """Distinct people behind what may still teach."""
    stands: bool
    """Nothing was lost, or enough people are left."""


class UnsupportedChange(NamedTuple):
    """A live change that no longer rests on enough, and what takes back what stands of it."""

    proposal: Proposal
    operations: tuple[Operation, ...]
    lost: tuple[str, ...]
    people_left: int
    is_whole: bool
    """Somebody said that all of it is to go, whatever is left."""


def rest_of(proposal: Proposal, told: Mapping[str, TracedItem], *, needed: int, without: Collection[str] = ()) -> Rest:
    """Count what is left: of as many people as a change needs, or as it had when it had fewer.

    `told`: the cited feedback as it stands; `without`: ids that count as gone whatever their state.
    """
    cited = [told[key] for key in proposal.evidence if key in told]
    lost = tuple(one.id for one in cited if one.state in GONE or one.id in without)
    left = {one.person for one in cited if one.state in TEACHING_STATES and one.id not in lost}
    had = {one.person for one in cited}
    return Rest(lost=lost, people_left=len(left), stands=not lost or len(left) >= min(needed, max(1, len(had))))


def leaves_something(proposal: Proposal, live: Bundle, *, is_whole: bool = False) -> bool:
    """Whether something of it stands besides examples: each of those stands or falls with its own feedback."""
    return any(
        stands(operation, live)
        for operation in proposal.operations
        if is_whole or not isinstance(operation, ChangeExamples)
    )


def undo_operations(
    proposal: Proposal, *, before: Bundle, live: Bundle, is_whole: bool = False
) -> tuple[Operation, ...]:
    """What takes back what stands of it; examples only where all of it is to go."""
    done = [one for one in proposal.operations if is_whole or not isinstance(one, ChangeExamples)]
    return inverse(done, before=before, live=live)


def cited_by(proposals: Iterable[Proposal]) -> list[str]:
    """Feedback that any of them cites, each once."""
    return list(dict.fromkeys(key for one in proposals for key in one.evidence))
