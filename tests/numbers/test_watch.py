"""The release alarm over simulated weeks: rarely false however often it is read, and in time when it matters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import binomtest

from loop.deploy.watch import should_roll_back
from loop.errors import InvalidInput
from loop.records import Limits, Mode, Release, VersionSignals
from loop.stats.sequential import evidence_below
from tests.builders import NOON, at

SEED = 20260601
RELEASE = Release(
    id="r1", agent="desk", kind="deploy", number=4, from_number=3, decision_id="d", proposal_id="p", actor="a", at=NOON
)


def day_of_alarm(
    rng: np.random.Generator, *, before: float, since: float, days: int, per_day: int, known: int = 1000
) -> int | None:
    """The first of `days` daily looks at which the loop would act; None when it never does. `known`: signals before."""
    usual = VersionSignals(n=known, good=int(rng.binomial(known, before)))
    good = 0
    for day in range(1, days + 1):
        good += int(rng.binomial(per_day, since))
        n = day * per_day
        found = should_roll_back(
            RELEASE,
            before=usual,
            since=VersionSignals(n=n, good=good, unhappy_people=n - good, loudest_share=0.01),
            mode=Mode.SIMPLE,
            limits=Limits(harm_margin=0.001),
            rolled_back_at=(),
            now=at(day * 24 * 60),
        )
        if found.action != "none":
            return day
    return None


@pytest.mark.parametrize("rate", [0.6, 0.85, 0.95])
@pytest.mark.parametrize(("known", "per_day"), [(1000, 50), (120, 200)])
def test_a_release_that_changed_nothing_rarely_raises_the_alarm_in_two_months_of_looks(
    rate: float, known: int, per_day: int
) -> None:
    rng = np.random.default_rng(SEED)
    runs = 300
    alarms = sum(
        day_of_alarm(rng, before=rate, since=rate, days=60, per_day=per_day, known=known) is not None
        for _ in range(runs)
    )
    assert alarms / runs <= 0.05


def test_the_alarm_needs_evidence_of_forty_against_the_least_the_earlier_share_can_be() -> None:
    before, n = VersionSignals(n=1000, good=850), 100
    least = 0.8265  # the Wilson 95 % bound of 850 in 1000
    assert binomtest(850, 1000).proportion_ci(method="wilson").low == pytest.approx(least, abs=1e-4)
    for good in range(n + 1):
        since = VersionSignals(n=n, good=good, unhappy_people=n - good, loudest_share=0.01)
        found = should_roll_back(
            RELEASE, before=before, since=since, mode=Mode.SIMPLE, limits=Limits(), rolled_back_at=(), now=at(600)
        )
        is_enough = evidence_below(good, n=n, rate=least) >= 40
        assert (found.action == "roll_back") is is_enough, good


def test_a_drop_of_ten_points_is_found_within_days() -> None:
    rng = np.random.default_rng(SEED)
    days = [day_of_alarm(rng, before=0.85, since=0.75, days=30, per_day=100) for _ in range(200)]
    found = [day for day in days if day is not None]
    assert len(found) == len(days)
    assert float(np.median(found)) <= 6


def test_evidence_never_misleads_more_often_than_it_says_even_when_read_after_every_signal() -> None:
    rng = np.random.default_rng(SEED)
    good = rng.random((2000, 400)) < 0.8
    sums = np.cumsum(good, axis=1)
    ever = sum(
        any(evidence_below(int(row[n - 1]), n=n, rate=0.8) >= 20 for n in range(1, 401, 4)) for row in sums[:500]
    )
    assert ever / 500 <= 0.05


@given(st.integers(0, 40), st.integers(0, 40), st.floats(0.05, 0.95))
def test_evidence_is_the_average_likelihood_ratio(good: int, bad: int, rate: float) -> None:
    total, _ = quad(lambda p: (p / rate) ** good * ((1 - p) / (1 - rate)) ** bad, 0, rate, limit=200)
    assert evidence_below(good, n=good + bad, rate=rate) == pytest.approx(total / rate, rel=1e-6, abs=1e-12)


@given(st.integers(0, 200), st.integers(0, 200), st.floats(0.05, 0.95))
def test_one_more_good_signal_never_adds_evidence(good: int, bad: int, rate: float) -> None:
    n = good + bad
    assert evidence_below(good + 1, n=n + 1, rate=rate) <= evidence_below(good, n=n, rate=rate) * (1 + 1e-9)


def test_evidence_at_the_edges() -> None:
    assert evidence_below(0, n=0, rate=0.8) == pytest.approx(1.0)
    assert evidence_below(0, n=1_000_000, rate=0.9) > 1e300
    assert evidence_below(1_000_000, n=1_000_000, rate=0.1) == 0.0
    for bad in ({"good": 3, "n": 2, "rate": 0.5}, {"good": 1, "n": 2, "rate": 0.0}, {"good": 1, "n": 2, "rate": 1.0}):
        with pytest.raises(InvalidInput):
            evidence_below(int(bad["good"]), n=int(bad["n"]), rate=bad["rate"])
