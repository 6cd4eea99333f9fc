"""Judged before it could be read: answer times far below everybody's, and below what reading takes."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from loop.records import FeedbackKind, Flag
from loop.validate.context import Docket

ENOUGH_TIMES = 30
"""Answer times of one kind of feedback before anything is usual."""
_FAR = 3.5
"""Robust standard deviations (MAD × 1.4826) below the median of the log time (Iglewicz & Hoaglin 1993)."""
_WORDS_PER_SECOND = 15.0
"""900 words a minute: nobody reads faster."""


def find_too_fast(docket: Docket) -> Iterator[Flag]:
    """Items with a known answer time that is an outlier below, and shorter than reading question and answer takes."""
    ledger = docket.ledger
    rows_of: defaultdict[FeedbackKind, list[int]] = defaultdict(list)
    for row, item in enumerate(ledger.items):
        if item.feedback.seconds_to_answer is not None:
            rows_of[item.feedback.kind].append(row)
    for rows in rows_of.values():
        if len(rows) < ENOUGH_TIMES:
            continue
        seconds = np.array([ledger.feedback(row).seconds_to_answer for row in rows], dtype=np.float64)
        logs = np.log(seconds + 0.1)
        middle = float(np.median(logs))
        spread = 1.4826 * float(np.median(np.abs(logs - middle)))
        if spread == 0.0:
            continue
        for place in np.flatnonzero((middle - logs) / spread > _FAR):
            row, interaction = rows[place], ledger.interactions[rows[place]]
            if interaction is None or not ledger.is_judged[row] or ledger.is_trusted(row):
                continue
            words = len(interaction.question.split()) + len(interaction.answer.split())
            if seconds[place] >= words / _WORDS_PER_SECOND:
                continue
            yield Flag(
                feedback_id=ledger.feedback(row).id,
                detector="too_fast",
                reason=(
                    f"Answered in {seconds[place]:.1f} s; question and answer have {words} words, "
                    f"and {np.exp(middle) - 0.1:.0f} s is usual."
                ),
                at=docket.now,
            )
