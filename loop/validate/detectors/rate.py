"""Bursts: far more items in an hour than this author, or an author like this, usually gives."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.stats import poisson

from loop.records import Flag
from loop.validate.context import Docket

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WINDOW_SECONDS = 3_600.0
CHANCE = 1e-6
"""Poisson tail from which a burst is reported, before dividing by the number of authors."""
_AT_LEAST = 10
_OWN_HOURS = 3
"""Other active hours of an author before they say what is usual."""
_PEERS = 5
"""Other authors through the same door before they say what is usual."""


def find_rate(docket: Docket) -> Iterator[Flag]:
    """Each author's busiest hours against the usual: the larger of their own and that of their peers.

    Usual for an author: the mean over their other active hours. Usual among peers: the median author's busiest
    hour, through the same door and for the same kind of feedback. Many authors with one item each are no burst.
    """
    ledger = docket.ledger
    if not ledger.items:
        return
    doors = np.array([f"{ledger.feedback(row).source}\n{family}" for row, family in enumerate(ledger.family)])
    _, door = np.unique(doors, return_inverse=True)
    stream = door.astype(np.int64) * len(ledger.authors) + ledger.author
    order = np.lexsort((ledger.at, stream))
    streams, starts = np.unique(stream[order], return_index=True)
    bounds = np.append(starts, order.size)
    counts = _window_counts(ledger.at[order], bounds)
    busiest = np.maximum.reduceat(counts, starts)
    stream_door = streams // len(ledger.authors)
    for number in np.flatnonzero(busiest >= _AT_LEAST):
        start, end = int(bounds[number]), int(bounds[number + 1])
        if ledger.trusted[streams[number] % len(ledger.authors)]:
            continue
        peers = busiest[(stream_door == stream_door[number]) & (streams != streams[number])]
        peak = start + int(np.argmax(counts[start:end]))
        own = _usual_hour(ledger.at[order[start:end]], peak - start)
        if peers.size < _PEERS and own is None:
            continue
        usual = max(own or 0.0, float(np.median(peers)) if peers.size >= _PEERS else 0.0, 1.0)
        chance = float(poisson.sf(counts[peak] - 1, usual))
        if chance > CHANCE / len(ledger.authors):
            continue
        tails = poisson.sf(counts[start:end] - 1, usual) <= CHANCE / len(ledger.authors)
        hit = np.zeros(end - start, dtype=np.bool_)
        for place in np.flatnonzero(tails):
            hit[place : place + counts[start + place]] = True
        reason = (
            f"{counts[peak]} items from this author within an hour; {usual:.1f} is usual "
            f"({'for them' if own is not None and own >= usual else 'among their peers'}), "
            f"so chance would be {chance:.0e}."
        )
        for row in order[start:end][hit]:
            if ledger.is_judged[row]:
                yield Flag(feedback_id=ledger.feedback(row).id, detector="rate", reason=reason, at=docket.now)


def _window_counts(times: Floats, bounds: Ints) -> Ints:
    """For each item, how many of its stream follow within the window, itself included; times sorted per stream."""
    counts = np.empty(times.size, dtype=np.int64)
    for start, end in pairwise(bounds.tolist()):
        own = times[start:end]
        counts[start:end] = np.searchsorted(own, own + WINDOW_SECONDS, side="left") - np.arange(end - start)
    return counts


def _usual_hour(times: Floats, peak: int) -> float | None:
    """Mean items per active hour outside the busiest window; None with fewer than three such hours."""
    window = (times >= times[peak]) & (times < times[peak] + WINDOW_SECONDS)
    hours = np.unique(times[~window] // WINDOW_SECONDS)
    return float((~window).sum() / hours.size) if hours.size >= _OWN_HOURS else None
