"""What people said, claim by claim, read by key: that part of `loop.ports.Knowledge` over SQL."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from loop.records import Saying, SayingColumn
from storage.among import among
from storage.judged import JudgedReads
from storage.tables import ClaimRow

C = ClaimRow.core()
COLUMNS = tuple(C.c[name] for name in Saying._fields)
ORDER = (C.c.seq, C.c.feedback_id, C.c.claim)
# Conditions of partial indexes, with literals: a planner cannot see that a parameter meets an index's condition.
OPEN: Any = sa.text("claim.is_open")
COUNTS: Any = sa.text("claim.counts")


class AgentClaims(JudgedReads):
    """The firewall's reads of claims; part of an agent's store."""

    def sayings(
        self, column: SayingColumn, keys: Collection[str], *, first: int | None = None, only_open: bool = False
    ) -> list[Saying]:
        """See `loop.ports.Knowledge.sayings`."""
        if not keys:
            return []
        where = [C.c.agent == self._slug, among(C.c[column], sorted(keys)), *([OPEN] if only_open else [])]
        query = sa.select(*COLUMNS).where(*where)
        if first is not None:
            query = query.order_by(*ORDER).limit(first)
        # Asked for this order without a limit, SQLite would rather walk an index of another order.
        return sorted((Saying(*row) for row in self._all(query)), key=lambda one: (one.seq, one.feedback_id, one.claim))

    def sayers(self, claims: Collection[str]) -> dict[str, tuple[str, ...]]:
        """See `loop.ports.Knowledge.sayers`."""
        if not claims:
            return {}
        query = (
            sa.select(C.c.claim, sa.func.min(C.c.person), sa.func.max(C.c.person))
            .where(C.c.agent == self._slug, among(C.c.claim, sorted(claims)), C.c.counts)
            .group_by(C.c.claim)
        )
        return {row[0]: tuple(dict.fromkeys((row[1], row[2]))) for row in self._all(query)}

    def spans(self, people: Collection[str]) -> dict[str, tuple[float, float]]:
        """See `loop.ports.Knowledge.spans`."""
        if not people:
            return {}
        query = (
            sa.select(C.c.person, sa.func.min(C.c.at), sa.func.max(C.c.at))
            .where(C.c.agent == self._slug, among(C.c.person, sorted(people)), COUNTS)
            .group_by(C.c.person)
        )
        return {row[0]: (float(row[1]), float(row[2])) for row in self._all(query)}

    def _claims(self) -> tuple[Saying, ...]:
        """All of it, for a recheck."""
        query = sa.select(*COLUMNS).where(C.c.agent == self._slug)
        return tuple(sorted((Saying(*row) for row in self._all(query)), key=lambda one: (one.feedback_id, one.claim)))
