"""An audit's look at columns that repeat a body: rows are found and counted by the one, and read by the other."""

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from loop.records import Issue
from storage.answers import is_kept_by_us
from storage.bodies import from_body
from storage.connecting import keys_of
from storage.derive import standing_row
from storage.knowledge import standing_from_row
from storage.rows import to_row
from storage.tables import AnswerRow, IssueRow, StandingRow

DERIVED = ("standing", "issue", "columns")
"""First words of the subjects: all of it is made again from the log, so nothing has to be restored."""


def column_faults(connection: sa.Connection, agent: str) -> Iterator[tuple[str, str]]:
    """Standings and issues whose columns say other than their bodies, as (subject, what is wrong)."""
    standings, issues = StandingRow.core(), IssueRow.core()
    for row in connection.execute(sa.select(standings).where(standings.c.agent == agent)).mappings():
        made = standing_row(agent, *standing_from_row((row["name"], row["body"], row["sums"])))
        yield from _compared(f"standing {row['name']}", row, made)
    for row in connection.execute(sa.select(issues).where(issues.c.agent == agent)).mappings():
        yield from _compared(f"issue {row['id']}", row, to_row(from_body(Issue, row["body"])))


def answer_faults(connection: sa.Connection, agent: str) -> Iterator[tuple[str, str]]:
    """Kept answers that nobody of ours kept: no test hears them, they are asked again."""
    table, keys = AnswerRow.core(), keys_of(connection)
    for row in connection.execute(sa.select(table).where(table.c.agent == agent)).mappings():
        if not is_kept_by_us(row["body"], agent=agent, digest=row["digest"], case_id=row["case_id"], keys=keys):
            name = f"answer of {row['digest'][:12]} to {row['case_id']}"
            yield name, "It was not kept with the journal's key: it counts nowhere, and is asked again."


def _compared(subject: str, row: Mapping[Any, Any], made: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    wrong = sorted(name for name, value in made.items() if name not in ("body", "sums") and row[name] != value)
    if wrong:
        yield subject, f"Its {' and '.join(wrong)} is not what its body says: it was changed from outside."
