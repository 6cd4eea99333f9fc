"""Guesses the rating scale, and whether dates begin with the day, from what a whole file holds; else asks."""

import re
from collections import Counter

from loop.collect.files.guessing.doubts import Doubt
from loop.collect.files.guessing.survey import DateEvidence
from loop.collect.files.moments import DateOrder

_SPAN = re.compile(r"(?<!\d)(\d{1,3})\s*(?:-|–|bis|to|à|a|tot)\s*(\d{1,3})(?!\d)")
_OF = re.compile(r"(?:/|von|of|sur|de|su|van)\s*(\d{1,3})(?!\d)")
_STARS = re.compile(r"star|stern|étoile|etoile|estrella|stelle|sterren|estrela|csat", re.IGNORECASE)
_MARK = re.compile(r"\bnote\b|schulnote|zensur", re.IGNORECASE)
_OUTSIDE = 0.05
"""Share of ratings outside of a scale above which the scale is wrong, not the rows."""
_SHOWN = 8


def scale_of(numbers: Counter[float], *, header: str, is_german: bool) -> tuple[float, float] | Doubt:
    """The worst and the best rating, or what to ask. `numbers`: how often each stands in the file, words left out."""
    if not numbers:
        return 0.0, 1.0
    low, high = min(numbers), max(numbers)
    are_whole = all(number == int(number) for number in numbers)
    if is_german and _MARK.search(header) and low >= 1 and 5 <= high <= 6:
        return _ask(numbers, "A German mark is best at 1.", f"--low {6 if high > 5 else 5} --high 1")
    if (named := _named(header)) and named[0] <= low and high <= named[1]:
        return named
    if low >= 0 and high <= 1:
        if set(numbers) == {1.0}:
            return _ask(numbers, "Is 1 the best there is, or the worst of several?", "--low 0 --high 1")
        return 0.0, 1.0
    if low < 0:
        return (-1.0, 1.0) if low == -1 and high == 1 else _ask(numbers, "", "--low WORST --high BEST")
    if high == 5 and low == 0:
        return _ask(
            numbers,
            "0 may be the worst, or mean that nobody rated.",
            "--low 1 --high 5 --unrated 0, or --low 0 --high 5",
        )
    if high == 5 or (high < 5 and low >= 1 and _STARS.search(header)):
        return (1.0, 5.0) if low >= 1 else _ask(numbers, "", "--low WORST --high BEST")
    if high == 10:
        return (1.0 if low >= 1 else 0.0), 10.0
    if 10 < high <= 100 and (high >= 80 or "%" in header):
        return 0.0, 100.0
    told = "--low 1 --high 5" if are_whole and low >= 1 and high < 5 else "--low WORST --high BEST"
    return _ask(numbers, "", told)


def _ask(numbers: Counter[float], why: str, remedy: str) -> Doubt:
    shown = ", ".join(f"{number:g}" for number in sorted(numbers)[:_SHOWN]) + (" …" if len(numbers) > _SHOWN else "")
    return Doubt("rating", f"The ratings are {shown}: the scale is not clear. {why}".strip(), remedy, stops=True)


def _named(header: str) -> tuple[float, float] | None:
    """A scale that the header names, as `Bewertung (1-5)` or `note sur 20`."""
    if (span := _SPAN.search(header)) and float(span[1]) < float(span[2]):
        return float(span[1]), float(span[2])
    if (most := _OF.search(header)) and float(most[1]) > 1:
        return (0.0 if float(most[1]) >= 10 else 1.0), float(most[1])
    return None


def misfit(numbers: Counter[float], *, low: float, high: float, was_told: bool) -> Doubt | None:
    """What to say when a scale does not hold what the file has; a few rows outside are refused one by one."""
    least, most = min(low, high), max(low, high)
    outside = sum(often for number, often in numbers.items() if not least <= number <= most)
    if outside <= _OUTSIDE * numbers.total():
        return None
    found = f"{min(numbers):g} to {max(numbers):g}"
    scale = f"{low:g} (worst) to {high:g} (best)"
    whose = "the scale given" if was_told else "the scale"
    return Doubt(
        "rating",
        f"The ratings run from {found}, but {whose} is {scale}: {outside:,} of {numbers.total():,} do not fit.",
        "--low WORST --high BEST",
        stops=True,
    )


def order_of(found: DateEvidence, *, is_english: bool) -> tuple[DateOrder, Doubt | None]:
    """Whether the day or the month comes first, and what to ask where the file does not tell."""
    if not found.dates:
        return "", None
    if found.first_large and not found.second_large:
        return "day", None
    if found.second_large and not found.first_large:
        return "month", None
    if found.first_large and found.second_large:
        order: DateOrder = "day" if found.first_large >= found.second_large else "month"
        few = min(found.first_large, found.second_large)
        return order, Doubt(
            "at",
            f"Dates begin with the {order} in most rows and not in {few:,}: those are refused, by line.",
            "--dates month" if order == "day" else "--dates day",
            stops=few > _OUTSIDE * found.dates,
        )
    if found.dotted == found.dates:
        return "day", None
    if found.day_sorted >= 0.9 > found.month_sorted + 0.2 or (found.month_future and not found.day_future):
        return "day", None
    if found.month_sorted >= 0.9 > found.day_sorted + 0.2 or (found.day_future and not found.month_future):
        return "month", None
    if not is_english:
        return "day", Doubt("at", f"Dates such as {found.example} are read with the day first.", "--dates month")
    return "day", Doubt(
        "at",
        f"Dates such as {found.example} may begin with the day or with the month, and the file does not tell.",
        "--dates day, or --dates month",
        stops=True,
    )
