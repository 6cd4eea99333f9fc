"""Month by month as a table of texts, for the page and for the printed report."""

from typing import NamedTuple

from loop.improvement.wording import hours, kind_words, share, taken_words
from loop.records.improvement import Improvement


class Table(NamedTuple):
    """Columns and rows, as they are read."""

    head: tuple[str, ...]
    rows: list[tuple[str, ...]]


def month_table(told: Improvement) -> Table:
    """The newest month first; shares of good signals with how many there were."""
    kinds = list(dict.fromkeys(kind for month in told.months for kind, _, _ in month.good))
    head = ("Month", "Answers", "Taken over", *(f"Good {kind_words(kind)}" for kind in kinds), "Released", "Taken back",
            "Time of people")  # fmt: skip
    rows = []
    for month in reversed(told.months):
        good = {kind: (n, some) for kind, n, some in month.good}
        rows.append(
            (
                month.month,
                f"{month.answers:,}",
                taken_words(month.takeovers, of=month.watched),
                *(
                    f"{share(good[kind][1], of=good[kind][0])} of {good[kind][0]:,}" if kind in good else "–"
                    for kind in kinds
                ),
                f"{month.released}",
                f"{month.taken_back}",
                hours(month.seconds),
            )
        )
    return Table(head, rows)
