"""From an idea to a proposal: candidate, changes, stakes and identity are computed, never typed in."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from loop.change.diff import changes
from loop.change.matter import matter_of
from loop.change.operations import apply_all, summary_of
from loop.change.sections import shorten
from loop.change.stakes import Own, Support, assess_stakes
from loop.errors import OperationRefused
from loop.records import (
    Agent,
    Bundle,
    Feedback,
    Operation,
    Proposal,
    Proposer,
    Record,
    Version,
    derived_id,
)

RATIONALE_MAX = 4_000
"""Characters."""


class Idea(Record):
    """What a proposer or a person suggests."""

    operations: tuple[Operation, ...]
    rationale: str
    title: str = ""
    """Empty: the matter of the change in the customer's terms, else made from the operations."""
    evidence: tuple[str, ...] = ()
    """Feedback ids it rests on."""
    issue_ids: tuple[str, ...] = ()
    expected_fixes: tuple[str, ...] = ()
    """Log case ids."""
    proposer: Proposer = Proposer.PERSON
    authors: tuple[str, ...] = ()
    """People who wrote it; empty for a machine."""
    replaces: str | None = None
    """The proposal this one replaces: edited by a reviewer, stale, or outgrown."""


def draft(
    idea: Idea, *, agent: Agent, base: Version, bundle: Bundle, cited: Iterable[Feedback], at: datetime
) -> Proposal:
    """A proposal on `base`, whose content is `bundle`.

    `cited` is the feedback that the evidence names; its authors and texts decide the stakes. The same
    operations on the same base get the same id again. Raises OperationRefused when the operations do
    not fit, together change nothing, or there are none.
    """
    if not idea.operations:
        raise OperationRefused("There is no operation.", field="operations", remedy="Name at least one change.")
    candidate = apply_all(bundle, idea.operations)
    differences = changes(bundle, candidate)
    if not differences:
        raise OperationRefused(
            "The operations together leave the version as it is.", field="operations", remedy="Change something."
        )
    evidence = frozenset(idea.evidence)
    feedback = [one for one in cited if one.id in evidence]
    support = Support(authors=dict(Counter(one.author for one in feedback)), min_sources=agent.limits.min_sources)
    return Proposal(
        id=derived_id("p", agent.slug, base.number, list(idea.operations)),
        agent=agent.slug,
        base_number=base.number,
        base_digest=base.digest,
        candidate_digest=candidate.digest,
        operations=idea.operations,
        changes=differences,
        title=shorten(idea.title)
        or matter_of(idea.operations, base=bundle, candidate=candidate)
        or title_of(idea.operations, bundle),
        rationale=idea.rationale[:RATIONALE_MAX],
        evidence=idea.evidence,
        issue_ids=idea.issue_ids,
        expected_fixes=idea.expected_fixes,
        proposer=idea.proposer,
        authors=idea.authors,
        stakes=assess_stakes(
            idea.operations,
            differences,
            base=bundle,
            support=support if idea.proposer.needs_support else None,
            quotes={one.id: (one.author, one.text) for one in feedback if one.text},
            own=Own(words=agent.stakes_words, contacts=agent.own_contacts),
        ),
        replaces=idea.replaces,
        created_at=at,
    )


def title_of(operations: Iterable[Operation], base: Bundle) -> str:
    """What changes, in words; the first operation and how many more."""
    first, *more = operations
    words = summary_of(first, base)
    return shorten(f"{words} and {len(more)} more" if more else words)
