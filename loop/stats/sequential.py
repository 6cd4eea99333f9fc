"""A share that may be looked at any time: evidence that stays valid however often one looks."""

from math import exp, log, log1p

from loop.errors import InvalidInput

_MOST = 700.0
"""Natural logarithm of the largest evidence reported; beyond it a float overflows and nothing is gained."""


def evidence_below(good: int, *, n: int, rate: float) -> float:
    """How strongly `good` of `n` speaks for a true share below `rate`: 20 means 1 in 20 by luck.

    The average, over all shares below `rate`, of the likelihood ratio against `rate` (a uniform mixture,
    so no size of drop has to be guessed). While every signal is good with probability `rate` or more,
    also one that drifts, the chance of ever seeing `x` or more, at any look, is at most 1 / x (Ville 1939;
    Robbins 1970). 1 without signals. Raises InvalidInput when the counts cannot be or `rate` is not
    strictly between 0 and 1.
    """
    from scipy.special import betainc, betaln

    if not 0 <= good <= n:
        raise InvalidInput("The good ones must be between 0 and all.", field="good", remedy="Count both again.")
    if not 0 < rate < 1:
        raise InvalidInput("A rate lies strictly between 0 and 1.", field="rate", remedy="Use 0.85 for 85 %.")
    bad = n - good
    below = float(betainc(good + 1, bad + 1, rate))
    if below == 0.0:
        return 0.0
    mixture = float(betaln(good + 1, bad + 1)) + log(below) - log(rate)
    return exp(min(_MOST, mixture - good * log(rate) - bad * log1p(-rate)))
