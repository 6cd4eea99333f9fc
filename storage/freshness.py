"""Freshness: what the journal last said of a person, so that an old row put back with its old signature is none.

A signature tells that we wrote a row, not that it is the newest. The journal, which cannot be put back without its end
moving, says what a person's row was last and when all their sign-ins ended.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from loop.records import JournalAction, Role
from loop.records.journal import OPEN_ENDED
from loop.records.vouching import ACTIONS
from storage.among import among
from storage.tables import AuditRow

PERSON = "person"
"""Stands in the digests of an entry with what the row of the person is from then on."""
_ENDS = frozenset({JournalAction.SET_PASSWORD, JournalAction.SHUT_OUT, JournalAction.SIGN_OUT_EVERYWHERE})
"""What ends every open sign-in of a person."""

SPELLINGS: tuple[str, ...] = tuple(
    f"{action} {role}" if role else action.value
    for action in (*ACTIONS, JournalAction.SIGN_OUT_EVERYWHERE)
    for role in ([one.value for one in Role] if action in OPEN_ENDED else [""])
)
"""Actions about people, as the journal spells them."""


class Last(NamedTuple):
    """What the journal of one agent last said of a person."""

    row: str = ""
    """Digest of their row; empty: it does not tell."""
    ended_at: datetime | None = None
    """When all their sign-ins ended; None: never."""

    def is_newest(self, row: str) -> bool:
        """Whether a row, by its digest, is the last that was written."""
        return self.row in ("", row)

    def has_ended(self, opened_at: datetime) -> bool:
        """Whether a sign-in was over since, whatever its row says."""
        return self.ended_at is not None and opened_at < self.ended_at


def read_last(connection: sa.Connection, agent: str, names: Collection[str]) -> Mapping[str, Last]:
    """By name, of those the journal tells anything of."""
    entries = AuditRow.core().c
    query = (
        sa.select(entries.subject, entries.action, entries.at, entries.digests)
        .where(entries.agent == agent, among(entries.subject, names), among(entries.action, SPELLINGS))
        .order_by(entries.seq)
    )
    found: dict[str, Last] = {}
    for one in connection.execute(query):
        last = found.get(one.subject, Last())
        ended_at = one.at if one.action in _ENDS else last.ended_at
        found[one.subject] = Last(one.digests.get(PERSON, last.row), ended_at)
    return found
