"""Reads a time as people and programs write it, into UTC: ISO 8601, epochs, day- or month-first, names of months.

Day and month are never guessed row by row: a file has one order, which the caller says. Without it a date such as
03/04/2026 is no time, so that nothing is stored with its day and its month swapped.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Literal, NamedTuple, TypeAlias

DateOrder: TypeAlias = Literal["", "day", "month"]
"""Which comes first in a date like 03/04/2026; empty: such dates are not read."""

_LONGEST = 80
_EPOCHS = ((1e11, 1), (1e14, 1e3), (1e17, 1e6), (1e20, 1e9))
"""Below the limit, the number of units in a second. 1e11 seconds are the year 5138."""

_NAMES = (
    "january jan januar jänner jaenner janvier janv enero ene gennaio gen januari janeiro",
    "february feb februar février fevrier févr fevr febrero febbraio februari fevereiro fev",
    "march mar märz maerz mrz mär mars marzo maart mrt março marco",
    "april apr avril avr abril abr aprile",
    "may mai mayo maggio mag mei maio",
    "june jun juni juin junio giugno giu junho",
    "july jul juli juillet juil julio luglio lug julho",
    "august aug août aout agosto ago augustus",
    "september sep sept septembre septiembre set settembre setembro",
    "october oct oktober okt octobre octubre ottobre ott outubro out",
    "november nov novembre noviembre novembro",
    "december dec dezember dez décembre decembre déc diciembre dic dicembre dezembro",
)
MONTHS = {name: number for number, names in enumerate(_NAMES, start=1) for name in names.split()}
"""Months and their short forms in English, German, French, Spanish, Italian, Dutch and Portuguese."""

_ZONES = {"z": 0, "utc": 0, "gmt": 0, "cet": 60, "mez": 60, "cest": 120, "mesz": 120, "wet": 0}
"""Minutes ahead of UTC of zones that mean one thing only."""

_NUMERIC = re.compile(r"(\d{1,4})\s?([./-])\s?(\d{1,2})\s?\2\s?(\d{1,4})(?!\d)")
_DAY_NAMED = re.compile(
    r"(\d{1,2})(?:\.|º|°|er|st|nd|rd|th)?(?:\s|-|/|\bde\b)*([^\W\d_]{3,12})\.?(?:\s|-|/|,|\bde[l]?\b)*(\d{2,4})(?!\d)"
)
_MONTH_NAMED = re.compile(r"([^\W\d_]{3,12})\.?\s?(\d{1,2})(?:st|nd|rd|th)?,?\s(\d{4})(?!\d)")
_BEFORE = re.compile(r"[^\W\d_]{1,12}\.?,?\s+")
_TIME = re.compile(
    r"(?:[\s,T–-]|\b(?:um|à|a|las|alle|ore|om|at|às|le)\b)*(\d{1,2})\s?[:.h]\s?(\d{2})"
    r"(?:[:.m]\s?(\d{2})(?:[.,]\d{1,9})?)?s?\s*([ap]\.?\s?m\.?)?\s*(?:uhr|uur|h|hs|hrs)?"
    r"\s*(?:\(?([a-z]{1,4})\)?)?\s*([+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)


class WrittenDate(NamedTuple):
    """A date as it stands there: the two small numbers in their order, before anybody says which is the day."""

    first: int
    second: int
    mark: str
    """What stands between them: `.`, `/` or `-`."""


def moment_of(value: object, *, order: DateOrder = "", zone: tzinfo = UTC) -> datetime | None:
    """A time in UTC, or None when it is none.

    ISO 8601, or a number since 1970 in seconds, milliseconds, microseconds or nanoseconds, told apart by size, or a
    date as people write it. `order`: of day and month where both are numbers. `zone`: of what names none.
    """
    if isinstance(value, bool):
        return None
    try:
        if isinstance(value, str):
            text = value.strip()
            if len(text) > _LONGEST:
                return None
            if not _is_epoch(text):
                return _written(text, order=order, zone=zone)
            value = float(text)
        if not isinstance(value, (int, float)) or value < 0:
            return None
        scale = next((scale for limit, scale in _EPOCHS if value < limit), None)
        return None if scale is None else datetime.fromtimestamp(value / scale, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def small_numbers(text: str) -> WrittenDate | None:
    """Of a date that is read by its order of day and month, both numbers as they stand; None for any other text."""
    if len(text) > _LONGEST or (found := _NUMERIC.match(text.strip())) is None:
        return None
    one, mark, two, year = found.groups()
    if len(one) > 2 or len(year) not in (2, 4) or not (1 <= int(one) <= 31 and 1 <= int(two) <= 31):
        return None
    return WrittenDate(int(one), int(two), mark)


def _written(text: str, *, order: DateOrder, zone: tzinfo) -> datetime | None:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        local = _local(text, order=order)
        if local is None:
            return None
        read = local
    return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)


def _local(text: str, *, order: DateOrder) -> datetime | None:
    """A date as people write it, with or without a time and a zone."""
    low = text.casefold()
    starts = [0]
    while len(starts) < 3 and (before := _BEFORE.match(low, starts[-1])):
        starts.append(before.end())  # a day of the week, or `le`
    for start in starts:
        for pattern in (_NUMERIC, _DAY_NAMED, _MONTH_NAMED):
            found = pattern.match(low, start)
            day = found and _day(pattern, found, order=order)
            if found and day:
                return _timed(datetime(*day), low[found.end() :])  # noqa: DTZ001 the zone comes last, where one is named
    return None


def _day(pattern: re.Pattern[str], found: re.Match[str], *, order: DateOrder) -> tuple[int, int, int] | None:
    if pattern is _NUMERIC:
        one, _, two, three = found.groups()
        if len(one) == 4:
            return int(one), int(two), int(three)
        if not order or len(one) > 2 or len(three) == 3:
            return None
        day, month = (one, two) if order == "day" else (two, one)
        return _year(three), int(month), int(day)
    one, two, three = found.groups()
    day, month = (one, two) if pattern is _DAY_NAMED else (two, one)
    return (_year(three), MONTHS[month], int(day)) if month in MONTHS and len(three) != 3 else None


def _year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year < 70 else 1900)


def _timed(day: datetime, rest: str) -> datetime | None:
    if not rest.strip(" ,."):
        return day
    found = _TIME.fullmatch(rest.rstrip(" ."))
    if found is None:
        return None
    hours, minutes, seconds, half, zone, shift = found.groups()
    hour = int(hours)
    if half:
        hour = hour % 12 + (12 if half.strip().startswith("p") else 0)
    made = day.replace(hour=hour, minute=int(minutes), second=int(seconds or 0))
    if shift:
        ahead = timedelta(hours=int(shift[1:3]), minutes=int(shift[-2:]))
        return made.replace(tzinfo=timezone(-ahead if shift[0] == "-" else ahead))
    if zone:
        return made.replace(tzinfo=timezone(timedelta(minutes=_ZONES[zone]))) if zone in _ZONES else None
    return made


def _is_epoch(text: str) -> bool:
    """Nine digits or more: a shorter run of digits is a date written without dashes."""
    whole, _, fraction = text.partition(".")
    return len(whole) >= 9 and whole.isascii() and whole.isdigit() and (not fraction or fraction.isdigit())
