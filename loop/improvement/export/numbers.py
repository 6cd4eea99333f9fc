"""The page as numbers: flat rows, as JSONL or as CSV in which no cell is a formula."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from loop.records.improvement import CostWeek, Gain, Improvement, Month
from loop.text.sheets import json_lines, sheet

Row: TypeAlias = dict[str, "str | int | float | None"]
COLUMNS = (
    "table", "day", "name", "title", "n", "good", "value", "low", "high", "words",
)  # fmt: skip
"""Of every row: a spreadsheet takes one shape. What a row is of stands in `table`."""


def rows(told: Improvement) -> list[Row]:
    """Everything the page shows, a row each; the same columns for all."""
    return [{name: row.get(name) for name in COLUMNS} for row in _rows(told)]


def as_jsonl(told: Improvement) -> str:
    """One JSON object a line, texts as they are."""
    return json_lines(rows(told))


def as_csv(told: Improvement) -> str:
    """UTF-8 with a head; a text that a spreadsheet would run gets an apostrophe, see `loop.text.sheets`."""
    return sheet(COLUMNS, ([row[name] for name in COLUMNS] for row in rows(told)))


# steps -------------------------------------------------------------------------------------------------------------
def _rows(told: Improvement) -> Iterator[Row]:
    at = told.at.date().isoformat()
    for sentence in told.sentences:
        yield {"table": "sentence", "day": at, "name": sentence.key, "title": sentence.answer, "words": sentence.text}
        for words in sentence.notes:
            yield {"table": "note", "day": at, "name": sentence.key, "words": words}
    yield from _gain("total gain on fresh cases", told.total, day=at)
    yield from _gain("progress on cases that chose the changes", told.progress, day=at)
    for release in told.releases:
        day, name, title = release.at.date().isoformat(), f"v{release.number}", release.title
        yield {"table": "release", "day": day, "name": name, "title": title, "words": release.standing}
        yield from _gain("gain in its test", release.tested, day=day, name=name, title=title)
        if release.expected is not None:
            yield {
                "table": "gain to be expected after its test",
                "day": day,
                "name": name,
                "title": title,
                "value": release.expected,
            }
        yield from _gain("gain on fresh cases", release.fresh, day=day, name=name, title=title)
        for gain in release.people:
            yield from _gain(f"before and after, {gain.kind}", gain, day=day, name=name, title=title)
    for chart in told.signals:
        for one in chart.days:
            share = one.good / one.n if one.n else None
            yield {
                "table": "signal", "day": one.day, "name": chart.kind, "n": one.n, "good": one.good, "value": share,
                "low": one.low, "high": one.high, "words": one.mark,
            }  # fmt: skip
    yield from _costs(told)
    for test in told.tests:
        yield from _gain(
            "test", test.gain, day=test.at.date().isoformat(), name=test.proposal_id, title=test.title,
            words=test.verdict,
        )  # fmt: skip
    for worth in told.waiting:
        yield {
            "table": "waits", "day": worth.since.date().isoformat(), "name": worth.proposal_id, "title": worth.title,
            "value": worth.week, "low": worth.low, "high": worth.high, "words": worth.verdict,
        }  # fmt: skip
    for cell in told.heat:
        yield {
            "table": f"bad {told.heat_kind} by topic and hour", "day": at, "name": f"{cell.hour:02d}",
            "title": cell.topic, "n": cell.n, "good": cell.n - cell.bad,
        }  # fmt: skip


def _costs(told: Improvement) -> Iterator[Row]:
    for week in told.weeks:
        yield _taken("week", week.week, week)
        for name, value in (
            ("answers", week.answers), ("handed over", week.handed_over), ("seconds of people", week.seconds),
        ):  # fmt: skip
            yield {"table": "week", "day": week.week, "name": name, "value": value}
    for month in told.months:
        for kind, n, good in month.good:
            yield {
                "table": "month",
                "day": month.month,
                "name": kind,
                "n": n,
                "good": good,
                "value": good / n if n else None,
            }
        yield _taken("month", month.month, month)
        for name, value in (
            ("answers", month.answers), ("released", month.released),
            ("taken back", month.taken_back), ("seconds of people", month.seconds),
        ):  # fmt: skip
            yield {"table": "month", "day": month.month, "name": name, "value": value}
    for name, n in told.funnel:
        yield {"table": "funnel", "name": name, "n": n}
    for name, n in told.decided:
        yield {"table": "decided", "name": name, "n": n}


def _taken(table: str, day: str, one: CostWeek | Month) -> Row:
    """Without a value where it is not known; `n`: answers they are counted among."""
    return {"table": table, "day": day, "name": "taken over", "n": one.watched or None, "value": one.takeovers}


def _gain(table: str, gain: Gain | None, *, day: str, **more: str) -> Iterable[Row]:
    if gain is None:
        return ()
    return (
        {"table": table, "day": day, "n": gain.n, "value": gain.effect, "low": gain.low, "high": gain.high, **more},
    )
