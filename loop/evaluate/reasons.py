"""The sentences of a verdict: what a reviewer reads, with the numbers in it."""

from loop.records import Evidence, Limits, Tally
from loop.stats.paired import cases_roughly

ROTATE_AFTER = 20
"""Looks after which a sealed set has told too much."""


def describe(evidence: Evidence, *, what: str) -> str:
    """One sentence: fixes, breaks, n, gain in points with its interval, and the chance of it by luck."""
    tally = evidence.tally
    if evidence.low is None or evidence.high is None or tally.effect is None:
        return f"There are no {what} yet."
    if tally.fixed + tally.broken == 0:
        return f"Changes no result on {tally.n} {what}; a gain or loss above {points(evidence.high)} is ruled out."
    is_loss = tally.broken > tally.fixed
    luck = evidence.p_worse if is_loss else evidence.p_better
    return (
        f"Fixes {tally.fixed} and breaks {tally.broken} of {tally.n} {what}: {tally.effect * 100:+.1f} points "
        f"({evidence.low * 100:.1f} to {evidence.high * 100:.1f}), "
        f"chance of seeing this {'loss ' if is_loss else ''}by luck {chance(luck or 0.0)}."
    )


def points(share: float) -> str:
    """A share of cases in words, such as '3.0 points'."""
    return f"{share * 100:.1f} points"


def chance(p: float) -> str:
    """A probability in as many digits as mean something."""
    if p < 0.0001:
        return "below 0.0001"
    return f"{p:.4f}" if p < 0.01 else f"{p:.2f}"


def change(tally: Tally) -> str:
    """The two kinds of case that moved."""
    return f"{tally.fixed} fixed, {tally.broken} broken of {tally.n}"


def slice_title(name: str) -> str:
    """A slice as the subject of a sentence."""
    match name:
        case "taught":
            return "Cases it teaches"
        case "untaught":
            return "Cases it does not teach"
        case _:
            return f"Topic “{name}”"


def about_untaught(evidence: Evidence, *, limits: Limits) -> str:
    """What is known of the cases the change does not teach, against the loss that is allowed."""
    changed = f"Cases it does not teach: {change(evidence.tally)}"
    if evidence.low is not None and evidence.low > -limits.harm_margin:
        return (
            f"{changed}; not worse by more than {points(limits.harm_margin)} (lower bound {evidence.low * 100:+.1f})."
        )
    return f"{changed}; too few to rule out a loss of {points(limits.harm_margin)}."


def about_more_cases(sealed: Tally, *, limits: Limits) -> str:
    """How many more sealed cases would settle a gain as large as the one seen."""
    effect = sealed.effect or 0.0
    gain = max(effect, limits.min_gain)
    needed = cases_roughly(
        gain,
        discordance=max(gain, (sealed.fixed + sealed.broken) / sealed.n),
        alpha=limits.alpha,
        min_gain=limits.min_gain,
    )
    if needed is None or needed <= sealed.n:
        return "Not proved: more sealed cases are needed."
    return f"Not proved: about {needed - sealed.n} more sealed cases would settle a gain of {points(gain)}."


def about_power(power: float, *, gain: float, sealed_n: int, needed: int | None) -> str:
    """What the sealed set could have shown, as stated before it was asked."""
    told = f"{sealed_n} sealed cases prove a gain of {points(gain)} with a chance of {power:.0%}"
    return f"{told}; {needed} would give 80%." if needed is not None and needed > sealed_n else f"{told}."


def about_failures(failed: int, *, asked: int) -> str:
    """Why a verdict would describe an outage and not the change."""
    return (
        f"No answer could be had for {failed} of {asked} cases; "
        "test again when the model answers, the counts below are not to be trusted."
    )


def about_looks(looks: int) -> str:
    """How worn the sealed set is; empty while it is fresh."""
    if looks <= ROTATE_AFTER:
        return ""
    return (
        f"These sealed cases have now scored {looks} proposals; after {ROTATE_AFTER} they should become dev cases "
        "and new ones be sealed."
    )
