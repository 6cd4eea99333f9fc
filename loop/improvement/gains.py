"""What releases were worth: each by its best evidence, all in force added up, and the bad answers that avoided."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import sqrt

from loop.improvement.facts import Facts
from loop.improvement.people import around
from loop.records import Comparison, Evidence, Release, Verdict
from loop.records.days import day_of
from loop.records.improvement import AvoidedErrors, Gain, LevelPoint, PeopleGain, ReleaseGain, Rollback, Standing


def release_gains(facts: Facts) -> tuple[ReleaseGain, ...]:
    """Every change that went live, oldest first, with what is known of it."""
    fresh = {one.number: one for one in facts.comparisons if one.kind == "confirmation"}
    lines = {one.id: one for one in facts.changes}
    found = []
    for release in facts.deploys:
        line = lines.get(release.proposal_id or "")
        tested = None
        if line is not None and line.effect is not None and line.low is not None and line.high is not None:
            tested = Gain(effect=line.effect, low=line.low, high=line.high, n=line.n)
        ended_at = _ended_at(facts, release)
        people = around(facts, day_of(release.at), until=day_of(ended_at) if ended_at else None)
        known = fresh.get(release.number)
        found.append(
            ReleaseGain(
                number=release.number,
                at=release.at,
                title=line.title if line else "",
                proposal_id=release.proposal_id,
                standing=_standing(
                    known, verdict=line.verdict if line else "", people=people, is_back=ended_at is not None
                ),
                tested=tested,
                expected=line.expected_gain if line else None,
                fresh=None if known is None else gain_of(known.evidence),
                people=people,
                ended_at=ended_at,
            )
        )
    return tuple(found)


def rollbacks(facts: Facts) -> tuple[Rollback, ...]:
    """Every time something was taken back, oldest first."""
    restored = {one.number: one.restores for one in facts.versions}
    return tuple(
        Rollback(number=one.number, at=one.at, restores=restored.get(one.number), reason=one.reason)
        for one in facts.releases
        if one.kind == "rollback"
    )


def levels(facts: Facts) -> tuple[LevelPoint, ...]:
    """The newest measurement of each version, by when it went live first."""
    newest = {one.number: one for one in facts.measurements if one.n and one.low is not None and one.high is not None}
    began: dict[int, datetime] = {}
    for one in facts.releases:
        began.setdefault(one.number, one.at)
    shown = sorted((number for number in newest if number in began), key=lambda number: (began[number], number))
    live = newest[shown[-1]].case_set_digest if shown else ""
    return tuple(
        LevelPoint(
            number=number,
            at=began[number],
            share=newest[number].right / newest[number].n,
            low=newest[number].low or 0.0,
            high=newest[number].high or 0.0,
            n=newest[number].n,
            is_same=newest[number].case_set_digest == live,
        )
        for number in shown
    )


def total_gain(facts: Facts) -> Gain | None:
    """All changes in force that were counted on fresh cases, the unclear ones too; None while none was.

    Effects are added, and so are their distances to the ends of their intervals: what is right where cases of one
    comparison are those of another (perfect correlation), and wider than needed where they are not (the method of
    variance estimates recovery: Zou & Donner, Statistics in Medicine 27, 2008, eq. 8 with r = 1). `n`: the most that
    one of them was counted on, because a case that is fresh for an early change is mostly fresh for a later one too.
    """
    gains = _counted(facts).values()
    if not gains:
        return None
    return Gain(
        effect=sum(one.effect for one in gains),
        low=sum(one.low for one in gains),
        high=sum(one.high for one in gains),
        n=max(one.n for one in gains),
    )


def progress_gain(facts: Facts) -> Gain | None:
    """The live against the first version on the sealed cases both were asked; None when they were not."""
    head = facts.versions[-1].number if facts.versions else None
    for one in facts.comparisons:
        if one.kind == "progress" and one.number == head:
            return gain_of(one.evidence)
    return None


def avoided_by_day(facts: Facts, *, days: int) -> tuple[AvoidedErrors, ...]:
    """Bad answers that did not happen, added up day by day: answers of versions that hold a counted change, times its
    gain on fresh cases, against the version before it.

    Intervals as of `total_gain`. As if fresh cases were like what is asked every day. Answers whose version is not
    known are counted apart and avoid nothing; nor do those given while a change was not live, or elsewhere.
    """
    counted = _counted(facts)
    starts = [day_of(one.at) for one in facts.deploys if one.number in counted]
    if not starts:
        return ()
    total = low = high = 0.0
    answers = unknown = 0
    found: dict[str, AvoidedErrors] = {}
    since = (facts.now - timedelta(days=days)).date().isoformat()
    for row in sorted((row for row in facts.answers if row.day >= min(starts)), key=lambda row: row.day):
        held = facts.carried.get(row.number, frozenset()) if row.number is not None else frozenset()
        gains = [counted[one] for one in held if one in counted]
        total += row.n * sum(one.effect for one in gains)
        low += row.n * sum(one.low for one in gains)
        high += row.n * sum(one.high for one in gains)
        answers += row.n if gains else 0
        unknown += row.n if row.number is None else 0
        if row.day >= since and answers:
            found[row.day] = AvoidedErrors(
                day=row.day,
                total=round(total, 1),
                low=round(low, 1),
                high=round(high, 1),
                answers=answers,
                unknown=unknown,
            )
    return tuple(found.values())


def gain_of(evidence: Evidence) -> Gain | None:
    """The gain of a paired comparison; None without cases."""
    tally = evidence.tally
    if tally.effect is None or evidence.low is None or evidence.high is None:
        return None
    return Gain(effect=tally.effect, low=evidence.low, high=evidence.high, n=tally.n)


def expected_gain(seen: Gain | None, *, shrunk: float | None) -> Gain | None:
    """What is to be expected of a gain that was picked for standing out, and its interval; None where not known.

    `shrunk`: the seen gain times t / (t + s²), see `loop.stats.shrinkage`. What is then left open has the variance
    s² · t / (t + s²), so the half width shrinks by the root of the same factor (normal prior around no gain).
    """
    if seen is None or shrunk is None:
        return None
    half = (seen.high - seen.low) / 2 * sqrt(max(0.0, min(1.0, shrunk / seen.effect)) if seen.effect else 1.0)
    return Gain(effect=shrunk, low=shrunk - half, high=shrunk + half, n=seen.n)


# steps -------------------------------------------------------------------------------------------------------------
def _counted(facts: Facts) -> dict[int, Gain]:
    """By number, what is in force and was counted on fresh cases."""
    return {
        one.number: gain
        for one in facts.comparisons
        if one.kind == "confirmation" and one.number in facts.in_force and (gain := gain_of(one.evidence)) is not None
    }


def _standing(fresh: Comparison | None, *, verdict: str, people: Sequence[PeopleGain], is_back: bool) -> Standing:
    if is_back:
        return "taken back"
    if fresh is not None and fresh.evidence.tally.n:
        if fresh.is_confirmed:
            return "no worse" if fresh.allowed else "confirmed"
        if fresh.evidence.high is not None and fresh.evidence.high < 0:
            return "worse"
    elif verdict == Verdict.PROVED:
        return "proved"
    elif verdict == Verdict.NO_WORSE:
        return "no worse"
    if any(one.is_clear for one in people):
        return "coincided"
    is_asked = verdict == Verdict.NO_EFFECT or (fresh is not None and fresh.evidence.tally.n)
    return "no clear effect" if is_asked else "not known"


def _ended_at(facts: Facts, release: Release) -> datetime | None:
    """When its content left what is live; None while it is in force."""
    if release.number in facts.in_force:
        return None
    restored = {one.number: one.restores for one in facts.versions}
    for one in facts.releases:
        target = restored.get(one.number)
        if one.kind == "rollback" and one.number > release.number and target is not None and target < release.number:
            return one.at
    return None
