"""The stage validate, fed from the store and committed to it once."""

from loop import validate
from loop.engine.journal import StageTally, note
from loop.ports import Parts
from loop.records import Changes


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
