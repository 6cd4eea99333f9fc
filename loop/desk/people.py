"""Who may do what: people are invited, given a role at every agent, signed out and shut out; each is in the journal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from loop import roles
from loop.desk.signing_in import Token, digest_of
from loop.errors import InvalidInput, NotFound
from loop.ports import Clock
from loop.ports.people import People
from loop.records import Actor, Grant, JournalAction, Note, Person, Role, SignInLink, digest
from loop.records.access import RESERVED, is_persons
from loop.records.vouching import OPERATOR

SET_UP_LINK = timedelta(days=3)
"""How long an invited person has to set their password."""
GIVEN = tuple(role for role in Role if role is not Role.ENGINE)
"""Roles a person can have."""


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """Who is asked in."""

    name: str
    role: Role
    agents: Sequence[str]
    """Where the role is given: every agent there is."""
    email: str = ""
    has_link: bool = True
    """Whether they set a password by a one-time link; not where a provider signs people in."""


@dataclass(frozen=True)
class Invited:
    """A new person. `link` is the only time it is seen."""

    person: Person
    link: str
    """Token of their set-up link; empty: none."""


def invite(people: People, order: Invitation, *, actor: Actor, clock: Clock, token: Token) -> Invited:
    """Let somebody in who then sets a password, or whom a provider knows.

    Raises NotAllowed, InvalidInput; Conflict when the name is taken.
    """
    roles.check(actor, "people")
    name, email, now = _checked_name(order.name), order.email.strip().lower(), clock()
    if not order.agents:
        raise InvalidInput("There is no agent yet, so no role can be given.", field="role", remedy="Make one first.")
    if "@" in name and not email:
        email = name.lower()
    person = Person(name=name, email=email, created_at=now)
    grants = _grants(name, order.role, agents=order.agents, actor=actor, clock=clock)
    link, made = _link(name, clock=clock, token=token) if order.has_link else (None, "")
    note = _note(actor, JournalAction.INVITE_AS, name, clock, detail=order.role.value)
    people.admit(person, grants, note=note, link=link)
    return Invited(person, made)


def set_role(
    people: People, name: str, role: Role | None, *, agents: Sequence[str], actor: Actor, clock: Clock
) -> None:
    """Give a person another role at every agent, or none. Raises NotAllowed, NotFound; Conflict for the last admin."""
    roles.check(actor, "people")
    person = _known(people, name)
    grants = () if role is None else _grants(name, role, agents=agents, actor=actor, clock=clock)
    note = role_note(name, role, actor=actor.name, at=clock()).model_copy(update={"digests": _by(actor)})
    people.change(person, was=person, grants=grants, note=note)


def disable(people: People, name: str, *, actor: Actor, clock: Clock) -> None:
    """Shut a person out at once: no role, no open sign-in, no new one. Raises NotAllowed, NotFound, Conflict."""
    roles.check(actor, "people")
    person = _known(people, name)
    shut = person.model_copy(update={"disabled_at": clock(), "password": ""})
    people.change(shut, was=person, grants=(), ends=True, note=_note(actor, JournalAction.SHUT_OUT, name, clock))


def enable(people: People, name: str, role: Role, *, agents: Sequence[str], actor: Actor, clock: Clock) -> None:
    """Let a person in again, with a role; a password has to be set anew. Raises NotAllowed, NotFound, Conflict."""
    roles.check(actor, "people")
    person = _known(people, name)
    grants = _grants(name, role, agents=agents, actor=actor, clock=clock)
    back = person.model_copy(update={"disabled_at": None})
    people.change(
        back, was=person, grants=grants, note=_note(actor, JournalAction.LET_IN_AS, name, clock, detail=role.value)
    )


def end_sign_ins(people: People, name: str, *, actor: Actor, clock: Clock) -> None:
    """Sign a person out of every browser; one may do so for oneself. Raises NotAllowed, NotFound, Conflict."""
    if actor.name != name:
        roles.check(actor, "people")
    person = _known(people, name)
    people.change(person, was=person, ends=True, note=_note(actor, JournalAction.SIGN_OUT_EVERYWHERE, name, clock))


def new_link(people: People, name: str, *, actor: Actor, clock: Clock, token: Token) -> str:
    """The token of another set-up link, for whoever lost theirs or the password; older ones work no more.

    Raises NotAllowed, NotFound.
    """
    roles.check(actor, "people")
    person = _known(people, name)
    if person.disabled_at is not None:
        raise InvalidInput(f"{name} is shut out.", field="name", remedy="Let them in first.")
    link, made = _link(name, clock=clock, token=token)
    people.change(person, was=person, note=_note(actor, JournalAction.MAKE_SET_UP_LINK, name, clock), link=link)
    return made


def _known(people: People, name: str) -> Person:
    person = people.person(name)
    if person is None:
        raise NotFound("There is nobody of this name.", remedy="See everybody: ratchet people list")
    return person


def _checked_name(name: str) -> str:
    name = name.strip()
    is_plain = all(one.isprintable() and one not in "<>\"'`\\" for one in name)
    if not name or len(name) > 100 or not is_plain or not is_persons(name.casefold()) or name.casefold() in RESERVED:
        raise InvalidInput(
            "This cannot be anybody's name here.", field="name", remedy="Such as: ana, or ana@example.org"
        )
    return name


def _grants(name: str, role: Role, *, agents: Sequence[str], actor: Actor, clock: Clock) -> tuple[Grant, ...]:
    if role is Role.ENGINE:
        raise InvalidInput("No person is the engine.", field="role")
    return tuple(Grant(agent=one, name=name, role=role, given_by=actor.name, at=clock()) for one in agents)


def _link(name: str, *, clock: Clock, token: Token) -> tuple[SignInLink, str]:
    made = token()
    return SignInLink(digest=digest_of(made), kind="set_up", person=name, expires_at=clock() + SET_UP_LINK), made


def role_note(name: str, role: Role | None, *, actor: str, at: datetime) -> Note:
    """What the journal says when somebody gets another role; None: none any more."""
    if role is None:
        return Note(actor=actor, action=JournalAction.TAKE_ROLE, subject=name, at=at)
    return Note(actor=actor, action=JournalAction.MAKE_ROLE, detail=role.value, subject=name, at=at)


def _note(actor: Actor, action: JournalAction, name: str, clock: Clock, *, detail: str = "") -> Note:
    return Note(actor=actor.name, action=action, detail=detail, subject=name, at=clock(), digests=_by(actor))


def _by(actor: Actor) -> dict[str, str]:
    """Whoever runs Ratchet says so: a person of the same name is somebody else to the journal."""
    return {OPERATOR: digest(actor.name)} if actor.is_single_operator else {}
