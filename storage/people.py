"""People, their grants and their sign-ins as rows: what lets nobody in who was put there with SQL alone.

A grant is a row that decides: sealed, and in its agent's journal. The others belong to no agent; each is signed with
the journal's key, and a row whose signature is not of it counts as not there.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from loop.errors import Conflict, NotAllowed
from loop.ports.people import Standing, TryCount
from loop.records import Grant, Member, Note, Person, Role, SignIn, SignInLink
from loop.records.vouching import Vouching
from storage import audit, tries
from storage.among import among
from storage.connecting import reading, writing
from storage.freshness import PERSON
from storage.locks import lock_agent, lock_agents
from storage.record import TouchedRows
from storage.rows import columns_of, from_row, to_row
from storage.standing import (
    is_ours,
    person_digest,
    read_approvers,
    read_person,
    read_roles,
    read_sign_in,
    read_standing,
    signed_row,
)
from storage.tables import AgentRow, GrantRow, PersonRow, SignInLinkRow, SignInRow
from storage.vouching import read_vouching

_KEPT = timedelta(days=30)
"""How long sign-ins and links that are over stay."""

_People, _SignIns, _Links = PersonRow.core(), SignInRow.core(), SignInLinkRow.core()
_Grants = GrantRow.core()


class PeopleRows:
    """What `loop.ports.people.People` asks for."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def members(self, agent: str, *, now: datetime) -> list[Member]:
        """Everybody, by name, with their role at one agent."""
        live = sa.case((sa.and_(_SignIns.c.revoked_at.is_(None), _SignIns.c.expires_at > now), 1), else_=0)
        counted = (
            sa.select(_SignIns.c.person, sa.func.sum(live).label("open"), sa.func.max(_SignIns.c.seen_at).label("seen"))
            .group_by(_SignIns.c.person)
            .subquery()
        )
        query = (
            sa.select(_People, counted.c.open, counted.c.seen)
            .outerjoin(counted, counted.c.person == _People.c.name)
            .order_by(_People.c.name)
        )
        with reading(self._engine) as connection:
            roles = read_roles(connection, agent)
            return [
                Member(
                    person=(person := from_row(Person, row)),
                    role=roles.get(person.name),
                    open_sign_ins=int(row["open"] or 0),
                    last_seen_at=row["seen"],
                    waits_for_set_up=not person.password and not person.subject,
                )
                for row in connection.execute(query).mappings()
                if is_ours(connection, row, names=tuple(_People.c.keys()))
            ]

    def approvers(self, agent: str) -> frozenset[str]:
        """Names of those who may sign in and approve high stakes. Raises Damaged where that cannot be told."""
        with reading(self._engine) as connection:
            return read_approvers(connection, agent)

    def vouching(self, *, at: datetime) -> Vouching:
        """Who counts as whom, of those who were let in or lost their role a short while ago."""
        with reading(self._engine) as connection:
            return read_vouching(connection, at=at)

    def person(self, name: str) -> Person | None:
        """None: nobody of this name, or somebody the journal's key does not vouch for."""
        with reading(self._engine) as connection:
            return read_person(connection, _People.c.name == name)

    def person_of(self, *, issuer: str, subject: str) -> Person | None:
        """Whom a provider means by this id."""
        with reading(self._engine) as connection:
            return read_person(connection, _People.c.issuer == issuer, _People.c.subject == subject)

    def invited(self, email: str) -> Person | None:
        """Whom an admin invited under this address, and no provider has named yet."""
        with reading(self._engine) as connection:
            return read_person(connection, _People.c.email == email, _People.c.subject == "")

    def admit(self, person: Person, grants: Sequence[Grant], *, note: Note, link: SignInLink | None = None) -> None:
        """Keep a new person with their grants, in one transaction. Raises Conflict when the name is taken."""
        with writing(self._engine) as connection:
            lock_agents(connection)
            alike = sa.select(_People.c.name).where(sa.func.lower(_People.c.name) == person.name.lower())
            if connection.execute(alike).first() is not None:
                raise Conflict("Somebody has this name already.", remedy="Choose another name.")
            connection.execute(sa.insert(_People), signed_row(connection, person))
            if link is not None:
                connection.execute(sa.insert(_Links), signed_row(connection, link))
            _write_grants(connection, person.name, grants, note=_telling(note, person))

    def roles_of(self, name: str) -> dict[str, Role]:
        """By agent."""
        with reading(self._engine) as connection:
            return {one.agent: one.role for one in read_grants(connection, name=name)}

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
        """Compare-and-swap on a person and their grants, in one transaction; see the port."""
        with writing(self._engine) as connection:
            lock_agents(connection)
            _lock(connection, was.name)
            if read_person(connection, _People.c.name == was.name) != was or person.name != was.name:
                raise Conflict("Somebody else changed this person a moment ago.", remedy="Look again, then change it.")
            # First: whether somebody is the last admin is asked while they still may sign in.
            _write_grants(connection, was.name, grants, note=_telling(note, person), keeps_admin=keeps_admin)
            connection.execute(
                sa.update(_People).where(_People.c.name == was.name).values(**signed_row(connection, person))
            )
            if ends:
                _end(connection, person=was.name, at=note.at)
            if ends or link is not None:
                _drop_links(connection, was.name)
            if link is not None:
                connection.execute(sa.insert(_Links), signed_row(connection, link))

    def keep_password(self, link: str, *, password: str, at: datetime, note: Note) -> Person:
        """Use a set-up link, once: the password is set and every open sign-in of the person ends."""
        with writing(self._engine) as connection:
            lock_agents(connection)
            used = _use(connection, link, at=at)
            person = None if used is None else read_person(connection, _People.c.name == used.person)
            if used is None or used.kind != "set_up" or person is None or person.disabled_at is not None:
                raise NotAllowed("This link does not work any more.", remedy="Ask an admin for another one.")
            _lock(connection, person.name)
            made = person.model_copy(update={"password": password})
            connection.execute(
                sa.update(_People).where(_People.c.name == made.name).values(**signed_row(connection, made))
            )
            _end(connection, person=made.name, at=at)
            _drop_links(connection, made.name)
            told = note.model_copy(update={"actor": made.name, "subject": made.name})
            _write_grants(connection, made.name, None, note=_telling(told, made))
            return made

    def keep_link(self, link: SignInLink) -> None:
        """Keep a one-time link; those that are over go."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(_Links).where(_Links.c.expires_at < link.expires_at - _KEPT))
            connection.execute(sa.insert(_Links), signed_row(connection, link))

    def link(self, digest: str, *, at: datetime) -> SignInLink | None:
        """A link that still works."""
        with reading(self._engine) as connection:
            return _link(connection, digest, at=at)

    def use_link(self, digest: str, *, at: datetime) -> SignInLink | None:
        """The same, and it is used; of two at once one gets it."""
        with writing(self._engine) as connection:
            return _use(connection, digest, at=at)

    def open(self, sign_in: SignIn) -> None:
        """Keep a sign-in; those that ended long ago go."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(_SignIns).where(_SignIns.c.expires_at < sign_in.created_at - _KEPT))
            connection.execute(sa.insert(_SignIns), signed_row(connection, sign_in))

    def sign_in(self, digest: str) -> SignIn | None:
        """As it is kept, whether or not it is over."""
        with reading(self._engine) as connection:
            return read_sign_in(connection, digest)

    def standing(self, digest: str, *, agent: str) -> Standing | None:
        """A sign-in with its person and their role, as the journal vouches for it."""
        with reading(self._engine) as connection:
            return read_standing(connection, digest, agent=agent)

    def note_seen(self, digest: str, *, at: datetime) -> None:
        """They did something."""
        with writing(self._engine) as connection:
            connection.execute(sa.update(_SignIns).where(_SignIns.c.digest == digest).values(seen_at=at))

    def close(self, digest: str, *, at: datetime) -> None:
        """Sign one browser out."""
        with writing(self._engine) as connection:
            _end(connection, digest=digest, at=at)

    def note_try(self, counts: Sequence[TryCount], *, at: datetime) -> timedelta:
        """Count a password that is about to be tried; how long to wait first, and then it is not counted."""
        with reading(self._engine) as connection:  # who has to wait takes no lock that others wait for
            wait = tries.read_wait(connection, counts, at=at)
        if wait:
            return wait
        with writing(self._engine) as connection:
            return tries.add_try(connection, counts, at=at)

    def forget_tries(self, counts: Sequence[TryCount]) -> None:
        """The password was right."""
        with writing(self._engine) as connection:
            tries.take_back(connection, counts)


def _telling(note: Note, person: Person) -> Note:
    """With what their row is from now on."""
    return note.model_copy(update={"digests": {**note.digests, PERSON: person_digest(person)}})


def read_grants(connection: sa.Connection, *, agent: str = "", name: str = "") -> list[Grant]:
    """By agent and name; all, or those of an agent, or of a person."""
    query = sa.select(*columns_of(Grant)).order_by(_Grants.c.agent, _Grants.c.name)
    if agent:
        query = query.where(_Grants.c.agent == agent)
    if name:
        query = query.where(_Grants.c.name == name)
    return [from_row(Grant, row) for row in connection.execute(query).mappings()]


def carry_grants(connection: sa.Connection, agent: str, *, touched: TouchedRows) -> None:
    """At a new agent everybody may what they may at the first of the others."""
    slugs = connection.execute(sa.select(AgentRow.core().c.slug).order_by("slug")).scalars()
    first = next((slug for slug in slugs if slug != agent), None)
    if first is not None:
        lock_agent(connection, first)  # whose role changes now has the new one here, or changes here too
    known = [] if first is None else read_grants(connection, agent=first)
    vouched = {} if first is None else read_roles(connection, first)
    made = [one for one in known if one.name in vouched]
    for one in made:
        connection.execute(sa.insert(_Grants), to_row(one.model_copy(update={"agent": agent})))
    touched.add("role_grant", [one.name for one in made])


def _write_grants(
    connection: sa.Connection, name: str, grants: Sequence[Grant] | None, *, note: Note, keeps_admin: bool = False
) -> None:
    """In place of all a person has, each under its agent's journal; the note goes into every agent's."""
    given = {one.agent: one for one in grants or ()}
    for agent in connection.execute(sa.select(AgentRow.core().c.slug).order_by("slug")).scalars().all():
        lock_agent(connection, agent)
        touched = TouchedRows(connection, agent)
        if grants is not None:
            touched.check("role_grant", [name])
            mine = sa.and_(_Grants.c.agent == agent, _Grants.c.name == name)
            one = given.get(agent)
            is_admin = one is not None and one.role is Role.ADMIN
            if keeps_admin and not is_admin and _is_last_admin(connection, agent, name):
                raise Conflict(f"{name} is the last admin.", remedy="Make somebody else an admin first.")
            connection.execute(sa.delete(_Grants).where(mine))
            if one is not None:
                connection.execute(sa.insert(_Grants), to_row(one))
        audit.append(connection, agent, [note], touched=touched)


def _is_last_admin(connection: sa.Connection, agent: str, name: str) -> bool:
    """Whether without them nobody is left who can come in: who was invited and never seen cannot, yet."""
    named = [one for one, role in read_roles(connection, agent).items() if role is Role.ADMIN]
    query = sa.select(_People).where(among(_People.c.name, named), _People.c.disabled_at.is_(None))
    admins = [row for row in connection.execute(query).mappings() if is_ours(connection, row)]
    able = {row["name"] for row in admins if row["password"] or row["subject"]}
    return {name} in (able, {row["name"] for row in admins})


def _lock(connection: sa.Connection, name: str) -> None:
    connection.execute(sa.select(_People.c.name).where(_People.c.name == name).with_for_update())


def _link(connection: sa.Connection, digest: str, *, at: datetime) -> SignInLink | None:
    query = sa.select(_Links).where(_Links.c.digest == digest, _Links.c.used_at.is_(None), _Links.c.expires_at > at)
    row = connection.execute(query).mappings().first()
    return from_row(SignInLink, row) if row and is_ours(connection, row) else None


def _use(connection: sa.Connection, digest: str, *, at: datetime) -> SignInLink | None:
    found = _link(connection, digest, at=at)
    if found is None:
        return None
    which = sa.and_(_Links.c.digest == digest, _Links.c.used_at.is_(None))
    made = signed_row(connection, found.model_copy(update={"used_at": at}))
    return found if connection.execute(sa.update(_Links).where(which).values(**made)).rowcount == 1 else None


def _drop_links(connection: sa.Connection, person: str) -> None:
    """Of those that set a person's password only the newest works, and none once it is set."""
    connection.execute(sa.delete(_Links).where(_Links.c.person == person, _Links.c.used_at.is_(None)))


def _end(connection: sa.Connection, *, at: datetime, person: str = "", digest: str = "") -> None:
    """Every open sign-in of a person, or the one with a digest."""
    which = _SignIns.c.person == person if person else _SignIns.c.digest == digest
    query = sa.select(_SignIns).where(which, _SignIns.c.revoked_at.is_(None))
    for row in connection.execute(query).mappings().all():
        ended = from_row(SignIn, row).model_copy(update={"revoked_at": at})
        made = signed_row(connection, ended) if is_ours(connection, row) else {"revoked_at": at}
        connection.execute(sa.update(_SignIns).where(_SignIns.c.digest == row["digest"]).values(**made))
