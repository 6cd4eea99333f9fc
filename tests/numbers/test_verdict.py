"""What the verdict rule does over many trials: error rates, blocks on noise, and the sets wearing out."""

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import Generator

from loop.evaluate.planning import Plan, plan
from loop.evaluate.tallies import TAUGHT, UNTAUGHT, SliceTally, Tallies
from loop.evaluate.verdict import judge, passes_screen
from loop.records import Limits, Tally, Verdict
from loop.stats.budget import Look, left

LIMITS = Limits()
LEVEL = left([]).level
"""Of the first look."""
SEED = 20260601


def drawn(rng: Generator, n: int, *, fixed: float, broken: float) -> Tally:
    """A tally of `n` cases with these chances of being fixed and broken."""
    counts = [int(count) for count in rng.multinomial(n, [fixed, broken, 1 - fixed - broken])]
    return Tally(fixed=counts[0], broken=counts[1], both_right=counts[2])


def total(*tallies: Tally) -> Tally:
    return Tally(
        fixed=sum(tally.fixed for tally in tallies),
        broken=sum(tally.broken for tally in tallies),
        both_right=sum(tally.both_right for tally in tallies),
        both_wrong=sum(tally.both_wrong for tally in tallies),
    )


def trial(
    rng: Generator,
    *,
    n: int = 250,
    taught_share: float = 0.2,
    taught: tuple[float, float],
    untaught: tuple[float, float],
    topics: int = 6,
) -> Tallies:
    """Dev and sealed of `n` cases each; chances are (fixed, broken). Topics cut across taught and untaught.

    Sealed is asked as the product does: at the level of a first look, and only where dev supports the change.
    """
    few = round(n * taught_share)
    dev = total(
        drawn(rng, few, fixed=taught[0], broken=taught[1]),
        drawn(rng, n - few, fixed=untaught[0], broken=untaught[1]),
    )
    parts = [
        (
            drawn(rng, few // topics, fixed=taught[0], broken=taught[1]),
            drawn(rng, (n - few) // topics, fixed=untaught[0], broken=untaught[1]),
        )
        for _ in range(topics)
    ]
    in_taught, in_untaught = total(*(part[0] for part in parts)), total(*(part[1] for part in parts))
    slices = [SliceTally(name=f"topic {number}", tally=total(*part)) for number, part in enumerate(parts)]
    if not passes_screen(dev):
        return Tallies(dev=dev, sealed=Tally(), is_sealed_asked=False, level=None)
    return Tallies(
        dev=dev,
        sealed=total(in_taught, in_untaught),
        slices=(
            SliceTally(name=TAUGHT, tally=in_taught),
            SliceTally(name=UNTAUGHT, tally=in_untaught),
            *slices,
        ),
        level=LEVEL,
    )


def shares(runs: int, **scenario: object) -> dict[Verdict, float]:
    """How often each verdict falls."""
    rng = np.random.default_rng(SEED)
    seen = Counter(judge(trial(rng, **scenario), limits=LIMITS).verdict for _ in range(runs))  # type: ignore[arg-type]
    return {verdict: seen[verdict] / runs for verdict in Verdict}


@pytest.mark.parametrize("discordance", [0.02, 0.10, 0.20])
@pytest.mark.parametrize("n", [60, 250])
def test_a_useless_change_is_almost_never_proved_and_rarely_called_harmful(n: int, discordance: float) -> None:
    half = discordance / 2
    seen = shares(1000, n=n, taught=(half, half), untaught=(half, half))
    assert seen[Verdict.PROVED] <= 0.004
    assert seen[Verdict.HARMFUL] <= 0.05 + 2.6 * 0.007
    assert seen[Verdict.PROMISING] <= 0.15


def test_a_good_local_change_is_usually_proved() -> None:
    seen = shares(300, n=300, taught=(0.45, 0.05), untaught=(0.005, 0.005))
    assert seen[Verdict.PROVED] >= 0.80
    assert seen[Verdict.HARMFUL] <= 0.02


def test_a_good_change_of_a_noisy_model_is_not_called_harmful() -> None:
    seen = shares(300, n=300, taught=(0.50, 0.05), untaught=(0.04, 0.04))
    assert seen[Verdict.PROVED] + seen[Verdict.PROMISING] >= 0.88
    assert seen[Verdict.HARMFUL] <= 0.05


@pytest.mark.parametrize("untaught", [(0.02, 0.08), (0.0, 0.06), (0.05, 0.15)])
def test_what_helps_the_taught_and_harms_the_rest_is_hardly_ever_proved(untaught: tuple[float, float]) -> None:
    """The overall gain is large and significant; the loss is on cases the change was not about."""
    seen = shares(300, n=300, taught=(0.60, 0.02), untaught=untaught)
    assert seen[Verdict.PROVED] <= 0.06
    assert seen[Verdict.HARMFUL] >= 0.60


@pytest.mark.parametrize("loss", [0.05, 0.10])
def test_a_harmful_change_is_mostly_called_harmful_and_never_proved(loss: float) -> None:
    seen = shares(300, n=250, taught=(0.02, 0.02 + loss), untaught=(0.02, 0.02 + loss))
    assert seen[Verdict.PROVED] == 0.0
    assert seen[Verdict.HARMFUL] >= 0.75


def test_a_change_without_effect_on_many_cases_is_told_so() -> None:
    seen = shares(200, n=1000, taught=(0.01, 0.01), untaught=(0.01, 0.01))
    assert seen[Verdict.NO_EFFECT] >= 0.75


def test_more_cases_never_make_a_good_change_harder_to_prove() -> None:
    """Asking that a loss on the untaught be ruled out would come in at about 150 of them, and cost 15 points."""
    proved = [
        shares(300, n=n, taught=(0.50, 0.05), untaught=(0.005, 0.005))[Verdict.PROVED] for n in (100, 150, 200, 300)
    ]
    assert all(later >= sooner - 0.02 for sooner, later in itertools.pairwise(proved)), proved


def test_of_a_hundred_useless_proposals_on_the_same_cases_hardly_ever_one_is_proved() -> None:
    """What is proved becomes the base. At .05 for every look some change is proved in half of the runs."""
    rng = np.random.default_rng(SEED)
    looser = sum(_useless_run(rng, proposals=100, n=250, level=0.05) for _ in range(20))
    assert looser >= 5
    assert sum(_useless_run(rng, proposals=100, n=250, level=None) for _ in range(40)) <= 4


def _useless_run(rng: Generator, *, proposals: int, n: int, level: float | None, base_rate: float = 0.7) -> bool:
    """Whether something is proved, of proposals in a row on one dev and one sealed set.

    A useless proposal answers one case in seven anew, right as often as the base is in truth. `level`: of every
    look; None: what the budget of error allows.
    """
    right = rng.random((2, n)) < base_rate
    looks: list[Look] = []
    for _ in range(proposals):
        redrawn = rng.random((2, n)) < 1 / 7
        candidate = np.where(redrawn, rng.random((2, n)) < base_rate, right)
        dev, sealed = (_counted(right[side], candidate[side]) for side in (0, 1))
        if not passes_screen(dev):
            continue
        allowed = left(looks).level if level is None else level
        found = judge(Tallies(dev=dev, sealed=sealed, level=allowed), limits=LIMITS)
        is_proved = found.verdict is Verdict.PROVED
        if is_proved:
            return True
        looks.append(Look(p=found.sealed.p_better or 1.0, is_proved=False))
    return False


def _counted(base: np.ndarray, candidate: np.ndarray) -> Tally:  # type: ignore[type-arg]
    return Tally(
        both_right=int(np.sum(base & candidate)),
        fixed=int(np.sum(~base & candidate)),
        broken=int(np.sum(base & ~candidate)),
        both_wrong=int(np.sum(~base & ~candidate)),
    )


# the rule, case by case ----------------------------------------------------------------------------

GOOD_DEV = Tally(fixed=30, broken=5, both_right=250, both_wrong=15)


def test_a_proved_change_says_so_in_numbers() -> None:
    sealed = Tally(fixed=41, broken=6, both_right=250, both_wrong=15)
    found = judge(Tallies(dev=GOOD_DEV, sealed=sealed), limits=LIMITS)
    assert found.verdict is Verdict.PROVED
    assert found.sealed_reasons[0] == (
        "Fixes 41 and breaks 6 of 312 sealed cases: +11.2 points (7.9 to 14.9); "
        "a change that does nothing looks this good in fewer than 1 of 10,000 tests."
    )
    assert found.expected_gain == pytest.approx(0.077, abs=0.003)


def test_the_cases_it_does_not_teach_can_block_it() -> None:
    sealed = Tally(fixed=60, broken=20, both_right=400, both_wrong=20)
    untaught = SliceTally(name=UNTAUGHT, tally=Tally(fixed=3, broken=15, both_right=402))
    found = judge(Tallies(dev=GOOD_DEV, sealed=sealed, slices=(untaught,)), limits=LIMITS)
    assert found.verdict is Verdict.HARMFUL
    assert found.sealed_reasons[0] == "Cases it does not teach got worse: 3 fixed, 15 broken of 420."


def test_one_broken_protected_case_blocks_whatever_the_gain() -> None:
    sealed = Tally(fixed=60, broken=1, both_right=200)
    found = judge(Tallies(dev=GOOD_DEV, sealed=sealed, protected=4, protected_broken=1), limits=LIMITS)
    assert found.verdict is Verdict.HARMFUL
    assert "1 of 4 protected" in found.sealed_reasons[0]


@pytest.mark.parametrize("broken", [1, 2])
def test_a_few_breaks_in_a_tiny_slice_block_nothing(broken: int) -> None:
    tiny = SliceTally(name="refunds", tally=Tally(broken=broken, both_right=12 - broken))
    few = SliceTally(name=UNTAUGHT, tally=Tally(broken=broken, both_right=20 - broken))
    sealed = Tally(fixed=40, broken=broken, both_right=200)
    found = judge(Tallies(dev=GOOD_DEV, sealed=sealed, slices=(few, tiny)), limits=LIMITS)
    assert found.verdict is Verdict.PROVED
    assert any("too few to rule out" in reason for reason in found.sealed_reasons)


def test_three_breaks_and_no_fix_among_a_few_untaught_cases_hold_a_proof_back_and_are_not_called_harm() -> None:
    few = SliceTally(name=UNTAUGHT, tally=Tally(broken=3, both_right=17))
    sealed = Tally(fixed=40, broken=3, both_right=200)
    found = judge(Tallies(dev=GOOD_DEV, sealed=sealed, slices=(few,)), limits=LIMITS)
    assert found.verdict is Verdict.PROMISING


def test_a_handful_of_untaught_cases_is_told_and_holds_no_proof_of_nearly_everything_back() -> None:
    handful = SliceTally(name=UNTAUGHT, tally=Tally(broken=3, both_wrong=2))
    sealed = Tally(fixed=73, broken=11, both_right=48, both_wrong=41)
    found = judge(Tallies(dev=GOOD_DEV, sealed=sealed, slices=(handful,)), limits=LIMITS)
    assert found.verdict is Verdict.PROVED
    assert any("0 fixed, 3 broken of 5" in reason for reason in found.sealed_reasons)


def test_a_slice_that_breaks_as_a_whole_blocks() -> None:
    slices = (
        SliceTally(name="refunds", tally=Tally(broken=9, both_right=3)),
        *(SliceTally(name=f"topic {number}", tally=Tally(fixed=6, both_right=30)) for number in range(9)),
    )
    sealed = Tally(fixed=54, broken=9, both_right=273)
    found = judge(Tallies(dev=GOOD_DEV, sealed=sealed, slices=slices), limits=LIMITS)
    assert found.verdict is Verdict.HARMFUL
    assert [part.name for part in found.slices if part.is_harmed] == ["refunds"]


def test_a_possible_loss_on_the_untaught_holds_a_proof_back() -> None:
    untaught = SliceTally(name=UNTAUGHT, tally=Tally(fixed=5, broken=11, both_right=184))
    sealed = Tally(fixed=60, broken=12, both_right=228)
    found = judge(Tallies(dev=GOOD_DEV, sealed=sealed, slices=(untaught,)), limits=LIMITS)
    assert found.verdict is Verdict.PROMISING
    assert any("cannot be ruled out" in reason for reason in found.sealed_reasons)


def test_dev_must_agree_before_sealed_can_prove() -> None:
    sealed = Tally(fixed=20, broken=3, both_right=227)
    differs = Tally(fixed=10, broken=10, both_right=230)
    assert judge(Tallies(dev=GOOD_DEV, sealed=sealed), limits=LIMITS).verdict is Verdict.PROVED
    assert judge(Tallies(dev=differs, sealed=sealed), limits=LIMITS).verdict is Verdict.NOT_ENOUGH_DATA
    in_view = judge(Tallies(dev=differs, sealed=sealed, is_dev_in_view=True), limits=LIMITS)
    assert in_view.verdict is Verdict.PROVED
    assert any("they prove nothing" in reason for reason in in_view.reasons)


def test_nothing_is_proved_by_a_look_that_was_not_charged() -> None:
    sealed = Tally(fixed=41, broken=6, both_right=250)
    assert judge(Tallies(dev=GOOD_DEV, sealed=sealed, level=None), limits=LIMITS).verdict is Verdict.PROMISING


def test_proved_means_beyond_the_level_that_is_left() -> None:
    sealed = Tally(fixed=20, broken=6, both_right=224)
    at = {level: judge(Tallies(dev=GOOD_DEV, sealed=sealed, level=level), limits=LIMITS) for level in (0.05, 0.0027)}
    assert [one.verdict for one in at.values()] == [Verdict.PROVED, Verdict.PROMISING]


def test_a_change_that_dev_does_not_support_is_judged_by_dev_alone() -> None:
    worse = Tally(fixed=3, broken=20, both_right=227)
    idle = Tally(fixed=1, broken=1, both_right=998)
    few = Tally(fixed=3, broken=3, both_right=44)
    found = [
        judge(Tallies(dev=dev, sealed=Tally(), is_sealed_asked=False, level=None), limits=LIMITS)
        for dev in (worse, idle, few)
    ]
    assert [one.verdict for one in found] == [Verdict.HARMFUL, Verdict.NO_EFFECT, Verdict.NOT_ENOUGH_DATA]
    assert found[0].sealed_reasons[0] == "Dev cases got worse: 3 fixed, 20 broken of 250."
    assert found[2].expected_gain is None


def test_no_effect_is_said_only_where_the_cases_would_have_shown_one() -> None:
    """Three breaks of 90 rule a gain of two points out, and would not have shown one."""
    few = judge(Tallies(dev=GOOD_DEV, sealed=Tally(broken=2, both_right=88)), limits=LIMITS)
    many = judge(Tallies(dev=GOOD_DEV, sealed=Tally(fixed=1, broken=4, both_right=995)), limits=LIMITS)
    assert few.sealed.high is not None
    assert few.sealed.high < 0.02
    assert (few.verdict, many.verdict) == (Verdict.NOT_ENOUGH_DATA, Verdict.NO_EFFECT)


def test_all_questions_of_harm_share_one_level() -> None:
    """Eight topics of which one shows 0 fixed and 5 broken, a chance of 1 in 64: not beyond luck among so many."""
    hit = SliceTally(name="refunds", tally=Tally(broken=5, both_right=40))
    rest = tuple(SliceTally(name=f"topic {number}", tally=Tally(fixed=3, both_right=40)) for number in range(8))
    sealed = Tally(fixed=24, broken=5, both_right=360)
    assert not any(part.is_harmed for part in judge(Tallies(dev=GOOD_DEV, sealed=sealed, slices=(hit, *rest)),
                                                    limits=LIMITS).slices)  # fmt: skip
    alone = SliceTally(name=UNTAUGHT, tally=Tally(broken=6, both_right=40))
    found = judge(Tallies(dev=GOOD_DEV, sealed=sealed, slices=(alone, *rest)), limits=LIMITS)
    assert [part.name for part in found.slices if part.is_harmed] == [UNTAUGHT], "it has a share of its own"


@given(
    counts=st.tuples(*[st.integers(0, 60)] * 6),
    n=st.integers(60, 900),
    is_asked=st.booleans(),
    is_in_view=st.booleans(),
)
def test_no_reason_contradicts_the_interval_on_the_same_card(
    counts: tuple[int, ...], n: int, is_asked: bool, is_in_view: bool
) -> None:
    dev, sealed, untaught = (
        Tally(fixed=fixed, broken=broken, both_right=max(0, n - fixed - broken))
        for fixed, broken in zip(counts[::2], counts[1::2], strict=True)
    )
    sealed = total(sealed, untaught)
    found = judge(
        Tallies(
            dev=dev,
            sealed=sealed if is_asked else Tally(),
            slices=(SliceTally(name=UNTAUGHT, tally=untaught),) if is_asked else (),
            is_sealed_asked=is_asked,
            is_dev_in_view=is_in_view,
            level=0.0027 if is_asked else None,
        ),
        limits=LIMITS,
    )
    basis = found.sealed if is_asked else found.dev
    assert basis.low is not None
    assert basis.high is not None
    said = " ".join((*found.sealed_reasons, *found.reasons))
    if found.verdict is Verdict.PROVED:
        assert basis.low > 0
    if found.verdict is Verdict.PROMISING:
        assert basis.high > 0
    if "Sealed cases got worse" in said or "Dev cases got worse" in said:
        assert basis.high < 0
    if "A gain of 2.0 points or more is ruled out" in said:
        assert basis.high < 0.02
    for part in found.slices:
        assert not part.is_harmed or (part.evidence.high or 0.0) < 0


@pytest.mark.parametrize(
    ("tally", "verdict"),
    [
        (Tally(fixed=4, broken=3, both_right=293), Verdict.NO_WORSE),
        (Tally(fixed=3, broken=8, both_right=289), Verdict.NO_EFFECT),
        (Tally(fixed=0, broken=0, both_right=60), Verdict.NOT_ENOUGH_DATA),
    ],
)
def test_more_of_the_same_must_rule_a_loss_of_the_margin_out(tally: Tally, verdict: Verdict) -> None:
    dev = Tally(fixed=5, broken=5, both_right=290)
    found = judge(Tallies(dev=dev, sealed=tally, since_proved=tally, level=None), limits=LIMITS)
    assert found.verdict is verdict


def test_a_sure_gain_too_small_to_ship_is_not_proved() -> None:
    sealed = Tally(fixed=12, broken=0, both_right=1988)
    found = judge(Tallies(dev=GOOD_DEV, sealed=sealed), limits=LIMITS)
    assert found.sealed.p_better is not None
    assert found.sealed.p_better < 0.001
    assert found.verdict is Verdict.NO_EFFECT


def test_no_cases_are_not_enough_data() -> None:
    found = judge(Tallies(dev=Tally(), sealed=Tally()), limits=LIMITS)
    assert found.verdict is Verdict.NOT_ENOUGH_DATA
    assert found.sealed.p_better is None
    assert (*found.sealed_reasons, *found.reasons) == ("There are no sealed cases yet.", "There are no dev cases yet.")


def test_a_handful_of_cases_prove_nothing_however_good() -> None:
    for fixed in (1, 2, 3):
        found = judge(Tallies(dev=GOOD_DEV, sealed=Tally(fixed=fixed)), limits=LIMITS)
        assert found.verdict is Verdict.PROMISING


def test_an_outage_is_not_called_harm() -> None:
    sealed = Tally(broken=40, both_right=200)
    found = judge(Tallies(dev=GOOD_DEV, sealed=sealed, failed_cases=40), limits=LIMITS)
    assert found.verdict is Verdict.NOT_ENOUGH_DATA
    assert found.reasons[0].startswith("No answer could be had for 40 of 540 cases")


def test_power_is_stated_for_what_the_change_can_bring() -> None:
    usual = plan(Tally(fixed=15, broken=10, both_right=225), sealed_n=200, level=0.05, limits=Limits(min_gain=0.0))
    assert usual.gain == 0.05
    assert usual.discordance == pytest.approx(0.10)
    assert usual.power == pytest.approx(0.74, abs=0.01)
    assert usual.cases_needed == pytest.approx(235, abs=2)
    narrow = plan(Tally(fixed=5, broken=0, both_right=245), sealed_n=200, level=0.05, limits=LIMITS)
    assert narrow.gain == pytest.approx(0.02)
    unknown = plan(Tally(), sealed_n=200, level=0.05, limits=LIMITS)
    assert (unknown.gain, unknown.discordance) == (0.05, 0.10)
    idle = plan(Tally(both_right=50), sealed_n=200, level=0.05, limits=Limits(min_gain=0.0))
    assert idle == Plan(gain=0.0, discordance=0.0, power=0.0, cases_needed=None)
