"""Funnel test: who is surely below the others, with as many looks as there are people (Spiegelhalter 2005)."""

from collections.abc import Sequence
from statistics import median

from loop.stats.paired import holm

PEERS = 5
"""People before what is usual among them says anything."""


def below_peers(records: Sequence[tuple[float, int]], *, least: float) -> list[float]:
    """Per person the chance, adjusted for how many there are, of agreeing so seldom while being as good as the others.

    `records`: how often each agreed (fractions of an agreement allowed), of how many; n > 0. As good as the others is
    the median share, or `least` while there are fewer than PEERS. Binomial lower tail, Holm 1979 over all of them, so
    that with everybody alike the chance of finding anybody at all below the others is at most the level asked for.
    """
    if not records:
        return []
    usual = median(agreed / n for agreed, n in records) if len(records) >= PEERS else least
    usual = min(max(usual, 1e-6), 1 - 1e-6)
    return holm([_lower_tail(agreed, n, share=usual) for agreed, n in records])


def _lower_tail(agreed: float, n: int, *, share: float) -> float:
    """P(X <= agreed) of a binomial, between whole numbers by the regularised incomplete beta function."""
    from scipy.special import betainc

    k = min(max(agreed, 0.0), float(n))
    return 1.0 if k >= n else float(betainc(n - k, k + 1, 1 - share))
