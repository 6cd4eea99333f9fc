"""Control chart of shares (Laney p′): limits that allow for days that scatter more than chance alone."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import sqrt
from typing import NamedTuple

from loop.stats.proportions import Interval

SIGMAS = 3.0
"""Width of the limits; about one false alarm a year of days."""
LEAST_DAYS = 10
"""Days of a phase below which there are no limits."""
LEAST_N = 5
"""Signals of a day below which it says nothing of the scatter."""
RUN = 8
"""Days in a row on one side that are no longer chance (Western Electric, rule 4)."""
_RANGE = 1.128
"""Mean moving range of two standard normal values (d2)."""


class Count(NamedTuple):
    """Signals of one day."""

    n: int
    good: int


def add_counts(days: Iterable[Count]) -> Count:
    """All of them together."""
    some = list(days)
    return Count(sum(one.n for one in some), sum(one.good for one in some))


class Usual(NamedTuple):
    """What is usual in a phase."""

    centre: float
    """Share good."""
    scatter: float
    """Standard deviation of standardised days; 1 where chance alone explains them, and never less."""


def usual_of(days: Sequence[Count]) -> Usual | None:
    """Centre and scatter of a phase, from the moving range of its standardised days; None while too few can tell.

    Laney, "Improved control charts for attributes", Quality Engineering 14(4), 2002. Never tighter than a p-chart.
    """
    told = [day for day in days if day.n >= LEAST_N]
    total, good = sum(day.n for day in told), sum(day.good for day in told)
    if len(told) < LEAST_DAYS or not 0 < good < total:
        return None
    centre = good / total
    scores = [(day.good / day.n - centre) / sqrt(centre * (1 - centre) / day.n) for day in told]
    ranges = [abs(one - before) for before, one in pairwise(scores)]
    return Usual(centre, max(1.0, sum(ranges) / len(ranges) / _RANGE))


def limits(usual: Usual, *, n: int) -> Interval:
    """Between which the share of a day with `n` signals lies nearly always."""
    half = SIGMAS * usual.scatter * sqrt(usual.centre * (1 - usual.centre) / n)
    return Interval(low=max(0.0, usual.centre - half), high=min(1.0, usual.centre + half))


def overdispersion(groups: Sequence[Sequence[Count]]) -> float:
    """How much more days scatter around the share of their own group than chance has them: Pearson's χ² over its
    degrees of freedom, 1 at least."""
    squares, freedom = 0.0, 0
    for days in groups:
        told = [day for day in days if day.n >= LEAST_N]
        total, good = sum(day.n for day in told), sum(day.good for day in told)
        if len(told) < 2 or not 0 < good < total:
            continue
        rate = good / total
        squares += sum((day.good - day.n * rate) ** 2 / (day.n * rate * (1 - rate)) for day in told)
        freedom += len(told) - 1
    return max(1.0, squares / freedom) if freedom else 1.0
