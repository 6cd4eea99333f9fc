"""Bursts: far more items in an hour than this author, or an author like this, usually gives."""

from collections import defaultdict
from collections.abc import Mapping
from math import ceil, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop.records import SEPARATOR, Judged
from loop.validate.detectors.duplicate import note_findings
from loop.validate.standings import crowd
from loop.validate.work import Findings, Work

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HOUR = 3_600.0
CHANCE = 1e-6
"""Poisson tail from which a burst is reported, before dividing by the number of authors."""
AT_LEAST = 10
_OWN_HOURS = 3
"""Other active hours of an author before they say what is usual."""
_PEERS = 5
"""Other authors through the same door before they say what is usual."""
_STEP = 1.25
"""What is usual is rounded up to powers of this, so that old hours are looked at again only when it really changed."""


def find_rate(work: Work) -> Findings:
    """Level stream. Each author's crowded hours against the usual, the larger of their own and their peers'.

    Usual for an author: the mean over their active hours but the busiest. Usual among peers: the median author's
    busiest hour, through the same door and for the same kind of feedback. Many authors with one item each are no burst.
    Everything received counts, also what was taken back since. A key is a stream and an hour, or a stream alone when
    all of its hours have to be looked at.
    """
    found = Findings()
    hours, whole = _wanted(work.keys)
    rows = _read(work, hours, whole)
    streams = {key: dict(body) for key, body in work.known.kept("stream").items()}
    counts: dict[str, Ints] = {}
    for key in hours.keys() | whole:
        rows[key].sort(key=lambda row: (row.at, row.seq))
        times = np.array([row.at for row in rows[key]])
        counts[key] = np.searchsorted(times, times + HOUR, side="left") - np.arange(times.size)
        peak = int(counts[key].max()) if times.size else 0
        before = 0 if key in whole else int(streams.get(key, {}).get("busiest", 0))
        old = streams.get(key, {"usual": 0.0, "whose": ""})
        streams[key] = old | {"busiest": max(peak, before)}
    usual = _usual(work, streams)
    level = CHANCE / crowd(work.known.count_standings())
    for key, body in streams.items():
        is_wanted = key in hours or key in whole
        if (body["usual"], body["whose"]) != usual[key]:
            body["usual"], body["whose"] = usual[key]
            if body["busiest"] >= AT_LEAST and key not in whole:
                found.give("stream", [key])
            found.keep("stream", key, body)
        elif is_wanted:
            found.keep("stream", key, body)
        if is_wanted:
            _note(work, found, rows[key], counts[key], body=body, level=level, hours=hours.get(key))
    return found


def _wanted(keys: tuple[str, ...]) -> tuple[dict[str, set[int]], set[str]]:
    """Hours by stream, and the streams that are wanted whole."""
    hours: defaultdict[str, set[int]] = defaultdict(set)
    whole: set[str] = set()
    for key in keys:
        parts = key.split(SEPARATOR)
        if len(parts) == 4:
            hours[SEPARATOR.join(parts[:3])].add(int(parts[3]))
        else:
            whole.add(key)
    return {key: some for key, some in hours.items() if key not in whole}, whole


def _read(work: Work, hours: Mapping[str, set[int]], whole: set[str]) -> defaultdict[str, list[Judged]]:
    """Rows of the streams: all of them, or those within two hours of the hours wanted."""
    rows: defaultdict[str, list[Judged]] = defaultdict(list)
    if hours:
        since = (min(min(some) for some in hours.values()) - 2) * HOUR
        until = (max(max(some) for some in hours.values()) + 3) * HOUR
        authors = sorted({_author(key) for key in hours})
        for row in work.known.rows("author", authors, since=since, until=until, any_state=True):
            if (key := _key(row)) in hours:
                rows[key].append(row)
    for row in work.known.rows("author", sorted({_author(key) for key in whole}), any_state=True) if whole else ():
        if (key := _key(row)) in whole:
            rows[key].append(row)
    return rows


def _note(
    work: Work,
    found: Findings,
    rows: list[Judged],
    counts: Ints,
    *,
    body: Mapping[str, Any],
    level: float,
    hours: set[int] | None,
) -> None:
    from scipy.special import pdtrc

    told: dict[str, tuple[str, tuple[str, ...]]] = {}
    if rows and counts.max() >= AT_LEAST and body["usual"] and rows[0].author not in work.named:
        tails = np.asarray(pdtrc(counts - 1, body["usual"]), dtype=np.float64)
        for place in np.flatnonzero((tails <= level) & (counts >= AT_LEAST)):
            n = int(counts[place])
            reason = (
                f"{n} items from this author within an hour; at most {body['usual']:.1f} is usual ({body['whose']}), "
                f"so chance would be {tails[place]:.0e}."
            )
            for row in rows[place : place + n]:
                if row.feedback_id not in told or _count(told[row.feedback_id][0]) < n:
                    told[row.feedback_id] = (reason, ())
    inner = rows if hours is None else [row for row in rows if not _around(row).isdisjoint(hours)]
    note_findings(found, [row for row in inner if row.is_standing], told, detector="rate")


def _usual(work: Work, streams: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[float, str]]:
    """What is usual in each stream, rounded up, and for whom; 0 where nobody can say."""
    by_door: defaultdict[str, list[float]] = defaultdict(list)
    for key, body in streams.items():
        by_door[_door(key)].append(body["busiest"])
    hot = [key for key, body in streams.items() if body["busiest"] >= AT_LEAST]
    active = work.known.stream_hours(sorted({_author(key) for key in hot}))
    usual = dict.fromkeys(streams, (0.0, ""))
    for key in hot:
        n, hours = active.get(key, (0, 0))
        own = (n - streams[key]["busiest"]) / (hours - 1) if hours - 1 >= _OWN_HOURS else None
        peers = by_door[_door(key)]
        if own is None and len(peers) - 1 < _PEERS:
            continue
        theirs = float(np.median(peers)) if len(peers) - 1 >= _PEERS else 0.0
        most = max(own or 0.0, theirs, 1.0)
        whose = "for them" if own is not None and own >= theirs else "among their peers"
        usual[key] = (round(_STEP ** ceil(log(most) / log(_STEP) - 1e-9), 6), whose)
    return usual


def _around(row: Judged) -> set[int]:
    """The hours whose windows may reach a row."""
    hour = int(row.at // HOUR)
    return {hour - 1, hour, hour + 1}


def _count(reason: str) -> int:
    return int(reason.split(" ", 1)[0])


def _key(row: Judged) -> str:
    return f"{row.door}{SEPARATOR}{row.author}"


def _author(key: str) -> str:
    return key.split(SEPARATOR)[2]


def _door(key: str) -> str:
    return key.rsplit(SEPARATOR, 1)[0]
