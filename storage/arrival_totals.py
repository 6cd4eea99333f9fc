"""The arrival log's running totals: a multiset hash over everything that arrived and where each item stands.

Kept in the row that arrivals queue on, so that an answer never waits for the journal; the journal's next entry that
holds the arrival log takes the totals over. Signed with the journal's key.
"""

from collections.abc import Collection, Mapping
from datetime import UTC
from typing import Any

import sqlalchemy as sa

from loop.records import digest
from storage.among import among
from storage.connecting import keys_of
from storage.locks import ArrivalLog
from storage.record import element, shift_total
from storage.tables import ArrivalLogRow, FeedbackRow, InteractionRow

_FEEDBACK = ("id", "content_digest", "state", "seq", "supersedes", "received_at")
_INTERACTION = ("id", "content_digest", "seq")
_LOG = ArrivalLogRow.core()
_WRITE = (
    sa.update(_LOG)
    .where(_LOG.c.agent == sa.bindparam("whose"))
    .values({name: sa.bindparam(f"to_{name}") for name in ("seq", "totals", "signature")})
)


class ArrivalTotals:
    """What a transaction does to the totals. The caller has locked the arrivals."""

    def __init__(self, connection: sa.Connection, agent: str, log: ArrivalLog) -> None:
        self._connection = connection
        self.agent = agent
        self.seq = log.seq
        self.totals = dict(log.totals)
        self._was = (log.seq, dict(log.totals))

    @property
    def has_changed(self) -> bool:
        """Whether anything arrived or moved."""
        return (self.seq, self.totals) != self._was

    def put(self, kind: str, rows: Collection[Mapping[Any, Any]], *, sign: int = 1, **now: Any) -> None:
        """Rows that are there from now on, with some fields as they are `now`; with sign −1, no longer."""
        make = feedback_element if kind == "feedback" else interaction_element
        elements = [make({**row, **now}) for row in rows]
        self.totals[kind] = shift_total(self.totals.get(kind, ""), elements=elements, sign=sign)

    def take(self, kind: str, rows: Collection[Mapping[Any, Any]]) -> None:
        """Rows that are no longer there, or no longer so."""
        self.put(kind, rows, sign=-1)

    def stored(self, ids: Collection[str], *, state: str | None = None) -> list[sa.RowMapping]:
        """Feedback as it is, before it moves; only what stands in a state when one is named."""
        table = FeedbackRow.core()
        query = sa.select(*(table.c[name] for name in _FEEDBACK)).where(
            table.c.agent == self.agent, among(table.c.id, ids)
        )
        if state is not None:
            query = query.where(table.c.state == state)
        return list(self._connection.execute(query).mappings())

    def keep(self) -> None:
        """Write position and totals, signed."""
        if self.has_changed:
            write_log(self._connection, self.agent, seq=self.seq, totals=self.totals)

    def noted(self) -> dict[str, str]:
        """What the journal's entry says of it."""
        return {"arrivals": digest(self.totals), "arrivals at": str(self.seq)}


def feedback_element(row: Mapping[Any, Any]) -> int:
    """One item with where it stands."""
    told = row["received_at"].astimezone(UTC).isoformat(timespec="microseconds")
    parts = (row["id"], row["content_digest"], row["state"], row["seq"], row["supersedes"] or "", told)
    return element("feedback", *parts)


def interaction_element(row: Mapping[Any, Any]) -> int:
    """One interaction."""
    return element("interaction", row["id"], row["content_digest"], row["seq"])


def count_totals(connection: sa.Connection, agent: str) -> dict[str, str]:
    """Of all rows, as they are now."""
    found: dict[str, str] = {}
    for kind, table, names in (
        ("feedback", FeedbackRow.core(), _FEEDBACK),
        ("interaction", InteractionRow.core(), _INTERACTION),
    ):
        query = sa.select(*(table.c[name] for name in names)).where(table.c.agent == agent)
        make = feedback_element if kind == "feedback" else interaction_element
        found[kind] = shift_total("", elements=(make(row) for row in connection.execute(query).mappings()))
    return found


def write_log(connection: sa.Connection, agent: str, *, seq: int, totals: Mapping[str, str]) -> None:
    """Position and totals, signed."""
    signature = keys_of(connection).sign(log_digest(agent, seq=seq, totals=totals))
    fresh = {"to_seq": seq, "to_totals": dict(totals), "to_signature": signature}
    connection.execute(_WRITE, {"whose": agent} | fresh)


def log_digest(agent: str, *, seq: int, totals: Mapping[str, str]) -> str:
    """What is signed."""
    return digest([agent, seq, totals])
