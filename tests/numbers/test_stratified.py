"""A weighted audit covers the truth as often as it says, and never calls unknown zero."""

import numpy as np
import pytest

from loop.errors import InvalidInput
from loop.stats.stratified import BadTotals, Stratum, allocate, kappa

SIZES, RATES = (300, 120, 9_580), (0.7, 0.4, 0.004)
"""Two detectors and all that nothing objects to."""


def test_intervals_of_precision_and_recall_cover_the_truth() -> None:
    rng = np.random.default_rng(7)
    covered = {"precision": 0, "recall": 0, "missed": 0}
    runs = 300
    for run in range(runs):
        truth = [rng.binomial(size, rate) for size, rate in zip(SIZES, RATES, strict=True)]
        judged = (40, 40, 200)
        bad = [rng.hypergeometric(n_bad, size - n_bad, n) for n_bad, size, n in zip(truth, SIZES, judged, strict=True)]
        totals = BadTotals([Stratum(size, n, int(k)) for size, n, k in zip(SIZES, judged, bad, strict=True)], seed=run)
        first = [True, False, False]
        for name, found, true in (
            ("precision", totals.rate(first), truth[0] / SIZES[0]),
            ("recall", totals.part(first), truth[0] / sum(truth)),
            ("missed", totals.total([False, False, True]), truth[2]),
        ):
            assert found is not None
            covered[name] += found.low <= true <= found.high
    assert {name: n / runs >= 0.92 for name, n in covered.items()} == dict.fromkeys(covered, True), covered


def test_the_draw_is_weighed() -> None:
    totals = BadTotals([Stratum(100, 50, 50), Stratum(10_000, 50, 1)], seed=0)
    recall = totals.part([True, False])
    assert recall is not None
    assert recall.value == pytest.approx(100 / 300)


def test_a_stratum_that_was_judged_whole_is_known() -> None:
    totals = BadTotals([Stratum(20, 20, 5)], seed=0)
    assert totals.rate([True]) == (0.25, 0.25, 0.25)


def test_nothing_bad_found_is_no_recall() -> None:
    totals = BadTotals([Stratum(100, 10, 0), Stratum(100, 10, 0)], seed=0)
    assert totals.part([True, False]) is None
    found = totals.rate([True, False])
    assert found is not None
    assert (found.value, found.low) == (0, 0)
    assert found.high > 0.1


def test_nobody_may_count_more_bad_than_judged() -> None:
    with pytest.raises(InvalidInput):
        BadTotals([Stratum(10, 2, 3)], seed=0)


@pytest.mark.parametrize(
    ("sizes", "n", "drawn"),
    [((100, 3, 50), 30, [14, 3, 13]), ((2, 2), 30, [2, 2]), ((), 5, []), ((9, 9, 9), 1, [1, 0, 0])],
)
def test_rare_strata_are_drawn_too(sizes: tuple[int, ...], n: int, drawn: list[int]) -> None:
    assert allocate(sizes, n=n) == drawn


def test_kappa_takes_chance_away() -> None:
    first, second = ["bad"] * 20 + ["sound"] * 30, ["bad"] * 15 + ["sound"] * 35
    assert kappa(first, second) == pytest.approx((0.9 - (0.4 * 0.3 + 0.6 * 0.7)) / (1 - (0.4 * 0.3 + 0.6 * 0.7)))
    assert kappa(["bad"], ["bad"]) is None
