"""People kept in a database, their roles, the browsers they are signed in with, and one-time links."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from loop.records import Grant, Member, Note, Person, Role, SignIn, SignInLink
from loop.records.vouching import Vouching


class Standing(NamedTuple):
    """What one open sign-in is worth at one agent."""

    sign_in: SignIn
    person: Person | None
    """None: the operator of a desk without sign-in, or somebody who is no longer known."""
    role: Role | None
    """None: nothing; of the operator too."""


class TryCount(NamedTuple):
    """One number that wrong passwords are counted in."""

    key: str
    """What they have in common: a name, an address, a browser."""
    pause: Callable[[int], timedelta]
    """How long to wait, by how many there were."""
    rest: timedelta
    """After so long without one they are forgotten."""
    is_shared: bool = False
    """Whether others are counted in it too, so that one right password forgets none of theirs."""


class People(Protocol):
    """Who may sign in at a database, and with what."""

    def members(self, agent: str, *, now: datetime) -> list[Member]:
        """Everybody, by name, with their role at one agent."""
        ...

    def vouching(self, *, at: datetime) -> Vouching:
        """Who counts as whom, of those who were let in or lost their role a short while ago."""
        ...

    def person(self, name: str) -> Person | None:
        """None: nobody of this name, or somebody the journal's key does not vouch for."""
        ...

    def person_of(self, *, issuer: str, subject: str) -> Person | None:
        """Whom a provider means by this id."""
        ...

    def invited(self, email: str) -> Person | None:
        """Whom an admin invited under this address, and no provider has named yet."""
        ...

    def admit(self, person: Person, grants: Sequence[Grant], *, note: Note, link: SignInLink | None = None) -> None:
        """Keep a new person with their grants, and the link they begin with, in one transaction.

        Raises Conflict when the name is taken.
        """
        ...

    def roles_of(self, name: str) -> dict[str, Role]:
        """By agent."""
        ...

    def change(
        self,
        person: Person,
        *,
        was: Person,
        note: Note,
        grants: Sequence[Grant] | None = None,
        ends: bool = False,
        keeps_admin: bool = True,
        link: SignInLink | None = None,
    ) -> None:
        """Compare-and-swap on a person, with what changes about their grants, in one transaction.

        `grants`: in place of all they have; None: as they are. `ends`: whether their open sign-ins end. `keeps_admin`:
        whether an agent's last admin stays one, whatever is wanted. `link`: with which they set a password from now on,
        and with no other; where sign-ins end, those that were not used work no more.
        Raises Conflict when the person is no longer `was`, or is the last admin.
        """
        ...

    def keep_password(self, link: str, *, password: str, at: datetime, note: Note) -> Person:
        """Use a set-up link, once: the password is set and every open sign-in of the person ends.

        Raises NotAllowed when the link is unknown, used, or too old.
        """
        ...

    def keep_link(self, link: SignInLink) -> None:
        """Keep a one-time link; those that are over go."""
        ...

    def link(self, digest: str, *, at: datetime) -> SignInLink | None:
        """A link that still works."""
        ...

    def use_link(self, digest: str, *, at: datetime) -> SignInLink | None:
        """The same, and it is used; None: it does not work. Of two at once one gets it."""
        ...

    def open(self, sign_in: SignIn) -> None:
        """Keep a sign-in; those that ended long ago go."""
        ...

    def sign_in(self, digest: str) -> SignIn | None:
        """As it is kept, whether or not it is over."""
        ...

    def standing(self, digest: str, *, agent: str) -> Standing | None:
        """A sign-in with its person and their role, as the journal vouches for it; None: there is no such sign-in."""
        ...

    def note_seen(self, digest: str, *, at: datetime) -> None:
        """They did something."""
        ...

    def close(self, digest: str, *, at: datetime) -> None:
        """Sign one browser out."""
        ...

    def note_try(self, counts: Sequence[TryCount], *, at: datetime) -> timedelta:
        """Count a password that is about to be tried; how long to wait first, and then it is not counted.

        Under each of `counts`; the longest wait of them. Of many at once it is as many as in a row.
        """
        ...

    def forget_tries(self, counts: Sequence[TryCount]) -> None:
        """The password was right."""
        ...
