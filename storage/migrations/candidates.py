"""Give proposals that were open before candidates were stored their candidate version, or say why they cannot go on."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from loop.change import operations
from loop.errors import OperationRefused
from loop.records import Bundle, Operation, is_body_of

_OPEN = ("drafted", "waiting", "set_aside", "approved")
_LOST = "Its content could not be made again when Ratchet was upgraded, so it cannot go live as it was tested."

_OPERATIONS = TypeAdapter(tuple[Operation, ...])

_bundle = sa.table("bundle", sa.column("agent"), sa.column("digest"), sa.column("body", sa.JSON))
_version = sa.table(
    "version",
    *(sa.column(name) for name in ("agent", "number", "digest", "parent", "proposal_id", "restores", "summary")),
    sa.column("created_at", sa.DateTime(timezone=True)),
)
_proposal = sa.table(
    "proposal",
    *(sa.column(name) for name in ("agent", "id", "base_number", "base_digest", "candidate_digest", "title", "state")),
    sa.column("operations", sa.JSON),
    sa.column("created_at", sa.DateTime(timezone=True)),
    sa.column("stale_reason"),
)


def carry_over(connection: sa.Connection) -> None:
    """Store the candidate of every open proposal; one whose content cannot be made again becomes stale, in words."""
    newest = sa.select(_version.c.agent, sa.func.max(_version.c.number)).group_by(_version.c.agent)
    numbers = {agent: int(number) for agent, number in connection.execute(newest)}
    found = connection.execute(
        sa.select(_proposal).where(_proposal.c.state.in_(_OPEN)).order_by(_proposal.c.created_at, _proposal.c.id)
    )
    for row in found.mappings().all():
        body = _candidate(connection, row)
        if body is None:
            connection.execute(
                sa.update(_proposal)
                .where(_proposal.c.agent == row["agent"], _proposal.c.id == row["id"])
                .values(state="stale", stale_reason=_LOST)
            )
            continue
        numbers[row["agent"]] += 1
        _keep(connection, row, body=body, number=numbers[row["agent"]])


def _candidate(connection: sa.Connection, row: sa.RowMapping) -> dict[str, Any] | None:
    """The body of what the proposal would put live; None when it is no longer what its digest says."""
    base = connection.execute(
        sa.select(_bundle.c.body).where(_bundle.c.agent == row["agent"], _bundle.c.digest == row["base_digest"])
    ).scalar()
    try:
        steps = _OPERATIONS.validate_python(row["operations"])
        candidate = operations.apply_all(Bundle.model_validate(base), steps)
    except (OperationRefused, ValueError):
        return None
    body = candidate.model_dump(mode="json")
    return body if is_body_of(row["candidate_digest"], body) else None


def _keep(connection: sa.Connection, row: sa.RowMapping, *, body: dict[str, Any], number: int) -> None:
    key = {"agent": row["agent"], "digest": row["candidate_digest"]}
    stored = sa.select(_bundle.c.digest).where(_bundle.c.agent == key["agent"], _bundle.c.digest == key["digest"])
    if connection.execute(stored).first() is None:
        connection.execute(sa.insert(_bundle), key | {"body": body})
    created_at: datetime = row["created_at"]
    connection.execute(
        sa.insert(_version),
        key
        | {
            "number": number,
            "parent": row["base_number"],
            "proposal_id": row["id"],
            "summary": row["title"],
            "created_at": created_at,
        },
    )
