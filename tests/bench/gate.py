"""Does "proved" hold for the life of an agent: streams of changes on one dev and one sealed set, judged by the product.

Every look goes through the product's own rule and budget (`loop.evaluate.verdict.judge`, `loop.stats.budget`); a
change that is proved becomes the base, so what flatters one look flatters the next. `naive` is the rule of the first
release: sealed at .05 every time, after the same screen on dev. Answers are simulated case by case.

    any_proved_honest    of 100 useless changes at least one is proved, share of runs; drafted without sight of dev
    any_proved_fitted    the same with dev in view: every one is asked the sealed cases
    any_proved_growing   the worst of: a bundle that grows by useless steps, one change tried again as cases come,
                         and one drawn anew on a base that moves
    power_plus5_n300     share of real +5-point changes proved in a stream of 100 (15 % good, 15 % as bad, the rest
                         useless), on 300 and 600 sealed cases
    clustered_false_proved, false_harmful    a single useless change, 30 % of the cases near-identical to others and
                         counted once per group (naive: one by one); the worst of plain, clustered and A/A
    largest_power_drop   points by which a good local change is harder to prove with more cases, at most
    claimed_minus_true_points    gain shown of proved changes minus their true gain, mean over the streams
"""

import argparse
import time
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from loop.evaluate import budget_left
from loop.evaluate import tallies as tallies_module
from loop.evaluate.tallies import Tallies
from loop.evaluate.verdict import Judgement, judge, passes_screen
from loop.records import Ledger, Limits, SealedLook, Tally, Verdict
from loop.stats.paired import midp_better
from tests.bench.gate_looks import USELESS, Rates, look_figures, power_figures
from tests.bench.printing import finish, say

# The same counts come again thousands of times, and working them out is most of what a judgement costs.
tallies_module.score_interval = cache(tallies_module.score_interval)
tallies_module.midp_better = cache(tallies_module.midp_better)

LIMITS = Limits()
LOOKS = 100
Bools = NDArray[np.bool_]
GOOD, BAD = (0.07, 0.02), (0.02, 0.07)


def tally(base: Bools, candidate: Bools) -> Tally:
    """The 2×2 of one comparison."""
    return Tally(
        both_right=int(np.sum(base & candidate)),
        fixed=int(np.sum(~base & candidate)),
        broken=int(np.sum(base & ~candidate)),
        both_wrong=int(np.sum(~base & ~candidate)),
    )


@dataclass
class Desk:
    """One agent: its answers on both sets, and every look that was charged. `naive` charges nothing."""

    rng: np.random.Generator
    n: int
    rate: float
    is_naive: bool = False
    is_dev_in_view: bool = False

    def __post_init__(self) -> None:
        self.ledger = Ledger()
        self.dev, self.sealed = (self.rng.random(self.n) < self.rate for _ in range(2))
        self.claims: list[float] = []

    def moved(self, right: Bools, rates: Rates) -> Bools:
        """Answers after a change that fixes and breaks these shares of all cases in truth."""
        fixes, breaks = rates[0] / max(1 - self.rate, rates[0]), rates[1] / max(self.rate, rates[1])
        drawn = self.rng.random(len(right))
        return np.where(right, drawn >= breaks, drawn < fixes)

    def ask(self, dev: Bools, sealed: Bools) -> bool:
        """Whether the change with these answers is proved."""
        on_dev, on_sealed = tally(self.dev, dev), tally(self.sealed, sealed)
        is_supported = self.is_dev_in_view or passes_screen(on_dev)
        if not is_supported:
            return False
        p = midp_better(on_sealed.fixed, broken=on_sealed.broken)
        if self.is_naive:
            return p <= LIMITS.alpha and (on_sealed.effect or 0) >= LIMITS.min_gain
        level = budget_left(self.ledger, limits=LIMITS).level
        found: Judgement | None = None
        if p <= level:  # of the others only the look is kept, so the sentences need not be made
            found = judge(
                Tallies(
                    dev=on_dev,
                    sealed=on_sealed,
                    is_dev_in_view=self.is_dev_in_view,
                    level=level,
                    looks=self.ledger.looks,
                ),
                limits=LIMITS,
            )
        is_proved = found is not None and found.verdict is Verdict.PROVED
        look = SealedLook(
            number=len(self.ledger.looks) + 1,
            p=p,
            level=level,
            is_proved=is_proved,
            n=on_sealed.n,
            effect=on_sealed.effect or 0.0,
            moved=on_sealed.fixed + on_sealed.broken,
        )
        self.ledger = Ledger(looks=(*self.ledger.looks, look))
        if is_proved and found is not None:
            self.claims.append(found.expected_gain or 0.0)
        return is_proved

    def try_change(self, rates: Rates) -> bool:
        """Draft, test, and ship when it is proved."""
        dev, sealed = self.moved(self.dev, rates), self.moved(self.sealed, rates)
        if not self.ask(dev, sealed):
            return False
        self.dev, self.sealed = dev, sealed
        self.rate = min(0.98, self.rate + rates[0] - rates[1])
        return True


# a hundred useless changes ---------------------------------------------------------------------------
def useless(rng: np.random.Generator, *, is_naive: bool, is_dev_in_view: bool) -> bool:
    """Whether any of a hundred is proved."""
    desk = Desk(rng, n=300, rate=0.7, is_naive=is_naive, is_dev_in_view=is_dev_in_view)
    return sum(desk.try_change(USELESS) for _ in range(LOOKS)) > 0


def growing(rng: np.random.Generator, *, is_naive: bool) -> bool:
    """A bundle that gets one more useless step before each test."""
    desk = Desk(rng, n=300, rate=0.7, is_naive=is_naive)
    dev, sealed = desk.dev, desk.sealed
    for _ in range(LOOKS):
        dev, sealed = desk.moved(dev, (0.01, 0.01)), desk.moved(sealed, (0.01, 0.01))
        if desk.ask(dev, sealed):
            return True
    return False


def retried(rng: np.random.Generator, *, is_naive: bool) -> bool:
    """A hundred useless changes, each tried again as the sets grow by a quarter, up to three times."""
    desk = Desk(rng, n=300, rate=0.7, is_naive=is_naive)
    for _ in range(LOOKS // 4):
        dev, sealed = desk.moved(desk.dev, USELESS), desk.moved(desk.sealed, USELESS)
        for _ in range(4):
            if desk.ask(dev, sealed):
                return True
            if len(desk.sealed) >= 1200:
                continue
            more = len(desk.sealed) // 4
            for side in ("dev", "sealed"):
                fresh = rng.random(more) < desk.rate
                old = dev if side == "dev" else sealed
                setattr(desk, side, np.concatenate([getattr(desk, side), fresh]))
                grown = np.concatenate([old, desk.moved(fresh, USELESS)])
                dev, sealed = (grown, sealed) if side == "dev" else (dev, grown)
    return False


def redrawn(rng: np.random.Generator, *, is_naive: bool) -> bool:
    """One useless change drawn anew on a base that moved a little each time."""
    desk = Desk(rng, n=300, rate=0.7, is_naive=is_naive)
    fate = {side: (rng.random(300), rng.random(300)) for side in ("dev", "sealed")}
    for _ in range(LOOKS):
        made = {}
        for side, (draw, _) in fate.items():
            base = desk.moved(getattr(desk, side), (0.02, 0.02))
            setattr(desk, side, base)
            made[side] = np.where(base, draw >= USELESS[1] / desk.rate, draw < USELESS[0] / (1 - desk.rate))
        if desk.ask(made["dev"], made["sealed"]):
            return True
    return False


# good ones among them ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Stream:
    """What became of one stream."""

    good: int
    proved_good: int
    proved: int
    claimed: float
    """Sum of the gains shown of what was proved."""
    true: float


def stream(rng: np.random.Generator, *, n: int, is_naive: bool, good: float = 0.15) -> Stream:
    """A hundred changes, some good, some bad, most useless. The base starts low: there is room to improve."""
    desk = Desk(rng, n=n, rate=0.2, is_naive=is_naive)
    kinds = rng.choice(3, size=LOOKS, p=[good, 0.15, 1 - good - 0.15])
    counted = [0, 0, 0]
    true = 0.0
    for kind in kinds.tolist():
        rates = (GOOD, BAD, USELESS)[kind]
        counted[0] += kind == 0
        if desk.try_change(rates):
            counted[1] += kind == 0
            counted[2] += 1
            true += rates[0] - rates[1]
    return Stream(*counted, claimed=sum(desk.claims), true=true)


def useless_figures(runs: int, *, seed: int) -> dict[str, float]:
    """How often anything is proved of a hundred useless changes."""
    found: dict[str, float] = {}
    for suffix, is_naive in (("", False), ("_naive", True)):
        for name, in_view in (("honest", False), ("fitted", True)):
            rng = np.random.default_rng(seed)
            some = [useless(rng, is_naive=is_naive, is_dev_in_view=in_view) for _ in range(runs)]
            found[f"any_proved_{name}{suffix}"] = float(np.mean(some))
        for play in (growing, retried, redrawn):
            rng = np.random.default_rng(seed)
            name = "growing_bundle" if play is growing else play.__name__
            found[f"any_proved_{name}{suffix}"] = float(np.mean([play(rng, is_naive=is_naive) for _ in range(runs)]))
        kinds = ("growing_bundle", "retried", "redrawn")
        found[f"any_proved_growing{suffix}"] = max(found[f"any_proved_{kind}{suffix}"] for kind in kinds)
    return found


def stream_figures(runs: int, *, seed: int) -> dict[str, float]:
    """What a stream with good changes in it comes to."""
    found: dict[str, float] = {}
    for suffix, is_naive in (("", False), ("_naive", True)):
        for n in (300, 600):
            rng = np.random.default_rng(seed)
            lives = [stream(rng, n=n, is_naive=is_naive) for _ in range(runs)]
            proved = sum(one.proved for one in lives)
            good = sum(one.good for one in lives)
            found[f"power_plus5_n{n}{suffix}"] = sum(one.proved_good for one in lives) / good
            found[f"useless_among_proved_n{n}{suffix}"] = sum(one.proved - one.proved_good for one in lives) / proved
            if not is_naive:
                excess = sum(one.claimed - one.true for one in lives)
                found[f"claimed_minus_true_points_n{n}"] = 100 * excess / proved
    found["claimed_minus_true_points"] = max((found[f"claimed_minus_true_points_n{n}"] for n in (300, 600)), key=abs)
    return found


def main() -> None:
    """Simulate, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", type=int, default=300, help="Streams of 100 looks of each kind.")
    parser.add_argument("--single", type=int, default=10_000, help="Single looks of each kind.")
    options = parser.parse_args()
    seed, runs, single = options.seed, options.runs, options.single
    began = time.perf_counter()
    figures: dict[str, object] = {"runs": runs, "single_looks": single, "looks_per_run": LOOKS}
    for make, n in (
        (useless_figures, runs),
        (stream_figures, runs),
        (look_figures, single),
        (power_figures, single // 2),
    ):
        found = make(n, seed=seed)
        say(f"{make.__name__}: {found}")
        figures |= found
    units = {
        "any_proved_*": "share of runs",
        "power_*": "share of changes proved",
        "*_points": "percentage points",
        "largest_power_drop": "percentage points",
        "false_*": "share of looks",
    }
    finish(figures | {"seconds": round(time.perf_counter() - began, 1)}, name="gate", seed=seed, units=units)


if __name__ == "__main__":
    main()
