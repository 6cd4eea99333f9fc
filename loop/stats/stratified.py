"""A stratified sample of a finite population: shares of what is bad, weighted by the draw, with intervals.

Each stratum has a known size, and a random part of it was judged. The interval of any ratio of totals is read from the
posterior of the bad ones in every stratum: Jeffreys' prior for its rate, and what was not judged drawn binomially
(finite-population Bayes; Brown, Cai & DasGupta 2001 for the prior). Near 0 and 1 and for strata of ten it covers what
it says, where the textbook variance of a ratio does not.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from loop.errors import InvalidInput

DRAWS = 4_000
"""Of the posterior: the ends of an interval are good to about half a point."""


class Stratum(NamedTuple):
    """One part of the population."""

    size: int
    """Members."""
    judged: int
    """Of these, drawn at random and judged."""
    bad: int
    """Of the judged."""


class Share(NamedTuple):
    """An estimated share, 0 to 1, with its interval."""

    value: float
    low: float
    high: float


class BadTotals:
    """How many members of each stratum are bad, as estimated, and as they may be."""

    def __init__(self, strata: Sequence[Stratum], *, seed: int) -> None:
        """Every stratum must have a judged member. Raises InvalidInput when the counts cannot be."""
        for one in strata:
            if not (0 <= one.bad <= one.judged <= one.size and one.judged > 0):
                raise InvalidInput("A stratum's counts cannot be.", field="strata", remedy="Count it again.")
        self.sizes = np.array([one.size for one in strata], dtype=np.float64)
        judged = np.array([one.judged for one in strata], dtype=np.float64)
        bad = np.array([one.bad for one in strata], dtype=np.float64)
        self.estimated = self.sizes * bad / judged
        rng = np.random.default_rng(seed)
        rates = rng.beta(bad + 0.5, judged - bad + 0.5, size=(DRAWS, len(strata)))
        self.possible = bad + rng.binomial((self.sizes - judged).astype(np.int64), rates)
        """One row for each draw of the posterior."""

    def total(self, of: Sequence[bool]) -> Share | None:
        """Bad members of the strata named, as a number; None when none is named."""
        return self._share(of, over=lambda totals: np.ones(len(totals))) if any(of) else None

    def rate(self, of: Sequence[bool]) -> Share | None:
        """Part of these strata that is bad: the precision of whoever flagged them. None when they have no member."""
        n = float(self.sizes @ np.asarray(of, dtype=np.float64))
        return self._share(of, over=lambda totals: np.full(len(totals), n)) if n else None

    def part(self, of: Sequence[bool]) -> Share | None:
        """Part of everything bad that lies in these strata: the recall of whoever flagged them.

        None when nothing bad was found: a share of nothing is unknown.
        """
        if not self.estimated.sum():
            return None
        return self._share(of, over=lambda totals: totals.sum(axis=1))

    def _share(self, of: Sequence[bool], *, over: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Share:
        mask = np.asarray(of, dtype=np.float64)
        value = float((self.estimated @ mask) / over(self.estimated[None, :])[0])
        below = over(self.possible)
        some = below > 0
        low, high = np.quantile((self.possible @ mask)[some] / below[some], [0.025, 0.975])
        # Where none or all judged ones are bad the estimate is an end of what is possible.
        return Share(value=value, low=min(value, float(low)), high=max(value, float(high)))


def allocate(sizes: Sequence[int], *, n: int) -> list[int]:
    """Members to draw of each stratum: as evenly as they allow, so that rare strata are judged too; `n` in all."""
    drawn = [0] * len(sizes)
    left = min(n, sum(sizes))
    while left:
        open_ones = [place for place, size in enumerate(sizes) if drawn[place] < size]
        each = max(1, left // len(open_ones))
        for place in sorted(open_ones, key=lambda place: (-sizes[place], place)):
            more = min(each, sizes[place] - drawn[place], left)
            drawn[place] += more
            left -= more
    return drawn


def kappa(first: Sequence[str], second: Sequence[str]) -> float | None:
    """Cohen's kappa: agreement beyond chance of two people on the same items; None without items or without variety."""
    n = len(first)
    if not n:
        return None
    agreed = sum(one == other for one, other in zip(first, second, strict=True)) / n
    words = {*first, *second}
    chance = sum(first.count(word) / n * second.count(word) / n for word in words)
    return None if chance >= 1 else (agreed - chance) / (1 - chance)
