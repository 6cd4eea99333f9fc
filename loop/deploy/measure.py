"""What a version was worth: how right it is on sealed cases, and what people said of it day by day."""

from collections.abc import Iterable
from datetime import datetime

from loop.records import Agent, DailyQuality, DaySignals, Measurement, Version
from loop.stats.proportions import wilson


def measurement(version: Version, *, case_set_digest: str, n: int, right: int, now: datetime) -> Measurement:
    """How many of `n` sealed cases the version got right, with Wilson's 95 % interval.

    Never of cases that taught it. `case_set_digest` names the cases: measurements compare only where it
    is the same. Raises InvalidInput when the counts cannot be.
    """
    interval = wilson(right, n=n)
    return Measurement(
        agent=version.agent,
        number=version.number,
        case_set_digest=case_set_digest,
        n=n,
        right=right,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        at=now,
    )


def daily_quality(agent: Agent, signals: Iterable[DaySignals]) -> tuple[DailyQuality, ...]:
    """What people said per day and version, by day and number, with Wilson's 95 % interval."""
    days = []
    ordered = sorted(signals, key=lambda one: (one.day, -1 if one.number is None else one.number))
    for day in ordered:
        interval = wilson(day.good, n=day.n)
        days.append(
            DailyQuality(
                agent=agent.slug,
                day=day.day,
                number=day.number,
                n=day.n,
                good=day.good,
                waiting=day.waiting,
                low=interval.low if interval else None,
                high=interval.high if interval else None,
            )
        )
    return tuple(days)
