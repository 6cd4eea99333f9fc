"""Paired comparisons: the published numbers, the laws, and the error rates the gate relies on, by simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from loop.errors import InvalidInput
from loop.stats.paired import (
    cases_needed,
    cases_roughly,
    holm,
    midp_better,
    not_worse,
    power,
    score_interval,
    score_z,
)

SEED = 20260601


def draw(runs: int, *, n: int, discordance: float, effect: float) -> NDArray[np.int64]:
    """`runs` rows of (fixed, broken) from `n` cases each."""
    fixed, broken = (discordance + effect) / 2, (discordance - effect) / 2
    counts = np.random.default_rng(SEED).multinomial(n, [fixed, broken, 1 - fixed - broken], size=runs)
    return counts[:, :2]


def share_where(rows: NDArray[np.int64], holds: object) -> float:
    """Share of rows for which `holds(fixed, broken)` is true, asked once per distinct row."""
    distinct, how_often = np.unique(rows, axis=0, return_counts=True)
    true = [holds(int(fixed), int(broken)) for fixed, broken in distinct]  # type: ignore[operator]
    return float(how_often[np.array(true)].sum() / how_often.sum())


# what is published ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("broken", "fewest"), [(0, 4), (1, 6), (2, 8), (3, 9), (4, 11), (5, 12)])
def test_the_fewest_fixes_that_outweigh_some_breaks(broken: int, fewest: int) -> None:
    assert midp_better(fewest, broken=broken) <= 0.05 < midp_better(fewest - 1, broken=broken)


def test_midp_by_hand() -> None:
    # 8 disagreements, 7 fixes: (8 + 1 outcomes at least as good, half of the 8) / 2^8
    assert midp_better(7, broken=1) == pytest.approx((1 + 8 - 4) / 256)
    assert midp_better(0, broken=0) == 1.0
    assert midp_better(5, broken=5) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("n", "fixed", "broken", "level", "low", "high"),
    [
        # Airway reactivity before and after transplantation (Fagerland, Lydersen & Laake 2014)
        (21, 7, 1, 0.95, 0.026, 0.517),
        # R's PropCIs, scoreci.mp(25, 28, 618)
        (618, 28, 25, 0.90, -0.0148, 0.0247),
    ],
)
def test_tango_agrees_with_published_intervals(
    n: int, fixed: int, broken: int, level: float, low: float, high: float
) -> None:
    interval = score_interval(n, fixed=fixed, broken=broken, level=level)
    assert interval is not None
    assert interval.low == pytest.approx(low, abs=0.0005)
    assert interval.high == pytest.approx(high, abs=0.0005)


def test_tango_closed_form_is_the_constrained_maximum() -> None:
    """The nuisance share in the formula maximises the likelihood under the hypothesised difference."""
    n, fixed, broken, difference = 120, 14, 9, -0.05
    shares = np.linspace(max(0.0, -difference) + 1e-9, (1 - abs(difference)) / 2 + 0.5, 2_000_001)
    shares = shares[(1 - 2 * shares - difference) > 0]
    likelihood = (
        broken * np.log(shares)
        + fixed * np.log(shares + difference)
        + (n - fixed - broken) * np.log(1 - 2 * shares - difference)
    )
    best = shares[np.argmax(likelihood)]
    z = (fixed - broken - n * difference) / np.sqrt(n * (2 * best + difference * (1 - difference)))
    assert score_z(difference, n=n, fixed=fixed, broken=broken) == pytest.approx(z, abs=1e-4)


@pytest.mark.parametrize(
    ("effect", "discordance", "one_sided", "two_sided", "ninety", "ten"),
    [
        (0.05, 0.05, 110, 134, 132, 85),
        (0.05, 0.08, 183, 233, 247, 136),
        (0.05, 0.10, 235, 305, 321, 175),
        (0.05, 0.15, 363, 462, 504, 265),
        (0.05, 0.20, 493, 622, 679, 360),
        (0.10, 0.15, 86, 107, 114, 63),
        (0.03, 0.08, 534, 679, 738, 396),
    ],
)
def test_cases_needed_match_the_table(
    effect: float, discordance: float, one_sided: int, two_sided: int, ninety: int, ten: int
) -> None:
    assert cases_needed(effect, discordance=discordance) == pytest.approx(one_sided, abs=2)
    assert cases_needed(effect, discordance=discordance, alpha=0.025) == pytest.approx(two_sided, abs=2)
    assert cases_needed(effect, discordance=discordance, target=0.90) == pytest.approx(ninety, abs=2)
    assert cases_needed(effect, discordance=discordance, alpha=0.10) == pytest.approx(ten, abs=2)


@pytest.mark.parametrize(
    ("n", "expected"), [(50, 0.22), (100, 0.45), (150, 0.63), (200, 0.74), (300, 0.88), (500, 0.98)]
)
def test_power_matches_the_table(n: int, expected: float) -> None:
    assert power(n, discordance=0.10, effect=0.05) == pytest.approx(expected, abs=0.006)


# laws ----------------------------------------------------------------------------------------------

counts = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 400))


@given(counts)
def test_better_and_worse_share_one_unit_of_chance(cells: tuple[int, int, int]) -> None:
    fixed, broken, _ = cells
    total = midp_better(fixed, broken=broken) + midp_better(broken, broken=fixed)
    assert total == pytest.approx(2.0 if fixed + broken == 0 else 1.0)


@given(counts)
def test_one_more_fix_never_looks_worse(cells: tuple[int, int, int]) -> None:
    fixed, broken, same = cells
    n = fixed + broken + same + 1
    assert midp_better(fixed + 1, broken=broken) <= midp_better(fixed, broken=broken)
    now, then = score_interval(n, fixed=fixed, broken=broken), score_interval(n, fixed=fixed + 1, broken=broken)
    assert now is not None
    assert then is not None
    assert then.low >= now.low - 1e-12
    assert then.high >= now.high - 1e-12


@given(counts, st.sampled_from([0.8, 0.9, 0.95]))
def test_the_interval_holds_exactly_what_the_score_test_does_not_reject(
    cells: tuple[int, int, int], level: float
) -> None:
    fixed, broken, same = cells
    n = fixed + broken + same
    interval = score_interval(n, fixed=fixed, broken=broken, level=level)
    if n == 0:
        assert interval is None
        return
    assert interval is not None
    assert -1 <= interval.low <= (fixed - broken) / n <= interval.high <= 1
    z = {0.8: 1.2815515655446004, 0.9: 1.6448536269514722, 0.95: 1.959963984540054}[level]
    if -1 < interval.low < 1:
        assert score_z(interval.low, n=n, fixed=fixed, broken=broken) == pytest.approx(z, abs=1e-6)
    mirrored = score_interval(n, fixed=broken, broken=fixed, level=level)
    assert mirrored is not None
    assert (mirrored.low, mirrored.high) == pytest.approx((-interval.high, -interval.low))


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_keeps_the_order_and_lies_between_raw_and_bonferroni(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    for raw, held in zip(p_values, adjusted, strict=True):
        assert raw <= held <= min(1.0, raw * len(p_values)) + 1e-12
    for one in range(len(p_values)):
        for other in range(len(p_values)):
            if p_values[one] < p_values[other]:
                assert adjusted[one] <= adjusted[other]


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


# the edges -----------------------------------------------------------------------------------------


def test_nothing_changed_is_no_evidence_either_way() -> None:
    interval = score_interval(100, fixed=0, broken=0)
    assert interval is not None
    z2 = 1.6448536269514722**2
    assert interval.high == pytest.approx(z2 / (100 + z2))
    assert interval.low == pytest.approx(-interval.high)
    assert not_worse(0.03, n=100, fixed=0, broken=0) < 0.05 < not_worse(0.02, n=100, fixed=0, broken=0)


def test_all_or_nothing_stays_within_bounds() -> None:
    all_fixed = score_interval(5, fixed=5, broken=0)
    assert all_fixed is not None
    assert 0 < all_fixed.low < 1
    assert all_fixed.high == 1.0
    assert score_interval(0, fixed=0, broken=0) is None
    assert not_worse(0.03, n=0, fixed=0, broken=0) == 1.0
    assert midp_better(100_000, broken=0) == pytest.approx(0.0, abs=1e-300)
    assert power(0, discordance=0.1, effect=0.05) == 0.0
    assert power(100, discordance=0.0, effect=0.0) == 0.0
    assert power(100, discordance=1.0, effect=1.0) == pytest.approx(1.0)


def test_what_can_never_be_proved_needs_no_number() -> None:
    assert cases_needed(0.0, discordance=0.1) is None
    assert cases_needed(-0.02, discordance=0.1) is None
    assert cases_needed(0.005, discordance=0.1, min_gain=0.01) is None
    assert cases_needed(0.0005, discordance=0.3) is None


@pytest.mark.parametrize(("effect", "discordance"), [(0.05, 0.10), (0.05, 0.20), (0.10, 0.15), (0.03, 0.08)])
def test_the_rough_number_of_cases_is_near_the_exact_one(effect: float, discordance: float) -> None:
    for gain in (0.0, 0.01, effect / 2):
        rough = cases_roughly(effect, discordance=discordance, min_gain=gain)
        assert rough == pytest.approx(cases_needed(effect, discordance=discordance, min_gain=gain), rel=0.12)
    assert cases_roughly(0.01, discordance=0.1, min_gain=0.01) is None
    assert cases_roughly(-0.01, discordance=0.1) is None


def test_counts_that_cannot_be_are_refused() -> None:
    with pytest.raises(InvalidInput):
        midp_better(-1, broken=2)
    with pytest.raises(InvalidInput):
        score_interval(3, fixed=2, broken=2)
    with pytest.raises(InvalidInput):
        power(100, discordance=0.02, effect=0.05)
    with pytest.raises(InvalidInput):
        not_worse(0.0, n=10, fixed=1, broken=1)
    with pytest.raises(InvalidInput):
        score_z(1.0, n=10, fixed=1, broken=1)


# operating characteristics -------------------------------------------------------------------------


@pytest.mark.parametrize("n", [20, 50, 100, 200, 400])
@pytest.mark.parametrize("discordance", [0.05, 0.10, 0.20, 0.40])
def test_a_useless_change_is_called_better_at_most_as_often_as_promised(n: int, discordance: float) -> None:
    assert power(n, discordance=discordance, effect=0.0) <= 0.05


@pytest.mark.parametrize(("n", "discordance", "effect"), [(100, 0.10, 0.05), (200, 0.20, 0.05), (312, 0.15, 0.06)])
def test_exact_power_is_what_happens(n: int, discordance: float, effect: float) -> None:
    rows = draw(100_000, n=n, discordance=discordance, effect=effect)
    seen = share_where(rows, lambda fixed, broken: midp_better(fixed, broken=broken) <= 0.05)
    assert seen == pytest.approx(power(n, discordance=discordance, effect=effect), abs=0.005)


def test_power_counts_the_smallest_gain_worth_shipping() -> None:
    rows = draw(100_000, n=400, discordance=0.05, effect=0.02)
    seen = share_where(
        rows, lambda fixed, broken: midp_better(fixed, broken=broken) <= 0.05 and fixed - broken >= 400 * 0.03
    )
    held = power(400, discordance=0.05, effect=0.02, min_gain=0.03)
    assert held < power(400, discordance=0.05, effect=0.02)
    assert seen == pytest.approx(held, abs=0.005)


@pytest.mark.parametrize(("n", "discordance"), [(100, 0.10), (200, 0.10), (400, 0.10), (200, 0.20)])
@pytest.mark.parametrize("margin", [0.03, 0.05])
def test_a_loss_of_the_margin_is_rarely_called_not_worse(n: int, discordance: float, margin: float) -> None:
    rows = draw(60_000, n=n, discordance=discordance, effect=-margin)
    seen = share_where(rows, lambda fixed, broken: not_worse(margin, n=n, fixed=fixed, broken=broken) <= 0.05)
    assert seen <= 0.053


@pytest.mark.parametrize(
    ("n", "margin", "expected"),
    [(100, 0.05, 0.44), (200, 0.05, 0.69), (400, 0.05, 0.93), (100, 0.03, 0.22), (200, 0.03, 0.37), (400, 0.03, 0.59)],
)
def test_not_worse_has_the_power_of_the_table(n: int, margin: float, expected: float) -> None:
    rows = draw(60_000, n=n, discordance=0.10, effect=0.0)
    seen = share_where(rows, lambda fixed, broken: not_worse(margin, n=n, fixed=fixed, broken=broken) <= 0.05)
    assert seen == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(("n", "discordance", "effect"), [(50, 0.1, 0.0), (100, 0.1, 0.05), (300, 0.15, 0.08)])
def test_the_interval_covers_the_truth(n: int, discordance: float, effect: float) -> None:
    def covers(fixed: int, broken: int) -> bool:
        interval = score_interval(n, fixed=fixed, broken=broken)
        return interval is not None and interval.low <= effect <= interval.high

    assert share_where(draw(60_000, n=n, discordance=discordance, effect=effect), covers) >= 0.885


def test_weights_share_the_level_out_and_equal_ones_change_nothing() -> None:
    raw = [0.012, 0.02, 0.5]
    assert holm(raw, weights=[3.0, 3.0, 3.0]) == pytest.approx(holm(raw))
    assert holm(raw, weights=[2.0, 1.0, 1.0]) == pytest.approx([0.024, 0.04, 0.5])
    assert holm(raw, weights=[1.0, 1.0, 8.0])[0] == pytest.approx(0.12)


def test_whatever_the_weights_one_false_finding_is_as_rare_as_the_level() -> None:
    rng = np.random.default_rng(5)
    found = [min(holm(rng.uniform(size=4).tolist(), weights=[2.0, 1.0, 0.5, 0.5])) <= 0.05 for _ in range(20_000)]
    assert np.mean(found) == pytest.approx(0.05, abs=0.005)
