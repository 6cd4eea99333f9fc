"""The stage test, fed from the store: drafts are tried on held-out cases, and again when those have grown enough."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import ceil
from typing import NamedTuple

from loop import evaluate
from loop.change import footprint, operations
from loop.change.repetition import is_more_of_the_same
from loop.engine.asking import ask_of, baseline_of, memory_of
from loop.engine.cards import card_of, decisive_fields
from loop.engine.journal import StageTally, note
from loop.errors import Conflict, ModelFailed, RatchetError, StoreUnavailable
from loop.ports import Ask, Parts
from loop.records import (
    Answer,
    Bundle,
    Changes,
    EvalCase,
    JournalAction,
    Ledger,
    Proposal,
    ProposalItem,
    ProposalMove,
    ProposalState,
    Proposer,
    Report,
    Split,
    Verdict,
)

_UNDECIDED = frozenset({Verdict.PROMISING, Verdict.NOT_ENOUGH_DATA})
_LEAST_GROWTH = 1.25
_GROWTH = 2
"""Growth of the sealed set from which an undecided change is tried again: at least the first, even when its report
asked for less; at the second, even when it asked for more."""
_TRIES = 5
"""Times a test is judged again because another one took its look at the sealed cases meanwhile."""


class _Trial(NamedTuple):
    """What every test of a turn starts from, read once, and only when something is due."""

    base: Bundle
    """Content of the live version, on which everything that is due is based."""
    cases: Sequence[EvalCase]


class _LiveFailed(ModelFailed):
    """The live version could not be asked, so that no other change can be compared with it either."""


def try_changes(parts: Parts, tally: StageTally) -> None:
    """Test every proposal that is due, one after the other: each counts as one look at the sealed cases.

    Nothing is asked ahead: what a test asks depends on what its change was shown, and on what dev says of it.
    """
    due = _due(parts)
    if not due:
        return
    trial = _read(parts, due[0])
    asked = replace(parts, ask=_telling(parts.ask or memory_of(parts).ask, trial))
    for item in due:
        try:
            report = _test(asked, item, trial=trial)
        except _LiveFailed as error:
            what = "nothing more" if tally.counts else "nothing"
            tally.words.append(f"The live version could not be asked, so {what} was tested. {error}")
            return
        except RatchetError as error:
            if isinstance(error, StoreUnavailable):
                raise
            tally.words.append(f"A proposal could not be tested. {error}")
            continue
        tally.counts[report.verdict.value] = tally.counts.get(report.verdict.value, 0) + 1


def _telling(ask: Ask, trial: _Trial) -> Ask:
    """The same, and whose endpoint it is that fails."""

    def answers(bundle: Bundle, cases: Sequence[EvalCase]) -> Mapping[str, Answer]:
        try:
            return ask(bundle, cases)
        except ModelFailed as error:
            if bundle.digest == trial.base.digest:
                raise _LiveFailed(str(error)) from error
            raise

    return answers


def due_tests(parts: Parts) -> list[str]:
    """Ids of the proposals that are to be tested now, oldest first."""
    return [item.proposal.id for item in _due(parts)]


def conclude_test(parts: Parts, proposal_id: str) -> Verdict | None:
    """Ask, grade, report and commit a test. Idempotent: None when it is no longer due.

    Raises AnswersPending where these parts leave the asking to others: it is called again when they have asked.
    Raises ModelFailed, OperationRefused, StoreUnavailable.
    """
    item = _find_due(parts, proposal_id)
    if item is None:
        return None
    return _test(parts, item, trial=_read(parts, item)).verdict


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


def _keep(parts: Parts, item: ProposalItem, tried: evaluate.TrialOutcome) -> None:
    report = tried.report
    digests = {"cases": report.case_set_digest, "candidate": report.candidate_digest}
    parts.checkpoint("test:commit")
    parts.store.commit(
        Changes(
            reports=(report,),
            outcomes={report.id: tried.outcomes},
            proposal_moves=_moves(item, report.verdict),
            notes=(note(parts, JournalAction.TEST_PROPOSAL, subject=item.proposal.id, digests=digests),),
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
    share = report.sealed_heard / before if before else 0.0
    needed = ceil(report.cases_needed / share) if report.cases_needed and share else _GROWTH * before
    enough = min(needed, _GROWTH * before)
    return sealed_n >= max(enough, ceil(_LEAST_GROWTH * before), before + 1)


def _test(parts: Parts, item: ProposalItem, *, trial: _Trial) -> Report:
    """Judge and commit. A look that another test took meanwhile is judged again, at the level that is left."""
    for _ in range(_TRIES):
        tried = _tried(parts, item, trial=trial)
        try:
            _keep(parts, item, tried)
        except Conflict:
            continue
        return tried.report
    raise Conflict("Other tests took every look at the sealed cases.", remedy="The next turn tests it.")


def _tried(parts: Parts, item: ProposalItem, *, trial: _Trial) -> evaluate.TrialOutcome:
    ledger = parts.store.ledger()
    held_out = tuple(case for case in trial.cases if case.split is not Split.LOG)
    candidate = parts.store.bundle(item.proposal.candidate_digest)
    baseline = baseline_of(parts, trial.base, held_out, candidate=candidate)
    found = evaluate.try_proposal(
        evaluate.TrialWork(
            agent=parts.store.agent,
            proposal=item.proposal,
            base=trial.base,
            candidate=candidate,
            cases=held_out,
            log_cases=tuple(case for case in trial.cases if case.split is Split.LOG),
            ask=ask_of(parts),
            is_taught=_teaches(item.proposal, trial.base),
            ledger=ledger,
            is_dev_in_view=_is_dev_in_view(item.proposal, ledger),
            proved=_if_more_of_the_same(parts, item.proposal, trial=trial),
            now=parts.clock(),
            seed=parts.seed,
            shown=shown_to(parts, item.proposal),
            unanswered=baseline.unanswered,
            compared_with=baseline.words,
            before=_before(parts, item.proposal),
            decisive=decisive_fields(item.proposal, trial.base),
        )
    )
    card = card_of(parts, item.proposal, base=trial.base, candidate=candidate)
    return found._replace(report=found.report.model_copy(update={"card": card}))


def _before(parts: Parts, proposal: Proposal) -> Report | None:
    """The newest report of the same change on the version that was live before; None where it is another change."""
    if proposal.replaces is None:
        return None
    was = parts.store.proposal(proposal.replaces)
    if was.state is not ProposalState.STALE or was.proposal.operations != proposal.operations:
        return None
    return next(reversed(parts.store.reports(proposal.replaces)), None)


def shown_to(parts: Parts, proposal: Proposal) -> tuple[str, ...]:
    """The questions its authors read: those of the feedback it cites, and sealed ones they were shown or handed in."""
    store = parts.store
    cited = store.feedback_items(proposal.evidence).values()
    asked = store.interactions({item.feedback.interaction_id for item in cited})
    read = store.cases_by_id(store.shown_cases(proposal.authors)) if proposal.authors else {}
    return tuple(sorted({one.question for one in asked.values()} | {case.question for case in read.values()}))


def _is_dev_in_view(proposal: Proposal, ledger: Ledger) -> bool:
    """Whether a person wrote it after results on dev could be read: proposers of the loop never look at dev."""
    since = ledger.dev_shown_since
    return proposal.proposer is Proposer.PERSON and since is not None and since <= proposal.created_at


def _if_more_of_the_same(parts: Parts, proposal: Proposal, *, trial: _Trial) -> Bundle | None:
    """The last proved version, when the change only adds to what it teaches."""
    examined = {case.expected for case in trial.cases if case.split is not Split.LOG}
    if not is_more_of_the_same(proposal.operations, base=trial.base, proved=trial.base, examined=examined):
        return None
    proved = _last_proved(parts)
    if proved is None:
        return None
    is_more = is_more_of_the_same(proposal.operations, base=trial.base, proved=proved, examined=examined)
    return proved if is_more else None


def _last_proved(parts: Parts) -> Bundle | None:
    """Content of the newest proved version that the live one stands on; None when there is none."""
    store = parts.store
    by_number = {one.number: one for one in store.versions()}
    version = by_number.get(store.head().number)
    while version is not None:
        if version.restores is not None:
            version = by_number.get(version.restores)
            continue
        report = store.proposal(version.proposal_id).report if version.proposal_id else None
        if report is not None and report.verdict is Verdict.PROVED:
            return store.bundle(version.digest)
        version = None if version.parent is None else by_number.get(version.parent)
    return None


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
