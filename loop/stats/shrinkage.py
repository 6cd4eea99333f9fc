"""Shrinkage (empirical Bayes): what a difference is worth once it was picked because it stood out."""

from collections.abc import Sequence
from typing import NamedTuple

USUAL_SPREAD = 0.03**2
"""Variance of true gains assumed until FEW differences are known."""
FEW = 20
LEAST_SPREAD = 1e-6


class Difference(NamedTuple):
    """One paired comparison, as counts give it."""

    effect: float
    """(fixed − broken) / n."""
    moved: int
    """Fixed and broken."""
    n: int

    @property
    def noise(self) -> float:
        """Sampling variance of the effect."""
        return (self.moved / self.n - self.effect**2) / self.n


def expected_gain(seen: Difference, *, among: Sequence[Difference]) -> float:
    """The gain to be expected of what showed this difference, given all that were tested, this one among them.

    d · t / (t + s²) with s² the noise of the difference and t = mean d² − mean s² over all of them, USUAL_SPREAD
    while there are fewer than FEW (Efron & Morris 1975, towards no gain). 0 when nothing moved.
    """
    if not seen.moved:
        return 0.0
    spread = USUAL_SPREAD
    if len(among) >= FEW:
        total = sum(one.effect**2 - one.noise for one in among)
        spread = max(LEAST_SPREAD, total / len(among))
    return seen.effect * spread / (spread + max(seen.noise, 0.0))
