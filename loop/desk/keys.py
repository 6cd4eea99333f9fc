"""API keys: made, listed and revoked by a person who may set up; the secret is shown once and never kept."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from loop import roles
from loop.errors import InvalidInput
from loop.ports import Clock
from loop.ports.api_keys import ApiKeys
from loop.records import VERBS, Actor, ApiKey, JournalAction, Note, Verb, digest

DAYS_MAX = 365
"""A key lives a year at most."""
_CLIENT_MAX = 60


@dataclass(frozen=True, slots=True)
class Chance:
    """Two draws nobody can guess."""

    key_id: str
    """12 hexadecimal characters."""
    secret: str
    """43 characters of base 64 (URL-safe): 256 bits."""


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A new key. `text` is the only time it is seen whole."""

    text: str
    keys: tuple[ApiKey, ...]
    """One at each agent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyOrder:
    """What is asked for."""

    client: str
    agents: Sequence[str]
    verbs: Sequence[Verb] = VERBS
    days: int = 90


def create_key(keys: ApiKeys, order: KeyOrder, *, actor: Actor, clock: Clock, chance: Chance) -> MadeKey:
    """Make a key for a client at some agents. Raises NotAllowed, InvalidInput, NotFound, Conflict."""
    roles.check(actor, "set_up")
    client = order.client.strip()
    if not client or len(client) > _CLIENT_MAX or not all(one.isalnum() or one in "-_." for one in client):
        raise InvalidInput(
            "A client's name is letters, digits and - _ . only.", field="client", remedy="Such as: helpdesk"
        )
    if not order.agents or not order.verbs:
        raise InvalidInput("A key is for at least one agent and one verb.", field="agents")
    if not 1 <= order.days <= DAYS_MAX:
        raise InvalidInput(f"A key lives 1 to {DAYS_MAX} days.", field="days")
    now = clock()
    made = tuple(
        ApiKey(
            agent=agent,
            id=chance.key_id,
            client=client,
            verbs=tuple(verb for verb in VERBS if verb in order.verbs),
            secret_digest=hashlib.sha256(chance.secret.encode()).hexdigest(),
            created_at=now,
            expires_at=now + timedelta(days=order.days),
        )
        for agent in dict.fromkeys(order.agents)
    )
    note = Note(
        actor=actor.name,
        action=JournalAction.CREATE_KEY,
        subject=chance.key_id,
        at=now,
        digests={"client": digest(client)},
    )
    keys.create_key(made, note=note)
    return MadeKey(f"rk_{chance.key_id}_{chance.secret}", made)


def revoke_key(keys: ApiKeys, key_id: str, *, actor: Actor, clock: Clock) -> list[ApiKey]:
    """At every agent, for good; those that were still open. Raises NotAllowed, NotFound, Damaged."""
    roles.check(actor, "set_up")
    return keys.revoke_key(
        key_id, note=Note(actor=actor.name, action=JournalAction.REVOKE_KEY, subject=key_id, at=clock())
    )
