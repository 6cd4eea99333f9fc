"""The budget of error: any number of useless changes, and hardly one is ever proved."""

import math

import numpy as np
import pytest
from scipy.special import zeta

from loop.stats.budget import CANDIDATE, DISCARDED, TOTAL, Left, Look, left

RUNS, LOOKS = 2_000, 100


def play(p_of: np.ndarray) -> np.ndarray:
    """Whether each of some looks was proved, by the budget alone."""
    looks: list[Look] = []
    for p in p_of.tolist():
        looks.append(Look(p, p <= left(looks).level))
    return np.array([look.is_proved for look in looks])


def test_the_first_levels_are_those_of_the_formula() -> None:
    assert left([]) == Left(pytest.approx(0.0027, abs=5e-5), 0, 0)
    assert left([Look(0.001, True)]).level == pytest.approx(0.0055, abs=5e-5)
    assert left([Look(0.4, False)]).level == pytest.approx(0.25 * 0.025 * 2**-1.6 / 2.2858)


def test_the_shares_of_a_budget_add_up_to_it() -> None:
    assert zeta(1.6) == pytest.approx(2.2858, abs=1e-4)


@pytest.mark.parametrize("p", [0.001, CANDIDATE, math.nextafter(DISCARDED, 1), 1.0])
def test_a_look_that_is_plainly_good_or_plainly_nothing_costs_nothing(p: float) -> None:
    assert left([Look(p, False)] * 50) == left([])


def test_a_look_between_costs_and_a_proof_refills() -> None:
    worn = left([Look(0.3, False)] * 20)
    assert worn.level < left([]).level / 50
    assert worn.costly == 20
    refilled = left([Look(0.3, False)] * 20 + [Look(1e-6, True)])
    assert refilled.level > 20 * worn.level
    assert refilled.costly == 0


def test_no_level_is_higher_than_a_candidate_may_be() -> None:
    assert left([Look(1e-9, True)] * 10_000).level == CANDIDATE


def test_of_a_hundred_useless_changes_hardly_ever_one_is_proved() -> None:
    rng = np.random.default_rng(0)
    some = np.array([play(rng.uniform(size=LOOKS)).any() for _ in range(RUNS)])
    assert some.mean() + 2.6 * math.sqrt(0.05 * 0.95 / RUNS) < TOTAL


def test_of_what_is_proved_few_are_useless_and_many_of_the_good_ones_are_proved() -> None:
    rng = np.random.default_rng(1)
    wrong = right = good_ones = 0
    shares = []
    for _ in range(400):
        is_good = rng.uniform(size=LOOKS) < 0.15
        p_of = np.where(is_good, rng.beta(0.08, 4, size=LOOKS), rng.uniform(size=LOOKS))
        proved = play(p_of)
        shares.append((proved & ~is_good).sum() / max(1, proved.sum()))
        wrong, right = wrong + int((proved & ~is_good).sum()), right + int((proved & is_good).sum())
        good_ones += int(is_good.sum())
    assert float(np.mean(shares)) < TOTAL
    assert right / good_ones > 0.5
