"""API keys: which program may do what at which agent, and until when."""

from typing import Literal, TypeAlias, get_args

from loop.records.agents import Slug
from loop.records.identity import Moment, Record

Verb: TypeAlias = Literal["interactions:write", "feedback:write", "versions:read", "models:call"]
"""What a key may do. None of them decides: approving takes a person."""

VERBS: tuple[Verb, ...] = get_args(Verb)


class ApiKey(Record):
    """What one key may do at one agent. A key for several agents is one record at each of them, under one id."""

    agent: Slug
    id: str
    """Public half: names the key in requests, lists and the journal."""
    client: str
    """The program that holds it; what it sends comes through the door `api:CLIENT`. Two keys may live at once, so that
    one can replace the other."""
    verbs: tuple[Verb, ...]
    secret_digest: str
    """SHA-256 of the secret half, which has 256 bits of its own: nothing slower would be safer."""
    created_at: Moment
    expires_at: Moment
    revoked_at: Moment | None = None

    def is_live(self, now: Moment) -> bool:
        """Whether it still opens the door."""
        return self.revoked_at is None and now < self.expires_at
