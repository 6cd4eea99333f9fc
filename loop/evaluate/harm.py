"""Did it make anything worse: all questions of harm of one report share one level."""

from collections.abc import Sequence
from typing import NamedTuple

from loop.evaluate.reasons import about_doubt, change, slice_title
from loop.evaluate.tallies import UNTAUGHT, Tallies, weigh
from loop.records import Evidence, Limits, SliceResult, Split
from loop.stats.paired import holm

DEV_SCREEN = 0.20
"""A change that dev does not support at this level is not asked the sealed cases."""
HARM_LEVEL = 0.05
"""Chance of calling a harmless change harmful, all questions of a report together."""
DEV_HARM_LEVEL = HARM_LEVEL * (1 - DEV_SCREEN)
"""The same where dev alone speaks. A harmless change passes the screen in DEV_SCREEN of all tests and is then asked
at HARM_LEVEL; the two chances add up to no more than that."""
DOUBT_LEVEL = 0.10
"""How rare, among changes that cost the untaught nothing, a loss as large as theirs must be to hold a proof back.
Asking instead that a loss be ruled out, from as many cases as could do it, makes a good change harder to prove just
there: by 6 to 30 points."""
DOUBT_SHARE = 0.05
"""Share of the sealed cases that must be about what the change does not teach for such a doubt to hold a proof back. A
bundle that teaches nearly everything leaves a handful out, which loses to all that comes: two bundles of 616 real
examples that gained 35 points waited for ever because 3 of 5 untaught cases broke. The card tells them all the same."""
_UNTAUGHT_WEIGHT = 2.0
"""Share of the untaught in the level, where all sealed cases and all topics together have one each."""


class Harms(NamedTuple):
    """What speaks against a change."""

    found: tuple[str, ...]
    """Every reason to call it harmful, worst first; empty when there is none."""
    slices: tuple[SliceResult, ...]
    doubt: str
    """Why a loss on what it does not teach is likely though not sure; else empty."""


def look_for_harm(tallies: Tallies, *, dev: Evidence, sealed: Evidence, limits: Limits) -> Harms:
    """Ask the sealed cases, the untaught ones and the topics; dev where the sealed cases were not asked."""
    parts = [(part.name, weigh(part.tally)) for part in tallies.slices if part.tally.n]
    others = sum(name != UNTAUGHT for name, _ in parts)
    weights = [1.0, *(_UNTAUGHT_WEIGHT if name == UNTAUGHT else 1.0 / others for name, _ in parts)]
    raw = [1.0 if one.p_worse is None else one.p_worse for one in (sealed, *(one for _, one in parts))]
    of_sealed, *of_parts = holm(raw, weights=weights)
    slices = tuple(
        SliceResult(
            name=name,
            split=Split.SEALED,
            evidence=evidence,
            p_harm_adjusted=p,
            is_harmed=_is_loss(evidence, p=p, level=HARM_LEVEL),
        )
        for (name, evidence), p in zip(parts, of_parts, strict=True)
    )
    found = []
    if tallies.protected_broken:
        found.append(
            f"Breaks {tallies.protected_broken} of {tallies.protected} protected cases; one is enough to block it."
        )
    if _is_loss(sealed, p=of_sealed, level=HARM_LEVEL):
        found.append(f"Sealed cases got worse: {change(sealed.tally)}.")
    if not tallies.is_sealed_asked and _is_loss(dev, p=dev.p_worse, level=DEV_HARM_LEVEL):
        found.append(f"Dev cases got worse: {change(dev.tally)}.")
    found += [
        f"{slice_title(part.name)} got worse: {change(part.evidence.tally)}." for part in slices if part.is_harmed
    ]
    return Harms(found=tuple(found), slices=slices, doubt=_doubt(slices, of=sealed.tally.n, limits=limits))


def _is_loss(evidence: Evidence, *, p: float | None, level: float) -> bool:
    """Beyond the level, and the interval on the same card says so too."""
    return p is not None and p <= level and evidence.high is not None and evidence.high < 0


def _doubt(slices: Sequence[SliceResult], *, of: int, limits: Limits) -> str:
    untaught = next((part.evidence for part in slices if part.name == UNTAUGHT), None)
    if untaught is None or untaught.low is None or not 0 < limits.harm_margin < 1:
        return ""
    if untaught.tally.n < DOUBT_SHARE * of:
        return ""
    is_loss = untaught.p_worse is not None and untaught.p_worse <= DOUBT_LEVEL
    return about_doubt(untaught, limits=limits) if is_loss and untaught.low <= -limits.harm_margin else ""
