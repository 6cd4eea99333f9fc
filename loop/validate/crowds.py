"""Crowds: many accounts without a record that say the same, word for word, cut into episodes.

A crowd within days is an emerging topic: an outage looks like that, and nobody is held for it. A crowd that goes on for
weeks is a repeat. Neither teaches by its number: somebody known has to say the same.
"""

from collections.abc import Iterator, Sequence

from loop.records import Judged

DAY = 86_400.0
"""Seconds."""
CROWD = 8
"""Accounts that say the same, word for word, from which it is no handful any more."""
GAP = 3 * DAY
"""Silence after which the same words begin anew."""
EPISODE = 7 * DAY
"""How long people report one event; what goes on longer is a repeat."""
TOPIC, REPEAT = "topic", "repeat"
"""Names of the findings: many within days, many over weeks."""


def is_crowd(row: Judged) -> bool:
    """Whether many accounts without a record say word for word what it says."""
    return any(one.detector in (TOPIC, REPEAT) for one in row.findings)


def episodes(rows: Sequence[Judged]) -> Iterator[list[Judged]]:
    """Rows of the same words, cut where nobody said them for days."""
    ordered = sorted(rows, key=lambda row: (row.at, row.seq))
    start = 0
    for place in range(1, len(ordered) + 1):
        if place == len(ordered) or ordered[place].at - ordered[place - 1].at > GAP:
            yield ordered[start:place]
            start = place


def kind_of(episode: Sequence[Judged]) -> str:
    """What an episode is; empty when it is a handful of accounts."""
    if len({row.author for row in episode}) < CROWD:
        return ""
    return TOPIC if _span(episode) <= EPISODE else REPEAT


def reason_of(episode: Sequence[Judged]) -> str:
    """An episode in words. Counts are rounded down, so that the rows change seldom while it grows."""
    accounts = 1 << (len({row.author for row in episode}).bit_length() - 1)
    days = 1 << (max(int(_span(episode) / DAY), 1).bit_length() - 1)
    over = "a day or two" if days == 1 else f"{days} days or more"
    return (
        f"{accounts} accounts or more without a record gave the same correction to word-for-word the same question "
        f"within {over}."
    )


def _span(rows: Sequence[Judged]) -> float:
    return rows[-1].at - rows[0].at
