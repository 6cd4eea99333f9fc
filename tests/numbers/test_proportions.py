"""The Wilson interval: published values, laws and coverage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from loop.errors import InvalidInput
from loop.stats.proportions import wilson


@given(st.integers(0, 300), st.integers(0, 300), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_agrees_with_scipy_and_stays_in_bounds(good: int, bad: int, level: float) -> None:
    n = good + bad
    interval = wilson(good, n=n, level=level)
    if n == 0:
        assert interval is None
        return
    assert interval is not None
    reference = binomtest(good, n).proportion_ci(level, method="wilson")
    assert interval == pytest.approx((reference.low, reference.high), abs=1e-9)
    assert 0 <= interval.low <= good / n <= interval.high <= 1


@pytest.mark.parametrize("n", [10, 20, 50, 100])
@pytest.mark.parametrize("rate", [0.85, 0.90, 0.95])
def test_covers_nearly_as_often_as_it_says_where_wald_does_not(n: int, rate: float) -> None:
    held = []
    for good in range(n + 1):
        interval = wilson(good, n=n)
        assert interval is not None
        held.append(interval.low <= rate <= interval.high)
    assert float(binom.pmf(np.arange(n + 1), n, rate)[np.array(held)].sum()) >= 0.91


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(InvalidInput):
        wilson(3, n=2)
    with pytest.raises(InvalidInput):
        wilson(1, n=2, level=1.0)
