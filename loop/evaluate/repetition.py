"""A test repeated because the live version moved: the same result on the same sealed cases is no new look.

What is seen again gives a useless change no new chance to look good, so it costs nothing of the budget of error, and
the verdict is judged at the level of the first time. Anything else than the same result is a new look.
"""

from loop.records import Report, Tally

SAME_AGAIN = (
    "The live version moved, and the sealed cases give the same counts as before: judged at the level of that test, "
    "and no look was charged again."
)


def carried_level(before: Report | None, *, sealed: Tally, case_set: str) -> float | None:
    """The level at which the same change was tested on the version before; None where this is a new look.

    `before`: the newest report of the proposal that this one draws anew, operation by operation the same.
    """
    if before is None or before.case_set_digest != case_set:
        return None
    was = before.sealed.tally
    if not sealed.n or (was.n, was.fixed, was.broken) != (sealed.n, sealed.fixed, sealed.broken):
        return None
    return before.level if before.level is not None else before.carried_level
