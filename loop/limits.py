"""Limits in force: what the operator set, and where nothing was set what follows from the agent's classes and cases.

Pure functions, so that a stage uses what a screen shows. An agent that was made with values of its own keeps them.
"""

from collections.abc import Sequence

from loop.records import Bundle, EvalCase, Grading, Limits, Record

CASES_READ = 2_000
"""Newest log cases that proposers weigh, and whose classes count; older ones were weighed before. What they chose on
dev, dev would flatter."""
EACH_CLASS = 8
"""Examples of each class that one bundle has room for: from nothing to eight of each is three quarters of what the
built-in agent ever learns, and a bundle that leaves most classes out shows too little on cases of all of them."""
LEAST_BUNDLE = 120
"""Room of a bundle where there are few classes: what a person reads through in one sitting."""
SEALED_PART, DEV_PART = 1 / 5, 2 / 15
"""Part of all that is corrected that is to be sealed, and to be dev: a third examines, two thirds teach."""
SEALED_ENOUGH = 600
"""Sealed cases that prove nine of ten gains of five points, at the level the ledger leaves for most of an agent's
life (simulated in `tests/bench/gate`); from there on what vouched people say teaches more than it proves."""
LATER_PART = 1 / 20
"""Part of what they say that is sealed from then on, and as much dev, so that the exam follows the traffic."""


class Shares(Record):
    """How the cases of those who may examine are drawn."""

    dev: float
    """Chance of dev, 0 to 1."""
    sealed: float
    """Chance of sealed, 0 to 1; both together at most 1."""

    def widened(self, *, others: float) -> "Shares":
        """Of what vouched people say, in the same proportion.

        `others`: groups that only others correct, for each that the vouched correct. Alone they teach as well as
        examine, so the shares hold; the more others teach, the more they examine, from 1 on with all they say.
        """
        both = self.dev + self.sealed
        times = 1 + (1 / both - 1) * min(others, 1.0) if both < 1 else 1 / both
        return Shares(dev=self.dev * times, sealed=self.sealed * times)


def bundle_max(limits: Limits, *, classes: int) -> int:
    """Examples of one bundle, at most: as set, else max(120, 8 × classes).

    The more classes, the smaller the part of the cases that 120 examples can move: over 77 classes they are one or
    two of each, and over 150 every bundle was "no effect" for ever.
    """
    return limits.bundle_max or max(LEAST_BUNDLE, EACH_CLASS * classes)


def shares(limits: Limits) -> Shares:
    """Shares of all that is corrected that examine: as set, else a fifth sealed and two fifteenths dev."""
    return Shares(
        dev=DEV_PART if limits.dev_share is None else limits.dev_share,
        sealed=SEALED_PART if limits.sealed_share is None else limits.sealed_share,
    )


def shares_of_vouched(limits: Limits, *, others: float, sealed: int) -> Shares:
    """Shares of what vouched people say, where only their word examines.

    `others`: groups that only others correct, for each that the vouched correct. Alone, the vouched teach as well as
    examine; where others correct as much, the vouched examine and the others teach. Once there are 600 sealed
    cases, a share that nobody set falls to 1/20.
    """
    wide = shares(limits).widened(others=others)
    if sealed < SEALED_ENOUGH:
        return wide
    return Shares(
        dev=wide.dev if limits.dev_share is not None else LATER_PART,
        sealed=wide.sealed if limits.sealed_share is not None else LATER_PART,
    )


def largest_shares(limits: Limits, *, is_vouched: bool) -> Shares:
    """The largest an agent's shares ever are: what may be sealed one day is drawn below it."""
    return shares(limits).widened(others=1.0) if is_vouched else shares(limits)


def classes_of(bundle: Bundle, *, cases: Sequence[EvalCase]) -> int:
    """Kinds of answers to tell apart: labels of the examples, and of the cases the label, the article or the topic."""
    taught = {one.label for one in bundle.examples if one.label}
    asked = {case.topic if case.grading is Grading.TEXT else case.expected for case in cases}
    return len(taught | asked - {""})


def in_force(limits: Limits, *, is_vouched: bool, classes: int, sealed: int) -> dict[str, str]:
    """By the name of each limit that nobody set, what it comes to now and why, in words. `sealed`: cases in use."""
    most = largest_shares(limits, is_vouched=is_vouched)
    later = f"; {LATER_PART:.0%} of it once {SEALED_ENOUGH} cases are sealed ({sealed} are)" if is_vouched else ""

    def told(part: float, largest: float) -> str:
        of_theirs = f", by at most {largest:.0%} of what the people vouched for say{later}" if is_vouched else ""
        return f"{part:.0%} of all that is corrected{of_theirs}"

    words = {
        "bundle_max": f"{bundle_max(limits, classes=classes)}: {EACH_CLASS} for each of {classes} classes, at least "
        f"{LEAST_BUNDLE}",
        "dev_share": told(DEV_PART, most.dev),
        "sealed_share": told(SEALED_PART, most.sealed),
    }
    return {key: said for key, said in words.items() if getattr(limits, key) is None}
