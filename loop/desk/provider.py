"""Signing in by a provider's word (OpenID Connect): who it is by issuer and subject, and what they may by their groups.

The provider's own cookie or token is not kept: its word is looked at once, and a sign-in of ours takes its place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from loop import roles
from loop.desk.people import role_note
from loop.desk.signing_in import Opened, Opening, opened
from loop.errors import Conflict, InvalidInput, NotAllowed
from loop.ports.people import People
from loop.records import Grant, JournalAction, Note, Person, Role
from loop.records.access import PROVIDER


@dataclass(frozen=True, kw_only=True)
class ClaimRules:
    """What is made of the provider's word."""

    claim: str
    """Names what a person belongs to."""
    roles: Mapping[str, Role]
    """By what they belong to; empty: roles are given on the People page."""
    agents: Sequence[str]
    """Where a role is given."""
    follows_token: bool = True
    """Whether the sign-in ends when the word does."""


def read_roles(text: str) -> dict[str, Role]:
    """`GROUP=ROLE` by comma. Raises InvalidInput."""
    found = {}
    for one in filter(None, (part.strip() for part in text.split(","))):
        group, _, role = one.rpartition("=")
        if not group.strip() or role.strip() not in set(Role) - {Role.ENGINE}:
            raise InvalidInput(
                "This does not say which group gives which role.",
                field="RATCHET_OIDC_ROLES",
                remedy="Such as: desk-admins=admin,support=corrector",
            )
        found[group.strip()] = Role(role.strip())
    return found


def sign_in_by_provider(people: People, claims: Mapping[str, object], *, rules: ClaimRules, how: Opening) -> Opened:
    """Sign a browser in whose person a provider names. `claims`: of an ID token whose signature was checked.

    A person is (`iss`, `sub`): an address may be given to somebody else one day. Raises NotAllowed.
    """
    now = how.clock()
    issuer, subject, ends_at = _text(claims, "iss"), _text(claims, "sub"), _moment(claims, "exp")
    if not issuer or not subject:
        raise NotAllowed("The provider did not say who you are.")
    if ends_at is None or ends_at <= now:
        raise NotAllowed("The provider's word is too old.", remedy="Sign in again.")
    role = _role(claims, rules)
    person = people.person_of(issuer=issuer, subject=subject) or _bound(people, claims, issuer, subject, now=now)
    if person is None:
        person = _admitted(people, claims, issuer, subject, role=role, rules=rules, now=now)
    if person.disabled_at is not None:
        raise NotAllowed("You may not sign in here any more.", remedy="Ask an admin.")
    if rules.roles:
        _follow(people, person, role, rules=rules, now=now)
    if not people.roles_of(person.name):
        raise NotAllowed("You have no role here.", remedy="Ask an admin for one.")
    return opened(people, person.name, how=how, until=ends_at - now if rules.follows_token else None)


def _bound(people: People, claims: Mapping[str, object], issuer: str, subject: str, *, now: datetime) -> Person | None:
    """Whom an admin invited under the address that the provider checked: from now on they are this subject."""
    email = _text(claims, "email").lower()
    person = people.invited(email) if email and claims.get("email_verified") is True else None
    if person is None:
        return None
    known = person.model_copy(update={"issuer": issuer, "subject": subject, "password": ""})
    people.change(
        known, was=person, note=Note(actor=PROVIDER, action=JournalAction.NAME_PERSON, subject=person.name, at=now)
    )
    return known


def _admitted(
    people: People, claims: Mapping[str, object], issuer: str, subject: str, *, role: Role | None, rules: ClaimRules,
    now: datetime,
) -> Person:  # fmt: skip
    """Somebody new whose groups give them a role."""
    if role is None:
        raise NotAllowed("Nobody has let you in here yet.", remedy="Ask an admin for an invitation.")
    email = _text(claims, "email").lower() if claims.get("email_verified") is True else ""
    name = email or f"{subject}@{issuer.partition('://')[2].partition('/')[0]}"
    person = Person(name=name[:200], email=email, issuer=issuer, subject=subject, created_at=now)
    grants = tuple(Grant(agent=agent, name=person.name, role=role, given_by=PROVIDER, at=now) for agent in rules.agents)
    try:
        note = Note(actor=PROVIDER, action=JournalAction.ADMIT_AS, detail=role.value, subject=name, at=now)
        people.admit(person, grants, note=note)
    except Conflict:
        raise NotAllowed("Somebody else is known by your address here.", remedy="Ask an admin.") from None
    return person


def _follow(people: People, person: Person, role: Role | None, *, rules: ClaimRules, now: datetime) -> None:
    """What their groups give them now, at every agent; a role that they lost is gone in every browser at once."""
    wanted = {} if role is None else dict.fromkeys(rules.agents, role)
    if people.roles_of(person.name) == wanted:
        return
    name = person.name
    grants = tuple(Grant(agent=one, name=name, role=had, given_by=PROVIDER, at=now) for one, had in wanted.items())
    note = role_note(person.name, role, actor=PROVIDER, at=now)
    people.change(person, was=person, grants=grants, note=note, keeps_admin=False)


def _role(claims: Mapping[str, object], rules: ClaimRules) -> Role | None:
    """The one that allows most of those their groups give."""
    told = claims.get(rules.claim)
    groups = told if isinstance(told, list) else [told]
    given = [rules.roles[one] for one in groups if isinstance(one, str) and one in rules.roles]
    return max(given, key=lambda one: len(roles.ALLOWED[one]), default=None)


def _text(claims: Mapping[str, object], name: str) -> str:
    told = claims.get(name)
    return told if isinstance(told, str) and len(told) <= 255 and told.isprintable() else ""


def _moment(claims: Mapping[str, object], name: str) -> datetime | None:
    told = claims.get(name)
    if isinstance(told, bool) or not isinstance(told, int | float):
        return None
    try:
        return datetime.fromtimestamp(told, UTC)
    except (OverflowError, OSError, ValueError):
        return None
