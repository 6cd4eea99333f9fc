"""Who must decide: a chain of deciders in which silence never approves."""

from collections.abc import Callable
from typing import Literal

from loop.records import Mode, Proposal, Proposer, Record, Report, Stakes, StakesLevel, Verdict


class Ruling(Record):
    """What the deciders said."""

    needs_person: bool
    reason: str
    """In words; the first objection, or why it may go without a person."""


class Recommendation(Record):
    """What the evidence suggests to the person; never a decision."""

    verb: Literal["approve", "reject", "wait"]
    reason: str


# deciding --------------------------------------------------------------------------------------
class Pending(Record):
    """What is to be decided."""

    mode: Mode
    proposal: Proposal
    report: Report | None


Decider = Callable[[Pending], Ruling | None]
"""Says what it knows about; None leaves the word to the next."""


def decide(mode: Mode, *, proposal: Proposal, report: Report | None) -> Ruling:
    """Whether a person must decide. The first decider that speaks is heard; when none does, a person must."""
    pending = Pending(mode=mode, proposal=proposal, report=report)
    for decider in DECIDERS:
        if ruling := decider(pending):
            return ruling
    return Ruling(needs_person=True, reason="Nothing allows this change to go without a person.")


def _manual(pending: Pending) -> Ruling | None:
    if pending.mode is Mode.MANUAL:
        return Ruling(needs_person=True, reason="In manual mode every change waits for a person.")
    return None


def _written_by_person(pending: Pending) -> Ruling | None:
    if pending.proposal.proposer == Proposer.PERSON or pending.proposal.authors:
        return Ruling(needs_person=True, reason="A person wrote it, so another one decides.")
    return None


def _stakes(pending: Pending) -> Ruling | None:
    if pending.proposal.stakes.level is StakesLevel.LOW:
        return None
    why = f" {pending.proposal.stakes.reasons[0]}" if pending.proposal.stakes.reasons else ""
    return Ruling(needs_person=True, reason=f"The stakes are {pending.proposal.stakes.level.value}.{why}")


def _evidence(pending: Pending) -> Ruling | None:
    proposal, report = pending.proposal, pending.report
    if report is None:
        return Ruling(needs_person=True, reason="It has not been tested.")
    if (report.proposal_id, report.base_digest, report.candidate_digest) != (
        proposal.id,
        proposal.base_digest,
        proposal.candidate_digest,
    ):
        return Ruling(needs_person=True, reason="The test was of something else.")
    if report.verdict is not Verdict.PROVED:
        return Ruling(needs_person=True, reason=f"The test says {report.verdict.value.replace('_', ' ')}, not proved.")
    if any(one.is_harmed for one in report.slices):
        return Ruling(needs_person=True, reason="The test found a slice that got worse.")
    return None


def _proved_and_low(pending: Pending) -> Ruling | None:
    """The only one that ever allows; it repeats the conditions, so that no order of the chain can lose one."""
    proposal, report = pending.proposal, pending.report
    is_proved = report is not None and report.verdict is Verdict.PROVED and report.proposal_id == proposal.id
    is_low = (
        proposal.stakes.level is StakesLevel.LOW
        and pending.proposal.proposer != Proposer.PERSON
        and not pending.proposal.authors
    )
    if pending.mode in (Mode.SIMPLE, Mode.ORCHESTRATE) and is_low and is_proved:
        return Ruling(needs_person=False, reason="Low stakes, drafted by the loop, and proved on the sealed cases.")
    return None


DECIDERS: tuple[Decider, ...] = (_manual, _written_by_person, _stakes, _evidence, _proved_and_low)


# recommending ----------------------------------------------------------------------------------
def recommend(report: Report | None, *, stakes: Stakes) -> Recommendation:
    """What the evidence suggests. A recommendation is shown beside the evidence, never instead of it."""
    if report is None:
        return Recommendation(verb="wait", reason="Not tested yet.")
    tally = report.sealed.tally
    counts = f"on {tally.n} sealed cases it fixed {tally.fixed} and broke {tally.broken}"
    match report.verdict:
        case Verdict.PROVED if any(one.is_harmed for one in report.slices):
            harmed = next(one.name for one in report.slices if one.is_harmed)
            return Recommendation(verb="wait", reason=f"Better overall, but worse on “{harmed}”: {counts}.")
        case Verdict.PROVED:
            care = f" Read first: {stakes.reasons[0]}" if stakes.level is StakesLevel.HIGH and stakes.reasons else ""
            return Recommendation(verb="approve", reason=f"Proved: {counts}.{care}")
        case Verdict.PROMISING:
            more = f" About {report.cases_needed} sealed cases would tell." if report.cases_needed else ""
            return Recommendation(verb="wait", reason=f"Promising, not proved: {counts}.{more}")
        case Verdict.NO_EFFECT:
            return Recommendation(verb="reject", reason=f"No effect worth shipping: {counts}.")
        case Verdict.HARMFUL:
            return Recommendation(verb="reject", reason=f"Harmful: {counts}.")
        case Verdict.NOT_ENOUGH_DATA:
            return Recommendation(verb="wait", reason=f"Not enough cases to tell: {counts}.")
