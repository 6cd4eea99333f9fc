"""The stage test, fed from the store: drafts are tried on held-out cases, and again when those have grown enough."""

from collections.abc import Callable, Sequence
from math import ceil
from typing import NamedTuple

from loop import evaluate
from loop.change import footprint, operations
from loop.engine.asking import Wanted, ask_of, baseline_of, missing
from loop.engine.journal import StageTally, note
from loop.errors import ModelFailed, RatchetError, StoreUnavailable
from loop.ports import Parts
from loop.records import (
    Agent,
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


class _Trial(NamedTuple):
    """What every test of a turn starts from, read once, and only when something is due."""

    base: Bundle
    """Content of the live version, on which everything that is due is based."""
    cases: Sequence[EvalCase]


def try_changes(parts: Parts, tally: StageTally) -> None:
    """Test every proposal that is due, one after the other: each counts as one look at the sealed cases."""
    due = _due(parts)
    if not due:
        return
    trial = _read(parts, due[0])
    try:
        ask_of(parts)(trial.base, [case for case in trial.cases if case.split is not Split.LOG])
    except ModelFailed as error:
        tally.words.append(f"The live version could not be asked, so nothing was tested. {error}")
        return
    for item in due:
        try:
            report = _tried(parts, item, trial=trial)
        except RatchetError as error:
            if isinstance(error, StoreUnavailable):
                raise
            tally.words.append(f"A proposal could not be tested. {error}")
            continue
        tally.counts[report.verdict.value] = tally.counts.get(report.verdict.value, 0) + 1
        _keep(parts, item, report)


def due_tests(parts: Parts) -> list[str]:
    """Ids of the proposals that are to be tested now, oldest first."""
    return [item.proposal.id for item in _due(parts)]


def wanted_answers(parts: Parts, proposal_id: str) -> list[Wanted]:
    """What base and candidate have not answered yet of a test that is due; empty when there is nothing to ask."""
    item = _find_due(parts, proposal_id)
    if item is None:
        return []
    ids = [case.id for case in evaluate.asked_of(item.proposal, parts.store.cases())]
    sides = (item.proposal.base_digest, item.proposal.candidate_digest)
    return [found for side in sides if (found := missing(parts, side, ids)).case_ids]


def conclude_test(parts: Parts, proposal_id: str) -> Verdict | None:
    """Grade, report and commit a test whose answers are kept. Idempotent: None when it is no longer due.

    Raises ModelFailed, OperationRefused, StoreUnavailable.
    """
    item = _find_due(parts, proposal_id)
    if item is None:
        return None
    report = _tried(parts, item, trial=_read(parts, item))
    _keep(parts, item, report)
    return report.verdict


def _read(parts: Parts, item: ProposalItem) -> _Trial:
    return _Trial(base=parts.store.bundle(item.proposal.base_digest), cases=parts.store.cases())


def _due(parts: Parts) -> list[ProposalItem]:
    """What is to be tested on the live version; no case is read to know it."""
    store = parts.store
    live, sealed_n = store.head().number, store.count_cases(Split.SEALED)
    return [
        item
        for item in store.proposals([ProposalState.DRAFTED, ProposalState.WAITING])
        if item.proposal.base_number == live and _is_due(item, sealed_n=sealed_n)
    ]


def _find_due(parts: Parts, proposal_id: str) -> ProposalItem | None:
    return next((item for item in _due(parts) if item.proposal.id == proposal_id), None)


def _keep(parts: Parts, item: ProposalItem, report: Report) -> None:
    digests = {"cases": report.case_set_digest, "candidate": report.candidate_digest}
    parts.checkpoint("test:commit")
    parts.store.commit(
        Changes(
            reports=(report,),
            proposal_moves=_moves(item, report.verdict),
            notes=(note(parts, "test proposal", subject=item.proposal.id, digests=digests),),
        )
    )


def _is_due(item: ProposalItem, *, sealed_n: int) -> bool:
    """Drafts are; what waits undecided is when there are as many cases as its report asked for, or twice as many."""
    if item.state is ProposalState.DRAFTED:
        return True
    report = item.report
    if report is None or report.verdict not in _UNDECIDED:
        return False
    before = report.sealed_there
    share = report.sealed.tally.n / before if before else 0.0
    needed = ceil(report.cases_needed / share) if report.cases_needed and share else _GROWTH * before
    enough = min(needed, _GROWTH * before)
    return sealed_n >= max(enough, ceil(_LEAST_GROWTH * before), before + 1)


def _tried(parts: Parts, item: ProposalItem, *, trial: _Trial) -> Report:
    agent = parts.store.agent
    is_again = item.state is ProposalState.WAITING
    held_out = tuple(case for case in trial.cases if case.split is not Split.LOG)
    baseline = baseline_of(parts, trial.base, held_out)
    report = evaluate.step(
        evaluate.TrialWork(
            agent=_stricter(agent) if is_again else agent,
            proposal=item.proposal,
            base=trial.base,
            candidate=parts.store.bundle(item.proposal.candidate_digest),
            cases=held_out,
            log_cases=tuple(case for case in trial.cases if case.split is Split.LOG),
            ask=ask_of(parts),
            is_taught=_teaches(item.proposal, trial.base),
            looks=parts.store.sealed_looks(),
            now=parts.clock(),
            seed=parts.seed,
            shown=_shown_to(parts, item.proposal),
            unanswered=baseline.unanswered,
            compared_with=baseline.words,
        )
    )
    if not is_again:
        return report
    level = _stricter(agent).limits.alpha
    said = f"Tried again on more cases, at a stricter level: proved means a chance of luck below {level:g}."
    return report.model_copy(update={"reasons": (*report.reasons, said)})


def _shown_to(parts: Parts, proposal: Proposal) -> tuple[str, ...]:
    """The questions a change rests on, as its author read them: those of the feedback it cites."""
    cited = parts.store.feedback_items(proposal.evidence).values()
    asked = parts.store.interactions({item.feedback.interaction_id for item in cited})
    return tuple(sorted({interaction.question for interaction in asked.values()}))


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
