"""Set up an agent, with what it starts with as version 0."""

from datetime import datetime

from loop import roles
from loop.ports import Agents
from loop.records import Actor, Agent, Bundle


def create_agent(agents: Agents, agent: Agent, *, bundle: Bundle, actor: Actor, now: datetime) -> None:
    """Keep a new agent, live with the bundle. Raises NotAllowed; InvalidInput when the slug is taken."""
    roles.check(actor, "set_up")
    agents.create_agent(agent, bundle, now=now, actor=actor.name)
