"""Reading under a lease: who has a proposal open, who of them may decide, and how long they looked."""

from pydantic import Field

from loop.records.agents import Slug
from loop.records.identity import Moment, Record

LEASE_SECONDS = 60
"""How long a spell of reading lasts when it is not renewed."""


class Viewing(Record):
    """One person reading one proposal: a short lease, renewed while the page is open."""

    agent: Slug
    proposal_id: str
    person: str = Field(min_length=1, max_length=200)
    first_at: Moment
    """When they saw it first."""
    since: Moment
    """When this spell of reading began."""
    until: Moment
    """When it ends by itself; earlier once they left or decided."""
    verb: str = ""
    """What they decided last: `approve`, `reject`, `edit`, `endorse`; empty: nothing."""
    seconds: float | None = None
    """How long they had been reading when they did."""
    decided_at: Moment | None = None


class Viewers(Record):
    """Who reads a proposal now."""

    holder: str = ""
    """Who came first and may decide; the others may read. Empty: nobody."""
    is_mine: bool = False
    """The one who asks is the holder."""
    others: tuple[str, ...] = ()
    """Everybody else, in the order they came."""
