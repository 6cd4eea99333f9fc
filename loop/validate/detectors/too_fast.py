"""Judged before it could be read: answer times far below everybody's, and below what reading takes."""

from collections.abc import Collection
from typing import Any

import numpy as np

from loop.records import Finding, Judged
from loop.validate.fits import generation
from loop.validate.work import Findings, Work

ENOUGH_TIMES = 30
"""Answer times of one kind of feedback before anything is usual."""
_FAR = 3.5
"""Robust standard deviations (MAD × 1.4826) below the median of the log time (Iglewicz & Hoaglin 1993)."""
_WORDS_PER_SECOND = 15.0
"""900 words a minute: nobody reads faster."""


def paces(work: Work, kinds: Collection[str], found: Findings) -> dict[str, dict[str, Any]]:
    """What is usual for each kind of feedback: median and spread of the log time, of a generation of times.

    A new generation gives work to the rows it may judge otherwise.
    """
    stored = work.known.kept("pace", sorted(kinds))
    usual: dict[str, dict[str, Any]] = {}
    for kind in kinds:
        size = generation(work.known.count_timed(kind), first=ENOUGH_TIMES)
        body = dict(stored.get(kind, {"n": 0, "middle": 0.0, "spread": 0.0}))
        if body["n"] != size:
            old = _limit(body)
            seconds = [row.seconds for row in work.known.timed(kind, limit=size)] if size else []
            logs = np.log(np.array(seconds, dtype=np.float64) + 0.1)
            middle = float(np.median(logs)) if seconds else 0.0
            spread = 1.4826 * float(np.median(np.abs(logs - middle))) if seconds else 0.0
            body = {"n": size, "middle": round(middle, 12), "spread": round(spread, 12)}
            found.keep("pace", kind, body)
            below = max(old, _limit(body))
            found.give("row", (row.feedback_id for row in work.known.timed(kind, below=below)) if below > 0 else ())
        usual[kind] = body
    return usual


def haste_of(row: Judged, pace: dict[str, Any]) -> Finding | None:
    """Whether the row's time is an outlier below, and shorter than reading question and answer takes."""
    if row.seconds is None or not pace["n"] or not pace["spread"]:
        return None
    log = float(np.log(row.seconds + 0.1))
    if (pace["middle"] - log) / pace["spread"] <= _FAR or row.seconds >= row.words / _WORDS_PER_SECOND:
        return None
    return Finding(
        "too_fast",
        f"Answered in {row.seconds:.1f} s; question and answer have {row.words} words, "
        f"and {np.exp(pace['middle']) - 0.1:.0f} s is usual.",
    )


def _limit(pace: dict[str, Any]) -> float:
    """Seconds under which a row may be too fast."""
    return float(np.exp(pace["middle"] - _FAR * pace["spread"])) if pace["n"] else 0.0
