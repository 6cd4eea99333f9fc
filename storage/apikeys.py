"""API keys as rows: made and revoked under the journal, and believed only when the journal vouches for them."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from loop.errors import Conflict, NotFound
from loop.records import ApiKey, Note
from storage import audit, chain
from storage.locks import lock_agent
from storage.record import TouchedRows
from storage.rows import columns_of, from_row, to_row
from storage.statements import upsert
from storage.tables import ApiKeyRow, KeyUseRow

LIVE_MAX = 2
"""Keys one client may have alive at one agent: the one in use, and the one that replaces it."""


def create(connection: sa.Connection, keys: Sequence[ApiKey], *, note: Note) -> None:
    """Keep a key at each of its agents. Raises NotFound; Conflict when a client has two that live already."""
    for one in keys:
        lock_agent(connection, one.agent)
        living = [old for old in read_keys(connection, agent=one.agent) if old.client == one.client]
        if sum(old.is_live(note.at) for old in living) >= LIVE_MAX:
            raise Conflict(
                f"{one.client} has {LIVE_MAX} live keys at {one.agent} already.",
                remedy="Revoke one first: ratchet keys revoke ID",
            )
        connection.execute(sa.insert(ApiKeyRow.core()), to_row(one))
        touched = TouchedRows(connection, one.agent)
        touched.add("api_key", [one.id])
        audit.append(connection, one.agent, [note], touched=touched)


def revoke(connection: sa.Connection, key_id: str, *, note: Note) -> list[ApiKey]:
    """At every agent; those that were still alive. Raises NotFound; Damaged when a row was changed from outside."""
    table = ApiKeyRow.core()
    known = read_keys(connection, key_id=key_id)
    if not known:
        raise NotFound("There is no such key.", remedy="See them all: ratchet keys list")
    open_ = [one for one in known if one.revoked_at is None]
    for one in open_:
        lock_agent(connection, one.agent)
        touched = TouchedRows(connection, one.agent)
        touched.check("api_key", [key_id])
        connection.execute(
            sa.update(table).where(table.c.agent == one.agent, table.c.id == key_id).values(revoked_at=note.at)
        )
        audit.append(connection, one.agent, [note], touched=touched)
    return open_


def read_keys(connection: sa.Connection, *, agent: str = "", key_id: str = "") -> list[ApiKey]:
    """By agent and creation; all, or those of an agent, or those with an id."""
    table = ApiKeyRow.core()
    query = sa.select(*columns_of(ApiKey)).order_by(table.c.agent, table.c.created_at, table.c.id)
    if agent:
        query = query.where(table.c.agent == agent)
    if key_id:
        query = query.where(table.c.id == key_id)
    return [from_row(ApiKey, row) for row in connection.execute(query).mappings()]


def read_vouched(connection: sa.Connection, key_id: str) -> list[ApiKey]:
    """Those with an id that are as the journal says: a row put in from outside opens nothing."""
    return [
        one
        for one in read_keys(connection, key_id=key_id)
        if chain.is_vouched(connection, one.agent, "api_key", key_id)
    ]


def note_use(connection: sa.Connection, keys: Sequence[ApiKey], *, at: datetime) -> None:
    """When they were last used."""
    rows = [{"agent": one.agent, "id": one.id, "last_used_at": at} for one in keys]
    upsert(connection, KeyUseRow.core(), rows)


def last_used(connection: sa.Connection) -> dict[tuple[str, str], datetime]:
    """By agent and id; those that were ever used."""
    table = KeyUseRow.core()
    return {(row.agent, row.id): row.last_used_at for row in connection.execute(sa.select(table))}
