"""The stage update, fed from the store and committed to it once."""

from collections.abc import Iterable

from loop import evaluate, update
from loop.change import operations
from loop.engine.journal import StageTally, note
from loop.engine.rebase import outgrown, redraw
from loop.heldout import HIDDEN_SPLITS, HeldOut
from loop.ports import Parts
from loop.records import TEACHING_STATES, Bundle, Changes, Issue, Split


def draft_changes(parts: Parts, tally: StageTally) -> None:
    store = parts.store
    head = store.head()
    bundle = store.bundle(head.digest)
    redraw(parts, tally, head=head, bundle=bundle)
    teaching = {item.feedback.id: item for item in store.feedback(TEACHING_STATES)}
    if not teaching:
        return
    interactions = store.interactions({item.feedback.interaction_id for item in teaching.values()})
    earlier = store.proposals()
    issues = store.issues()
    reasons = {
        decision.proposal_id: ", ".join((*decision.categories, decision.reason)).strip(", ")
        for decision in store.decisions()
        if decision.verb == "reject"
    }
    outcome = update.step(
        update.UpdateWork(
            agent=store.agent,
            base=head,
            bundle=bundle,
            issues=tuple(issues),
            items=teaching,
            interactions=interactions,
            cases=tuple(store.cases([Split.LOG, Split.DEV])),
            earlier=tuple(earlier),
            reasons=reasons,
            answerers=parts.answerers,
            model=parts.model,
            boundary=parts.token(),
            now=parts.clock(),
            seed=parts.seed,
            held_out=HeldOut.of(store.cases(HIDDEN_SPLITS)),
            grade=evaluate.grade,
            tainted=_tainted(parts, bundle),
        )
    )
    tally.words.extend(outcome.failures)
    if not outcome.proposals and (thin := _thinly_supported(issues, needed=store.agent.limits.min_sources)):
        tally.words.append(thin)
    known = {item.proposal.id for item in earlier}
    fresh = tuple(proposal for proposal in outcome.proposals if proposal.id not in known)
    tally.counts["drafted"] = len(fresh)
    if not fresh:
        return
    parts.checkpoint("update:commit")
    store.commit(
        Changes(
            proposals=fresh,
            bundles=tuple(operations.apply_all(bundle, proposal.operations) for proposal in fresh),
            proposal_moves=outgrown(earlier, fresh),
            notes=tuple(
                note(
                    parts,
                    "draft proposal",
                    subject=proposal.id,
                    digests={"candidate": proposal.candidate_digest, "base": proposal.base_digest},
                )
                for proposal in fresh
            ),
        )
    )


def _thinly_supported(issues: Iterable[Issue], *, needed: int) -> str:
    """Why nothing was drafted, when that is because too few people said the same; empty otherwise."""
    teachable = [issue for issue in issues if issue.kind != "complaint"]
    if not teachable or any(issue.is_supported for issue in teachable):
        return ""
    most = max(issue.support for issue in teachable)
    return (
        f"{len(teachable)} issues wait for support: a change needs {needed} people who say the same, "
        f"and the best supported issue has {most}."
    )


def _tainted(parts: Parts, bundle: Bundle) -> frozenset[str]:
    """Feedback the live examples were learned from that may no longer teach."""
    learned = {example.feedback_id for example in bundle.examples if example.feedback_id}
    items = parts.store.feedback_items(learned)
    return frozenset(key for key, item in items.items() if item.state not in TEACHING_STATES)
