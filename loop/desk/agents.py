"""Make an agent, with what it starts with as version 0, and remove one with everything it was taught."""

from collections.abc import Callable, Sequence
from datetime import datetime

from loop import roles
from loop.desk.wording import checked_words
from loop.errors import InvalidInput
from loop.ports import Agents, Parts
from loop.records import Actor, Agent, AuditEntry, Bundle, JournalAction, Note


def create_agent(
    agents: Agents, agent: Agent, *, bundle: Bundle, actor: Actor, now: datetime, chance: str = ""
) -> None:
    """Keep a new agent, live with the bundle. Raises NotAllowed; InvalidInput when the slug is taken.

    `chance`: for a demo that must come out the same again; what its draws are made from, which is then no secret.
    """
    roles.check(actor, "set_up")
    agents.create_agent(agent, bundle, now=now, actor=actor.name, chance=chance)


def delete_agent(
    agents: Agents,
    parts: Parts,
    *,
    actor: Actor,
    reason: str,
    keep: Callable[[Sequence[AuditEntry]], None],
) -> None:
    """Remove an agent with everything it was told and taught; what remains is its journal, which `keep` is given.

    The journal's last entry says who removed it and why. All or nothing.
    Raises NotAllowed, InvalidInput without a reason.
    """
    roles.check(actor, "set_up")
    if not reason.strip():
        raise InvalidInput("Removing an agent needs a reason.", field="reason", remedy="Say why in a sentence.")
    told = checked_words(reason)
    slug = parts.store.agent.slug
    note = Note(
        actor=actor.name, action=JournalAction.DELETE_AGENT, subject=slug, at=parts.clock(), digests={"reason": told}
    )
    agents.delete_agent(slug, note=note, keep=keep)
