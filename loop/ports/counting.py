"""The port of daily aggregates: what is counted anew of a day, and what is kept of many."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple, Protocol

from loop.records.counts import (
    ChangeLine,
    DayAnswers,
    DaySignal,
    DayWork,
    HourSignal,
    SignalCell,
    WorkEntry,
)


class Arrivals(NamedTuple):
    """Which days got answers since a place in the log."""

    days: tuple[str, ...]
    seq: int
    """The newest place there is."""


class Counting(Protocol):
    """Reads of one agent's daily aggregates, and of what they are made of."""

    def signal_cells(self, days: Collection[str] | None = None, *, now: datetime | None = None) -> list[SignalCell]:
        """From the log: feedback of these days, or of all, by kind, topic, hour and version, oldest day first.

        Signals whose outcome window (`loop.records.open_since`) is open at `now` wait; None: as if all were closed.
        """
        ...

    def answered_since(self, seq: int) -> Arrivals:
        """Days with interactions that were written after this place in the log."""
        ...

    def answer_counts(self, days: Collection[str] | None = None) -> list[DayAnswers]:
        """From the log: interactions of these days, or of all, by version; questions of *Try it* are no traffic."""
        ...

    def work_since(self, seq: int) -> list[WorkEntry]:
        """What people did, from the journal after this entry, in order; the loop's own entries are left out."""
        ...

    def day_signals(self, since: str = "", *, by_topic: bool = False) -> list[DaySignal]:
        """Kept aggregates from this day on, oldest first; without topics these are put together under ''."""
        ...

    def hour_signals(self, since: str = "", *, by_day: bool = False) -> list[HourSignal]:
        """Kept aggregates from this day on; unless `by_day`, the days are put together under ''."""
        ...

    def day_answers(self, since: str = "") -> list[DayAnswers]:
        """Kept aggregates from this day on, oldest first."""
        ...

    def day_work(self, since: str = "") -> list[DayWork]:
        """Kept aggregates from this day on, oldest first."""
        ...

    def change_lines(self) -> list[ChangeLine]:
        """Every proposal without its content, oldest first; sealed totals only where they may be read now."""
        ...
