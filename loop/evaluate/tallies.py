"""What a verdict rests on: counts of a test, what was asked and what was not, and the budget it was asked on."""

from collections import Counter
from collections.abc import Iterable

from loop.records import Evidence, Record, SealedLook, Tally
from loop.stats.paired import midp_better, score_interval

TAUGHT, UNTAUGHT = "taught", "untaught"


class SliceTally(Record):
    """The sealed totals of one slice."""

    name: str
    tally: Tally


class Tallies(Record):
    """Everything a verdict rests on."""

    dev: Tally
    sealed: Tally
    """Empty when the sealed cases were not asked."""
    slices: tuple[SliceTally, ...] = ()
    """Of the sealed cases: topics, and `taught` and `untaught`."""
    since_proved: Tally | None = None
    """Of a change that is more of the same: the sealed cases under the last proved version and the candidate."""
    protected: int = 0
    """Protected cases asked, in any split."""
    protected_broken: int = 0
    failed_cases: int = 0
    """Dev and sealed cases for which either side had no answer."""
    is_sealed_asked: bool = True
    is_dev_in_view: bool = False
    """Its author could read results on dev, so dev neither supports it nor speaks against it."""
    level: float | None = 0.05
    """Of this look, from the budget of error; None: the look is not charged, so nothing can be proved by it."""
    looks: tuple[SealedLook, ...] = ()
    """Those charged before, oldest first."""

    @property
    def asked(self) -> int:
        """Dev and sealed cases."""
        return self.dev.n + self.sealed.n


def tally_pairs(pairs: Iterable[tuple[bool, bool]]) -> Tally:
    """The 2×2 of cases, each as (base is right, candidate is right)."""
    cells = Counter(pairs)
    return Tally(
        both_right=cells[True, True],
        fixed=cells[False, True],
        broken=cells[True, False],
        both_wrong=cells[False, False],
    )


def weigh(tally: Tally, *, level: float = 0.90) -> Evidence:
    """The tally with Tango's interval of the gain and mid-p McNemar both ways; None without cases."""
    interval = score_interval(tally.n, fixed=tally.fixed, broken=tally.broken, level=level)
    return Evidence(
        tally=tally,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        p_better=midp_better(tally.fixed, broken=tally.broken) if tally.n else None,
        p_worse=midp_better(tally.broken, broken=tally.fixed) if tally.n else None,
    )
