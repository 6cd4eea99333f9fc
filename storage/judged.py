"""Rows of judged feedback, read: what the two halves of the firewall's knowledge share."""

import json
from typing import Any

import sqlalchemy as sa

from loop.records import (
    STANDING_STATES,
    TEACHING_STATES,
    FeedbackState,
    Finding,
    Judged,
)
from storage.connecting import reading
from storage.tables import (
    JudgedRow,
)

J = JudgedRow.core()
COLUMNS = tuple(J.c[name] for name in Judged._fields)
_STATE = Judged._fields.index("state")
STATES = {state.value: state for state in FeedbackState}
STANDING = J.c.state.in_(sorted(state.value for state in STANDING_STATES))
TEACHING = J.c.state.in_(sorted(state.value for state in TEACHING_STATES))
ORDER = (J.c.seq, J.c.feedback_id)
# Conditions of partial indexes, with literals: a planner cannot see that a parameter meets an index's condition.
NO_TEXT: sa.ColumnElement[str] = sa.literal_column("''")
CHOOSES = J.c.choice != NO_TEXT
CHOOSES_NOTHING = J.c.choice == NO_TEXT
IS_NEAR = J.c.near > sa.literal_column("0")
IS_FIRST_VOTE = J.c.nth > sa.literal_column("0")
CONFIRMS: Any = sa.text("judged.confirms")


class JudgedReads:
    """Reads of one agent's judged rows."""

    _engine: sa.Engine
    _slug: str

    def _mine(self) -> sa.ColumnElement[bool]:
        return J.c.agent == self._slug

    def _judged(self, *where: sa.ColumnElement[bool], limit: int | None = None, newest: bool = False) -> list[Judged]:
        order = tuple(column.desc() for column in ORDER) if newest else ORDER
        query = sa.select(*COLUMNS).where(self._mine(), *where).order_by(*order).limit(limit)
        rows = [_as_judged(row) for row in self._all(query)]
        return rows[::-1] if newest else rows

    def _all(self, query: sa.Select[Any]) -> list[Any]:
        with reading(self._engine) as connection:
            return list(connection.execute(query).all())

    def _scalar(self, query: sa.Select[Any]) -> Any:
        with reading(self._engine) as connection:
            return connection.execute(query).scalar()


def _as_judged(row: Any) -> Judged:
    *fields, told = row  # findings come last
    fields[_STATE] = STATES[fields[_STATE]]
    found = tuple(Finding(name, reason, tuple(ids)) for name, reason, ids in json.loads(told)) if told else ()
    return Judged._make([*fields, found])
