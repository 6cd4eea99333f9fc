"""No card contradicts itself: what a reviewer reads beside each other says the same."""

from dashboard.components.elements import words
from dashboard.components.review import results
from loop.evaluate.tallies import UNTAUGHT, SliceTally, Tallies, weigh
from loop.evaluate.verdict import judge
from loop.evaluate.witnesses import Witnesses, qualify_report
from loop.policy import recommend
from loop.records import LeftOut, Limits, SliceResult, Split, Tally, Verdict
from tests import builders

GOOD_DEV = Tally(fixed=12, both_right=40, both_wrong=8)


def test_what_got_worse_is_not_also_called_too_few_to_tell_or_not_worse() -> None:
    for untaught in (Tally(broken=12, both_right=100), Tally(broken=14, both_right=1200)):
        sealed = Tally(fixed=60, broken=untaught.broken, both_right=untaught.both_right)
        parts = (SliceTally(name=UNTAUGHT, tally=untaught),)
        found = judge(Tallies(dev=GOOD_DEV, sealed=sealed, slices=parts), limits=Limits())
        said = " ".join(found.sealed_reasons)
        assert found.verdict is Verdict.HARMFUL
        assert "Cases it does not teach got worse" in said
        assert "rule out" not in said
        assert "not worse by more than" not in said
        assert "ruled out" not in said


def test_a_verdict_of_too_few_witnesses_says_nothing_of_what_they_would_rule_out() -> None:
    cases = [builders.case(number, split=Split.SEALED, question=f"question {number}") for number in range(4)]
    found = Witnesses(heard=tuple(cases), watched=(), left_out=(LeftOut(split=Split.SEALED, shown=90),))
    report = builders.report(builders.proposal(), verdict=Verdict.NO_EFFECT).model_copy(
        update={"sealed_reasons": ("A gain of 2.0 points or more is ruled out.",)}
    )
    told = qualify_report(report, found, is_taught=lambda case: False)
    assert told.verdict is Verdict.NOT_ENOUGH_DATA
    assert not any("ruled out" in sentence for sentence in told.words)


def test_a_group_is_called_worse_only_where_harm_was_found() -> None:
    def drawn(is_harmed: bool) -> str:
        evidence = weigh(Tally(broken=5, both_right=40))
        assert (evidence.high or 0.0) < 0
        one = SliceResult(
            name="refunds", split=Split.SEALED, evidence=evidence, p_harm_adjusted=0.3, is_harmed=is_harmed
        )
        return str(results._slices((one,)))

    assert "worse" in drawn(True)
    assert "worse" not in drawn(False)
    assert "points down, not sure" in drawn(False)


def test_what_can_prove_nothing_is_not_said_to_prove_a_gain() -> None:
    report = builders.report(builders.proposal()).model_copy(update={"power": 0.8, "level": 0.01})
    assert "would be proved" in results._method(report)
    for_harm_only = report.model_copy(update={"level": None, "is_sealed_asked": True})
    assert "would be proved" not in results._method(for_harm_only)


def test_not_enough_data_is_not_called_too_few_cases_where_there_are_many() -> None:
    many = judge(
        Tallies(dev=Tally(both_right=50, fixed=6, broken=6), sealed=Tally(), is_sealed_asked=False), limits=Limits()
    )
    assert many.verdict is Verdict.NOT_ENOUGH_DATA
    said = words.VERDICTS[Verdict.NOT_ENOUGH_DATA].more
    report = builders.report(builders.proposal(), verdict=Verdict.NOT_ENOUGH_DATA)
    assert "too few" not in said
    assert "enough cases" not in recommend(report, stakes=builders.proposal().stakes).reason


def test_what_is_harmful_by_one_protected_case_is_not_only_called_worse_beyond_chance() -> None:
    assert "protected" in words.VERDICTS[Verdict.HARMFUL].more
