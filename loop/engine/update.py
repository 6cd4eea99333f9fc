"""The stage update, fed from the store and committed to it once."""

from collections.abc import Iterable, Sequence

from loop import evaluate, update
from loop.change import operations
from loop.engine.asking import BudgetedModel, ask_of
from loop.engine.journal import StageTally, note
from loop.engine.rebase import outgrown, redraw
from loop.engine.unlearning import fallen_changes
from loop.heldout import HIDDEN_SPLITS, HeldOut, group_of, waiting_groups
from loop.limits import CASES_READ
from loop.ports import Parts
from loop.records import (
    TEACHING_STATES,
    Bundle,
    Changes,
    FeedbackItem,
    Grading,
    Interaction,
    Issue,
    JournalAction,
    Split,
)

TAUGHT = 6_000
"""Newest corrections behind supported issues that are read, shared evenly among the issues."""
CONFIRMED = 3_000
"""Newest answers people confirmed that are read."""
LEADING = 3_000
"""Newest corrections that are read beside them where there are articles: they say where a question leads, however few
people say so."""


def draft_changes(parts: Parts, tally: StageTally) -> None:
    """Rebase what is open onto the live version, then draft from the newest of what may teach.

    What is read is bounded: the cost does not grow with history.
    """
    store = parts.store
    head = store.head()
    bundle = store.bundle(head.digest)
    redraw(parts, tally, head=head, bundle=bundle)
    issues = store.issues()
    teaching = _teaching(parts, issues, has_articles=bool(bundle.articles))
    earlier = store.proposals()
    tainted, fallen = _tainted(parts, bundle), fallen_changes(parts, bundle, earlier)
    if not teaching and not any(one.feedback_id in tainted for one in bundle.examples) and not fallen:
        tally.why.append("No feedback may teach yet.")
        if thin := _thinly_supported(issues, needed=store.agent.limits.min_sources):
            tally.why.append(thin)
        return
    interactions = store.interactions({item.feedback.interaction_id for item in teaching.values()})
    reasons = {
        decision.proposal_id: ", ".join((*decision.categories, decision.reason)).strip(", ")
        for decision in store.decisions()
        if decision.verb == "reject"
    }
    hidden = store.cases(HIDDEN_SPLITS)
    outcome = update.step(
        update.UpdateWork(
            agent=store.agent,
            base=head,
            bundle=bundle,
            issues=tuple(issues),
            items=teaching,
            interactions=interactions,
            cases=tuple(store.newest_cases([Split.LOG], limit=CASES_READ)),
            earlier=tuple(earlier),
            reasons=reasons,
            ask=ask_of(parts),
            model=BudgetedModel(parts, parts.model) if parts.model is not None else None,
            boundary=parts.token(),
            now=parts.clock(),
            held_out=HeldOut.of(hidden, waiting=_waiting(parts, interactions.values())),
            grade=evaluate.grade,
            reliable=update.reliable_among(one for one, _ in store.standings().values()),
            examined=frozenset(case.expected for case in hidden if case.grading is Grading.LABEL),
            tainted=tainted,
            fallen=fallen,
            draw=lambda topic: store.draw("leave out a topic", f"{head.number}:{topic}"),
        )
    )
    tally.words.extend(outcome.failures)
    tally.why.extend((*outcome.told, *outcome.held_back))
    thin = _thinly_supported(issues, needed=store.agent.limits.min_sources)
    if thin and not outcome.proposals:
        tally.why.append(thin)
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
                    JournalAction.DRAFT_PROPOSAL,
                    subject=proposal.id,
                    digests={"candidate": proposal.candidate_digest, "base": proposal.base_digest},
                )
                for proposal in fresh
            ),
        )
    )


def _teaching(parts: Parts, issues: Sequence[Issue], *, has_articles: bool) -> dict[str, FeedbackItem]:
    """The newest feedback behind supported issues, as much of each, and the newest confirmations."""
    supported = [issue for issue in issues if issue.is_supported and issue.kind != "complaint" and issue.sides]
    each = max(40, TAUGHT // max(len(supported), 1))
    ids = [key for issue in supported for key in issue.sides[0].feedback_ids[-each:]]
    ids += [row.feedback_id for row in parts.store.confirmed(newest=CONFIRMED)]
    if has_articles:
        thin = sorted(
            (issue for issue in issues if issue.kind != "complaint" and issue.sides and not issue.is_supported),
            key=lambda issue: issue.last_at,
        )
        ids += [key for issue in thin for key in issue.sides[0].feedback_ids][-LEADING:]
    items = parts.store.feedback_items(dict.fromkeys(ids))
    return {key: item for key, item in items.items() if item.state in TEACHING_STATES}


def _waiting(parts: Parts, interactions: Iterable[Interaction]) -> frozenset[str]:
    """Groups of these that are drawn to examine and wait for somebody who may."""
    store = parts.store
    groups = sorted({group_of(one) for one in interactions})
    return waiting_groups(groups, agent=store.agent, settled=store.splits(groups), draw=store.draw)


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
