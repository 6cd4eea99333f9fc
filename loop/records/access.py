"""People: who may sign in, what they may do at each agent, and the sign-ins that are open."""

from datetime import timedelta
from typing import Literal, TypeAlias

from pydantic import Field

from loop.records.agents import Slug
from loop.records.decisions import Role
from loop.records.identity import Moment, Record

ENGINE = "engine"
"""Who acts where nobody does, in the journal."""
PROVIDER = "provider"
"""Who gives and takes roles where groups decide."""
POLICY = "policy: "
"""What the name begins with that the loop's own approvals are under; its mode follows."""
RESERVED = frozenset({ENGINE, PROVIDER, "operator", "dashboard", "terminal", "api", POLICY.partition(":")[0]})
"""Names of what is no person, or could be taken for it: nobody is let in under one."""


def is_persons(name: str) -> bool:
    """Whether a name in the journal is a person's: neither the loop's, nor its policy's, nor a provider's groups."""
    return name not in (ENGINE, PROVIDER) and not name.startswith(POLICY)


LinkKind: TypeAlias = Literal["open", "set_up"]
"""What a one-time link does: `open` the desk for the operator, or let a person `set_up` their password."""


class Person(Record):
    """Somebody who may sign in. What they may do is in their grants; without any they see nothing."""

    name: str = Field(min_length=1, max_length=200)
    """Unique in the database. Written into decisions and the journal."""
    email: str = ""
    """As an admin gave it or the provider verified it; empty: not known."""
    issuer: str = ""
    """The provider who vouches for them; with `subject` who they are. Empty: a local account, or not seen yet."""
    subject: str = ""
    """Their id at the provider; never reused there, as an address may be."""
    password: str = Field(default="", repr=False)
    """Argon2id hash with its parameters. Empty: none, so that only a provider or a set-up link lets them in."""
    created_at: Moment
    disabled_at: Moment | None = None
    """From when on they may not sign in; None: they may."""


class Grant(Record):
    """The role of one person at one agent. A person at several agents is one record at each."""

    agent: Slug
    name: str
    """The person's."""
    role: Role
    given_by: str
    at: Moment


class SignIn(Record):
    """One browser that somebody signed in with, named by the digest of its cookie."""

    digest: str
    """SHA-256 of the cookie's token."""
    person: str
    """Their name; empty: the operator of a desk without sign-in."""
    created_at: Moment
    expires_at: Moment
    """It ends then, whatever happens."""
    idle_seconds: int
    """It ends when nothing was done for so long."""
    seen_at: Moment
    """When they last did something."""
    revoked_at: Moment | None = None

    def is_open(self, now: Moment) -> bool:
        """Whether it still lets anybody in."""
        is_idle = now - self.seen_at >= timedelta(seconds=self.idle_seconds)
        return self.revoked_at is None and now < self.expires_at and not is_idle

    @property
    def is_operator(self) -> bool:
        """Whether it was opened by a link on the operator's own machine, and names nobody."""
        return not self.person


class SignInLink(Record):
    """A link that works once, named by the digest of its token."""

    digest: str
    """SHA-256 of the token."""
    kind: LinkKind
    person: str
    """Whose password it sets; empty for `open`."""
    expires_at: Moment
    used_at: Moment | None = None


class Member(Record):
    """A person with what they may do at one agent, as the People page lists them."""

    person: Person
    role: Role | None
    """None: nothing."""
    open_sign_ins: int
    """Browsers they are signed in with now."""
    last_seen_at: Moment | None = None
    waits_for_set_up: bool = False
    """They have neither a password nor a provider's word yet."""
