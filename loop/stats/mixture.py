"""Two-groups model (Efron 2008): how many of some scores come from a known bad group, and up to where most do.

The good group is not known by itself, so its part is bounded: nowhere can there be more bad ones than scores.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TELLING = 0.2
"""Share of the bad group below a bound from which that bound says anything about how many there are."""


class Bound(NamedTuple):
    """Where a two-groups model draws the line."""

    share: float
    """Of all scores, those of the bad group: at most so many, 0 to 1."""
    below: float
    """Scores below this are mostly of the bad group; 0 when there is no such bound."""


def bound(scores: Floats, *, bad: Floats, grid: Floats, precision: float) -> Bound:
    """The highest bound below which at least `precision` of the scores are to be expected of the bad group.

    `bad`: of the bad group, the share below each point of the ascending `grid`, which lies below 1. Bad ones lie low.
    Their share is at most F(t) / F_bad(t) at every t (Storey 2002, turned round), so the smallest of these is taken;
    the expected share of bad ones below t is then that times F_bad(t) / F(t) (Efron 2008, section 2).
    """
    if not scores.size:
        return Bound(0.0, 0.0)
    ordered = np.sort(scores)
    seen = np.searchsorted(ordered, grid, side="left") / ordered.size
    telling = bad >= TELLING
    if not telling.any():
        return Bound(0.0, 0.0)
    share = float(min(1.0, ((seen[telling] + 1 / ordered.size) / bad[telling]).min()))
    is_fit = (share * bad >= precision * seen) & (seen > 0)
    return Bound(share, float(grid[np.flatnonzero(is_fit)[-1]]) if is_fit.any() else 0.0)
