"""A million feedback rows that look like life: the demo's history through the real loop, and its log copied.

The demo is built by the product itself, so every page has what it shows: proposals in every state, releases, cases,
a journal. Then the tables that grow with the log are copied within the database, row by row with new ids, until there
are as many feedback rows as asked for. What the loop keeps besides (days, standings, cases) has its usual size: pages
read it by index, and that it is small is what keeps them fast.
"""

from pathlib import Path

import sqlalchemy as sa

from loop import wiring
from loop.demo import story
from loop.settings import Settings
from storage.database import Database
from storage.tables import FeedbackRow, FlagRow, InteractionRow, JudgedRow
from tests.bench.printing import say

_NEW_IDS: dict[type, tuple[str, ...]] = {
    InteractionRow: ("id", "episode_id"),
    FeedbackRow: ("id", "interaction_id", "supersedes"),
    FlagRow: ("feedback_id",),
    JudgedRow: ("feedback_id", "interaction_id"),
}
"""Tables that grow with the log, and the columns that name a row of it."""
_DOUBLED_MAX = 200_000
"""Feedback rows copied in one statement, at most."""


def make(folder: Path, *, rows: int, seed: int) -> str:
    """The address of a database with this many feedback rows; one that is in the folder already is taken."""
    url = f"sqlite:///{folder / f'screens-{rows}-{seed}.db'}"
    done = folder / f"screens-{rows}-{seed}.done"
    if done.exists():
        return url
    settings = Settings(database_url=url)
    database = Database.open(url)
    story.build(settings, database, seed=seed, fresh=True, now=wiring.utc_now())
    _copy_log(database.engine, rows=rows)
    database.close()
    done.touch()
    return url


def _copy_log(engine: sa.Engine, *, rows: int) -> None:
    """Copy the whole log again and again; every copy has ids and places of its own."""
    feedback = FeedbackRow.core()
    with engine.begin() as connection:
        original = connection.scalar(sa.select(sa.func.max(feedback.c.seq))) or 0
        have = first = connection.scalar(sa.select(sa.func.count()).select_from(feedback)) or 0
    if not first:
        raise SystemExit("The demo holds no feedback.")
    copies = -(-(rows - have) // first)
    at_once = max(1, _DOUBLED_MAX // first)
    for start in range(1, copies + 1, at_once):
        numbers = range(start, min(start + at_once, copies + 1))
        with engine.begin() as connection:
            for table, named in _NEW_IDS.items():
                connection.execute(_copied(table, named, numbers=numbers, step=original + 1))
        say(f"{min(rows, first * (numbers[-1] + 1)):,} feedback rows")
    with engine.begin() as connection:
        connection.execute(sa.text("ANALYZE"))


def _copied(table: type, named: tuple[str, ...], *, numbers: range, step: int) -> sa.Insert:
    core: sa.Table = table.core()  # type: ignore[attr-defined]
    copy = sa.values(sa.column("n", sa.Integer), name="numbers").data([(n,) for n in numbers]).cte("copy")
    taken = [
        (column + "-c" + sa.cast(copy.c.n, sa.String)).label(column.name)
        if column.name in named
        else (column + copy.c.n * step).label(column.name)
        if column.name == "seq"
        else column
        for column in core.c
    ]
    # Only rows of the demo itself are copied: those of an earlier copy have the mark in their id.
    original = core.c[named[0]].not_like("%-c%")
    return core.insert().from_select(
        [column.name for column in core.c], sa.select(*taken).join_from(core, copy, sa.true()).where(original)
    )
