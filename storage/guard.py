"""The check that a person's write still rests on: their sign-in is open, and their role is what they acted with.

It runs in the very transaction that writes, with the agent locked, so that whoever was signed out or lost a role
writes nothing any more, however long their page has been open.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from loop.errors import NotAllowed, SignedOut
from loop.records import Actor
from storage.connecting import with_write_check
from storage.locks import lock_agent, lock_agents
from storage.standing import read_standing


@dataclass(frozen=True)
class Guard:
    """Whose writes are checked, and against what."""

    digest: str
    """Of the sign-in."""
    agent: Callable[[], str]
    """Where their role was read."""
    acting: Callable[[], Actor | None]
    """With which name and role they act; None: nobody has asked, so nothing may be written."""
    now: Callable[[], datetime]


def guarded(engine: sa.Engine, guard: Guard, *, agent: str = "") -> sa.Engine:
    """The engine of a signed-in person: every write transaction begins with `check_guard`.

    `agent`: the only one that is written to; empty: any, so that all are locked, in the order everybody locks them.
    """

    def check(connection: sa.Connection) -> None:
        if not agent:
            lock_agents(connection)
        check_guard(connection, guard, agent=agent or guard.agent())

    return with_write_check(engine, check)


def check_guard(connection: sa.Connection, guard: Guard, *, agent: str) -> None:
    """Lock the agent and look again. Raises SignedOut, NotAllowed, NotFound."""
    lock_agent(connection, agent)
    found, actor = read_standing(connection, guard.digest, agent=agent), guard.acting()
    if found is None or found.person is None or not found.sign_in.is_open(guard.now()):
        raise SignedOut("You are signed out, so nothing was written.", remedy="Sign in again.")
    if actor is None or found.role is not actor.role or found.person.name != actor.name or found.person.disabled_at:
        raise NotAllowed(
            f"{found.person.name} may no longer do this: their role was changed. Nothing was written.",
            remedy="Look again, or ask an admin.",
        )
