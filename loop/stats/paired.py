"""Is the new one better on the same cases: tests, intervals and power for paired right/wrong results.

Everything rests on the two kinds of case in which old and new disagree: `fixed` (old wrong, new right)
and `broken` (old right, new wrong). Cases on which they agree only enter through `n`.
"""

from collections.abc import Sequence
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from loop.errors import InvalidInput
from loop.stats.proportions import Interval

_STEPS = 60
"""Halvings of an interval at most 2 wide: the end is then exact to the last bit of a float."""
_TAIL = 1e-12
"""Discordant counts rarer than this are left out of a power."""
_TOOTH = 24
"""Cases looked back over for an earlier saw tooth of the power; more would change no plan."""
MOST_CASES = 20_000
"""Above about this many, `cases_needed` answers None: nobody collects them for one change."""


def midp_better(fixed: int, *, broken: int) -> float:
    """One-sided mid-p McNemar for 'new is better': small when fixes outnumber breaks by more than luck.

    P(F > fixed) + P(F = fixed) / 2 with F ~ Binomial(fixed + broken, 1/2); 0.5 when they are equal in
    number, 1.0 when nothing changed. Never above its level in practice (Fagerland, Lydersen & Laake 2013).
    For 'new is worse' swap the two counts. Raises InvalidInput for negative counts.
    """
    _check(n=fixed + broken, fixed=fixed, broken=broken)
    if fixed + broken == 0:
        return 1.0
    return float(_midp(np.array([fixed]), np.array([fixed + broken]))[0])


def score_z(difference: float, *, n: int, fixed: int, broken: int) -> float:
    """Tango's score statistic for 'the true gain equals `difference`'; positive when the data lie above it.

    `difference` in shares of cases, between -1 and 1 exclusive. Standard normal when the hypothesis is
    true (Tango 1998, eq. 2 and 3: the nuisance share has a closed form). 0 without cases.
    """
    _check(n=n, fixed=fixed, broken=broken)
    if not -1 < difference < 1:
        raise InvalidInput("A difference of shares lies between -1 and 1.", field="difference", remedy="Use 0.03.")
    return _score_z(difference, n=n, fixed=fixed, broken=broken)


def not_worse(margin: float, *, n: int, fixed: int, broken: int) -> float:
    """One-sided p for 'new is worse by `margin` or more': small when such a loss is ruled out (Tango 1998).

    `margin` is a positive share of cases. 1.0 without cases.
    """
    from scipy.special import ndtr

    if not 0 < margin < 1:
        raise InvalidInput("A margin is a share between 0 and 1.", field="margin", remedy="Use 0.03 for 3 points.")
    return float(ndtr(-score_z(-margin, n=n, fixed=fixed, broken=broken))) if n else 1.0


def score_interval(n: int, *, fixed: int, broken: int, level: float = 0.90) -> Interval | None:
    """Tango's score interval of the gain `(fixed - broken) / n`; None without cases.

    All differences the score test does not reject. At the default 90 % its lower end is the one-sided
    95 % bound. Always contains the estimate; never leaves -1 to 1.
    """
    from scipy.special import ndtri

    _check(n=n, fixed=fixed, broken=broken)
    if not 0 < level < 1:
        raise InvalidInput("A level lies between 0 and 1.", field="level", remedy="Use 0.90 for 90 %.")
    if n == 0:
        return None
    z = float(ndtri((1 + level) / 2))
    # The statistic falls as the hypothesised difference rises, and mirrors when the counts swap.
    return Interval(
        low=_lower_end(z, n=n, fixed=fixed, broken=broken), high=-_lower_end(z, n=n, fixed=broken, broken=fixed)
    )


def holm(p_values: Sequence[float], *, weights: Sequence[float] | None = None) -> list[float]:
    """Holm's step-down adjusted p-values, in the order given; comparing them with a level bounds the chance
    of even one false finding by it, whatever the dependence (Holm 1979, sections 2 and 4).

    `weights`: how much of the level each question gets at first, in any unit; equal shares without them.
    """
    shares = [1.0] * len(p_values) if weights is None else list(weights)
    adjusted = [0.0] * len(p_values)
    largest, remaining = 0.0, sum(shares)
    for place in sorted(range(len(p_values)), key=lambda index: p_values[index] / shares[index]):
        largest = max(largest, min(1.0, remaining * p_values[place] / shares[place]))
        adjusted[place] = largest
        remaining -= shares[place]
    return adjusted


def power(n: int, *, discordance: float, effect: float, alpha: float = 0.05, min_gain: float = 0.0) -> float:
    """Chance that `n` cases prove a true gain: mid-p at most `alpha` and a net gain of `min_gain` or more.

    Exact: sums over how many cases disagree, Binomial(n, discordance), and how many of those are fixes.
    `discordance` is the share of cases fixed or broken, `effect` the share fixed minus the share broken;
    |effect| <= discordance <= 1, else InvalidInput. 0 without cases.
    """
    from scipy.stats import binom

    _check_effect(discordance=discordance, effect=effect, alpha=alpha)
    if n <= 0 or discordance == 0:
        return 0.0
    least, most = int(binom.ppf(_TAIL, n, discordance)), int(binom.ppf(1 - _TAIL, n, discordance))
    m = np.arange(max(1, least), most + 1)
    needed = np.maximum(_fewest_fixes(m, alpha=alpha), np.ceil((m + ceil(min_gain * n - 1e-9)) / 2))
    fixes_share = min(1.0, (discordance + effect) / (2 * discordance))
    weights: NDArray[np.float64] = binom.pmf(m, n, discordance)
    return min(1.0, float(np.sum(weights * _at_least(needed, m, fixes_share))))


def cases_needed(
    effect: float, *, discordance: float, alpha: float = 0.05, target: float = 0.80, min_gain: float = 0.0
) -> int | None:
    """The fewest cases with at least `target` power to prove `effect` (see `power`).

    Power rises with `n` in small saw teeth; the answer is the first `n` that reaches the target.
    None when no number does, or more than MOST_CASES would be needed.
    """
    _check_effect(discordance=discordance, effect=effect, alpha=alpha)
    if effect <= 0 or effect < min_gain:
        return None

    rough = cases_roughly(effect, discordance=discordance, alpha=alpha, target=target, min_gain=min_gain)
    if rough is None:
        return None

    def reaches(n: int) -> bool:
        return power(n, discordance=discordance, effect=effect, alpha=alpha, min_gain=min_gain) >= target

    low, high = 0, rough + 8
    while not reaches(high):
        low, high = high, 2 * high
        if high > 2 * MOST_CASES:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reaches(middle) else (middle, high)
    # A saw tooth just below may reach it too.
    return next(n for n in range(max(1, high - _TOOTH), high + 1) if reaches(n))


def cases_roughly(
    effect: float, *, discordance: float, alpha: float = 0.05, target: float = 0.80, min_gain: float = 0.0
) -> int | None:
    """What `cases_needed` answers, from the normal approximation: within a few per cent and at no cost.

    `(z_alpha + z_target)^2 * discordance / effect^2` for the test and, apart from it, enough for a net
    gain of `min_gain`. None when no number does, or more than MOST_CASES would be needed.
    """
    from scipy.special import ndtri

    _check_effect(discordance=discordance, effect=effect, alpha=alpha)
    spare = effect - min_gain
    if effect <= 0 or spare < 0 or (spare == 0 and min_gain > 0):
        return None
    z_alpha, z_target = float(ndtri(1 - alpha)), float(ndtri(target))
    for_test = (z_alpha + z_target) ** 2 * discordance / effect**2
    for_gain = z_target**2 * discordance / spare**2 if min_gain > 0 else 0.0
    rough = max(for_test, for_gain)
    return ceil(rough) if rough <= MOST_CASES else None


def _score_z(difference: float, *, n: int, fixed: int, broken: int) -> float:
    gap = fixed - broken - n * difference
    if n == 0 or gap == 0:
        return 0.0
    linear = -(broken + fixed) + (2 * n - fixed + broken) * difference
    constant = -broken * difference * (1 - difference)
    nuisance = (-linear + sqrt(max(0.0, linear * linear - 8 * n * constant))) / (4 * n)
    nuisance = max(nuisance, 0.0, -difference)
    variance = n * (2 * nuisance + difference * (1 - difference))
    return gap / sqrt(variance) if variance > 0 else (float("inf") if gap > 0 else float("-inf"))


def _lower_end(z: float, *, n: int, fixed: int, broken: int) -> float:
    low, high = -1.0, (fixed - broken) / n
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _score_z(middle, n=n, fixed=fixed, broken=broken) > z:
            low = middle
        else:
            high = middle
    return low


def _midp(fixed: NDArray[np.int64], m: NDArray[np.int64]) -> NDArray[np.float64]:
    half: NDArray[np.float64] = (_at_least(fixed, m, 0.5) + _at_least(fixed + 1, m, 0.5)) / 2
    return half


def _at_least(k: NDArray[np.int64] | NDArray[np.float64], m: NDArray[np.int64], share: float) -> NDArray[np.float64]:
    """P(Binomial(m, share) >= k), for any k, also below 1 and above m."""
    from scipy.special import bdtrc

    inside = np.clip(k, 1, m).astype(np.float64)
    tail = bdtrc(inside - 1.0, m, share)
    return np.where(k <= 0, 1.0, np.where(k > m, 0.0, tail))


def _fewest_fixes(m: NDArray[np.int64], *, alpha: float) -> NDArray[np.float64]:
    """The smallest number of fixes among `m` disagreements whose mid-p is at most `alpha`; above `m` if none."""
    from scipy.stats import binom

    least = np.asarray(binom.isf(alpha, m, 0.5), dtype=np.int64)
    # P(F > least) <= alpha < P(F >= least), so the mid-p threshold is `least` itself or the next one.
    return np.where(_midp(least, m) <= alpha, least, least + 1).astype(np.float64)


def _check(*, n: int, fixed: int, broken: int) -> None:
    if fixed < 0 or broken < 0 or fixed + broken > n:
        raise InvalidInput(
            "Fixed and broken must not be negative and not exceed the cases.",
            field="n",
            remedy="Count the cases again.",
        )


def _check_effect(*, discordance: float, effect: float, alpha: float) -> None:
    if not (0 <= discordance <= 1 and abs(effect) <= discordance + 1e-12):
        raise InvalidInput(
            "A gain cannot exceed the share of cases that change.", field="effect", remedy="Raise the discordance."
        )
    if not 0 < alpha < 1:
        raise InvalidInput("A level lies between 0 and 1.", field="alpha", remedy="Use 0.05.")
