"""A correction against the trusted reference: how likely is it that this is the right label for this question?"""

from collections.abc import Iterator

import numpy as np

from loop.records import Flag
from loop.text.spelling import quote
from loop.validate.context import Docket

RARE = 0.03
"""A choice is held when at most this share of known-right answers look as unlikely as it does.
By construction about this share of honest corrections of ordinary questions is held too."""
_CONFIDENT = 0.3
"""Chance of the reference's own first choice, at least."""


def find_reference(docket: Docket) -> Iterator[Flag]:
    """Rows whose choice is rarely right for such a question; rows against a known answer to the very question.

    Authors the operator named are the reference and are not held against it.
    """
    ledger, reference, views = docket.ledger, docket.reference, docket.views
    for place, row in enumerate(ledger.choosing):
        if not ledger.is_judged[row] or ledger.is_trusted(row):
            continue
        feedback, choice = ledger.feedback(row), ledger.choice[row] or ""
        known = reference.by_interaction.get(feedback.interaction_id)
        if known is not None and known.author != feedback.author and known.choice != choice:
            reason = (
                f"The trusted answer to this very question is {quote(known.choice, limit=40)}, "
                f"proposed {quote(choice, limit=40)}."
            )
        elif (
            (known is None or known.author == feedback.author)
            and views.top[place]
            and views.top[place] != choice
            and views.top_chance[place] >= _CONFIDENT
            and views.rank[place] <= RARE
        ):
            reason = (
                f"The reference says {quote(views.top[place], limit=40)} {_percent(views.top_chance[place])}, proposed "
                f"{quote(choice, limit=40)} {_percent(views.given_chance[place])}; only {_percent(views.rank[place])} "
                f"of {reference.yardstick.size:,} known answers look that unlikely."
            )
        else:
            continue
        yield Flag(feedback_id=feedback.id, detector="reference", reason=reason, at=docket.now)


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 or np.isclose(share, 0.0) else f"{share:.1%}"
