"""What the test found, in a word and in sentences: the verdict rule as a pure function of tallies.

    harmful          a protected case breaks; or the sealed cases, a slice or what the change does not teach got
                     worse by more than luck (dev cases, where the sealed ones were not asked)
    proved           dev passes its screen, sealed is better at the level the budget of error allows, with the
                     smallest worthwhile gain, and nothing points to a loss on what the change does not teach
    no worse         the change is more of what is proved, and a loss against the last proved version is ruled out
    no effect        a worthwhile gain is ruled out, on cases that would have shown it, and zero is not
    promising        dev passes, sealed points the same way and is undecided
    not enough data  anything else, or too many answers that could not be had

The first that applies, in this order. Error rates are measured in `tests/numbers/test_verdict.py` and
`tests/bench/gate.py`.
"""

from loop.evaluate.harm import DEV_SCREEN, HARM_LEVEL, Harms, look_for_harm
from loop.evaluate.reasons import (
    about_dev,
    about_expectation,
    about_failures,
    about_more_of_the_same,
    about_untaught,
    describe,
    points,
)
from loop.evaluate.tallies import UNTAUGHT, Tallies, weigh
from loop.records import Evidence, Limits, Record, SliceResult, Tally, Verdict
from loop.stats.paired import not_worse, power
from loop.stats.shrinkage import Difference, expected_gain

FUTILE_GAIN = 0.02
"""When a gain of this share is ruled out, more cases are not worth collecting."""
FUTILE_POWER = 0.50
"""Chance with which the cases would have shown it, below which they are too few to say that there is no effect."""
MOST_FAILED = 0.02
"""Share of cases without an answer above which a verdict would describe the outage, not the change."""


class Judgement(Record):
    """The verdict with what it rests on."""

    verdict: Verdict
    reasons: tuple[str, ...]
    """Without sealed totals, most important first."""
    sealed_reasons: tuple[str, ...]
    """With them; they come first where they may be read."""
    dev: Evidence
    sealed: Evidence
    slices: tuple[SliceResult, ...]
    expected_gain: float | None
    """The gain to be expected; None when the sealed cases were not asked."""


def passes_screen(dev: Tally) -> bool:
    """Whether dev supports the change enough to ask the sealed cases."""
    p = weigh(dev).p_better
    return p is not None and p <= DEV_SCREEN


def judge(tallies: Tallies, *, limits: Limits) -> Judgement:
    """The verdict by the rule at the head of this file, with its reasons in words and numbers."""
    dev, sealed = weigh(tallies.dev), weigh(tallies.sealed)
    harms = look_for_harm(tallies, dev=dev, sealed=sealed, limits=limits)
    is_outage = tallies.failed_cases > MOST_FAILED * tallies.asked
    verdict = Verdict.NOT_ENOUGH_DATA if is_outage else _verdict(tallies, sealed=sealed, harms=harms, limits=limits)
    gain = _expected(tallies)
    untaught = next((part for part in harms.slices if part.name == UNTAUGHT), None)
    # Of what is said to have got worse, nothing weaker is said beside it.
    is_open = untaught is not None and not untaught.is_harmed
    futile = f"A gain of {points(_futile_gain(limits))} or more is ruled out." if verdict is Verdict.NO_EFFECT else ""
    of_sealed = [
        *harms.found,
        describe(sealed, what="sealed cases") if tallies.is_sealed_asked else "",
        about_expectation(gain, sealed=sealed) if gain is not None else "",
        about_more_of_the_same(tallies.since_proved, limits=limits) if tallies.since_proved is not None else "",
        futile if tallies.is_sealed_asked else "",
        harms.doubt or about_untaught(untaught.evidence, limits=limits) if untaught is not None and is_open else "",
    ]
    in_the_open = [
        about_failures(tallies.failed_cases, asked=tallies.asked) if is_outage else "",
        futile if not tallies.is_sealed_asked else "",
        about_dev(dev, tallies=tallies),
    ]
    return Judgement(
        verdict=verdict,
        reasons=tuple(filter(None, in_the_open)),
        sealed_reasons=() if is_outage else tuple(filter(None, of_sealed)),
        dev=dev,
        sealed=sealed,
        slices=harms.slices,
        expected_gain=gain,
    )


def _verdict(tallies: Tallies, *, sealed: Evidence, harms: Harms, limits: Limits) -> Verdict:
    is_supported = tallies.is_dev_in_view or passes_screen(tallies.dev)
    if harms.found:
        return Verdict.HARMFUL
    if is_supported and not harms.doubt and _wins(sealed, level=tallies.level, limits=limits):
        return Verdict.PROVED
    if tallies.since_proved is not None and not harms.doubt and _is_kept(tallies.since_proved, limits=limits):
        return Verdict.NO_WORSE
    if _is_futile(tallies.sealed if tallies.is_sealed_asked else tallies.dev, limits=limits):
        return Verdict.NO_EFFECT
    effect = sealed.tally.effect
    points_up = effect is None or effect > 0
    return Verdict.PROMISING if is_supported and tallies.is_sealed_asked and points_up else Verdict.NOT_ENOUGH_DATA


def _wins(sealed: Evidence, *, level: float | None, limits: Limits) -> bool:
    effect = sealed.tally.effect
    if level is None or effect is None or sealed.p_better is None:
        return False
    return sealed.p_better <= level and effect >= limits.min_gain - 1e-12


def _is_kept(since_proved: Tally, *, limits: Limits) -> bool:
    """Whether a loss of the margin against the last proved version is ruled out."""
    if not since_proved.n or not 0 < limits.harm_margin < 1:
        return False
    p = not_worse(limits.harm_margin, n=since_proved.n, fixed=since_proved.fixed, broken=since_proved.broken)
    return p <= HARM_LEVEL


def _futile_gain(limits: Limits) -> float:
    return max(limits.min_gain, FUTILE_GAIN)


def _is_futile(tally: Tally, *, limits: Limits) -> bool:
    """Whether a worthwhile gain is ruled out on cases that would have shown one."""
    evidence, gain = weigh(tally), _futile_gain(limits)
    if evidence.low is None or evidence.high is None or evidence.high >= gain:
        return False
    if evidence.low > 0 and evidence.high >= limits.min_gain:
        return False  # small, but there, and maybe worth shipping: an interval above zero is not called no effect
    moved = max((tally.fixed + tally.broken) / tally.n, gain)
    return power(tally.n, discordance=moved, effect=gain) >= FUTILE_POWER


def _expected(tallies: Tallies) -> float | None:
    tally = tallies.sealed
    if not tallies.is_sealed_asked or not tally.n:
        return None
    seen = Difference(effect=tally.effect or 0.0, moved=tally.fixed + tally.broken, n=tally.n)
    before = [Difference(effect=one.effect, moved=one.moved, n=one.n) for one in tallies.looks if one.n]
    return expected_gain(seen, among=[*before, seen])
