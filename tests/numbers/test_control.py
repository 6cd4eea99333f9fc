"""Control limits and adjusted differences, against what they promise and against sums by hand."""

import random
from math import sqrt

import pytest

from loop.stats.control import LEAST_DAYS, RUN, Count, Usual, limits, overdispersion, usual_of
from loop.stats.mix import adjusted_difference, split_change

RATE, A_DAY = 0.8, 100


def days(n: int, *, seed: int, scatter: float = 0.0, rate: float = RATE) -> list[Count]:
    rng = random.Random(seed)
    found = []
    for _ in range(n):
        here = min(0.99, max(0.01, rate + rng.gauss(0, scatter)))
        found.append(Count(A_DAY, sum(rng.random() < here for _ in range(A_DAY))))
    return found


def outside(some: list[Count]) -> float:
    usual = usual_of(some)
    assert usual is not None
    bounds = limits(usual, n=A_DAY)
    return sum(not bounds.low <= day.good / day.n <= bounds.high for day in some) / len(some)


def test_limits_of_days_that_chance_explains_are_three_sigma() -> None:
    usual = Usual(RATE, 1.0)
    assert limits(usual, n=A_DAY).low == pytest.approx(RATE - 3 * sqrt(RATE * (1 - RATE) / A_DAY))
    assert limits(usual, n=A_DAY).high == pytest.approx(RATE + 3 * sqrt(RATE * (1 - RATE) / A_DAY))


def test_ordinary_days_lie_within_the_limits_also_where_days_scatter() -> None:
    for scatter in (0.0, 0.05):
        shares = [outside(days(60, seed=seed, scatter=scatter)) for seed in range(40)]
        assert sum(shares) / len(shares) <= 0.006, f"scatter {scatter}"
    wide = [usual_of(days(60, seed=seed, scatter=0.05)) for seed in range(20)]
    assert sum(one is not None and one.scatter > 1.2 for one in wide) >= 18, "seen in nearly every world"


def test_a_day_that_fell_by_twenty_points_lies_outside() -> None:
    found = 0
    for seed in range(20):
        some = days(30, seed=seed)
        usual = usual_of(some)
        assert usual is not None
        found += round((RATE - 0.2) * A_DAY) / A_DAY < limits(usual, n=A_DAY).low
    assert found >= 19


def test_a_phase_of_few_days_has_no_limits() -> None:
    assert usual_of(days(LEAST_DAYS - 1, seed=1)) is None
    assert usual_of(days(LEAST_DAYS, seed=1)) is not None
    assert usual_of([Count(A_DAY, A_DAY)] * 30) is None, "all good: nothing to compare with"
    assert usual_of([Count(2, 1)] * 30) is None, "days of two signals say nothing"


def test_eight_days_on_one_side_are_rarely_chance() -> None:
    assert 2 * 0.5**RUN < 0.01


def test_overdispersion_is_one_for_chance_and_more_for_more() -> None:
    plain = [overdispersion([days(30, seed=seed)]) for seed in range(20)]
    wild = [overdispersion([days(30, seed=seed, scatter=0.08)]) for seed in range(20)]
    assert min(plain) >= 1
    assert sum(plain) / 20 < 1.25
    assert sum(wild) / 20 > 3
    assert overdispersion([]) == 1


def test_a_difference_is_adjusted_for_what_is_asked() -> None:
    before = {"easy": Count(800, 720), "hard": Count(200, 100)}
    since = {"easy": Count(200, 180), "hard": Count(800, 400)}
    told = adjusted_difference(before, since)
    assert told is not None
    assert told.effect == pytest.approx(0.0), "only other things were asked"
    assert told.low < 0 < told.high
    split = split_change(before, since)
    assert split is not None
    assert split.total == pytest.approx((180 + 400) / 1000 - (720 + 100) / 1000)
    assert (split.rate, split.mix) == (pytest.approx(0.0), pytest.approx(split.total))


def test_the_parts_of_a_change_add_up_whatever_was_asked() -> None:
    rng = random.Random(3)
    for _ in range(50):
        sides = [
            {name: Count(n := rng.randint(0, 60), rng.randint(0, n)) for name in "abcd" if rng.random() < 0.8}
            for _ in range(2)
        ]
        split = split_change(*sides)
        totals = [(sum(one.n for one in side.values()), sum(one.good for one in side.values())) for side in sides]
        if not all(n for n, _ in totals):
            assert split is None
            continue
        assert split is not None
        assert split.rate + split.mix == pytest.approx(totals[1][1] / totals[1][0] - totals[0][1] / totals[0][0])


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    held = 0
    for seed in range(200):
        sides = []
        for shift, at in ((0.0, 2 * seed), (0.05, 2 * seed + 1)):
            rng = random.Random(at)
            sides.append(
                {
                    name: Count(150, sum(rng.random() < rate + shift for _ in range(150)))
                    for name, rate in (("a", 0.6), ("b", 0.8))
                }
            )
        told = adjusted_difference(*sides)
        assert told is not None
        held += told.low <= 0.05 <= told.high
    assert 170 <= held <= 192, held


def test_groups_without_common_ground_are_put_together_and_nothing_is_made_up() -> None:
    assert adjusted_difference({"a": Count(40, 20)}, {}) is None
    few = {name: Count(2, 1) for name in "abcdef"}
    told = adjusted_difference(few, few)
    assert told is not None
    assert (told.effect, told.n) == (0.0, 24)
