"""An anytime-valid check (e-process) that satisfaction dropped after a release: it may be read every minute.

Compares what people say since the release with what they said before. That is a comparison over time:
a bad week for everybody looks the same as a bad version, so a person is asked unless the agent's mode
lets the loop act, and the reason says so either way. A cause is only shown by a test on the same cases
or by traffic split at the same time. Only signals whose outcome window is closed count: what went wrong is heard at
once, what went well a week later.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from loop.records import Limits, Mode, Record, Release, VersionSignals
from loop.stats.proportions import wilson
from loop.stats.sequential import evidence_below

LEVEL = 0.05
"""Chance that a release which changed nothing ever raises the alarm, over all looks together."""
LEAST_BEFORE = 100
"""Signals needed before the release to know what was usual."""
LEAST_SINCE = 50
"""Signals needed since the release."""
LOUDEST = 0.2
"""Largest share of the bad signals one person may have; above it a few people decide, not the release."""
HOLD_DOWN = timedelta(hours=1)
"""A release is left alone for this long."""
FLAP_LIMIT = 2
"""Rollbacks by the loop within FLAP_WINDOW after which only a person may go on."""
FLAP_WINDOW = timedelta(hours=24)


class Alarm(Record):
    """What to do about a release."""

    action: Literal["none", "ask", "roll_back", "frozen"]
    """`ask`: a person decides. `roll_back`: the loop may. `frozen`: it has rolled back too often; a person must."""
    reason: str
    """In words, with the numbers."""
    evidence: float
    """For 'worse than before'; 40 is 1 in 40 by luck. 0 while there is too little to say."""


def should_roll_back(
    release: Release,
    *,
    before: VersionSignals,
    since: VersionSignals,
    mode: Mode,
    limits: Limits,
    rolled_back_at: Sequence[datetime],
    now: datetime,
) -> Alarm:
    """Whether people are provably less happy since `release`, and who may act on it.

    Half of LEVEL goes to not knowing the earlier share exactly (it is taken at its lower bound), half to
    the evidence against it, which needs to reach 40 and stays valid at every look. Besides, the drop must
    exceed `limits.harm_margin`, rest on `limits.min_sources` people, and none of them may be too loud.
    `rolled_back_at`: when the loop itself rolled this agent back. A rollback is never rolled back by the loop.
    """
    waiting = _too_early(release, before=before, since=since, now=now)
    if waiting:
        return Alarm(action="none", reason=waiting, evidence=0.0)
    usual = wilson(before.good, n=before.n, level=1 - LEVEL)
    least = usual.low if usual else 0.0
    evidence = evidence_below(since.good, n=since.n, rate=least) if 0 < least < 1 else 0.0
    change = (
        f"{since.good / since.n:.0%} of {since.n} signals are good since version {release.number}, "
        f"{before.good / before.n:.0%} of {before.n} before"
    )
    if since.waiting:
        change += f" ({since.matured:.0%} matured; {since.waiting} wait for their outcome window to close)"
    drop = before.good / before.n - since.good / since.n
    if evidence < 2 / LEVEL or drop < limits.harm_margin:
        return Alarm(action="none", reason=f"{change}: no provable loss.", evidence=evidence)
    if since.unhappy_people < limits.min_sources or since.loudest_share > LOUDEST:
        return Alarm(
            action="ask",
            reason=f"{change}, but {_people(since)}: look at the feedback before the version.",
            evidence=evidence,
        )
    return _act(
        f"{change}: worse by more than luck. This compares times, not versions: something else may have changed.",
        release=release,
        mode=mode,
        recent=sum(now - FLAP_WINDOW < at <= now for at in rolled_back_at),
        evidence=evidence,
    )


def _too_early(release: Release, *, before: VersionSignals, since: VersionSignals, now: datetime) -> str:
    if before.n < LEAST_BEFORE:
        return f"Too little is known from before: {before.n} of {LEAST_BEFORE} signals."
    if since.n < LEAST_SINCE:
        more = f"; {since.waiting} more wait for their outcome window to close" if since.waiting else ""
        return f"Too few signals since version {release.number}: {since.n} of {LEAST_SINCE}{more}."
    if now - release.at < HOLD_DOWN:
        return f"Version {release.number} has been live for less than an hour."
    return ""


def _people(since: VersionSignals) -> str:
    if since.unhappy_people == 1:
        return "one person is behind it"
    return f"{since.unhappy_people} people are behind it, one of them with {since.loudest_share:.0%} of the bad signals"


def _act(reason: str, *, release: Release, mode: Mode, recent: int, evidence: float) -> Alarm:
    if recent >= FLAP_LIMIT:
        frozen = f"{reason} The loop has rolled back {recent} times within a day and stops until a person decides."
        return Alarm(action="frozen", reason=frozen, evidence=evidence)
    match mode:
        case Mode.MANUAL:
            return Alarm(action="ask", reason=reason, evidence=evidence)
        case Mode.SIMPLE | Mode.ORCHESTRATE:
            action: Literal["ask", "roll_back"] = "roll_back" if release.kind == "deploy" else "ask"
            return Alarm(action=action, reason=reason, evidence=evidence)
