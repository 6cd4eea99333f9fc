"""The gain that is to be expected: what stands out is shrunk by how much tested changes differ."""

import numpy as np
import pytest

from loop.stats.shrinkage import FEW, USUAL_SPREAD, Difference, expected_gain


def test_a_difference_is_shrunk_by_the_formula() -> None:
    seen = Difference(effect=0.05, moved=27, n=300)
    noise = (27 / 300 - 0.05**2) / 300
    assert expected_gain(seen, among=[seen]) == pytest.approx(0.05 * USUAL_SPREAD / (USUAL_SPREAD + noise))
    assert expected_gain(Difference(effect=0.0, moved=0, n=300), among=[]) == 0.0


def test_where_tested_changes_hardly_differ_what_stands_out_is_luck() -> None:
    seen = Difference(effect=0.05, moved=27, n=300)
    idle = [Difference(effect=0.0, moved=30, n=300)] * FEW
    apart = [Difference(effect=sign * 0.2, moved=80, n=300) for sign in (-1, 1)] * FEW
    assert expected_gain(seen, among=[*idle, seen]) < 0.001
    assert expected_gain(seen, among=[*apart, seen]) > 0.045


def test_what_was_picked_as_the_best_is_worth_what_is_said_and_less_than_was_seen() -> None:
    rng = np.random.default_rng(0)
    said, seen, true = [], [], []
    for _ in range(300):
        gains = rng.normal(0, 0.03, size=30)
        moved = rng.binomial(300, 0.10, size=30)
        fixed = rng.binomial(moved, np.clip((0.10 + gains) / 0.20, 0, 1))
        all_of = [Difference(effect=(2 * f - m) / 300, moved=int(m), n=300) for f, m in zip(fixed, moved, strict=True)]
        best = int(np.argmax([one.effect for one in all_of]))
        said.append(expected_gain(all_of[best], among=all_of))
        seen.append(all_of[best].effect)
        true.append(gains[best])
    assert abs(np.mean(said) - np.mean(true)) < 0.005
    assert np.mean(seen) - np.mean(true) > 0.01
