"""One test of one proposal: same cases for both sides, dev shown, sealed never, and the same report twice."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from loop.errors import AnswersPending, InvalidInput, ModelFailed
from loop.evaluate import DeferredAnswers, TrialWork, step
from loop.evaluate.replay import failures, replay
from loop.evaluate.tallies import UNTAUGHT
from loop.records import (
    Answer,
    Bundle,
    ChangeExamples,
    EvalCase,
    Ledger,
    Limits,
    Proposal,
    Question,
    SealedLook,
    Split,
    Verdict,
    case_set_digest,
)
from tests import builders
from tests.builders import NOON, agent, bundle, case, example
from tests.fakes import FakeAnswers

BASE = bundle(instructions="Sort parcels.")
CANDIDATE = bundle(instructions="Sort parcels.", examples=(example(1),))
LABEL = "parcel"


def looked(*p: float) -> Ledger:
    """A ledger with looks of these p, none of which proved anything."""
    looks = [
        SealedLook(number=number, p=one, level=0.001, is_proved=False, n=300, effect=0.01, moved=20)
        for number, one in enumerate(p, start=1)
    ]
    return Ledger(looks=tuple(looks), dev_shown_since=NOON)


class Table:
    """An answerer that looks its labels up by question, and counts what it was asked."""

    def __init__(self, labels: dict[str, str | None]) -> None:
        self.labels = labels
        self.asked: list[str] = []
        self.batches: list[int] = []

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        self.asked += [question.text for question in questions]
        self.batches.append(len(questions))
        return [self._one(self.labels[question.text]) for question in questions]

    def _one(self, label: str | None) -> Answer:
        if label is None:
            return Answer(method="failed", failure="The endpoint said 503.")
        return Answer(label=label, method="head", confidence=0.9)


def proposal(**fields: Any) -> Proposal:
    filled: dict[str, Any] = {
        "base_digest": BASE.digest,
        "candidate_digest": CANDIDATE.digest,
        "operations": (ChangeExamples(add=(example(1),)),),
        "proposer": "examples",
    }
    return builders.proposal(**filled | fields)


def cases_of(movements: Sequence[str], *, split: Split, start: int = 0, **fields: Any) -> list[EvalCase]:
    return [
        case(
            start + number,
            id=f"{split}{start + number}-{movement}",
            split=split,
            question=f"{split} {start + number} {movement}",
            **fields,
        )
        for number, movement in enumerate(movements)
    ]


def tables(cases: Sequence[EvalCase]) -> tuple[Table, Table]:
    """Base and candidate that move each case as its question says."""
    base: dict[str, str | None] = {}
    candidate: dict[str, str | None] = {}
    for one in cases:
        movement = one.question.rsplit(" ", 1)[-1]
        base[one.question] = LABEL if movement in {"broken", "right", "lost"} else "other"
        candidate[one.question] = LABEL if movement in {"fixed", "right"} else None if movement == "lost" else "other"
    return Table(base), Table(candidate)


def work(
    cases: Sequence[EvalCase],
    *,
    sides: tuple[Table, Table] | None = None,
    is_taught: Callable[[EvalCase], bool] = lambda _: True,
    **fields: Any,
) -> TrialWork:
    base, candidate = sides or tables([*cases, *fields.get("log_cases", ())])

    def ask(bundle: Bundle, asked: Sequence[EvalCase]) -> dict[str, Answer]:
        side = base if bundle.digest == BASE.digest else candidate
        return dict(zip((one.id for one in asked), replay(side, asked), strict=True))

    filled: dict[str, Any] = {
        "agent": agent(),
        "proposal": proposal(),
        "base": BASE,
        "candidate": CANDIDATE,
        "cases": tuple(cases),
        "ask": ask,
        "is_taught": is_taught,
        "ledger": looked(0.01, 0.6, 0.9),
        "now": NOON,
        "seed": 7,
    }
    return TrialWork(**filled | fields)


DEV = cases_of(["fixed"] * 9 + ["broken"] + ["right"] * 70 + ["wrong"] * 20, split=Split.DEV)
SEALED = cases_of(["fixed"] * 12 + ["broken"] + ["right"] * 70 + ["wrong"] * 17, split=Split.SEALED)


def test_a_better_candidate_is_proved_on_the_same_cases() -> None:
    sides = tables([*DEV, *SEALED])
    report = step(work([*DEV, *SEALED], sides=sides))
    assert report.verdict is Verdict.PROVED
    assert sides[0].asked == sides[1].asked
    assert (report.dev.tally.fixed, report.dev.tally.broken, report.dev.tally.n) == (9, 1, 100)
    assert (report.sealed.tally.fixed, report.sealed.tally.broken, report.sealed.tally.n) == (12, 1, 100)
    assert report.sealed_reasons[0].startswith("Fixes 12 and breaks 1 of 100 sealed cases: +11.0 points")
    assert report.sealed_looks == 4
    assert report.level is not None
    assert report.seed == 7


def test_what_other_looks_cost_makes_a_proof_harder() -> None:
    fresh = step(work([*DEV, *SEALED], ledger=Ledger()))
    spent = step(work([*DEV, *SEALED], ledger=looked(0.3, 0.4)))
    assert (fresh.verdict, spent.verdict) == (Verdict.PROVED, Verdict.PROMISING)
    assert fresh.level is not None
    assert spent.level is not None
    assert spent.level < fresh.level / 5
    assert any("1 of 370 tests; so far no look has cost anything" in one for one in fresh.reasons)
    assert any("so far 2 looks have cost something" in one for one in spent.reasons)


UNSUPPORTED = cases_of(["fixed"] * 5 + ["broken"] * 5 + ["right"] * 90, split=Split.DEV)


def test_the_sealed_cases_are_left_alone_when_dev_does_not_support_the_change() -> None:
    guarded = cases_of(["right"], split=Split.SEALED, start=700, is_protected=True)
    sides = tables([*UNSUPPORTED, *SEALED, *guarded])
    report = step(work([*UNSUPPORTED, *SEALED, *guarded], sides=sides))
    asked = {one for one in sides[1].asked if one.startswith("sealed")}
    assert asked == {guarded[0].question}, "whether what is protected breaks is asked all the same"
    assert not report.is_sealed_asked
    assert (report.level, report.sealed.tally.n, report.expected_gain) == (None, 0, None)
    assert (report.sealed_looks, report.sealed_cases) == (3, 101)
    assert any("not enough to ask the sealed cases" in reason for reason in report.reasons)


def test_a_change_written_with_dev_in_view_is_asked_the_sealed_cases_whatever_dev_says() -> None:
    report = step(work([*UNSUPPORTED, *SEALED], is_dev_in_view=True))
    assert report.verdict is Verdict.PROVED
    assert report.level is not None
    assert any("could be read when it was written" in reason for reason in report.reasons)


FILL = cases_of(["fixed"] * 3 + ["broken"] * 2 + ["right"] * 295, split=Split.SEALED)


def test_more_of_the_same_is_asked_whether_it_does_harm_and_costs_nothing() -> None:
    report = step(work([*UNSUPPORTED, *FILL], proved=BASE))
    assert report.verdict is Verdict.NO_WORSE
    assert (report.level, report.sealed_looks) == (None, 3)
    assert any("no look was charged" in reason for reason in report.reasons)
    assert step(work([*UNSUPPORTED, *FILL])).verdict is not Verdict.NO_WORSE, "anything else must be better"


def test_more_of_the_same_is_held_against_the_last_proved_version_and_not_only_the_base() -> None:
    proved = bundle(instructions="Sort every parcel.")
    base, candidate = tables([*UNSUPPORTED, *FILL])
    before = Table(dict.fromkeys(base.labels, LABEL))

    def ask(of: Bundle, asked: Sequence[EvalCase]) -> dict[str, Answer]:
        side = {BASE.digest: base, CANDIDATE.digest: candidate}.get(of.digest, before)
        return dict(zip((one.id for one in asked), replay(side, asked), strict=True))

    worn = [*FILL[:5], *cases_of(["right"] * 275 + ["wrong"] * 20, split=Split.SEALED, start=900)]
    more = tables([*UNSUPPORTED, *worn])
    base.labels, candidate.labels = more[0].labels, more[1].labels
    before.labels = dict.fromkeys(more[0].labels, LABEL)
    assert step(work([*UNSUPPORTED, *worn], sides=more, proved=BASE)).verdict is Verdict.NO_WORSE
    assert step(work([*UNSUPPORTED, *worn], sides=more, proved=proved, ask=ask)).verdict is not Verdict.NO_WORSE


def test_dev_is_asked_before_sealed() -> None:
    sides = tables([*DEV, *SEALED])
    step(work([*SEALED, *DEV], sides=sides))
    assert sides[0].asked[: len(DEV)] == [one.question for one in DEV]


def test_a_round_is_one_wait_and_the_sealed_round_follows_only_from_dev() -> None:
    proved = bundle(instructions="Sort every parcel.")
    rounds = []
    for cases in ([*DEV, *SEALED], [*UNSUPPORTED, *SEALED]):
        sides = tables(cases)
        for fields in ({}, {"proved": proved}):
            kept, asked = FakeAnswers(), []
            deferred = DeferredAnswers(kept)
            while True:
                try:
                    step(work(cases, ask=deferred.ask, **fields))
                except AnswersPending:
                    asked.append(_round(deferred, cases))
                    for digest, ids in deferred.wanted.items():
                        side = sides[digest == CANDIDATE.digest]
                        chosen = [one for one in cases if one.id in ids]
                        answers = zip(ids, replay(side, chosen), strict=True)
                        kept.keep_answers(digest, dict(answers))
                    deferred.wanted.clear()
                else:
                    break
            rounds.append(asked)
    assert rounds == [
        [("dev", 2), ("sealed", 2)],
        [("dev", 2), ("sealed", 3)],
        [("dev", 2)],
        [("dev", 2), ("sealed", 3)],
    ], "of so many versions"


def _round(deferred: DeferredAnswers, cases: Sequence[EvalCase]) -> tuple[str, int]:
    (split,) = {one.split for one in cases for ids in deferred.wanted.values() if one.id in ids}
    return str(split), len(deferred.wanted)


def test_nothing_of_a_single_sealed_case_is_in_the_report() -> None:
    report = step(work([*DEV, *SEALED])).model_dump_json()
    for one in SEALED:
        assert one.id not in report
        assert one.question not in report


def test_dev_shows_every_broken_and_fixed_case_and_a_sample_of_the_rest() -> None:
    report = step(work([*DEV, *SEALED]))
    movements = [outcome.movement for outcome in report.outcomes]
    assert movements[:10] == ["broken"] + ["fixed"] * 9
    assert len(movements) == 30
    assert set(movements[10:]) <= {"both_right", "both_wrong"}


def test_the_same_work_gives_the_same_report_and_other_cases_another() -> None:
    one, same = step(work([*DEV, *SEALED])), step(work([*reversed(SEALED), *DEV]))
    assert one.id == same.id
    assert one.case_set_digest == same.case_set_digest
    assert (one.dev, one.sealed, one.verdict, one.words) == (same.dev, same.sealed, same.verdict, same.words)
    assert step(work([*DEV, *SEALED])) == one
    fewer = step(work([*DEV, *SEALED[1:]]))
    assert fewer.case_set_digest != one.case_set_digest
    assert fewer.id != one.id


def test_what_counts_as_right_is_part_of_the_case_set() -> None:
    one = case_set_digest([case(1)])
    assert case_set_digest([case(1, expected="refund")]) != one
    assert case_set_digest([case(1, must_include=("receipt",))]) != one
    assert case_set_digest([case(1, topic="parcels")]) == one


def test_a_change_that_breaks_what_it_does_not_teach_is_harmful() -> None:
    sealed = [
        *cases_of(["fixed"] * 40 + ["right"] * 20, split=Split.SEALED),
        *cases_of(["broken"] * 9 + ["right"] * 91, split=Split.SEALED, start=100),
    ]
    report = step(work([*DEV, *sealed], is_taught=lambda one: int(one.group[1:]) < 100))
    assert report.verdict is Verdict.HARMFUL
    assert report.sealed_reasons[0] == "Cases it does not teach got worse: 0 fixed, 9 broken of 100."
    assert {part.name for part in report.slices} == {"taught", "untaught"}


def test_a_protected_case_blocks_in_every_split() -> None:
    protected = {
        split: cases_of(["broken"], split=split, start=900, is_protected=True)
        for split in (Split.DEV, Split.SEALED, Split.LOG)
    }
    for split in (Split.DEV, Split.SEALED):
        report = step(work([*DEV, *SEALED, *protected[split]]))
        assert report.verdict is Verdict.HARMFUL
        assert report.words[0].startswith("Breaks 1 of 1 protected cases")
    assert step(work([*DEV, *SEALED], log_cases=tuple(protected[Split.LOG]))).verdict is Verdict.HARMFUL


def test_topics_are_reported_from_ten_cases_and_never_pass_for_our_own_slices() -> None:
    sealed = [
        *cases_of(["fixed"] * 12, split=Split.SEALED, topic="returns"),
        *cases_of(["right"] * 9, split=Split.SEALED, start=100, topic="vouchers"),
        *cases_of(["broken"] * 30, split=Split.SEALED, start=200, topic=UNTAUGHT),
        *[
            one
            for topic in range(12)
            for one in cases_of(
                ["right"] * (20 + topic), split=Split.SEALED, start=1000 + 100 * topic, topic=f"t{topic}"
            )
        ],
    ]
    report = step(work([*DEV, *sealed]))
    names = [part.name for part in report.slices]
    assert names[0] == "taught"
    assert "untaught" not in names
    assert "vouchers" not in names
    assert names[1:] == [f"t{topic}" for topic in range(11, 1, -1)]


def test_the_fixes_the_proposer_expected_are_counted_on_log_cases() -> None:
    log = cases_of(["fixed", "fixed", "right", "wrong", "fixed"], split=Split.LOG)
    named = tuple(one.id for one in log[:4])
    report = step(work([*DEV, *SEALED], proposal=proposal(expected_fixes=named), log_cases=tuple(log)))
    assert report.expected_hits == 2
    assert report.sealed.tally.n == 100
    assert step(work([*DEV, *SEALED], log_cases=tuple(log))).expected_hits is None
    assert step(work([*DEV, *SEALED], proposal=proposal(expected_fixes=named))).expected_hits is None


def test_what_taught_the_change_cannot_prove_it() -> None:
    with pytest.raises(InvalidInput, match="log case"):
        step(work([*DEV, *cases_of(["fixed"], split=Split.LOG)]))


def test_only_the_bundles_the_proposal_names_are_tested() -> None:
    with pytest.raises(InvalidInput, match="not those the proposal names"):
        step(work([*DEV, *SEALED], candidate=BASE))


def test_an_outage_gives_no_verdict_and_is_counted() -> None:
    sealed = [*SEALED, *cases_of(["lost"] * 10, split=Split.SEALED, start=500)]
    report = step(work([*DEV, *sealed]))
    assert report.verdict is Verdict.NOT_ENOUGH_DATA
    assert report.model_failures == 10
    assert report.sealed.tally.broken == 11
    assert "No answer could be had for 10 of 210 cases" in report.words[0]


def test_power_is_stated_from_dev_and_does_not_depend_on_sealed_results() -> None:
    one = step(work([*DEV, *SEALED]))
    worse = cases_of(["broken"] * 40 + ["right"] * 60, split=Split.SEALED)
    other = step(work([*DEV, *worse]))
    assert (one.power, one.power_for, one.cases_needed) == (other.power, other.power_for, other.cases_needed)
    assert one.power_for == 0.05
    spent = step(work([*DEV, *SEALED], ledger=looked(0.3, 0.3, 0.3)))
    assert one.power is not None
    assert spent.power is not None
    assert 0.02 < one.power < 0.2
    assert spent.power < one.power, "it is stated at the level that is left"


def test_without_cases_there_is_a_report_that_says_so() -> None:
    report = step(work([]))
    assert report.verdict is Verdict.NOT_ENOUGH_DATA
    assert report.sealed.p_better is None
    assert report.power == 0.0


def test_the_limits_of_the_agent_decide() -> None:
    strict = agent(limits=Limits(min_gain=0.2))
    assert step(work([*DEV, *SEALED], agent=strict)).verdict is not Verdict.PROVED


# replay --------------------------------------------------------------------------------------------


def test_replay_counts_failures_and_goes_on() -> None:
    lost = cases_of(["lost", "right", "lost"], split=Split.DEV)
    _, candidate = tables(lost)
    answers = replay(candidate, lost)
    assert failures(answers) == 2
    assert answers[1].label == LABEL


def test_an_answerer_that_drops_answers_is_an_error_not_a_shift() -> None:
    class Short:
        def answer(self, questions: Sequence[Question]) -> list[Answer]:
            return [Answer(method="head", label=LABEL)] * (len(questions) - 1)

    with pytest.raises(ModelFailed, match="2 answers to 3 questions"):
        replay(Short(), DEV[:3])
