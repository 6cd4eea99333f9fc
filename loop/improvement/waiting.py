"""What waits for a decision and what it is worth, and where most goes wrong: what to do next."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from loop.improvement.facts import Facts
from loop.improvement.gains import expected_gain, gain_of
from loop.improvement.wording import days_back
from loop.records import Verdict
from loop.records.improvement import Gain, HeatCell, TrialLine, Worth
from loop.stats.control import Count, add_counts, overdispersion
from loop.stats.mix import z_of
from loop.stats.paired import holm

LATELY = 28
TOPICS = 12
"""Topics of the map; the others are put together."""
OTHERS = "other topics"
ENOUGH = 30
"""Signals of a topic below which nothing is said of it."""
CHANCE = 0.05
"""How often a topic is said to stand out where none does, all topics together."""
TESTS = 16
"""Tests of the overview."""


def worths(facts: Facts) -> tuple[Worth, ...]:
    """Decisions that wait, worth most first; those of which it is not known last, oldest first.

    Worth is the gain to be expected and its interval, shrunk as what was picked for standing out must be, times the
    answers of a week.
    It is known only where sealed totals may be read before the decision: of what is proved, and of what harms.
    """
    week = answers_a_week(facts.answers_by_day, now=facts.now)
    since = {one.id: one.since for one in facts.changes}
    found = []
    for item in facts.waiting:
        report, proposal = item.report, item.proposal
        sealed = report.sealed if report is not None else None
        gain = expected_gain(gain_of(sealed) if sealed else None, shrunk=report.expected_gain if report else None)
        found.append(
            Worth(
                proposal_id=proposal.id,
                title=proposal.title,
                verdict=report.verdict.value if report is not None else "",
                stakes=proposal.stakes.level.value,
                since=since.get(proposal.id, proposal.created_at),
                gain=gain,
                week=_times(gain.effect if gain else None, week),
                low=_times(gain.low if gain else None, week),
                high=_times(gain.high if gain else None, week),
            )
        )
    return tuple(sorted(found, key=lambda one: (one.week is None, -(one.week or 0.0), _rank(one), one.since)))


def trial_lines(facts: Facts) -> tuple[TrialLine, ...]:
    """Newest tested changes whose sealed totals may be read, newest first."""
    lines = [
        TrialLine(
            proposal_id=one.id,
            title=one.title,
            at=one.tested_at,
            verdict=one.verdict,
            gain=Gain(effect=one.effect, low=one.low, high=one.high, n=one.n),
            expected=one.expected_gain,
        )
        for one in facts.changes
        if one.tested_at is not None and one.effect is not None and one.low is not None and one.high is not None
    ]
    return tuple(sorted(lines, key=lambda one: (one.at, one.proposal_id), reverse=True)[:TESTS])


def heat(facts: Facts) -> tuple[str, tuple[HeatCell, ...]]:
    """The kind with most signals, and its newest weeks by topic and hour: topics with most bad signals first."""
    totals: dict[str, int] = {}
    for row in facts.hours:
        totals[row.kind] = totals.get(row.kind, 0) + row.n
    if not totals:
        return "", ()
    kind = max(sorted(totals), key=lambda name: totals[name])
    bad: dict[str, int] = {}
    for row in facts.hours:
        if row.kind == kind:
            bad[row.topic] = bad.get(row.topic, 0) + row.n - row.good
    order = sorted(bad, key=lambda name: (-bad[name], name))
    shown = order if len(order) <= TOPICS else order[: TOPICS - 1]
    cells: dict[tuple[str, int], list[int]] = {}
    for row in facts.hours:
        if row.kind == kind:
            cell = cells.setdefault((row.topic if row.topic in shown else OTHERS, row.hour), [0, 0])
            cell[0] += row.n
            cell[1] += row.n - row.good
    place = {name: at for at, name in enumerate([*shown, OTHERS])}
    told = sorted(cells.items(), key=lambda one: (place[one[0][0]], one[0][1]))
    return kind, tuple(HeatCell(topic=topic, hour=hour, n=n, bad=lost) for (topic, hour), (n, lost) in told)


class WorstTopic(NamedTuple):
    """A topic that goes wrong more often than all the others together."""

    topic: str
    here: Count
    elsewhere: Count


def topic_counts(facts: Facts, *, kind: str) -> dict[str, list[Count]]:
    """Mature signals of one kind by topic and day, of the newest weeks."""
    since = days_back(facts.now, LATELY)
    found: dict[str, list[Count]] = {}
    for row in facts.topics:
        if row.kind == kind and row.day >= since and row.n:
            found.setdefault(row.topic, []).append(Count(row.n, row.good))
    return found


def comparable_topics(topics: Mapping[str, Sequence[Count]]) -> list[str]:
    """Topics with enough signals to say something of them."""
    return sorted(name for name, days in topics.items() if sum(day.n for day in days) >= ENOUGH)


def worst_topic(topics: Mapping[str, Sequence[Count]]) -> WorstTopic | None:
    """The topic that loses most, of those worse than the others by more than chance and usual scatter explain; else
    None. Topics are compared one by one, so their p-values are adjusted (Holm): one of many is always the lowest."""
    from scipy.special import ndtr

    found = []
    for name in comparable_topics(topics):
        others = [day for other, days in topics.items() if other != name for day in days]
        here, elsewhere = add_counts(topics[name]), add_counts(others)
        if elsewhere.n >= ENOUGH:
            scatter = overdispersion([topics[name], *(days for other, days in topics.items() if other != name)])
            p = float(ndtr(z_of(here, elsewhere, scatter=scatter)))
            found.append(
                (p, here.n * (elsewhere.good / elsewhere.n - here.good / here.n), WorstTopic(name, here, elsewhere))
            )
    adjusted = holm([p for p, _, _ in found])
    some = [(lost, one) for p, (_, lost, one) in zip(adjusted, found, strict=True) if p <= CHANCE]
    return max(some, key=lambda one: one[0])[1] if some else None


def harmful(waiting: tuple[Worth, ...]) -> list[Worth]:
    """Those that their test found to harm."""
    return [one for one in waiting if one.verdict == Verdict.HARMFUL]


def _rank(one: Worth) -> int:
    """Proved first, harmful last, where what it is worth is not known."""
    return {Verdict.PROVED.value: 0, Verdict.HARMFUL.value: 2}.get(one.verdict, 1)


# steps -------------------------------------------------------------------------------------------------------------
def answers_a_week(by_day: Mapping[str, int], *, now: datetime) -> float | None:
    """Of the last four weeks, by answers a day; None while there are none."""
    since, today = (now - timedelta(days=LATELY)).date().isoformat(), now.date().isoformat()
    some = {day: n for day, n in by_day.items() if since <= day < today}
    if not some:
        return None
    first = min(by_day)
    days = LATELY if first < since else max(1, len(some))
    return 7 * sum(some.values()) / days


def _times(value: float | None, week: float | None) -> float | None:
    return None if value is None or week is None else round(value * week, 2)
