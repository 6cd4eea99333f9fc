"""Change of a share, apart from what is asked more or less often: standardisation and Kitagawa's decomposition."""

from collections.abc import Mapping
from math import sqrt
from typing import NamedTuple

from loop.stats.control import Count, add_counts

LEAST = 5
"""Signals on either side below which a group is put together with the other small ones."""
_REST = "\x00rest"


class Difference(NamedTuple):
    """A share since minus a share before."""

    effect: float
    low: float
    high: float
    n: int


class Split(NamedTuple):
    """A change of a share in two parts that add up to it."""

    total: float
    rate: float
    """Answers in the same group became better or worse."""
    mix: float
    """Other groups were asked about."""


def adjusted_difference(
    before: Mapping[str, Count], since: Mapping[str, Count], *, scatter: float = 1.0, level: float = 0.90
) -> Difference | None:
    """The difference with both sides weighed alike (direct standardisation over groups); None without common ground.

    `scatter`: variance in units of chance, see `loop.stats.control.overdispersion`. Each group weighs as often as it
    was asked on both sides together. Variances with half a success and half a failure added.
    """
    from scipy.special import ndtri

    pairs = [(old, new) for old, new in _grouped(before, since).values() if old.n >= LEAST and new.n >= LEAST]
    total = sum(old.n + new.n for old, new in pairs)
    if not total:
        return None
    effect = variance = 0.0
    for old, new in pairs:
        weight = (old.n + new.n) / total
        effect += weight * (new.good / new.n - old.good / old.n)
        variance += weight**2 * (_variance(old) + _variance(new))
    half = float(ndtri((1 + level) / 2)) * sqrt(scatter * variance)
    return Difference(effect, max(-1.0, effect - half), min(1.0, effect + half), total)


def z_of(now: Count, before: Count, *, scatter: float) -> float:
    """Two-sample z of shares: standard normal when nothing changed; negative when it fell.

    `scatter` as of `adjusted_difference`.
    """
    rate = (now.good + before.good) / (now.n + before.n)
    spread = sqrt(scatter * max(rate * (1 - rate), 1e-9) * (1 / now.n + 1 / before.n))
    return (now.good / now.n - before.good / before.n) / spread


def split_change(before: Mapping[str, Count], since: Mapping[str, Count]) -> Split | None:
    """Kitagawa's decomposition, symmetric: groups of one side alone count as mix; None where a side is empty."""
    n_before, n_since = sum(one.n for one in before.values()), sum(one.n for one in since.values())
    if not n_before or not n_since:
        return None
    rate = mix = 0.0
    for name in before.keys() | since.keys():
        old, new = before.get(name, Count(0, 0)), since.get(name, Count(0, 0))
        old_weight, new_weight = old.n / n_before, new.n / n_since
        old_share = old.good / old.n if old.n else new.good / new.n if new.n else 0.0
        new_share = new.good / new.n if new.n else old_share
        rate += (old_weight + new_weight) / 2 * (new_share - old_share)
        mix += (old_share + new_share) / 2 * (new_weight - old_weight)
    return Split(rate + mix, rate, mix)


def _grouped(before: Mapping[str, Count], since: Mapping[str, Count]) -> dict[str, tuple[Count, Count]]:
    found: dict[str, tuple[Count, Count]] = {}
    for name in sorted(before.keys() | since.keys()):
        pair = before.get(name, Count(0, 0)), since.get(name, Count(0, 0))
        if min(pair[0].n, pair[1].n) >= LEAST:
            found[name] = pair
        else:
            rest = found.get(_REST, (Count(0, 0), Count(0, 0)))
            found[_REST] = (add_counts((rest[0], pair[0])), add_counts((rest[1], pair[1])))
    return found


def _variance(count: Count) -> float:
    rate = (count.good + 0.5) / (count.n + 1)
    return rate * (1 - rate) / count.n
