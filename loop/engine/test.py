"""The stage test, fed from the store: drafts are tried on held-out cases, and again when those have grown enough."""

from collections.abc import Callable, Mapping, Sequence
from math import ceil

from loop import evaluate
from loop.change import footprint, operations
from loop.engine.journal import StageTally, note
from loop.errors import ModelFailed
from loop.ports import Parts
from loop.records import (
    Agent,
    Answer,
    Bundle,
    Changes,
    EvalCase,
    Proposal,
    ProposalItem,
    ProposalMove,
    ProposalState,
    Report,
    Split,
    Verdict,
)

_UNDECIDED = frozenset({Verdict.PROMISING, Verdict.NOT_ENOUGH_DATA})
_LEAST_GROWTH = 1.25
_GROWTH = 2
"""Growth of the sealed set from which an undecided change is tried again: at least the first, even when its report
asked for less; at the second, even when it asked for more."""
_AGAIN_ALPHA = 0.5
"""Share of `limits.alpha` for trying again: testing after every batch at the full level would call a useless
change proved three times as often as it should (simulated: 0.156 after eight looks)."""


def try_changes(parts: Parts, tally: StageTally) -> None:
    store = parts.store
    head = store.head()
    cases = store.cases()
    sealed_n = sum(case.split is Split.SEALED for case in cases)
    due = [
        item
        for item in store.proposals([ProposalState.DRAFTED, ProposalState.WAITING])
        if item.proposal.base_number == head.number and _is_due(item, sealed_n=sealed_n)
    ]
    if not due:
        return
    base = store.bundle(head.digest)
    held_out = [case for case in cases if case.split is not Split.LOG]
    try:
        known = dict(zip((case.id for case in held_out), evaluate.replay(parts.answerers(base), held_out), strict=True))
    except ModelFailed as error:
        tally.words.append(f"The live version could not be asked, so nothing was tested. {error}")
        return
    for item in due:
        try:
            report = _tried(parts, item, base=base, cases=cases, known=known)
        except ModelFailed as error:
            tally.words.append(f"A proposal could not be tested. {error}")
            continue
        tally.counts[report.verdict.value] = tally.counts.get(report.verdict.value, 0) + 1
        parts.checkpoint("test:commit")
        store.commit(
            Changes(
                reports=(report,),
                proposal_moves=_moves(item, report.verdict),
                notes=(
                    note(
                        parts,
                        "test proposal",
                        subject=item.proposal.id,
                        digests={"cases": report.case_set_digest, "candidate": report.candidate_digest},
                    ),
                ),
            )
        )


def _is_due(item: ProposalItem, *, sealed_n: int) -> bool:
    """Drafts are; what waits undecided is when there are as many cases as its report asked for, or twice as many."""
    if item.state is ProposalState.DRAFTED:
        return True
    report = item.report
    if report is None or report.verdict not in _UNDECIDED:
        return False
    before = report.sealed.tally.n
    enough = min(report.cases_needed or _GROWTH * before, _GROWTH * before)
    return sealed_n >= max(enough, ceil(_LEAST_GROWTH * before), before + 1)


def _tried(
    parts: Parts,
    item: ProposalItem,
    *,
    base: Bundle,
    cases: Sequence[EvalCase],
    known: Mapping[str, Answer],
) -> Report:
    agent = parts.store.agent
    is_again = item.state is ProposalState.WAITING
    report = evaluate.step(
        evaluate.TrialWork(
            agent=_stricter(agent) if is_again else agent,
            proposal=item.proposal,
            base=base,
            candidate=parts.store.bundle(item.proposal.candidate_digest),
            cases=tuple(case for case in cases if case.split is not Split.LOG),
            log_cases=tuple(case for case in cases if case.split is Split.LOG),
            answerers=parts.answerers,
            base_answers=known,
            is_taught=_teaches(item.proposal, base),
            looks=parts.store.sealed_looks(),
            now=parts.clock(),
            seed=parts.seed,
        )
    )
    if not is_again:
        return report
    level = _stricter(agent).limits.alpha
    said = f"Tried again on more cases, at a stricter level: proved means a chance of luck below {level:g}."
    return report.model_copy(update={"reasons": (*report.reasons, said)})


def _stricter(agent: Agent) -> Agent:
    limits = agent.limits.model_copy(update={"alpha": agent.limits.alpha * _AGAIN_ALPHA})
    return agent.model_copy(update={"limits": limits})


def _moves(item: ProposalItem, verdict: Verdict) -> tuple[ProposalMove, ...]:
    now = _desk_or_drawer(item.proposal, verdict)
    return () if now is item.state else (ProposalMove(proposal_id=item.proposal.id, was=item.state, now=now),)


def _desk_or_drawer(proposal: Proposal, verdict: Verdict) -> ProposalState:
    """People's own drafts and unlearning always come to the desk; else only what may be worth a person's time."""
    if not proposal.proposer.needs_support or verdict not in (Verdict.HARMFUL, Verdict.NO_EFFECT):
        return ProposalState.WAITING
    return ProposalState.SET_ASIDE


def _teaches(proposal: Proposal, base: Bundle) -> Callable[[EvalCase], bool]:
    by = operations.footprint_of(proposal.operations, base)

    def is_taught(case: EvalCase) -> bool:
        return footprint.is_taught(case, by=by)

    return is_taught
