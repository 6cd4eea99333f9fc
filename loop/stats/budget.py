"""One budget of error for a life of tests: the level at which the next look may call a change proved.

ADDIS (Tian & Ramdas 2019), an online procedure: whatever is asked next and however often, the expected share of
useless changes among the proved ones stays small. A useless change that looks useless costs nothing (it is
discarded), one that looks good is a candidate and costs nothing either; what lies between costs, and every proof
earns a part back.
"""

from collections.abc import Sequence
from typing import NamedTuple

TOTAL = 0.05
"""Expected share of useless ones among everything proved."""
FIRST = 0.5
"""Share of it that may be spent before anything was proved."""
CANDIDATE = 0.25
"""A p up to this is a candidate: the look costs nothing, and no level is higher."""
DISCARDED = 0.50
"""A p above this is discarded: of a change that does nothing it is seen half of the time, and tells nothing."""
_POWER = 1.6
_SUM = 2.2858
"""Σ k^−1.6 over k = 1, 2, …: the shares of a budget over its looks add up to one."""


class Look(NamedTuple):
    """One look at the sealed cases."""

    p: float
    """Chance that a change that does nothing looks this good."""
    is_proved: bool


class Left(NamedTuple):
    """What is left of the budget."""

    level: float
    """Of the next look: proved means a p of at most this."""
    costly: int
    """Looks so far that cost something since the last proof, or since the beginning."""
    proofs: int


def left(looks: Sequence[Look], *, total: float = TOTAL) -> Left:
    """The level of the next look after these, in the order they were taken.

    min(λ, (τ − λ) · [w₀ g(1 + C₀) + (α − w₀) g(1 + C₁) + α Σ_{j ≥ 2} g(1 + C_j)]) with λ = CANDIDATE,
    τ = DISCARDED, g(k) = k^−1.6 / 2.2858, and C_j the looks with λ < p ≤ τ since the j-th proof (C₀: since the
    beginning), α = `total` and w₀ = FIRST · α. 0.0027 at first, 0.0055 after a first proof. Simulated, also where
    every look is at the same cases; proved for independent ones.
    """
    since = [0]
    for look in looks:
        if CANDIDATE < look.p <= DISCARDED:
            since = [count + 1 for count in since]
        if look.is_proved:
            since.append(0)
    earned = (FIRST * total, (1 - FIRST) * total)
    worth = sum(
        (earned[number] if number < len(earned) else total) * _share(1 + count) for number, count in enumerate(since)
    )
    level = min(CANDIDATE, (DISCARDED - CANDIDATE) * worth)
    return Left(level=level, costly=since[-1], proofs=len(since) - 1)


def _share(k: int) -> float:
    return float(k**-_POWER / _SUM)
