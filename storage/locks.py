"""The two rows of an agent that writers queue on: the head for acts and commits, the arrival log for what arrives.

Whoever takes both takes the head first; whoever takes several heads takes them by slug, before any row of a person.
Arrivals take the log only, so they never wait for a release.
"""

from typing import NamedTuple

import sqlalchemy as sa

from loop.errors import NotFound
from storage.tables import ArrivalLogRow, HeadRow

_C = ArrivalLogRow.core().c
_LOG = sa.select(_C.seq, _C.totals).where(_C.agent == sa.bindparam("whose")).with_for_update()


class ArrivalLog(NamedTuple):
    """Where the arrivals of an agent stand."""

    seq: int
    """The last position given."""
    totals: dict[str, str]
    """Of what arrived; see `storage.arrival_totals`."""


def lock_agent(connection: sa.Connection, agent: str) -> int:
    """SELECT … FOR UPDATE on the agent's head row: its other writers wait until this transaction ends.

    Returns the number of the live version. Raises NotFound when the agent is gone.
    """
    head = HeadRow.core()
    number = connection.execute(sa.select(head.c.number).where(head.c.agent == agent).with_for_update()).scalar()
    if number is None:
        raise _gone(agent)
    return int(number)


def lock_agents(connection: sa.Connection) -> None:
    """The same of every agent there is, by slug: two who do so wait for each other, never both at once."""
    head = HeadRow.core()
    connection.execute(sa.select(head.c.agent).order_by(head.c.agent).with_for_update()).all()


def lock_arrivals(connection: sa.Connection, agent: str) -> ArrivalLog:
    """SELECT … FOR UPDATE on the agent's arrival log, so that positions are given in the order of commits.

    A reader who sees one position therefore sees all before it. Raises NotFound when the agent is gone.
    """
    row = connection.execute(_LOG, {"whose": agent}).first()
    if row is None:
        raise _gone(agent)
    return ArrivalLog(seq=int(row.seq), totals=dict(row.totals))


def bump_change_counter(connection: sa.Connection, agent: str) -> None:
    """Note that the loop may have something to do. The caller has locked the agent."""
    head = HeadRow.core()
    connection.execute(sa.update(head).where(head.c.agent == agent).values(change_counter=head.c.change_counter + 1))


def _gone(agent: str) -> NotFound:
    return NotFound(f"There is no agent {agent} any more.")
