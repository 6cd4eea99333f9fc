"""A survey of a whole file in bounded memory: which ratings it has, and what its dates tell of their order."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from loop.collect.files.formats import Table
from loop.collect.files.moments import DateOrder, moment_of, small_numbers
from loop.collect.files.paths import word_of
from loop.collect.files.ratings import RATINGS, UNRATED, plain_rating
from loop.collect.files.reading import RATED, RowReader
from loop.collect.files.rows import Row, RowError

_DISTINCT = 1000
_TIMES = ("at", "rated_at")
_COMMA = re.compile(r"-?\d+,\d+")
_DOT = re.compile(r"-?\d+\.\d+")
_BYTES = 32 * 1024 * 1024
"""Of the file that is held at once to see what its columns are."""
_SOME = 20_000
"""Dates that are read both ways, to see in which they rise."""


@dataclass(slots=True)
class DateEvidence:
    """What dates of two small numbers tell of their order."""

    dates: int = 0
    first_large: int = 0
    """Whose first number is above 12: it is the day."""
    second_large: int = 0
    """Whose second number is above 12."""
    dotted: int = 0
    """Parted by dots, as only the day comes first in."""
    example: str = ""
    day_sorted: float = 0.0
    """Share of rows in order of their dates, rising or falling, read with the day first."""
    month_sorted: float = 0.0
    day_future: int = 0
    """Dates after now, read with the day first."""
    month_future: int = 0


@dataclass(slots=True)
class Survey:
    """What a whole file holds."""

    rows: int = 0
    refused: int = 0
    """Rows that cannot be read at all."""
    ratings: Counter[float] = field(default_factory=Counter)
    """Ratings that are numbers on the file's own scale."""
    rated_in_words: int = 0
    unread: Counter[str] = field(default_factory=Counter)
    """Ratings that are neither."""
    commas: int = 0
    """Numbers with a decimal comma."""
    dots: int = 0
    dates: DateEvidence = field(default_factory=DateEvidence)


def survey(table: Table, reader: RowReader, *, now: datetime, unrated: frozenset[str]) -> Survey:
    """Read the whole file once."""
    found = Survey()
    times = _Times(now)
    for row in table:
        found.rows += 1
        if isinstance(row, RowError):
            found.refused += 1
            continue
        for value in reader.written(row, RATED):
            _rate(found, value, unrated=unrated)
        for value in reader.written(row, _TIMES):
            times.add(found.dates, value)
    times.finish(found.dates)
    return found


def _rate(found: Survey, value: Any, *, unrated: frozenset[str]) -> None:
    word = word_of(value)
    if not word or word in unrated or word in UNRATED:
        return
    if isinstance(value, str):
        found.commas += _COMMA.fullmatch(word) is not None
        found.dots += _DOT.fullmatch(word) is not None
    number = plain_rating(value, decimal="," if isinstance(value, str) and _COMMA.fullmatch(word) else ".")
    if isinstance(value, bool) or word in RATINGS or (number is not None and number[1] is not None):
        found.rated_in_words += 1
    elif number is None:
        if len(found.unread) < _DISTINCT:
            found.unread[word[:40]] += 1
    elif len(found.ratings) < _DISTINCT or number[0] in found.ratings:
        found.ratings[number[0]] += 1
    else:  # what is beyond the ends has to be known, whatever lies between
        low, high = min(found.ratings), max(found.ratings)
        if not low <= number[0] <= high:
            found.ratings[number[0]] += 1
            del found.ratings[low if number[0] < low else high]


class _Times:
    """Reads dates both ways as long as nothing tells."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._last: dict[DateOrder, datetime | None] = {"day": None, "month": None}
        self._rises: dict[DateOrder, int] = {"day": 0, "month": 0}
        self._falls: dict[DateOrder, int] = {"day": 0, "month": 0}
        self._pairs = 0

    def add(self, found: DateEvidence, value: Any) -> None:
        if not isinstance(value, str) or (numbers := small_numbers(value)) is None:
            return
        found.dates += 1
        found.example = found.example or value.strip()[:20]
        found.first_large += numbers.first > 12
        found.second_large += numbers.second > 12
        found.dotted += numbers.mark == "."
        if found.first_large or found.second_large or self._pairs >= _SOME:
            return
        moments = {order: moment_of(value, order=order) for order in self._last}
        found.day_future += (day := moments["day"]) is not None and day > self._now
        found.month_future += (month := moments["month"]) is not None and month > self._now
        self._pairs += 1
        for order, moment in moments.items():
            before = self._last[order]
            self._rises[order] += before is None or (moment is not None and moment >= before)
            self._falls[order] += before is None or (moment is not None and moment <= before)
            self._last[order] = moment or before

    def finish(self, found: DateEvidence) -> None:
        """Shares of what was counted. A handful of rows rises by chance."""
        if self._pairs >= 8:
            found.day_sorted = max(self._rises["day"], self._falls["day"]) / self._pairs
            found.month_sorted = max(self._rises["month"], self._falls["month"]) / self._pairs


def first_rows(table: Table, count: int) -> tuple[list[Row], list[RowError]]:
    """Some rows from the start of a file, and those among them that cannot be read."""
    rows: list[Row] = []
    refused: list[RowError] = []
    for row in table:
        if isinstance(row, Row):
            rows.append(row)
        else:
            refused.append(row)
        if len(rows) >= count or len(refused) >= count or table.bytes_read > _BYTES:
            break
    return rows, refused
