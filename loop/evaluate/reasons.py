"""The sentences of a verdict: what a reviewer reads, with the numbers in it."""

from loop.evaluate.planning import Plan
from loop.evaluate.repetition import SAME_AGAIN
from loop.evaluate.tallies import Tallies, weigh
from loop.records import Evidence, Limits, Report, Tally, Verdict
from loop.stats.budget import Left


def describe(evidence: Evidence, *, what: str) -> str:
    """One sentence: fixes, breaks, n, gain in points with its interval, and how often nothing looks like this."""
    tally = evidence.tally
    if evidence.low is None or evidence.high is None or tally.effect is None:
        return f"There are no {what} yet."
    if tally.fixed + tally.broken == 0:
        return f"Changes no result on {tally.n} {what}; a gain or loss above {points(evidence.high)} is ruled out."
    is_loss = tally.broken > tally.fixed
    p = evidence.p_worse if is_loss else evidence.p_better
    return (
        f"Fixes {tally.fixed} and breaks {tally.broken} of {tally.n} {what}: {tally.effect * 100:+.1f} points "
        f"({evidence.low * 100:.1f} to {evidence.high * 100:.1f}); a change that does nothing looks this "
        f"{'bad' if is_loss else 'good'} in {frequency(p or 0.0)}."
    )


def points(share: float) -> str:
    """A share of cases in words, such as '3.0 points'."""
    return f"{share * 100:.1f} points"


def frequency(p: float) -> str:
    """A probability as how often: `12 of 100 tests`, `1 of 370 tests`."""
    if p < 0.0001:
        return "fewer than 1 of 10,000 tests"
    return f"{p * 100:.0f} of 100 tests" if p >= 0.095 else f"1 of {_rounded(1 / p):,} tests"


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


def about_doubt(evidence: Evidence, *, limits: Limits) -> str:
    """What of the cases it does not teach keeps a change from being proved."""
    return (
        f"The {evidence.tally.n} sealed cases it does not teach point to a loss ({change(evidence.tally)}), and one of "
        f"{points(-(evidence.low or 0.0))} cannot be ruled out; at most {points(limits.harm_margin)} is allowed."
    )


def about_dev(evidence: Evidence, *, tallies: Tallies) -> str:
    """What dev says, and what follows for the sealed cases."""
    said = describe(evidence, what="dev cases")
    if tallies.is_dev_in_view:
        return f"{said} Results on dev could be read when it was written, so they prove nothing."
    if tallies.is_sealed_asked:
        return said
    return f"{said} That is not enough to ask the sealed cases."


def about_expectation(gain: float, *, sealed: Evidence) -> str:
    """The gain that will be left of the one seen."""
    if not sealed.tally.fixed + sealed.tally.broken:
        return ""
    return f"To be expected: {gain * 100:+.1f} points, as what stands out in a test stands out partly by luck."


def about_more_of_the_same(since_proved: Tally, *, limits: Limits) -> str:
    """What is known of a change that adds more of what is proved."""
    evidence = weigh(since_proved)
    if evidence.low is None:
        return ""
    is_kept = evidence.low > -limits.harm_margin
    return (
        f"More of what is proved, at least most of it: {change(since_proved)} against the last proved version; a loss "
        f"of {points(limits.harm_margin)} is {'ruled out' if is_kept else 'not ruled out'}."
    )


def about_budget(left: Left, *, look: int) -> str:
    """What it takes to be proved by this look, what is left of the budget of error, and what refills it."""
    since = "since the last proof" if left.proofs else "so far"
    cost = "no look has cost anything" if not left.costly else f"{left.costly} {_looks(left.costly)} cost something"
    return (
        f"Look {look} at the sealed cases: proved means a result that a change that does nothing gives in at most "
        f"1 of {_rounded(1 / left.level):,} tests; {since} {cost}. Each proved change refills this budget of error; a "
        "look that comes out plainly good or plainly bad is free."
    )


def about_power(power: float, *, gain: float, sealed_n: int, needed: int | None) -> str:
    """What the sealed set could have shown, as stated before it was asked."""
    told = f"{sealed_n} sealed cases prove a gain of {points(gain)} with a chance of {power:.0%}"
    return f"{told}; {needed} would give 80%." if needed is not None and needed > sealed_n else f"{told}."


def sealed_power(report: Report, planned: Plan, *, left: Left) -> list[str]:
    """What the sealed cases could have shown, and at which level they were asked."""
    if not report.sealed_heard:
        return []
    power = about_power(planned.power, gain=planned.gain, sealed_n=report.sealed_heard, needed=planned.cases_needed)
    if report.verdict is Verdict.NO_EFFECT:
        # What a smaller gain would have taken to be proved reads like a doubt about what is ruled out.
        return [about_budget(left, look=report.sealed_looks)] if report.level is not None else []
    match report.level, report.is_sealed_asked:
        case None, False:
            return [power]
        case None, True if report.carried_level is not None:
            return [power, SAME_AGAIN]
        case None, True:
            return ["The sealed cases were asked for harm only, so no look was charged and nothing can be proved."]
        case _:
            return [power, about_budget(left, look=report.sealed_looks)]


def about_failures(failed: int, *, asked: int) -> str:
    """Why a verdict would describe an outage and not the change."""
    return (
        f"No answer could be had for {failed} of {asked} cases; "
        "test again when the model answers, the counts below are not to be trusted."
    )


def _looks(number: int) -> str:
    return "look has" if number == 1 else "looks have"


def _rounded(number: float) -> int:
    """To two digits: more would pretend to be known."""
    return int(float(f"{number:.2g}"))
