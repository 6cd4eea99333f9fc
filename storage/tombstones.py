"""Tombstones: what is left of bundles and entries of the journal that were erased in part, and still follows.

A bundle is named by the digest of its body and an entry by its hash; once words are taken out, neither says what its
name says. The journal vouches for what is left instead. Believed only as a whole: every tombstone as it was sealed,
and their seals as the sums beside the live version say, which the journal's last entry holds.
"""

from collections.abc import Mapping
from typing import Any, Literal

import sqlalchemy as sa

from loop.records import digest, is_body_of
from storage.record import read_digests, read_seals, total_of
from storage.tables import HeadRow, TombstoneRow

Kind = Literal["bundle", "entry"]


def read_tombstones(connection: sa.Connection, agent: str, kind: Kind) -> dict[str, str]:
    """Digests of what is left, by key; none when any of them is not what the journal says was written."""
    table, head = TombstoneRow.core(), HeadRow.core()
    query = sa.select(table.c.kind, table.c.key, table.c.digest).where(table.c.agent == agent)
    found = connection.execute(query).all()
    if not found:
        return {}
    seals = read_seals(connection, agent, "tombstone")
    totals = connection.execute(sa.select(head.c.totals).where(head.c.agent == agent)).scalar_one()
    rows = read_digests(connection, agent, "tombstone")
    if totals.get("tombstone") != total_of("tombstone", seals) or rows != {k: one.digest for k, one in seals.items()}:
        return {}
    return {row.key: row.digest for row in found if row.kind == kind}


def erased_entries(connection: sa.Connection, agent: str) -> dict[int, str]:
    """Digests of what is left of entries of the journal, by number."""
    return {int(key): told for key, told in read_tombstones(connection, agent, "entry").items()}


def is_stored_body(connection: sa.Connection, agent: str, name: str, body: Mapping[str, Any]) -> bool:
    """Whether a bundle's body is what its digest names, or what an erasure left of it."""
    return is_body_of(name, body) or read_tombstones(connection, agent, "bundle").get(name) == digest(dict(body))
