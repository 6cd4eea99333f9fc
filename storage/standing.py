"""What a sign-in is worth: read where a page asks, and again within the transaction that writes.

The rows of people, sign-ins and links belong to no agent, so no journal seals them: each is signed with the journal's
key, and one whose signature is not of it counts as not there. A signature has no freshness: what the journal last said
of a person has, so that an old row of theirs, put back with its old signature, is worth nothing either.
"""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from loop.errors import Damaged
from loop.ports.people import Standing
from loop.records import Person, Record, Role, SignIn, digest
from loop.roles import ALLOWED
from storage import chain
from storage.among import among
from storage.connecting import keys_of
from storage.freshness import Last, read_last
from storage.rows import from_row, to_row
from storage.tables import GrantRow, PersonRow, SignInRow

_UNSIGNED = ("seen_at", "signature")
"""Columns no signature covers: `seen_at` is moved by every page, and can make nothing last beyond its end."""

_People, _SignIns, _Grants = PersonRow.core(), SignInRow.core(), GrantRow.core()


def read_standing(connection: sa.Connection, digest: str, *, agent: str) -> Standing | None:
    """See `PeopleRows.standing`; within a transaction that writes, what it rests on."""
    sign_in = read_sign_in(connection, digest)
    if sign_in is None or sign_in.is_operator:
        return None if sign_in is None else Standing(sign_in, None, None)
    last = read_last(connection, agent, [sign_in.person]).get(sign_in.person, Last())
    if last.has_ended(sign_in.created_at):
        return None
    person = read_person(connection, _People.c.name == sign_in.person)
    if person is not None and not last.is_newest(person_digest(person)):
        person = None
    role = read_roles(connection, agent).get(sign_in.person) if person is not None else None
    return Standing(sign_in, person, role)


def read_roles(connection: sa.Connection, agent: str) -> dict[str, Role]:
    """By name, as the journal vouches for them: of each by itself where it does not for all of them together."""
    is_whole = chain.is_whole(connection, agent, "role_grant")
    return {
        name: role
        for name, role in _stored_roles(connection, agent).items()
        if is_whole or chain.is_vouched(connection, agent, "role_grant", name)
    }


def read_approvers(connection: sa.Connection, agent: str) -> frozenset[str]:
    """Names of those who may sign in and approve high stakes; empty where nobody was ever let in.

    Raises Damaged where a row of theirs is not as it was written: then nobody can tell how many have to approve.
    """
    if not chain.is_whole(connection, agent, "role_grant"):
        raise _untold(agent)
    named = [name for name, role in _stored_roles(connection, agent).items() if "decide_high" in ALLOWED[role]]
    rows = connection.execute(sa.select(_People).where(among(_People.c.name, named))).mappings().all()
    people = [from_row(Person, row) for row in rows if is_ours(connection, row)]
    last = read_last(connection, agent, named)
    if len(people) != len(named) or not all(last.get(one.name, Last()).is_newest(person_digest(one)) for one in people):
        raise _untold(agent)
    return frozenset(one.name for one in people if one.disabled_at is None and (one.password or one.subject))


def _stored_roles(connection: sa.Connection, agent: str) -> dict[str, Role]:
    query = sa.select(_Grants.c.name, _Grants.c.role).where(_Grants.c.agent == agent)
    return {row.name: Role(row.role) for row in connection.execute(query)}


def _untold(agent: str) -> Damaged:
    return Damaged(
        "Who may approve cannot be told: people or roles are not what the journal says was written.",
        remedy=f"Nothing was decided. See what was changed: ratchet audit --agent {agent}",
    )


def read_sign_in(connection: sa.Connection, digest: str) -> SignIn | None:
    """None: there is none, or the journal's key does not vouch for it."""
    row = connection.execute(sa.select(_SignIns).where(_SignIns.c.digest == digest)).mappings().first()
    return from_row(SignIn, row) if row and is_ours(connection, row) else None


def read_person(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> Person | None:
    found = connection.execute(sa.select(_People).where(*where).limit(2)).mappings().all()
    ours = [row for row in found if is_ours(connection, row)]
    return from_row(Person, ours[0]) if len(found) == len(ours) == 1 else None


def signed_row(connection: sa.Connection, record: Record) -> dict[str, Any]:
    """The row with its signature."""
    row = to_row(record)
    return row | {"signature": keys_of(connection).sign(_told(row, names=tuple(row)))}


def person_digest(person: Person) -> str:
    """Of a person's row, as a signature covers it."""
    row = to_row(person)
    return _told(row, names=tuple(row))


def is_ours(connection: sa.Connection, row: Mapping[Any, Any], *, names: Collection[str] = ()) -> bool:
    """Whether a row was written with the journal's key; where there is none, every row is taken for ours."""
    keys = keys_of(connection)
    mine = tuple(names or row)
    return keys.check(_told(row, names=mine), row["signature"]) == ("good" if keys.name else "none")


def _told(row: Mapping[Any, Any], *, names: Collection[str]) -> str:
    return digest({name: row[name] for name in names if name not in _UNSIGNED})
