"""Propose a change by hand; it takes the same road as any other: tested, then decided."""

from collections.abc import Sequence
from typing import NamedTuple

from loop import roles
from loop.change import proposal
from loop.change.between import operations_between
from loop.change.operations import apply_all
from loop.change.proposal import Idea
from loop.desk.wording import checked_words
from loop.errors import InvalidInput, NotFound
from loop.ports import Parts
from loop.records import (
    Actor,
    Article,
    Bundle,
    Changes,
    Import,
    JournalAction,
    Note,
    Operation,
    Proposal,
    UpsertArticle,
)


def draft(
    parts: Parts,
    *,
    actor: Actor,
    operations: Sequence[Operation],
    title: str,
    rationale: str,
    evidence: Sequence[str] = (),
) -> Proposal:
    """Propose a change by hand; it takes the same road as any other: tested, then decided.

    Raises NotAllowed, OperationRefused, InvalidInput (no title or rationale, or it is there already).
    """
    roles.check(actor, "draft")
    for field, text in (("title", title), ("rationale", rationale)):
        if not text.strip():
            raise InvalidInput(f"A draft needs a {field}.", field=field, remedy="Write one sentence.")
    idea = Idea(
        operations=tuple(operations),
        title=title.strip(),
        rationale=rationale.strip(),
        evidence=tuple(evidence),
        authors=(actor.name,),
    )
    proposal, candidate = draft_proposal(parts, idea)
    note = Note(
        actor=actor.name,
        action=JournalAction.DRAFT_PROPOSAL,
        subject=proposal.id,
        digests={"candidate": proposal.candidate_digest},
        at=proposal.created_at,
    )
    parts.store.commit(Changes(proposals=(proposal,), bundles=(candidate,), notes=(note,)))
    return proposal


def draft_articles(
    parts: Parts, *, actor: Actor, articles: Sequence[Article], source: str, into: Import | None = None
) -> Proposal | None:
    """Propose articles as one change. None when the live version holds them all as they are.

    `source`: where they are from, in words. `into`: the import that brought them, which will name the change.
    Raises like `draft`.
    """
    head = parts.store.bundle(parts.store.head().digest)
    known = {article.id: article for article in head.articles}
    fresh = [article for article in articles if known.get(article.id) != article]
    if not fresh:
        return None
    made = draft(
        parts,
        actor=actor,
        operations=tuple(UpsertArticle(article=article) for article in fresh),
        title=f"Add {len(fresh)} articles from {source}",
        rationale=f"Imported from {source}.",
    )
    if into is not None:
        note = Note(actor=actor.name, action=JournalAction.NOTE_IMPORT, subject=into.id, at=parts.clock())
        parts.store.commit(Changes(imports=(into.model_copy(update={"proposal_id": made.id}),), notes=(note,)))
    return made


def draft_version(parts: Parts, *, actor: Actor, bundle: Bundle, source: str) -> Proposal | None:
    """Propose a whole version as one change: it goes live when it was tested and somebody approved it, never before.

    `source`: where it is from, in words. None when it is what is live. Raises like `draft`.
    """
    live = parts.store.bundle(parts.store.head().digest)
    steps = operations_between(live, bundle)
    if not steps:
        return None
    return draft(
        parts,
        actor=actor,
        operations=steps,
        title=f"The version of {source}",
        rationale=f"Imported from {source}: what differs from the live version, as one change.",
    )


def _is_known(parts: Parts, proposal: Proposal) -> bool:
    """Whether the same operations were proposed on the same base before."""
    try:
        parts.store.proposal(proposal.id)
    except NotFound:
        return False
    return True


class ProposalDraft(NamedTuple):
    """A proposal with the content it would put live."""

    proposal: Proposal
    candidate: Bundle


def draft_proposal(parts: Parts, idea: Idea) -> ProposalDraft:
    """The idea as a proposal on the live version, its words cleaned.

    Raises OperationRefused, InvalidInput when cited feedback is unknown or the change was proposed before.
    """
    head = parts.store.head()
    cited = parts.store.feedback_items(idea.evidence)
    unknown = [one for one in idea.evidence if one not in cited]
    if unknown:
        raise InvalidInput(
            f"{len(unknown)} of the cited feedback items are not known.", field="evidence", remedy="Reload the page."
        )
    cleaned = {
        "title": checked_words(idea.title, field="title"),
        "rationale": checked_words(idea.rationale, field="rationale"),
    }
    base = parts.store.bundle(head.digest)
    made = proposal.draft(
        idea.model_copy(update=cleaned),
        agent=parts.store.agent,
        base=head,
        bundle=base,
        cited=[item.feedback for item in cited.values()],
        at=parts.clock(),
    )
    if _is_known(parts, made):
        raise InvalidInput(
            "This very change was proposed on this version before.",
            field="operations",
            remedy="Look it up under Review.",
        )
    return ProposalDraft(proposal=made, candidate=apply_all(base, made.operations))
