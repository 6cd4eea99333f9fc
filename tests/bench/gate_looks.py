"""One look at a change, judged by the product: error rates, and how power goes with the number of cases."""

from functools import lru_cache

import numpy as np

from loop.evaluate.tallies import TAUGHT, UNTAUGHT, SliceTally, Tallies
from loop.evaluate.verdict import judge, passes_screen
from loop.records import Limits, Tally, Verdict
from loop.stats.budget import left
from loop.stats.paired import midp_better

LIMITS = Limits()
FIRST_LEVEL = left([]).level
TAUGHT_SHARE = 0.3
SIZES = (50, 75, 100, 125, 150, 200, 250, 300, 400, 500, 600, 800, 1000, 1500)
"""Sealed cases on which the power of one look is compared."""
Rates = tuple[float, float]
"""Shares of all cases that a change fixes and breaks."""
USELESS = (0.05, 0.05)


@lru_cache(maxsize=200_000)
def verdict(cells: tuple[int, ...], *, level: float = FIRST_LEVEL) -> Verdict:
    """Of one look at dev, taught and untaught cases: fixed, broken and n of each."""
    dev, taught, untaught = (
        Tally(fixed=cells[at], broken=cells[at + 1], both_right=cells[at + 2] - cells[at] - cells[at + 1])
        for at in (0, 3, 6)
    )
    sealed = Tally(
        fixed=taught.fixed + untaught.fixed,
        broken=taught.broken + untaught.broken,
        both_right=taught.both_right + untaught.both_right,
    )
    parts = (SliceTally(name=TAUGHT, tally=taught), SliceTally(name=UNTAUGHT, tally=untaught))
    is_asked = passes_screen(dev)
    tallies = Tallies(
        dev=dev,
        sealed=sealed if is_asked else Tally(),
        slices=tuple(part for part in parts if part.tally.n) if is_asked else (),
        is_sealed_asked=is_asked,
        level=level if is_asked else None,
    )
    return judge(tallies, limits=LIMITS).verdict


def drawn(rng: np.random.Generator, n: int, rates: Rates, *, clustered: bool) -> tuple[int, int, int]:
    """Fixed, broken and n of cases; 30 % stand in groups of five that share their fate, counted once each."""
    units = n if not clustered else round(0.7 * n) + round(0.3 * n / 5)
    fixed, broken, _ = rng.multinomial(units, [*rates, 1 - sum(rates)])
    return int(fixed), int(broken), units


def one_look(rng: np.random.Generator, *, n: int, rates: Rates, clustered: bool) -> Verdict:
    """A single change on `n` dev and `n` sealed cases."""
    few = round(n * TAUGHT_SHARE)
    cells = [drawn(rng, size, rates, clustered=clustered) for size in (n, few, n - few)]
    return verdict(tuple(one for cell in cells for one in cell))


def naive_clustered(rng: np.random.Generator, *, n: int, rates: Rates) -> bool:
    """The first rule, case by case, where groups of five share their fate."""
    found = []
    for _ in range(2):
        single = rng.multinomial(round(0.7 * n), [*rates, 1 - sum(rates)])
        groups = rng.multinomial(round(0.3 * n / 5), [*rates, 1 - sum(rates)])
        found.append(single + 5 * groups)
    (dev, sealed) = found
    return bool(midp_better(dev[0], broken=dev[1]) <= 0.2 and midp_better(sealed[0], broken=sealed[1]) <= 0.05)


def local_power(rng: np.random.Generator, *, n: int, runs: int, gain: float, untaught: Rates) -> float:
    """How often a change is proved that gains so much over all on what it teaches, and moves the rest like this."""
    few = round(n * TAUGHT_SHARE)
    taught = (gain / TAUGHT_SHARE + 0.02, 0.02)
    proved = 0
    for _ in range(runs):
        parts = [drawn(rng, size, rates, clustered=False) for size, rates in ((few, taught), (n - few, untaught))]
        on_dev = [drawn(rng, size, rates, clustered=False) for size, rates in ((few, taught), (n - few, untaught))]
        dev = tuple(a + b for a, b in zip(*on_dev, strict=True))
        proved += verdict((*dev, *parts[0], *parts[1])) is Verdict.PROVED
    return proved / runs


def look_figures(single: int, *, seed: int) -> dict[str, float]:
    """One look at a useless change: how often it is proved, and how often it is called harmful."""
    found: dict[str, float] = {}
    worlds = {"plain": (USELESS, False), "clustered": (USELESS, True), "a_a": ((0.01, 0.01), False)}
    for name, (rates, clustered) in worlds.items():
        rng = np.random.default_rng(seed)
        for n in (100, 300, 600):
            seen = [one_look(rng, n=n, rates=rates, clustered=clustered) for _ in range(single)]
            found[f"false_proved_{name}_n{n}"] = seen.count(Verdict.PROVED) / single
            found[f"false_harmful_{name}_n{n}"] = seen.count(Verdict.HARMFUL) / single
    rng = np.random.default_rng(seed)
    naive = [naive_clustered(rng, n=300, rates=USELESS) for _ in range(single)]
    found["clustered_false_proved_naive"] = sum(naive) / single
    found["clustered_false_proved"] = max(found[f"false_proved_clustered_n{n}"] for n in (100, 300, 600))
    found["false_harmful"] = max(share for name, share in found.items() if name.startswith("false_harmful_"))
    return found


def power_figures(runs: int, *, seed: int) -> dict[str, object]:
    """Whether more cases ever make a good change harder to prove, and what is proved though the untaught lose."""
    found: dict[str, object] = {}
    drops = []
    for gain in (0.05, 0.10):
        for moved in (0.005, 0.025):
            rng = np.random.default_rng(seed)
            powers = [local_power(rng, n=n, runs=runs, gain=gain, untaught=(moved, moved)) for n in SIZES]
            drops.append(max(one - min(powers[at:]) for at, one in enumerate(powers)))
            found[f"power_local_{100 * gain:.0f}_untaught_{200 * moved:.0f}"] = [round(one, 3) for one in powers]
    found["largest_power_drop"] = 100 * max(drops)
    rng = np.random.default_rng(seed)
    lost = [local_power(rng, n=n, runs=runs, gain=0.10, untaught=(0.0, 0.04)) for n in SIZES]
    return found | {"proved_though_untaught_lose_4": [round(one, 3) for one in lost], "sizes": list(SIZES)}
