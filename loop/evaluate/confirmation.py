"""Confirmation (replication on fresh cases): whether a change that went live keeps what its test promised.

A change is picked because its test came out well, so part of what was seen was chance. Cases sealed after the decision
had no part in picking it. They are counted at LEAST cases and again whenever they have doubled: a number that moved
with every case would tell single sealed results, and looking at every case would find something sooner or later. Five
counts would too, so each spends half of what the one before left of the chance of error (alpha spending): over all
counts of one change together its intervals miss in at most one of ten. Nothing of it reaches the ledger, a verdict or
a proposer.
"""

from collections.abc import Mapping

from loop.evaluate.tallies import tally_pairs, weigh
from loop.records import Comparison, Evidence, Tally

LEAST = 50
"""Fresh cases from which a gain is said to be confirmed or not."""
GROWTH = 2
"""Growth of the fresh cases from which they are counted again."""


ERROR = 0.10
"""Chance that an interval of one change misses its gain, all its counts together; half of it on either side."""


def pair_outcomes(before: Mapping[str, bool], *, after: Mapping[str, bool]) -> Evidence:
    """The comparison over the cases that both answered, and over no others; by case id, whether it was right."""
    return weigh(tally_pairs((before[key], after[key]) for key in before.keys() & after.keys()))


def fresh_evidence(tally: Tally) -> Evidence:
    """A count of fresh cases with what it may say of the gain: the k-th count of a change spends ERROR / 2^k.

    k follows from the number of cases: every count has at least twice those of the one before, so there is at most
    one between LEAST * 2^(k-1) and the double of it (union bound over all of them).
    """
    k = max(1, (tally.n // LEAST).bit_length())
    return weigh(tally, level=1 - ERROR / GROWTH**k)


def cases_wanted(counted: Comparison | None) -> int:
    """Fresh cases from which they are counted, for the first time or again."""
    n = counted.evidence.tally.n if counted is not None else 0
    return GROWTH * n if n else LEAST


def confirmation_words(found: Comparison) -> str:
    """What is known of a live change from cases sealed after its decision, in a sentence."""
    tally = found.evidence.tally
    if not tally.n:
        return f"not yet confirmed: {_fresh(found.fresh)}, {LEAST} are needed{_unasked(found)}"
    gain = (
        f"{(tally.effect or 0.0) * 100:+.1f} points "
        f"(90 % interval {(found.evidence.low or 0.0) * 100:+.1f} to {(found.evidence.high or 0.0) * 100:+.1f})"
    )
    if found.is_confirmed:
        ruled_out = f", a loss of {found.allowed * 100:.1f} points is ruled out" if found.allowed else ""
        return f"confirmed on {tally.n} fresh cases: {gain}{ruled_out}"
    if found.evidence.high is not None and found.evidence.high < 0:
        return f"not confirmed: {gain} on {tally.n} fresh cases, so it looks worse than what it replaced"
    return f"not confirmed: {gain} on {tally.n} fresh cases; they are counted again when there are {GROWTH * tally.n}"


def fresh_words(found: Comparison) -> str:
    """Where fresh cases come from, which no count of them can put right; empty before they are counted."""
    if not found.evidence.tally.n:
        return ""
    return (
        "Fresh: asked and sealed after the decision, and near nothing that the change or its author was shown. "
        f"{found.by_it} of {found.evidence.tally.n} came of what it answered itself; people mostly correct what went "
        "wrong, so these tell against it rather than for it."
    )


def _fresh(n: int) -> str:
    return "1 fresh case" if n == 1 else f"{n} fresh cases"


def _unasked(found: Comparison) -> str:
    if not found.unasked:
        return ""
    return (
        f"; {found.unasked} more were not asked of both versions, because that would cost model calls or because what "
        "was answered elsewhere was not recorded"
    )
