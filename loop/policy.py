"""The approval policy: what may go live without a person, what the evidence suggests, from whom that is withheld."""

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from loop.ports import Store
from loop.records import (
    Mode,
    Proposal,
    ProposalItem,
    ProposalState,
    Proposer,
    Record,
    Report,
    Stakes,
    StakesLevel,
    Verdict,
)

Advice: TypeAlias = Literal["approve", "reject", "wait"]
"""What the evidence suggests doing."""


class Ruling(Record):
    """What the policy says."""

    needs_person: bool
    reason: str
    """In words; the first objection, or why it may go without a person."""


class Recommendation(Record):
    """What the evidence suggests to the person; never a decision."""

    verb: Advice
    reason: str


# deciding --------------------------------------------------------------------------------------
class DecisionContext(Record):
    """What is to be decided."""

    mode: Mode
    proposal: Proposal
    report: Report | None


Condition = Callable[[DecisionContext], str]
"""Why a person must decide, in words; empty when the condition holds."""

_UNATTENDED = frozenset({Mode.SIMPLE, Mode.ORCHESTRATE})
"""Modes in which a change may go live without a person."""


def decide(mode: Mode, *, proposal: Proposal, report: Report | None) -> Ruling:
    """Whether a person must decide: always, unless every one of CONDITIONS holds. The first that does not is heard."""
    pending = DecisionContext(mode=mode, proposal=proposal, report=report)
    for condition in CONDITIONS:
        if objection := condition(pending):
            return Ruling(needs_person=True, reason=objection)
    return Ruling(needs_person=False, reason="Low stakes, drafted by the loop, and proved on the sealed cases.")


def _goes_unattended(pending: DecisionContext) -> str:
    is_allowed = pending.mode in _UNATTENDED
    return "" if is_allowed else f"In {pending.mode.value} mode every change waits for a person."


def _is_drafted_by_loop(pending: DecisionContext) -> str:
    is_by_person = pending.proposal.proposer == Proposer.PERSON or bool(pending.proposal.authors)
    return "A person wrote it, so another one decides." if is_by_person else ""


def _is_low_stakes(pending: DecisionContext) -> str:
    stakes = pending.proposal.stakes
    if stakes.level is StakesLevel.LOW:
        return ""
    why = f" {stakes.reasons[0]}" if stakes.reasons else ""
    return f"The stakes are {stakes.level.value}.{why}"


def _is_tested(pending: DecisionContext) -> str:
    return "" if pending.report else "It has not been tested."


def _is_test_of_this(pending: DecisionContext) -> str:
    proposal, report = pending.proposal, pending.report
    if report is None:
        return ""
    tested = (report.proposal_id, report.base_digest, report.candidate_digest)
    is_this = tested == (proposal.id, proposal.base_digest, proposal.candidate_digest)
    return "" if is_this else "The test was of something else."


def _is_proved(pending: DecisionContext) -> str:
    report = pending.report
    if report is None or report.verdict is Verdict.PROVED:
        return ""
    return f"The test says {report.verdict.value.replace('_', ' ')}, not proved."


def _harms_no_slice(pending: DecisionContext) -> str:
    report = pending.report
    is_harmed = report is not None and any(one.is_harmed for one in report.slices)
    return "The test found a slice that got worse." if is_harmed else ""


CONDITIONS: tuple[Condition, ...] = (
    _goes_unattended,
    _is_drafted_by_loop,
    _is_low_stakes,
    _is_tested,
    _is_test_of_this,
    _is_proved,
    _harms_no_slice,
)
"""All must hold before anything goes live without a person; each says its own part and nobody else's."""


UNREAD = "questions that nobody reads one by one"
"""The sealed cases, for whoever never heard of them."""


# recommending ----------------------------------------------------------------------------------
def advice(verdict: Verdict, *, has_harm: bool) -> Advice:
    """What a verdict suggests; `has_harm`: the test found a slice that got worse."""
    match verdict:
        case Verdict.PROVED:
            return "wait" if has_harm else "approve"
        case Verdict.NO_WORSE:
            return "approve"
        case Verdict.PROMISING | Verdict.NOT_ENOUGH_DATA:
            return "wait"
        case Verdict.NO_EFFECT | Verdict.HARMFUL:
            return "reject"


def recommend(report: Report | None, *, stakes: Stakes) -> Recommendation:
    """What the evidence suggests. A recommendation is shown beside the evidence, never instead of it."""
    if report is None:
        return Recommendation(verb="wait", reason="Not tested yet.")
    harmed = [one.name for one in report.slices if one.is_harmed]
    verb = advice(report.verdict, has_harm=bool(harmed))
    return Recommendation(verb=verb, reason=_why(report, harmed=harmed, stakes=stakes))


def _why(report: Report, *, harmed: Sequence[str], stakes: Stakes) -> str:
    counts = _counts(report)
    match report.verdict:
        case Verdict.PROVED if harmed:
            return f"Better overall, but worse on “{harmed[0]}”: {counts}."
        case Verdict.PROVED:
            care = f" Read first: {stakes.reasons[0]}" if stakes.level is StakesLevel.HIGH and stakes.reasons else ""
            return f"Proved: {counts}.{care}"
        case Verdict.NO_WORSE:
            return "More of what is proved, and no worse than the last proved version by more than the margin."
        case Verdict.PROMISING:
            more = f" About {report.cases_needed} {UNREAD} would tell." if report.cases_needed else ""
            return f"Promising, not proved: {counts}.{more}"
        case Verdict.NO_EFFECT:
            return f"No effect worth shipping: {counts}."
        case Verdict.HARMFUL:
            # Often harmful to some while better overall: what it harms is said, not the sum.
            return f"Harmful. {report.words[0]}" if report.words else "Harmful."
        case Verdict.NOT_ENOUGH_DATA:
            return f"The test cannot tell: {counts}."


def _counts(report: Report) -> str:
    tally = report.sealed.tally
    if tally.n:
        return f"on {tally.n} {UNREAD} it fixed {tally.fixed} and broke {tally.broken}"
    if report.is_sealed_asked and report.sealed_heard:
        return f"how it did on {UNREAD} is told after the decision"
    tally = report.dev.tally
    told = f"on {tally.n} questions that may be read it fixed {tally.fixed} and broke {tally.broken}"
    return f"{told}; {UNREAD} were not asked"


# withholding -----------------------------------------------------------------------------------
def blinding_rule(store: Store) -> Callable[[str, bool], bool]:
    """Of a waiting change, by its id and whether it is practice: is what its test found withheld (blinding)?

    Of every practice case, and of each real change with the chance that is the share of practice: whoever sees that it
    is withheld has learned nothing. Nothing is withheld where nobody asked for practice.
    """
    share = store.agent.limits.practice_share
    return lambda proposal_id, is_practice: is_practice or (share > 0 and store.draw("withhold", proposal_id) < share)


def is_withheld(store: Store, item: ProposalItem) -> bool:
    """Whether verdict, totals and recommendation of this change are told only after the decision."""
    return item.state is ProposalState.WAITING and blinding_rule(store)(item.proposal.id, bool(item.practice))
