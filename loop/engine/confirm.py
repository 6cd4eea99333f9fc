"""Confirming releases: what a change is worth on cases that were sealed after its decision, version before and with it.

Asked are only built-in versions, which cost nothing. Of a model's versions there is what they were asked anyhow (the
live one is measured, a base is asked when a change of it is tested); where that is not both, the words say so.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from loop import evaluate
from loop.engine.asking import grades_of
from loop.engine.journal import StageTally
from loop.engine.test import shown_to
from loop.ports import Parts
from loop.records import (
    Comparison,
    Decision,
    EvalCase,
    Evidence,
    Interaction,
    Proposal,
    ProposalState,
    Release,
    Split,
    Tally,
    Verdict,
)
from loop.text.spelling import normalise

_RELEASES = 12
"""How many of the newest changes are confirmed: older ones have said what they could."""
_GROWTH = 0.1
"""Growth of the fresh cases, at least one, from which the number still missing is counted anew."""
_NOTHING = Evidence(tally=Tally(), low=None, high=None, p_better=None, p_worse=None)


def confirm(parts: Parts, tally: StageTally, *, sealed: Sequence[EvalCase]) -> list[Comparison]:
    """What is new about changes that are live; a count that was made is said in the stage's words."""
    store = parts.store
    stored = [one for one in store.comparisons() if one.kind == "confirmation"]
    known = {one.number: _reweighed(one) for one in stored}
    live = {item.proposal.id: item for item in store.proposals([ProposalState.LIVE])}
    shipped = {one.number: one for one in store.releases() if one.kind == "deploy" and one.proposal_id in live}
    due = [one for one in list(shipped.values())[-_RELEASES:] if _is_due(known.get(one.number), there=len(sealed))]
    renewed = [known[one.number] for one in stored if known[one.number] != one]
    if not due:
        return renewed
    decisions = {one.id: one for one in store.decisions()}
    sealed_at = _sealed_at(parts, sealed)
    every = [*store.cases(), *store.retired_cases()]
    found: list[Comparison] = []
    for release in due:
        decision, item = decisions.get(release.decision_id or ""), live[release.proposal_id or ""]
        if decision is None or release.from_number is None:
            continue
        is_more = item.report is not None and item.report.verdict is Verdict.NO_WORSE
        one = _confirmation(
            parts,
            release,
            fresh=_fresh(parts, item.proposal, decision, sealed=sealed, sealed_at=sealed_at, every=every),
            known=known.get(release.number),
        )
        told = one.model_copy(
            update={"there": len(sealed), "allowed": store.agent.limits.harm_margin if is_more else 0.0}
        )
        if told.evidence.tally.n and told.evidence != getattr(known.get(release.number), "evidence", None):
            tally.words.append(f"Version {release.number} is {evaluate.confirmation_words(told)}.")
        found.append(told)
    told_of = {one.number for one in found}
    return [*(one for one in renewed if one.number not in told_of), *found]


def _reweighed(one: Comparison) -> Comparison:
    """With the interval of today's rule: one that was counted under an earlier rule claims no more than others."""
    tally = one.evidence.tally
    return one.model_copy(update={"evidence": evaluate.fresh_evidence(tally)}) if tally.n else one


def _is_due(known: Comparison | None, *, there: int) -> bool:
    """Whether enough sealed cases have come to say something new; a stored row answers it without reading a case."""
    if known is None:
        return True
    new = there - known.there
    if known.evidence.tally.n:
        return known.fresh + new >= evaluate.cases_wanted(known)
    return new >= max(1, _GROWTH * known.fresh)


def _sealed_at(parts: Parts, sealed: Sequence[EvalCase]) -> dict[str, datetime]:
    """By case id, before when nobody could have sealed it: when what it rests on was received."""
    items = parts.store.feedback_items([case.feedback_id for case in sealed if case.feedback_id])
    return {
        case.id: items[case.feedback_id].feedback.received_at if case.feedback_id in items else case.at
        for case in sealed
        if case.feedback_id is None or case.feedback_id in items
    }


def _fresh(
    parts: Parts,
    proposal: Proposal,
    decision: Decision,
    *,
    sealed: Sequence[EvalCase],
    sealed_at: Mapping[str, datetime],
    every: Sequence[EvalCase],
) -> list[EvalCase]:
    """Asked and sealed after the decision, about a question no case asked before, made by nobody who wrote the change,
    and no part of what the change holds or its authors were shown.

    A question asked before it could have been read, by whoever wrote the change, wherever answers are shown.
    """
    store = parts.store
    new = {key for key, at in sealed_at.items() if at > decision.at}
    asked = store.interactions([case.interaction_id for case in sealed if case.id in new and case.interaction_id])
    new -= {case.id for case in sealed if case.interaction_id and not _is_after(asked, case, decision)}
    if not new:
        return []
    others = [case for case in every if case.id not in new]
    known = {normalise(case.question) for case in others if case.at <= decision.at} - {""}
    base, candidate = store.bundle(proposal.base_digest), store.bundle(proposal.candidate_digest)
    heard = evaluate.witnesses(
        sealed,
        shown=[*evaluate.added_texts(base, candidate), *shown_to(parts, proposal)],
        cited=proposal.evidence,
        log_cases=[case for case in others if case.split is Split.LOG],
    ).heard
    return [
        case
        for case in heard
        if case.id in new
        and normalise(case.question) not in known
        and not {case.author, case.vouched_by} & set(proposal.authors)
    ]


def _is_after(asked: Mapping[str, Interaction], case: EvalCase, decision: Decision) -> bool:
    interaction = asked.get(case.interaction_id or "")
    return interaction is not None and interaction.at > decision.at


def _confirmation(parts: Parts, release: Release, *, fresh: Sequence[EvalCase], known: Comparison | None) -> Comparison:
    """Both versions on the fresh cases, as far as both were asked; counted only when there are enough of them."""
    store = parts.store
    digests = {one.number: one.digest for one in store.versions()}
    before, after = (
        grades_of(parts, store.bundle(digests[number]), fresh) for number in (release.from_number or 0, release.number)
    )
    both = before.keys() & after.keys()
    counted = [case for case in fresh if case.id in both]
    if known is not None and known.evidence.tally.n and len(counted) < evaluate.cases_wanted(known):
        return known.model_copy(update={"fresh": len(counted), "unasked": len(fresh) - len(counted)})
    is_enough = len(counted) >= evaluate.LEAST
    asked = store.interactions([case.interaction_id for case in counted if case.interaction_id])
    versions = [asked[case.interaction_id].version for case in counted if case.interaction_id in asked]
    return Comparison(
        agent=store.agent.slug,
        kind="confirmation",
        number=release.number,
        against=release.from_number or 0,
        evidence=evaluate.fresh_evidence(evaluate.pair_outcomes(before, after=after).tally) if is_enough else _NOTHING,
        fresh=len(counted),
        unasked=len(fresh) - len(counted),
        by_it=sum(one is not None and one >= release.number for one in versions),
        there=0,
        at=parts.clock(),
    )
