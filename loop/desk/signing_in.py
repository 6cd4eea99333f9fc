"""Signing in: a one-time link for the operator, a password, or a provider's word; each becomes a sign-in of our own.

What the browser holds is a token nobody can guess; the database holds its digest, and can end it at any time.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from loop.desk.guessing import Caller, counts_of, name_count
from loop.errors import InvalidInput, NotAllowed
from loop.ports import Clock
from loop.ports.people import People
from loop.records import Actor, JournalAction, Note, SignIn, SignInLink

Token = Callable[[], str]
"""A fresh random text nobody can guess, 256 bits."""

OPEN_LINK = timedelta(minutes=30)
"""How long the link works that the operator opens the desk with."""
OPERATOR_STAYS = timedelta(days=7)
"""How long the operator's browser stays signed in: whoever reads the database can make a link anyway."""
PASSWORD_LEAST = 12
"""Characters of a password, at least; nothing else is asked of it."""
_PASSWORD_MOST = 200


class Passwords(Protocol):
    """Slow hashes of passwords."""

    def make(self, password: str) -> str:
        """What is kept of a password, with a salt and its parameters."""
        ...

    def fits(self, password: str, kept: str) -> bool:
        """Whether this is the password. With nothing kept it takes as long, and it is not."""
        ...


@dataclass(frozen=True)
class Stay:
    """How long a sign-in lasts."""

    longest: timedelta = timedelta(hours=8)
    idle: timedelta = timedelta(minutes=30)
    """Without anything done."""


@dataclass(frozen=True)
class Opened:
    """A browser was signed in."""

    token: str
    """What its cookie holds; seen here only."""
    sign_in: SignIn


@dataclass(frozen=True)
class Opening:
    """With what a sign-in is made."""

    clock: Clock
    token: Token
    stay: Stay = Stay()


def digest_of(token: str) -> str:
    """What the database holds of a token: it has 256 bits of its own, so nothing slower would be safer."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def operator_link(people: People, *, actor: Actor, clock: Clock, token: Token) -> str:
    """The token of a link that opens the desk once, for whoever runs it. Raises NotAllowed."""
    if not actor.is_single_operator:
        raise NotAllowed("Only the operator opens the desk by a link.", remedy="Sign in instead.")
    made = token()
    people.keep_link(SignInLink(digest=digest_of(made), kind="open", person="", expires_at=clock() + OPEN_LINK))
    return made


def open_for_operator(people: People, link: str, *, clock: Clock, token: Token) -> Opened:
    """Use the link, once. Raises NotAllowed."""
    used = people.use_link(digest_of(link), at=clock())
    if used is None or used.kind != "open":
        raise NotAllowed(
            "This link does not work any more: it opens the desk once.", remedy="Make another: ratchet open"
        )
    return opened(people, "", how=Opening(clock, token, Stay(OPERATOR_STAYS, OPERATOR_STAYS)))


def sign_in(
    people: People, name: str, password: str, *, passwords: Passwords, how: Opening, caller: Caller | None = None
) -> Opened:
    """Sign a browser in by name and password. Raises NotAllowed, which does not tell whether the name is known.

    A try counts as wrong before it is looked at, so that many at once are no more than many in a row.
    """
    name = name.strip()
    counts = counts_of(people, name, caller or Caller())
    wait = people.note_try(counts, at=how.clock())
    if wait:
        raise NotAllowed(f"That was wrong too often. Try again in {-(-wait.seconds // 60) or 1} min.")
    person = people.person(name)
    may = person is not None and person.disabled_at is None
    is_right = passwords.fits(password, person.password if person is not None and may else "")
    if person is None or not may or not is_right:
        raise NotAllowed("Name or password is wrong.")
    people.forget_tries(counts)
    return opened(people, person.name, how=how)


def set_password(people: People, link: str, password: str, *, passwords: Passwords, how: Opening) -> Opened:
    """Use a set-up link, once: the person has this password now, and this browser is signed in.

    Raises InvalidInput for a password that is none, NotAllowed for a link that does not work.
    """
    now = how.clock()
    found = people.link(digest_of(link), at=now)
    if found is None or found.kind != "set_up":
        raise _spent()
    check_password(password, name=found.person)
    note = Note(actor=found.person, action=JournalAction.SET_PASSWORD, subject=found.person, at=now)
    person = people.keep_password(digest_of(link), password=passwords.make(password), at=now, note=note)
    people.forget_tries([name_count(person.name)])
    return opened(people, person.name, how=how)


def person_of_link(people: People, link: str, *, clock: Clock) -> str:
    """Whose password a link sets. Raises NotAllowed."""
    found = people.link(digest_of(link), at=clock())
    if found is None or found.kind != "set_up":
        raise _spent()
    return found.person


def check_password(password: str, *, name: str) -> None:
    """Raises InvalidInput for one that is too short, too long, or the name."""
    if not PASSWORD_LEAST <= len(password) <= _PASSWORD_MOST:
        raise InvalidInput(
            f"A password has {PASSWORD_LEAST} characters or more.", field="password", remedy="Four words will do."
        )
    if (name.casefold() in password.casefold() and len(name) * 2 > len(password)) or len(set(password)) < 5:
        raise InvalidInput("This password is too easy to guess.", field="password", remedy="Four words will do.")


def opened(people: People, person: str, *, how: Opening, until: timedelta | None = None) -> Opened:
    """Keep a new sign-in of a person who was let in; `until`: when it ends at the latest."""
    now, made = how.clock(), how.token()
    sign_in_ = SignIn(
        digest=digest_of(made),
        person=person,
        created_at=now,
        expires_at=now + (how.stay.longest if until is None else min(until, how.stay.longest)),
        idle_seconds=int(how.stay.idle.total_seconds()),
        seen_at=now,
    )
    people.open(sign_in_)
    return Opened(token=made, sign_in=sign_in_)


def _spent() -> NotAllowed:
    return NotAllowed("This link does not work any more.", remedy="Ask an admin for another one.")
