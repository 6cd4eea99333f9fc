"""The quorum (four eyes), asked within the transaction: who approves may, wrote none of it, and is not alone.

What a page read a moment ago decides nothing here: people, roles, authors and stakes are read again, as the journal
vouches for them. A single operator and the loop's own policy are no people, and the record says so.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from loop.change.authorship import authors_of
from loop.errors import NotAllowed
from loop.records import Decision, Role, StakesLevel
from loop.roles import ALLOWED, Action
from storage import chain
from storage.lineage import read_told
from storage.standing import read_approvers, read_roles
from storage.tables import DecisionRow
from storage.vouching import read_vouching


def check_quorum(connection: sa.Connection, agent: str, decision: Decision, *, proposal: Mapping[Any, Any]) -> None:
    """Raises NotAllowed, and Damaged where who may approve cannot be told."""
    void = why_void(connection, agent, decision, proposal=proposal)
    if void:
        raise NotAllowed(void, remedy="Load it again and decide on what it is now.")


def why_void(connection: sa.Connection, agent: str, decision: Decision, *, proposal: Mapping[Any, Any]) -> str:
    """Why an approval does not count, or no longer; empty when it does. Raises Damaged."""
    if not needs_people(connection, agent, decision):
        return ""
    is_high = proposal["stakes"]["level"] == StakesLevel.HIGH.value
    action: Action = "decide_high" if is_high else "decide"
    name, roles = decision.actor.name, read_roles(connection, agent)
    if name not in roles or action not in ALLOWED[roles[name]]:
        return f"{name} may not approve it any more."
    told = read_told(connection, agent, proposal["evidence"])
    authors = authors_of(proposal["authors"], evidence=proposal["evidence"], told=told)
    if name in authors:
        return f"{name} wrote this change, or gave most of what it rests on, and may not approve it."
    vouching = read_vouching(connection, at=decision.at)
    if same := vouching.why_same(name, (*authors, *_first(connection, agent, decision))):
        return same
    is_alone = decision.verb == "approve" and decision.completes is None
    if is_high and is_alone and vouching.takes_two(read_approvers(connection, agent), authors=authors):
        return "It has high stakes, and two people have to approve it now."
    return ""


def _first(connection: sa.Connection, agent: str, decision: Decision) -> list[str]:
    """Who gave the approval that this one completes."""
    table = DecisionRow.core()
    query = sa.select(table.c.actor).where(table.c.agent == agent, table.c.id == decision.completes)
    return [row.actor["name"] for row in connection.execute(query)]


def needs_people(connection: sa.Connection, agent: str, decision: Decision) -> bool:
    """Whether an approval is one of the people of this desk: not where nobody was ever let in."""
    actor = decision.actor
    if decision.verb not in ("approve", "endorse") or actor.is_single_operator or actor.role is Role.ENGINE:
        return False
    return bool(read_roles(connection, agent)) or not chain.is_whole(connection, agent, "role_grant")
