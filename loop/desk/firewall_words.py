"""Figures of the firewall in words: the same on the screen and in the terminal."""

from loop.records import DetectorFigures, Estimate
from loop.text.counting import count


def without_words(one: DetectorFigures, *, needed: int) -> str:
    """What would have happened without a detector. `needed`: people a change needs behind it."""
    people = count(one.alone_people, "person", "people")
    told = f"{count(one.alone, 'item')} of {people} would be let through"
    if one.newly_supported:
        return (
            f"{told}, and {count(one.newly_supported, 'more correction')} would have the {needed} people that a change "
            "needs."
        )
    return f"{told}; no further correction would have the {needed} people that a change needs."


def estimate_words(one: Estimate | None) -> str:
    """A share with its interval, `12% (5%–24%)`."""
    return "unknown" if one is None else f"{one.value:.0%} ({one.low:.0%}–{one.high:.0%})"
