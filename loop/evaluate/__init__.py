"""Stage 4: is it better? Base and candidate answer the same held-out cases; the verdict says what that shows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from loop.errors import InvalidInput
from loop.evaluate.allowance import Allowance, next_day
from loop.evaluate.answers import AnswerMemory, DeferredAnswers
from loop.evaluate.baseline import (
    EMPTY,
    LIVE,
    RECORDED,
    Incumbent,
    is_from_elsewhere,
    is_silent,
    live_words,
    recorded_answers,
)
from loop.evaluate.confirmation import (
    LEAST,
    cases_wanted,
    confirmation_words,
    fresh_evidence,
    fresh_words,
    pair_outcomes,
)
from loop.evaluate.grade import grade
from loop.evaluate.outcomes import facts_of, in_order, sample
from loop.evaluate.planning import plan
from loop.evaluate.reasons import about_budget, sealed_power
from loop.evaluate.repetition import carried_level
from loop.evaluate.replay import failures
from loop.evaluate.sides import ask_sides
from loop.evaluate.tallies import TAUGHT, UNTAUGHT, SliceTally, Tallies, tally_pairs
from loop.evaluate.verdict import judge, passes_screen
from loop.evaluate.witnesses import Witnesses, added_texts, bundle_texts, qualify_report, witnesses
from loop.ports import Ask
from loop.records import (
    Agent,
    Answer,
    Bundle,
    CaseOutcome,
    EvalCase,
    Grade,
    Ledger,
    Limits,
    Proposal,
    Report,
    Split,
    Tally,
    case_set_digest,
    derived_id,
)
from loop.stats import budget

__all__ = [
    "EMPTY",
    "LEAST",
    "LIVE",
    "RECORDED",
    "Allowance",
    "AnswerMemory",
    "DeferredAnswers",
    "Incumbent",
    "TrialOutcome",
    "TrialWork",
    "about_budget",
    "added_texts",
    "budget_left",
    "bundle_texts",
    "cases_wanted",
    "confirmation_words",
    "fresh_evidence",
    "fresh_words",
    "grade",
    "is_from_elsewhere",
    "is_silent",
    "live_words",
    "next_day",
    "pair_outcomes",
    "recorded_answers",
    "step",
    "try_proposal",
    "witnesses",
]

METHOD = (
    "Paired replay on the same cases. Better or worse: one-sided mid-p McNemar. Interval: Tango score, 90 %. "
    "Screen on dev at 0.20, verdict on sealed at the level of the agent's budget of error (ADDIS). "
    "All questions of harm together: Holm at 0.05."
)
SMALLEST_TOPIC = 10
"""Sealed cases a topic needs to be reported: below that its total would nearly tell single results."""
MOST_TOPICS = 10


@dataclass(frozen=True)
class TrialWork:
    """Everything one test needs."""

    agent: Agent
    proposal: Proposal
    base: Bundle
    candidate: Bundle
    cases: tuple[EvalCase, ...]
    """Dev and sealed; a log case here is refused, because the change was learned from it."""
    ask: Ask
    """Both sides are asked through it; see `loop.ports.Ask`."""
    is_taught: Callable[[EvalCase], bool]
    """Whether the change is about this case; the others must not suffer."""
    ledger: Ledger
    """Looks at the sealed cases before this one."""
    now: datetime
    seed: int
    log_cases: tuple[EvalCase, ...] = ()
    """Where the fixes the proposer expected are looked up, and protected cases; never part of the verdict's rates."""
    is_dev_in_view: bool = False
    """Its author could read results on dev: dev is no screen, and the sealed cases are asked at once."""
    proved: Bundle | None = None
    """Of a change that is only more of the same: the last proved version, which it must not fall behind."""
    shown: tuple[str, ...] = ()
    """Texts the change's author was shown: cases that ask what stands there say nothing about the change."""
    unanswered: frozenset[str] = frozenset()
    """Ids of cases to which the base's answer is not known."""
    compared_with: str = LIVE
    """In words, whose answers stand for the base."""
    before: Report | None = None
    """Of a change that is drawn anew as it was, because the live version moved: its newest report there."""
    decisive: tuple[str, ...] = ()
    """Context fields that rules of the change test: shown first beside a question."""


class _Asked(NamedTuple):
    """One case under both sides. Sealed ones never leave this module but as counts."""

    case: EvalCase
    base: Answer
    candidate: Answer
    base_grade: Grade
    candidate_grade: Grade
    proved_grade: Grade
    """Of the last proved version: the base's own where that is it, or where nothing is held against it."""


class TrialOutcome(NamedTuple):
    """What a test found."""

    report: Report
    outcomes: tuple[CaseOutcome, ...]
    """Every dev case it was tried on, broken and fixed ones first; the report holds a sample of the rest."""


def step(work: TrialWork) -> Report:
    """What `try_proposal` finds, in the report alone."""
    return try_proposal(work).report


def try_proposal(work: TrialWork) -> TrialOutcome:
    """Test one proposal and say what the test found.

    Two rounds. First dev, and what the change promised and may not break; from how many dev cases move follows the
    power, stated before the sealed cases are asked. They are asked only of a change that dev supports, of one whose
    author knew dev, and of more of the same (then uncharged, for harm only); of any other only the protected ones.
    What is set aside is not asked. Of sealed cases only totals leave this function. The same work gives the same
    report. Raises InvalidInput when a bundle is not the one the proposal names or a log case is among the cases,
    ModelFailed when an endpoint cannot be used at all, AnswersPending when the answers of a round are asked elsewhere.
    """
    _check(work)
    limits = work.agent.limits
    found = _witnesses(work)
    heard = found.of(Split.DEV)
    first = _ask(work, [*heard, *_watched(work.log_cases, work.proposal), *found.watched])
    dev, watched = first[: len(heard)], first[len(heard) :]
    there = found.of(Split.SEALED)
    left = budget_left(work.ledger, limits=limits)
    planned = plan(_tally(dev), sealed_n=len(there), level=left.level, limits=limits)
    is_charged = work.is_dev_in_view or passes_screen(_tally(dev))
    is_asked = is_charged or work.proved is not None
    second = _ask(work, there if is_asked else [case for case in there if case.is_protected], proved=work.proved)
    sealed, watched = (second, watched) if is_asked else ([], [*watched, *second])
    cases_digest, heard_digest = case_set_digest(work.cases), case_set_digest(found.heard)
    carried = carried_level(work.before, sealed=_tally(sealed), case_set=heard_digest) if is_charged else None
    level = left.level if carried is None else carried
    tallies = _tallies(work, dev=dev, sealed=sealed, watched=watched).model_copy(
        update={"is_sealed_asked": is_asked, "level": level if is_charged else None}
    )
    judgement = judge(tallies, limits=limits)
    is_look = is_charged and bool(sealed) and carried is None
    outcomes = _outcomes(dev, decisive=work.decisive)
    report = Report(
        id=derived_id("report", work.proposal.id, work.base.digest, work.candidate.digest, cases_digest, work.seed),
        agent=work.agent.slug,
        proposal_id=work.proposal.id,
        base_digest=work.base.digest,
        candidate_digest=work.candidate.digest,
        case_set_digest=heard_digest,
        compared_with=work.compared_with,
        dev=judgement.dev,
        sealed=judgement.sealed,
        slices=judgement.slices,
        outcomes=sample(outcomes, seed=work.seed),
        verdict=judgement.verdict,
        reasons=judgement.reasons,
        sealed_reasons=judgement.sealed_reasons,
        power=planned.power,
        power_for=planned.gain,
        cases_needed=planned.cases_needed,
        expected_hits=_hits(watched, expected=frozenset(work.proposal.expected_fixes)),
        sealed_looks=len(work.ledger.looks) + is_look,
        sealed_cases=len(there),
        is_sealed_asked=is_asked,
        is_dev_in_view=work.is_dev_in_view,
        level=level if is_look else None,
        carried_level=carried,
        expected_gain=judgement.expected_gain,
        model_failures=failures([answer for asked in dev + sealed for answer in _answers(asked)]),
        method=METHOD,
        seed=work.seed,
        at=work.now,
    )
    told = report.model_copy(update={"reasons": (*report.reasons, *sealed_power(report, planned, left=left))})
    return TrialOutcome(qualify_report(told, found, is_taught=work.is_taught), outcomes)


def budget_left(ledger: Ledger, *, limits: Limits) -> budget.Left:
    """What the agent's budget of error allows the next look, after all that were charged."""
    looks = [budget.Look(p=one.p, is_proved=one.is_proved) for one in ledger.looks]
    return budget.left(looks, total=limits.alpha)


def _witnesses(work: TrialWork) -> Witnesses:
    return witnesses(
        work.cases,
        shown=[*added_texts(work.base, work.candidate), *work.shown],
        cited=work.proposal.evidence,
        unanswered=work.unanswered,
        log_cases=work.log_cases,
    )


def _check(work: TrialWork) -> None:
    if work.base.digest != work.proposal.base_digest or work.candidate.digest != work.proposal.candidate_digest:
        raise InvalidInput(
            "The bundles are not those the proposal names.",
            field="candidate",
            remedy="Draft the proposal again on the live version.",
        )
    if any(case.split is Split.LOG for case in work.cases):
        raise InvalidInput(
            "A log case is among the cases to test on.", field="cases", remedy="Hand in dev and sealed cases only."
        )


def _watched(log_cases: Iterable[EvalCase], proposal: Proposal) -> list[EvalCase]:
    """Log cases that the proposal promised to fix or may not break."""
    expected = frozenset(proposal.expected_fixes)
    return [case for case in log_cases if case.is_protected or case.id in expected]


def _ask(work: TrialWork, cases: Sequence[EvalCase], *, proved: Bundle | None = None) -> list[_Asked]:
    """Both sides on the same cases, graded, and the last proved version where the change is held against it."""
    sides = [work.base, work.candidate, *([proved] if proved is not None and proved.digest != work.base.digest else [])]
    told = ask_sides(work.ask, sides, cases)
    return [_graded(case, [answers[case.id] for answers in told]) for case in cases]


def _graded(case: EvalCase, answers: Sequence[Answer]) -> _Asked:
    base, candidate, *proved = answers
    grades = [grade(case, answer) for answer in answers]
    return _Asked(
        case=case,
        base=base,
        candidate=candidate,
        base_grade=grades[0],
        candidate_grade=grades[1],
        proved_grade=grades[2] if proved else grades[0],
    )


def _tallies(work: TrialWork, *, dev: list[_Asked], sealed: list[_Asked], watched: list[_Asked]) -> Tallies:
    protected = [asked for asked in dev + sealed + watched if asked.case.is_protected]
    return Tallies(
        dev=_tally(dev),
        sealed=_tally(sealed),
        slices=_slices(sealed, is_taught=work.is_taught),
        protected=len(protected),
        protected_broken=_tally(protected).broken,
        failed_cases=sum(failures(_answers(asked)) > 0 for asked in dev + sealed),
        since_proved=_since_proved(work, sealed),
        is_dev_in_view=work.is_dev_in_view,
        looks=work.ledger.looks,
    )


def _since_proved(work: TrialWork, sealed: Sequence[_Asked]) -> Tally | None:
    """The last proved version against the candidate, on the same sealed cases."""
    if work.proved is None:
        return None
    return _tally([asked._replace(base_grade=asked.proved_grade) for asked in sealed])


def _slices(sealed: list[_Asked], *, is_taught: Callable[[EvalCase], bool]) -> tuple[SliceTally, ...]:
    """Taught and untaught, then the topics with the most cases."""
    topics: dict[str, list[_Asked]] = {}
    parts: dict[str, list[_Asked]] = {TAUGHT: [], UNTAUGHT: []}
    for asked in sealed:
        parts[TAUGHT if is_taught(asked.case) else UNTAUGHT].append(asked)
        # A topic that happens to be called like one of ours must not stand in for it.
        if asked.case.topic and asked.case.topic not in parts:
            topics.setdefault(asked.case.topic, []).append(asked)
    large = [(name, found) for name, found in topics.items() if len(found) >= SMALLEST_TOPIC]
    large.sort(key=lambda item: (-len(item[1]), item[0]))
    return tuple(
        SliceTally(name=name, tally=_tally(found)) for name, found in [*parts.items(), *large[:MOST_TOPICS]] if found
    )


def _tally(asked: Sequence[_Asked]) -> Tally:
    return tally_pairs((one.base_grade.is_right, one.candidate_grade.is_right) for one in asked)


def _outcomes(dev: Sequence[_Asked], *, decisive: Sequence[str]) -> tuple[CaseOutcome, ...]:
    found = (
        CaseOutcome(
            case_id=asked.case.id,
            question=asked.case.question,
            expected=asked.case.expected,
            base=asked.base,
            candidate=asked.candidate,
            base_grade=asked.base_grade,
            candidate_grade=asked.candidate_grade,
            facts=facts_of(asked.case, decisive=decisive),
        )
        for asked in dev
    )
    return in_order(found)


def _hits(log: Sequence[_Asked], *, expected: frozenset[str]) -> int | None:
    found = [asked for asked in log if asked.case.id in expected]
    return _tally(found).fixed if found else None


def _answers(asked: _Asked) -> tuple[Answer, Answer]:
    return asked.base, asked.candidate
