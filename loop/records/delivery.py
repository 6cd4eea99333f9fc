"""What goes out: the announcement that a version went live, as it stands in the outbox."""

from typing import Literal

from pydantic import Field

from loop.records.agents import Slug
from loop.records.identity import Moment, Record, derived_id


class Announcement(Record):
    """One version that went live, to be told to whoever the operator named; kept until all of them know."""

    agent: Slug
    id: str
    """The idempotency key: made from agent, number and digest, the same at every try."""
    number: int = Field(ge=0)
    """Of the version that went live."""
    digest: str
    """Of its content."""
    kind: Literal["deploy", "rollback"]
    from_number: int | None
    """The version that was live before."""
    at: Moment
    """When it went live."""
    told: tuple[str, ...] = ()
    """Names of the destinations that have it."""
    done_at: Moment | None = None
    """When nobody was left to tell; None: not yet."""

    @staticmethod
    def id_of(agent: str, number: int, digest: str) -> str:
        """The same version going live has the same id, whoever says it."""
        return derived_id("live", agent, number, digest)
