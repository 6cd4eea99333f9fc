"""Undo log of imports: an interaction that an import put other content under is kept as it was, and given back.

One row per import and interaction holds whatever of the two contents does not stand. Taking an import back swaps them,
and giving it back swaps them again; where a later import put a third content over both, its row is changed instead.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from loop.errors import Damaged
from loop.records import Interaction
from storage.among import among
from storage.answers import SIGNATURE, is_kept_by_us, signed_body
from storage.arrival_totals import ArrivalTotals
from storage.bodies import from_body
from storage.connecting import keys_of
from storage.rows import Row, from_row, storable, to_event_row
from storage.statements import chunks, enqueue_feedback, insert_new, leave_day, update, upsert
from storage.tables import FeedbackRow, InteractionRow, OverwrittenRow

_KEPT, _ASKED = OverwrittenRow.core(), InteractionRow.core()


def keep_overwritten(connection: sa.Connection, agent: str, import_id: str, changed: Mapping[str, Row]) -> None:
    """Interactions as they are, before an import writes the rows in `changed`, by id. What it kept before stays."""
    query = sa.select(_ASKED).where(_ASKED.c.agent == agent, among(_ASKED.c.id, changed))
    rows = []
    for row in connection.execute(query).mappings():
        place = {"agent": agent, "import_id": import_id, "interaction_id": row["id"]}
        digests = {"kept_digest": row["content_digest"], "other_digest": changed[row["id"]]["content_digest"]}
        body = _signed(connection, place, storable(from_row(Interaction, row)))
        rows.append(place | digests | {"is_taken_back": False, "body": body})
    insert_new(connection, _KEPT, rows)
    update(connection, _KEPT, rows, columns=["other_digest"])  # a second change by the same import: another stands now


def taken_back(connection: sa.Connection, agent: str, ids: Collection[str]) -> dict[str, set[str]]:
    """Contents of these interactions that were taken back with their import, as digests: they stay away."""
    query = sa.select(_KEPT.c.interaction_id, _KEPT.c.kept_digest).where(
        _KEPT.c.agent == agent, among(_KEPT.c.interaction_id, ids), _KEPT.c.is_taken_back
    )
    found: dict[str, set[str]] = {}
    for row in connection.execute(query) if ids else ():
        found.setdefault(row.interaction_id, set()).add(row.kept_digest)
    return found


def swap(connection: sa.Connection, arrived: ArrivalTotals, import_id: str, *, is_taken_back: bool) -> int:
    """Give back what an import overwrote, or what it had written; how many interactions changed. Idempotent.

    The caller has locked the arrivals, and keeps them. Raises Damaged when what was kept was changed from outside.
    """
    agent = arrived.agent
    query = sa.select(_KEPT).where(
        _KEPT.c.agent == agent, _KEPT.c.import_id == import_id, _KEPT.c.is_taken_back != is_taken_back
    )
    n = 0
    for rows in chunks(connection.execute(query.order_by(_KEPT.c.interaction_id)).mappings().all()):
        n += _swap(connection, arrived, [dict(row) for row in rows], is_taken_back=is_taken_back)
    return n


def _swap(connection: sa.Connection, arrived: ArrivalTotals, rows: list[Row], *, is_taken_back: bool) -> int:
    agent, ids = arrived.agent, [row["interaction_id"] for row in rows]
    now = _by_id(connection, sa.select(_ASKED).where(_ASKED.c.agent == agent, among(_ASKED.c.id, ids)))
    changed: list[str] = []
    for row in rows:
        stands = now.get(row["interaction_id"])
        given = _body(connection, row)
        if stands is not None and stands["content_digest"] == row["other_digest"]:
            body = storable(from_row(Interaction, stands))
            _write(connection, arrived, stands, given)
            changed.append(row["interaction_id"])
        elif (above := _above(connection, row)) is not None:
            body = _body(connection, above)
            told = {"kept_digest": row["kept_digest"], "body": _signed(connection, above, given)}
            upsert(connection, _KEPT, [above | told])
        else:  # another door has written it since
            upsert(connection, _KEPT, [row | {"is_taken_back": is_taken_back}])
            continue
        digests = {"kept_digest": row["other_digest"], "other_digest": row["kept_digest"]}
        more = {"is_taken_back": is_taken_back, "body": _signed(connection, row, body)}
        upsert(connection, _KEPT, [row | digests | more])
    if changed:
        enqueue_feedback(connection, agent, among(FeedbackRow.core().c.interaction_id, changed))
    return len(changed)


def _write(connection: sa.Connection, arrived: ArrivalTotals, stands: Mapping[str, Any], body: Row) -> None:
    arrived.seq += 1
    row = to_event_row(from_body(Interaction, body), seq=arrived.seq)
    leave_day(connection, arrived.agent, stands["at"], now=row["at"])
    arrived.take("interaction", [stands])
    arrived.put("interaction", [row])
    mine = (_ASKED.c.agent == arrived.agent, _ASKED.c.id == stands["id"])
    connection.execute(sa.update(_ASKED).where(*mine).values(row))


def _above(connection: sa.Connection, row: Row) -> Row | None:
    """The row of a later import that put its content over this one's."""
    query = sa.select(_KEPT).where(
        _KEPT.c.agent == row["agent"],
        _KEPT.c.interaction_id == row["interaction_id"],
        _KEPT.c.import_id != row["import_id"],
        _KEPT.c.kept_digest == row["other_digest"],
        sa.not_(_KEPT.c.is_taken_back),
    )
    found = connection.execute(query.limit(1)).mappings().first()
    return None if found is None else dict(found)


def forget_overwritten(connection: sa.Connection, agent: str, which: Iterable[tuple[str, str]]) -> int:
    """By import and interaction; how many."""
    n = 0
    for import_id, interaction_id in which:
        mine = (_KEPT.c.import_id == import_id, _KEPT.c.interaction_id == interaction_id)
        n += connection.execute(sa.delete(_KEPT).where(_KEPT.c.agent == agent, *mine)).rowcount
    return n


def _by_id(connection: sa.Connection, query: sa.Select[Any]) -> dict[str, Row]:
    return {row["id"]: dict(row) for row in connection.execute(query).mappings()}


def _signed(connection: sa.Connection, place: Mapping[str, Any], body: Mapping[str, Any]) -> Row:
    whose = {"agent": place["agent"], "digest": place["import_id"], "case_id": place["interaction_id"]}
    return signed_body(body, **whose, keys=keys_of(connection))


def _body(connection: sa.Connection, row: Mapping[str, Any]) -> Row:
    """The interaction of a row. Raises Damaged."""
    whose = {"agent": row["agent"], "digest": row["import_id"], "case_id": row["interaction_id"]}
    if not is_kept_by_us(row["body"], **whose, keys=keys_of(connection)):
        raise Damaged("What an import overwrote was changed from outside.", remedy="Restore a backup, or report this.")
    return {name: value for name, value in row["body"].items() if name != SIGNATURE}
