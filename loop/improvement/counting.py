"""From the log to daily aggregates: pure sums, the same whether a day is counted for the first time or again."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from loop.records import DaySignals, JournalAction
from loop.records.counts import DaySignal, DayWork, HourSignal, SignalCell, WorkEntry

SITTING = timedelta(minutes=10)
"""Acts of one person further apart than this belong to two sittings; the time between them was spent elsewhere."""
FIRST_ACT = 60.0
"""Seconds counted for the first act of a sitting, of which only the end is known."""
NOT_WORK = frozenset({JournalAction.NOTE_IMPORT, JournalAction.PULL, JournalAction.RECEIVE_DAY})
"""Acts that programs do in somebody's name."""


def day_rows(cells: Iterable[SignalCell]) -> tuple[DaySignal, ...]:
    """The cells without their hour, in order."""
    sums: defaultdict[tuple[str, str, str, int], list[int]] = defaultdict(lambda: [0] * 5)
    for cell in cells:
        total = sums[cell.day, cell.kind, cell.topic, -1 if cell.number is None else cell.number]
        for place, value in enumerate((cell.told, cell.held, cell.n, cell.good, cell.waiting)):
            total[place] += value
    return tuple(
        DaySignal(day, kind, topic, None if number < 0 else number, *total)
        for (day, kind, topic, number), total in sorted(sums.items())
    )


def hour_rows(cells: Iterable[SignalCell]) -> tuple[HourSignal, ...]:
    """Mature signals by hour, in order; hours without any are left out."""
    sums: defaultdict[tuple[str, str, str, int], list[int]] = defaultdict(lambda: [0, 0])
    for cell in cells:
        if cell.n:
            total = sums[cell.day, cell.kind, cell.topic, cell.hour]
            total[0] += cell.n
            total[1] += cell.good
    return tuple(HourSignal(*key, *total) for key, total in sorted(sums.items()))


def quality_days(rows: Iterable[DaySignal]) -> tuple[DaySignals, ...]:
    """Numeric signals of all kinds together by day and version; days without any are left out."""
    sums: defaultdict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        if row.n or row.waiting:
            total = sums[row.day, -1 if row.number is None else row.number]
            for place, value in enumerate((row.n, row.good, row.waiting)):
                total[place] += value
    return tuple(
        DaySignals(day=day, number=None if number < 0 else number, n=n, good=good, waiting=waiting)
        for (day, number), (n, good, waiting) in sorted(sums.items())
    )


class WorkTotals(NamedTuple):
    """Days of work with new entries added."""

    days: tuple[DayWork, ...]
    """Those that changed."""
    last: dict[str, str]
    """By person, when their last act was (ISO), as far as a next one may belong to the same sitting."""


def add_work(
    entries: Sequence[WorkEntry], *, days: Iterable[DayWork] = (), last: Mapping[str, str] | None = None
) -> WorkTotals:
    """The days with these entries added, which follow those counted before. Sums alone: no person stands in a day."""
    known = {one.day: one for one in days}
    seen = {name: datetime.fromisoformat(at) for name, at in (last or {}).items()}
    changed: dict[str, DayWork] = {}
    for entry in entries:
        if entry.action in NOT_WORK:
            continue
        at = entry.at.astimezone(UTC)
        before = seen.get(entry.actor)
        gap = (at - before) if before is not None else None
        seconds = gap.total_seconds() if gap is not None and timedelta(0) <= gap <= SITTING else FIRST_ACT
        day = at.date().isoformat()
        sofar = changed.get(day) or known.get(day) or DayWork(day, 0, 0.0)
        changed[day] = DayWork(day, sofar.acts + 1, round(sofar.seconds + seconds, 3))
        seen[entry.actor] = at
    newest = max(seen.values(), default=None)
    kept = {} if newest is None else {name: at.isoformat() for name, at in seen.items() if newest - at <= SITTING}
    return WorkTotals(tuple(changed[day] for day in sorted(changed)), kept)
