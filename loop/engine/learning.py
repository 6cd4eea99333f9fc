"""The stages validate and update, fed from the store and committed to it, each once."""

from collections.abc import Iterable, Mapping

from loop import test, update, validate
from loop.engine.journal import StageTally, note
from loop.engine.redrawing import outgrown, redraw
from loop.ports import Changes, FeedbackItem, Parts
from loop.records import (
    TEACHING_STATES,
    Bundle,
    EvalCase,
    Interaction,
    Issue,
    Split,
)
from loop.update import touched


def judge_feedback(parts: Parts, tally: StageTally) -> None:
    store = parts.store
    items = store.feedback()
    if not items:
        return
    interactions = store.interactions({item.feedback.interaction_id for item in items})
    outcome = validate.step(
        validate.ValidationWork(
            agent=store.agent,
            items=tuple(items),
            interactions=interactions,
            cases=tuple(store.cases()),
            now=parts.clock(),
            seed=parts.seed,
        )
    )
    known = {issue.id: issue for issue in store.issues()}
    issues = None if known == {issue.id: issue for issue in outcome.issues} else outcome.issues
    for move in outcome.moves:
        tally.counts[move.now.value] = tally.counts.get(move.now.value, 0) + 1
    tally.counts["new_issues"] = sum(issue.id not in known for issue in outcome.issues)
    tally.counts["new_cases"] = len(outcome.cases)
    tally.counts["retired_cases"] = len(outcome.retired_cases)
    if not (outcome.flags or outcome.moves or outcome.cases or outcome.retired_cases or issues is not None):
        return
    parts.checkpoint("validate:commit")
    store.commit(
        Changes(
            flags=outcome.flags,
            feedback_moves=outcome.moves,
            issues=issues,
            cases=outcome.cases,
            retired_cases=outcome.retired_cases,
            notes=(note(parts, "validate feedback", subject=store.agent.slug, counts=tally.counts),),
        )
    )


def draft_changes(parts: Parts, tally: StageTally) -> None:
    store = parts.store
    head = store.head()
    bundle = store.bundle(head.digest)
    redraw(parts, tally, head=head, bundle=bundle)
    teaching = {item.feedback.id: item for item in store.feedback(TEACHING_STATES)}
    if not teaching:
        return
    interactions = store.interactions({item.feedback.interaction_id for item in teaching.values()})
    items = unsealed(teaching, interactions=interactions, sealed=store.cases([Split.SEALED]))
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
            items=items,
            interactions=interactions,
            cases=tuple(store.cases([Split.LOG, Split.DEV])),
            earlier=tuple(earlier),
            reasons=reasons,
            answerers=parts.answerers,
            model=parts.model,
            boundary=parts.token(),
            now=parts.clock(),
            seed=parts.seed,
            grade=test.grade,
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


def unsealed(
    items: Mapping[str, FeedbackItem], *, interactions: Mapping[str, Interaction], sealed: Iterable[EvalCase]
) -> dict[str, FeedbackItem]:
    """The items that may teach: nothing behind a sealed case, of its group, or asking the very same question.

    A version taught what it is measured on would look better than it is.
    """
    cases = list(sealed)
    feedback_ids = {case.feedback_id for case in cases}
    interaction_ids = {case.interaction_id for case in cases}
    groups = {case.group for case in cases}
    questions = {touched.plain(case.question) for case in cases}
    kept: dict[str, FeedbackItem] = {}
    for key, item in items.items():
        asked = interactions.get(item.feedback.interaction_id)
        is_sealed = key in feedback_ids or item.feedback.interaction_id in interaction_ids
        if asked is not None:
            is_sealed |= not groups.isdisjoint({asked.customer or asked.episode_id})
            is_sealed |= touched.plain(asked.question) in questions
        if not is_sealed:
            kept[key] = item
    return kept


def _tainted(parts: Parts, bundle: Bundle) -> frozenset[str]:
    """Feedback the live examples were learned from that may no longer teach."""
    learned = {example.feedback_id for example in bundle.examples if example.feedback_id}
    items = parts.store.feedback_items(learned)
    return frozenset(key for key, item in items.items() if item.state not in TEACHING_STATES)
