"""What the sealed cases can show, stated before they are asked."""

from loop.records import Limits, Record, Tally
from loop.stats.paired import cases_needed, power

TYPICAL_GAIN = 0.05
"""What one good change brings; power is stated for it so that proposals can be compared."""
TYPICAL_DISCORDANCE = 0.10
"""Share of cases one change moves, while there is no dev case to tell."""


class Plan(Record):
    """What the sealed set can show."""

    gain: float
    """The gain the power is stated for, as a share of cases."""
    discordance: float
    """Share of cases expected to change, from dev."""
    power: float
    cases_needed: int | None
    """For 80 % power; None when no number is enough."""


def plan(dev: Tally, *, sealed_n: int, level: float, limits: Limits) -> Plan:
    """How much `sealed_n` cases can prove at this level, given how many dev cases changed.

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
        power=power(sealed_n, discordance=discordance, effect=gain, alpha=level, min_gain=min(limits.min_gain, gain)),
        cases_needed=cases_needed(gain, discordance=discordance, alpha=level, min_gain=limits.min_gain),
    )
