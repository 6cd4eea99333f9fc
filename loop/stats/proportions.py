"""How sure a share is: the Wilson interval of a proportion, from two counts."""

from math import sqrt
from typing import NamedTuple

from loop.errors import InvalidInput


class Interval(NamedTuple):
    """The two ends of an interval, in the unit of the thing estimated; `low <= high`."""

    low: float
    high: float


def wilson(good: int, *, n: int, level: float = 0.95) -> Interval | None:
    """The two-sided Wilson score interval of `good / n`, within 0 and 1; None when `n` is 0.

    Covers about `level` also near 0 and 1 and for `n` of ten, where the textbook interval does not
    (Wilson 1927; Brown, Cai & DasGupta 2001, eq. 4). For a one-sided 95 % bound ask for level 0.90.
    Raises InvalidInput when the counts cannot be.
    """
    from scipy.special import ndtri

    if not 0 <= good <= n:
        raise InvalidInput("The good ones must be between 0 and all.", field="good", remedy="Count both again.")
    if not 0 < level < 1:
        raise InvalidInput("A level lies between 0 and 1.", field="level", remedy="Use 0.95 for 95 %.")
    if n == 0:
        return None
    z = float(ndtri((1 + level) / 2))
    rate = good / n
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    # At the ends the formula is exactly 0 or 1; rounding must not push it past them or past the rate.
    return Interval(
        low=0.0 if good == 0 else max(0.0, middle - half), high=1.0 if good == n else min(1.0, middle + half)
    )
