"""What the verdict rule does over many trials: error rates, blocks on noise, and the sets wearing out."""

from collections import Counter

import numpy as np
import pytest
from numpy.random import Generator

from loop.evaluate.verdict import TAUGHT, UNTAUGHT, Plan, SliceTally, Tallies, judge, plan
from loop.records import Limits, Tally, Verdict

LIMITS = Limits()
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
    """Dev and sealed of `n` cases each; chances are (fixed, broken). Topics cut across taught and untaught."""
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
    return Tallies(
        dev=dev,
        sealed=total(in_taught, in_untaught),
        slices=(
            SliceTally(name=TAUGHT, tally=in_taught),
            SliceTally(name=UNTAUGHT, tally=in_untaught),
            *slices,
        ),
    )


def shares(runs: int, **scenario: object) -> dict[Verdict, float]:
    """How often each verdict falls."""
    rng = np.random.default_rng(SEED)
    seen = Counter(judge(trial(rng, **scenario), limits=LIMITS).verdict for _ in range(runs))  # type: ignore[arg-type]
    return {verdict: seen[verdict] / runs for verdict in Verdict}


@pytest.mark.parametrize("discordance", [0.02, 0.10, 0.20])
@pytest.mark.parametrize("n", [60, 250])
def test_a_useless_change_is_almost_never_proved_and_rarely_blocked(n: int, discordance: float) -> None:
    half = discordance / 2
    seen = shares(300, n=n, taught=(half, half), untaught=(half, half))
    assert seen[Verdict.PROVED] <= 0.03
    assert seen[Verdict.HARMFUL] <= 0.14
    assert seen[Verdict.PROMISING] <= 0.25


def test_a_good_local_change_is_usually_proved() -> None:
    seen = shares(300, n=250, taught=(0.45, 0.05), untaught=(0.005, 0.005))
    assert seen[Verdict.PROVED] >= 0.80
    assert seen[Verdict.HARMFUL] <= 0.05


def test_a_good_change_of_a_noisy_model_is_not_called_harmful() -> None:
    seen = shares(300, n=300, taught=(0.50, 0.05), untaught=(0.04, 0.04))
    assert seen[Verdict.PROVED] + seen[Verdict.PROMISING] >= 0.88
    assert seen[Verdict.HARMFUL] <= 0.08


@pytest.mark.parametrize("untaught", [(0.02, 0.08), (0.0, 0.06), (0.05, 0.15)])
def test_what_helps_the_taught_and_harms_the_rest_is_never_proved(untaught: tuple[float, float]) -> None:
    """The overall gain is large and significant; the loss is on cases the change was not about."""
    seen = shares(300, n=300, taught=(0.60, 0.02), untaught=untaught)
    assert seen[Verdict.PROVED] == 0.0
    assert seen[Verdict.HARMFUL] >= 0.80


def test_a_loss_just_beyond_the_margin_on_the_rest_is_proved_less_often_than_the_level() -> None:
    seen = shares(300, n=300, taught=(0.60, 0.02), untaught=(0.01, 0.045))
    assert seen[Verdict.PROVED] <= 0.05


@pytest.mark.parametrize("loss", [0.05, 0.10])
def test_a_harmful_change_is_called_harmful_and_never_proved(loss: float) -> None:
    seen = shares(300, n=250, taught=(0.02, 0.02 + loss), untaught=(0.02, 0.02 + loss))
    assert seen[Verdict.PROVED] == 0.0
    assert seen[Verdict.HARMFUL] >= 0.9


def test_a_change_without_effect_on_many_cases_is_told_so() -> None:
    seen = shares(200, n=1000, taught=(0.01, 0.01), untaught=(0.01, 0.01))
    assert seen[Verdict.NO_EFFECT] >= 0.75


def test_a_hundred_useless_proposals_on_the_same_cases() -> None:
    """Each is proved with a chance far below alpha. Over a hundred looks three sets in five are still fooled
    once, over twenty one in five: that is why looks are counted and a set is to be rotated after twenty."""
    rng = np.random.default_rng(SEED)
    looks_that_proved = [_useless_run(rng, proposals=100, n=250) for _ in range(15)]
    each = sum(len(looks) for looks in looks_that_proved) / (100 * len(looks_that_proved))
    assert each <= 0.015
    assert sum(min(looks, default=101) <= 20 for looks in looks_that_proved) <= 7
    assert max(len(looks) for looks in looks_that_proved) <= 4


def _useless_run(rng: Generator, *, proposals: int, n: int, base_rate: float = 0.7) -> list[int]:
    """The looks that proved something, of proposals in a row on one dev and one sealed set.

    What is proved becomes the base. A useless proposal answers one case in seven anew, right as often as
    the base is in truth.
    """
    right = rng.random((2, n)) < base_rate
    proved = []
    for look in range(1, proposals + 1):
        redrawn = rng.random((2, n)) < 1 / 7
        candidate = np.where(redrawn, rng.random((2, n)) < base_rate, right)
        dev, sealed = (_counted(right[side], candidate[side]) for side in (0, 1))
        verdict = judge(Tallies(dev=dev, sealed=sealed, looks=look), limits=LIMITS).verdict
        if verdict is Verdict.PROVED:
            proved.append(look)
            right = candidate
    return proved


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
    assert found.reasons[0] == (
        "Fixes 41 and breaks 6 of 312 sealed cases: +11.2 points (7.9 to 14.9), "
        "chance of seeing this by luck below 0.0001."
    )


def test_the_cases_it_does_not_teach_can_block_it() -> None:
    sealed = Tally(fixed=60, broken=20, both_right=400, both_wrong=20)
    untaught = SliceTally(name=UNTAUGHT, tally=Tally(fixed=3, broken=15, both_right=402))
    found = judge(Tallies(dev=GOOD_DEV, sealed=sealed, slices=(untaught,)), limits=LIMITS)
    assert found.verdict is Verdict.HARMFUL
    assert found.reasons[0] == "Cases it does not teach got worse: 3 fixed, 15 broken of 420."


def test_one_broken_protected_case_blocks_whatever_the_gain() -> None:
    sealed = Tally(fixed=60, broken=1, both_right=200)
    found = judge(Tallies(dev=GOOD_DEV, sealed=sealed, protected=4, protected_broken=1), limits=LIMITS)
    assert found.verdict is Verdict.HARMFUL
    assert "1 of 4 protected" in found.reasons[0]


@pytest.mark.parametrize("broken", [1, 2, 3])
def test_a_few_breaks_in_a_tiny_slice_block_nothing(broken: int) -> None:
    tiny = SliceTally(name="refunds", tally=Tally(broken=broken, both_right=12 - broken))
    few = SliceTally(name=UNTAUGHT, tally=Tally(broken=broken, both_right=20 - broken))
    sealed = Tally(fixed=40, broken=broken, both_right=200)
    found = judge(Tallies(dev=GOOD_DEV, sealed=sealed, slices=(few, tiny)), limits=LIMITS)
    assert found.verdict is Verdict.PROVED
    assert any("too few to rule out" in reason for reason in found.reasons)


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
    untaught = SliceTally(name=UNTAUGHT, tally=Tally(fixed=6, broken=11, both_right=183))
    sealed = Tally(fixed=60, broken=12, both_right=228)
    found = judge(Tallies(dev=GOOD_DEV, sealed=sealed, slices=(untaught,)), limits=LIMITS)
    assert found.verdict is Verdict.PROMISING
    assert any("cannot be ruled out" in reason for reason in found.reasons)


def test_dev_must_agree_before_sealed_can_prove() -> None:
    sealed = Tally(fixed=20, broken=3, both_right=227)
    agrees = judge(Tallies(dev=GOOD_DEV, sealed=sealed), limits=LIMITS)
    differs = judge(Tallies(dev=Tally(fixed=10, broken=10, both_right=230), sealed=sealed), limits=LIMITS)
    assert (agrees.verdict, differs.verdict) == (Verdict.PROVED, Verdict.PROMISING)


def test_an_undecided_gain_says_how_many_cases_would_settle_it() -> None:
    sealed = Tally(fixed=5, broken=1, both_right=74)
    found = judge(Tallies(dev=GOOD_DEV, sealed=sealed), limits=LIMITS)
    assert found.verdict is Verdict.PROMISING
    assert "more sealed cases would settle a gain of 5.0 points" in found.reasons[1]


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
    assert found.reasons == ("There are no sealed cases yet.", "There are no dev cases yet.")


def test_a_handful_of_cases_prove_nothing_however_good() -> None:
    for fixed in (1, 2, 3):
        found = judge(Tallies(dev=GOOD_DEV, sealed=Tally(fixed=fixed)), limits=LIMITS)
        assert found.verdict is Verdict.PROMISING


def test_an_outage_is_not_called_harm() -> None:
    sealed = Tally(broken=40, both_right=200)
    found = judge(Tallies(dev=GOOD_DEV, sealed=sealed, failed_cases=40), limits=LIMITS)
    assert found.verdict is Verdict.NOT_ENOUGH_DATA
    assert found.reasons[0].startswith("No answer could be had for 40 of 540 cases")


def test_a_worn_set_is_named() -> None:
    sealed = Tally(fixed=41, broken=6, both_right=250)
    fresh = judge(Tallies(dev=GOOD_DEV, sealed=sealed, looks=20), limits=LIMITS)
    worn = judge(Tallies(dev=GOOD_DEV, sealed=sealed, looks=21), limits=LIMITS)
    assert not any("scored" in reason for reason in fresh.reasons)
    assert any("scored 21 proposals" in reason for reason in worn.reasons)


def test_power_is_stated_for_what_the_change_can_bring() -> None:
    usual = plan(Tally(fixed=15, broken=10, both_right=225), sealed_n=200, limits=Limits(min_gain=0.0))
    assert usual.gain == 0.05
    assert usual.discordance == pytest.approx(0.10)
    assert usual.power == pytest.approx(0.74, abs=0.01)
    assert usual.cases_needed == pytest.approx(235, abs=2)
    narrow = plan(Tally(fixed=5, broken=0, both_right=245), sealed_n=200, limits=LIMITS)
    assert narrow.gain == pytest.approx(0.02)
    unknown = plan(Tally(), sealed_n=200, limits=LIMITS)
    assert (unknown.gain, unknown.discordance) == (0.05, 0.10)
    idle = plan(Tally(both_right=50), sealed_n=200, limits=Limits(min_gain=0.0))
    assert idle == Plan(gain=0.0, discordance=0.0, power=0.0, cases_needed=None)
