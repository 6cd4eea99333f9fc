"""Budget ceiling (a leaky bucket, filled once a day): how many questions an agent may still put to what costs.

Permits are taken from the store a few at a time, before anything is asked: the ceiling holds whoever else asks, and
a process that dies loses at most that many of them for the day.
"""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

from loop.errors import BudgetSpent
from loop.ports import Answers
from loop.records.days import day_of

AT_ONCE = 100
"""Permits taken at a time: each taking is a commit."""


def next_day(now: datetime) -> datetime:
    """When the next day begins, and asking goes on."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)


class Allowance:
    """Permits for one run of questions. Not for several threads."""

    def __init__(self, kept: Answers, *, most: int | None, slug: str, clock: Callable[[], datetime]) -> None:
        """`most`: questions a day; None: no ceiling, and nothing is counted."""
        self._kept = kept
        self._most = most
        self._slug = slug
        self._clock = clock
        self._day = ""
        self._left = 0
        self.is_spent = False
        """Whether a permit was refused."""

    def take(self) -> bool:
        """Whether one more question may be put."""
        if self._most is None:
            return True
        if not self._left:
            self._day = day_of(self._clock())
            self._left = self._kept.take_asks(self._day, AT_ONCE, most=self._most)
        if not self._left:
            self.is_spent = True
            return False
        self._left -= 1
        return True

    def close(self) -> None:
        """Give back what was not used."""
        if self._left and self._most is not None:
            self._kept.take_asks(self._day, -self._left, most=self._most)
            self._left = 0

    def refusal(self) -> BudgetSpent:
        """What to raise when a permit was refused."""
        return BudgetSpent(
            f"The ceiling of {self._most:,} questions a day is reached; nothing more is asked until 00:00 UTC.",
            remedy=f"Raise it: ratchet agent set {self._slug} asks_per_day=NUMBER, or none for no ceiling.",
        )
