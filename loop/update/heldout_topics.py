"""Held-out topics: what a broad change leaves out, so that cases it does not teach exist by construction.

A bundle of examples teaches whatever was corrected, and that is what the held-out cases are about too: they cluster on
the same topics, and harm elsewhere would hardly be measured. So each bundle leaves out topics drawn for it and its
base. The next bundle draws others: a few topics that lose for being left behind would hold back all that grows around
them for ever (measured: two of eight noisy streams ended 6 points lower, with +6.2 points waiting). Only what the base
teaches as well as a bundle would is left out: of what it knows little there is more to learn than to measure, and left
behind while all others grow it would only lose. A rule, an article or an edit is about one thing, and leaves out all
others by itself.
"""

from collections.abc import Callable, Collection, Iterable, Mapping

from loop.records import Grading
from loop.update.teaching import Correction

SHARE = 0.1
"""Chance of a topic to be left out."""
FEWEST = 10
"""Topics from which some are left out: with fewer, one of them is too much not to learn."""
LARGEST = 0.25
"""Share of the corrections from which a topic is never left out."""

Draw = Callable[[str], float]
"""A number in [0, 1) for a topic, which nobody can foresee and which stays the same for one bundle."""


def left_out(counts: Mapping[str, int], *, known: Collection[str], draw: Draw) -> frozenset[str]:
    """The topics one change leaves out: of those the base teaches the ones drawn below SHARE, at least one.

    `counts`: corrections by topic; `known`: topics the base teaches well.

    Each topic is drawn by itself, so that one that is new moves no other, but where nothing else was drawn.
    """
    if len(counts) < FEWEST:
        return frozenset()
    most = LARGEST * sum(counts.values())
    drawn = {topic: draw(topic) for topic, n in counts.items() if n <= most and topic in known}
    found = frozenset(topic for topic, number in drawn.items() if number < SHARE)
    return found or frozenset(sorted(drawn, key=lambda topic: (drawn[topic], topic))[:1])


def topic_of(one: Correction, *, grading: Grading) -> str:
    """What a correction is about, in the terms its cases are told apart by: what is right, or the subject."""
    named = (one.topic, one.label) if grading is Grading.TEXT else (one.label, one.topic)
    return next((name for name in named if name), "")


def in_words(topics: Iterable[str]) -> str:
    """What was left out, as a sentence of a rationale; empty for nothing."""
    names = sorted(topics)
    if not names:
        return ""
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return f" Left out, so that cases it does not teach are among those it is measured by: {shown}."
