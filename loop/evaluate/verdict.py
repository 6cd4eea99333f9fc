"""What the test found, in a word and in sentences: the verdict rule as a pure function of tallies.

    harmful          a protected case breaks; or the sealed cases, dev and sealed together, a slice or
                     what the change does not teach got worse by more than luck
    proved           dev passes its screen, sealed is better at alpha with the smallest worthwhile gain,
                     and what the change does not teach is shown to be no worse
    no effect        a worthwhile gain is ruled out
    promising        dev passes, sealed points the same way and is undecided
    not enough data  anything else, or too many answers that could not be had

The first that applies, in this order. Error rates are measured in `tests/numbers/test_verdict.py`.
"""

from collections.abc import Sequence

from loop.evaluate.reasons import (
    about_failures,
    about_looks,
    about_more_cases,
    about_untaught,
    change,
    describe,
    points,
    slice_title,
)
from loop.records import Evidence, Limits, Record, SliceResult, Split, Tally, Verdict
from loop.stats.paired import cases_needed, holm, midp_better, not_worse, power, score_interval

DEV_SCREEN = 0.20
"""A change that dev does not support at this level is never proved, however lucky on the sealed cases."""
HARM_LEVEL = 0.05
"""Chance of calling a harmless change harmful, per question asked of all cases or of the untaught ones."""
TOGETHER_LEVEL = 0.01
"""The same for dev and sealed together, which speaks up when dev alone shows a plain loss. Strict, because
it asks nearly the same cases a second time."""
SLICE_LEVEL = 0.10
"""The same over all slices together (Holm); a looser or an uncorrected one blocks on noise."""
FUTILE_GAIN = 0.02
"""When a gain of this share is ruled out, more cases are not worth collecting."""
TYPICAL_GAIN = 0.05
"""What one good change brings; power is stated for it so that proposals can be compared."""
TYPICAL_DISCORDANCE = 0.10
"""Share of cases one change moves, while there is no dev case to tell."""
MOST_FAILED = 0.02
"""Share of cases without an answer above which a verdict would describe the outage, not the change."""
TAUGHT, UNTAUGHT = "taught", "untaught"


class SliceTally(Record):
    """The sealed totals of one slice."""

    name: str
    tally: Tally


class Tallies(Record):
    """Everything a verdict rests on."""

    dev: Tally
    sealed: Tally
    slices: tuple[SliceTally, ...] = ()
    """Of the sealed cases: topics, and `taught` and `untaught`."""
    protected: int = 0
    """Protected cases asked, in any split."""
    protected_broken: int = 0
    failed_cases: int = 0
    """Dev and sealed cases for which either side had no answer."""
    looks: int = 1
    """Proposals scored on this sealed set, this one included."""

    @property
    def asked(self) -> int:
        """Dev and sealed cases."""
        return self.dev.n + self.sealed.n


class Plan(Record):
    """What the sealed set can show, stated before it is spent."""

    gain: float
    """The gain the power is stated for, as a share of cases."""
    discordance: float
    """Share of cases expected to change, from dev."""
    power: float
    cases_needed: int | None
    """For 80 % power; None when no number is enough."""


class Judgement(Record):
    """The verdict with what it rests on."""

    verdict: Verdict
    reasons: tuple[str, ...]
    """Most important first."""
    dev: Evidence
    sealed: Evidence
    slices: tuple[SliceResult, ...]


def plan(dev: Tally, *, sealed_n: int, limits: Limits) -> Plan:
    """How much `sealed_n` cases can prove, given how many dev cases changed.

    Stated for a typical gain of five points, or for all a change can bring when it moves fewer cases
    than that, and never for less than the smallest gain worth shipping. Uses how many dev cases moved,
    not in which direction: the direction on dev is what the change may have been fitted to.
    """
    discordance = (dev.fixed + dev.broken) / dev.n if dev.n else TYPICAL_DISCORDANCE
    gain = max(limits.min_gain, min(TYPICAL_GAIN, discordance))
    discordance = max(discordance, gain)
    if gain <= 0:
        return Plan(gain=0.0, discordance=0.0, power=0.0, cases_needed=None)
    return Plan(
        gain=gain,
        discordance=discordance,
        power=power(
            sealed_n, discordance=discordance, effect=gain, alpha=limits.alpha, min_gain=min(limits.min_gain, gain)
        ),
        cases_needed=cases_needed(gain, discordance=discordance, alpha=limits.alpha, min_gain=limits.min_gain),
    )


def weigh(tally: Tally) -> Evidence:
    """The tally with Tango's 90 % interval of the gain and mid-p McNemar both ways; None without cases."""
    interval = score_interval(tally.n, fixed=tally.fixed, broken=tally.broken)
    return Evidence(
        tally=tally,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        p_better=midp_better(tally.fixed, broken=tally.broken) if tally.n else None,
        p_worse=midp_better(tally.broken, broken=tally.fixed) if tally.n else None,
    )


def judge(tallies: Tallies, *, limits: Limits) -> Judgement:
    """The verdict by the rule at the head of this file, with its reasons in words and numbers."""
    dev, sealed = weigh(tallies.dev), weigh(tallies.sealed)
    slices = _weigh_slices(tallies.slices)
    untaught = next((part.evidence for part in slices if part.name == UNTAUGHT), None)
    harms = _harms(tallies, sealed=sealed, slices=slices)
    doubt = _doubt_about_untaught(untaught, limits=limits)
    verdict = _verdict(tallies, dev=dev, sealed=sealed, harms=harms, doubt=doubt, limits=limits)
    reasons = [
        about_failures(tallies.failed_cases, asked=tallies.asked) if _has_too_many_failures(tallies) else "",
        *harms,
        describe(sealed, what="sealed cases"),
        *_next_step(verdict, tallies.sealed, sealed=sealed, doubt=doubt, limits=limits),
        describe(dev, what="dev cases"),
        about_untaught(untaught, limits=limits) if untaught is not None and not doubt else "",
        about_looks(tallies.looks),
    ]
    return Judgement(verdict=verdict, reasons=tuple(filter(None, reasons)), dev=dev, sealed=sealed, slices=slices)


def _verdict(
    tallies: Tallies, *, dev: Evidence, sealed: Evidence, harms: Sequence[str], doubt: str, limits: Limits
) -> Verdict:
    if _has_too_many_failures(tallies):
        return Verdict.NOT_ENOUGH_DATA
    if harms:
        return Verdict.HARMFUL
    passes_dev = dev.p_better is not None and dev.p_better <= DEV_SCREEN
    effect = sealed.tally.effect
    wins_sealed = sealed.p_better is not None and effect is not None and sealed.p_better <= limits.alpha
    if passes_dev and wins_sealed and not doubt and (effect or 0.0) >= limits.min_gain - 1e-12:
        return Verdict.PROVED
    if _is_futile(sealed, limits=limits) or (
        not passes_dev and _is_futile(weigh(_together(dev.tally, sealed.tally)), limits=limits)
    ):
        return Verdict.NO_EFFECT
    if passes_dev and (effect is None or effect >= 0):
        return Verdict.PROMISING
    return Verdict.PROMISING if wins_sealed else Verdict.NOT_ENOUGH_DATA


def _is_futile(evidence: Evidence, *, limits: Limits) -> bool:
    return evidence.high is not None and evidence.high < max(limits.min_gain, FUTILE_GAIN)


def _harms(tallies: Tallies, *, sealed: Evidence, slices: Sequence[SliceResult]) -> list[str]:
    """Every reason to call the change harmful, worst first."""
    found = []
    if tallies.protected_broken:
        found.append(
            f"Breaks {tallies.protected_broken} of {tallies.protected} protected cases; one is enough to block it."
        )
    if sealed.p_worse is not None and sealed.p_worse <= HARM_LEVEL:
        found.append(f"Sealed cases got worse: {change(sealed.tally)}.")
    together = weigh(_together(tallies.dev, tallies.sealed))
    if together.p_worse is not None and together.p_worse <= TOGETHER_LEVEL:
        found.append(f"Dev and sealed cases together got worse: {change(together.tally)}.")
    found += [
        f"{slice_title(part.name)} got worse: {change(part.evidence.tally)}." for part in slices if part.is_harmed
    ]
    return found


def _weigh_slices(slices: Sequence[SliceTally]) -> tuple[SliceResult, ...]:
    weighed = [(part.name, weigh(part.tally)) for part in slices if part.tally.n]
    raw = [1.0 if evidence.p_worse is None else evidence.p_worse for _, evidence in weighed]
    # Mid-p also for the untaught cases: with a handful of them Tango's bound rejects above its level.
    return tuple(
        SliceResult(
            name=name,
            split=Split.SEALED,
            evidence=evidence,
            p_harm_adjusted=held,
            is_harmed=held <= SLICE_LEVEL or (name == UNTAUGHT and p <= HARM_LEVEL),
        )
        for (name, evidence), p, held in zip(weighed, raw, holm(raw), strict=True)
    )


def _doubt_about_untaught(untaught: Evidence | None, *, limits: Limits) -> str:
    """Why a loss on what the change does not teach is still possible, or nothing.

    Asked only of as many cases as could answer: with fewer, even a spotless result rules nothing out.
    """
    if untaught is None or untaught.low is None or not 0 < limits.harm_margin < 1:
        return ""
    n = untaught.tally.n
    could_show = not_worse(limits.harm_margin, n=n, fixed=0, broken=0) <= HARM_LEVEL
    if not could_show or untaught.low > -limits.harm_margin:
        return ""
    return (
        f"On the {n} sealed cases it does not teach, a loss of {points(-untaught.low)} cannot be ruled out "
        f"({change(untaught.tally)}); at most {points(limits.harm_margin)} is allowed."
    )


def _next_step(verdict: Verdict, tally: Tally, *, sealed: Evidence, doubt: str, limits: Limits) -> list[str]:
    """What the verdict lacks, and how many cases would settle it."""
    match verdict:
        case Verdict.PROVED | Verdict.HARMFUL:
            return []
        case Verdict.NO_EFFECT:
            return [f"A gain of {points(max(limits.min_gain, FUTILE_GAIN))} or more is ruled out."]
        case Verdict.PROMISING | Verdict.NOT_ENOUGH_DATA:
            is_undecided = sealed.p_better is not None and sealed.p_better > limits.alpha
            gains = (tally.effect or 0.0) > 0
            return [doubt, about_more_cases(tally, limits=limits) if gains and is_undecided else ""]


def _has_too_many_failures(tallies: Tallies) -> bool:
    return tallies.failed_cases > MOST_FAILED * tallies.asked


def _together(one: Tally, other: Tally) -> Tally:
    return Tally(
        both_right=one.both_right + other.both_right,
        fixed=one.fixed + other.fixed,
        broken=one.broken + other.broken,
        both_wrong=one.both_wrong + other.both_wrong,
    )
