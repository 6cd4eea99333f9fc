"""A correction against the trusted reference: how likely is it that this is the right label for this question?"""

import numpy as np

from loop.records import Finding, Judged
from loop.text.spelling import quote
from loop.validate.crowds import is_crowd
from loop.validate.fits import CONFIDENT, PRECISION
from loop.validate.scene import Scene

RARE = 0.02
"""A newcomer's choice is held when at most this share of known-right answers look as unlikely as it does.
By construction about this share of honest newcomers' corrections of ordinary questions is held too."""
CROWD_RARE = 0.01
"""The same for the words of a crowd, which stand or fall as one: an honest outage in one message is one question."""


def find_reference(row: Judged, scene: Scene) -> Finding | None:
    """A choice that is rarely right for such a question, or against a known answer to the very question.

    Authors the operator named are the reference and are not held against it.
    """
    if not row.choice or row.author in scene.named:
        return None
    known = scene.vouched.get(row.interaction_id)
    if known is not None and known.author != row.author and known.choice != row.choice:
        return Finding(
            "reference",
            f"The trusted answer to this very question is {quote(known.choice, limit=40)}, "
            f"proposed {quote(row.choice, limit=40)}.",
        )
    if known is not None and known.author != row.author:
        return None
    if not row.top or row.top == row.choice or row.top_chance is None or row.given_chance is None:
        return None
    is_known = scene.reference.model is not None
    who = "The reference says" if is_known else "Other people say of such questions"
    told = (
        f"{who} {quote(row.top, limit=40)} {_percent(row.top_chance)}, proposed "
        f"{quote(row.choice, limit=40)} {_percent(row.given_chance)}; "
    )
    is_many = is_crowd(row)
    limit = scene.reference.limit if is_known else scene.crowd.limit
    if row.given_chance < limit and not is_many:
        return Finding("reference", f"{told}of answers that look so unlikely, at least {PRECISION:.0%} are wrong.")
    standing = scene.standings.get(row.author)
    if row.rank is None or (standing is not None and standing.standing == "proven"):
        return None
    if row.choice in scene.leaning and not is_many:
        return Finding(
            "reference",
            f"{told}of what newcomers call {quote(row.choice, limit=40)}, far more than usual looks like something "
            "else.",
        )
    if row.rank > (CROWD_RARE if is_many else RARE) or row.top_chance < CONFIDENT:
        return None
    return Finding(
        "reference",
        f"{told}only {_percent(row.rank)} of {scene.reference.yardstick.size:,} known answers look that unlikely.",
    )


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 or np.isclose(share, 0.0) else f"{share:.1%}"
