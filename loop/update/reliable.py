"""Whose corrections are taught though known cases near them say something else."""

from collections.abc import Iterable

from loop.records import AuthorStanding

ENOUGH_OF_VOUCHED = 30
"""Judged items of the people vouched for, below which nobody can be held against them."""


def reliable_among(standings: Iterable[AuthorStanding]) -> frozenset[str]:
    """Who is vouched for, and who is proven and not surely right less often than they are.

    How often even the vouched agree with what judges them tells how good the judge is: on real questions about
    .86, so that an agreement of .90 is a sign of no error at all. Not surely less: the upper end of the 90 %
    interval reaches theirs.
    """
    everybody = list(standings)
    vouched = [one for one in everybody if one.standing == "trusted"]
    names = frozenset(one.name for one in vouched)
    judged = sum(one.judged for one in vouched)
    if judged < ENOUGH_OF_VOUCHED:
        return names
    theirs = sum((one.agreement or 0.0) * one.judged for one in vouched) / judged
    proven = (one for one in everybody if one.standing == "proven" and one.high is not None)
    return names | frozenset(one.name for one in proven if (one.high or 0.0) >= theirs)
