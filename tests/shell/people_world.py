"""People for tests of who may do what: invited, signed in, and later."""

from dataclasses import replace
from datetime import timedelta
from itertools import count

import sqlalchemy as sa

from loop import desk
from loop.records import Actor, Note, Role
from storage.database import Database
from storage.keys import JournalKeys
from tests import builders
from tests.builders import NOON
from tests.fakes import FakeClock

OPERATOR = Actor(name="olga", role=Role.ADMIN, is_single_operator=True)
ADMIN = Actor(name="ana", role=Role.ADMIN)
SECRET = "correct horse battery staple"
KEYS = JournalKeys(keys=(b"k" * 32,), began=NOON)
AGENTS = ("desk", "other")


class Plain:
    """Passwords that are not hashed: what is tested with them is not the hash."""

    def make(self, password: str) -> str:
        return f"plain {password}"

    def fits(self, password: str, kept: str) -> bool:
        return kept == f"plain {password}"


def opening() -> desk.Opening:
    """A clock that stands still, and tokens one after the other."""
    tokens = count(1)
    return desk.Opening(FakeClock(NOON), lambda: f"token-{next(tokens)}")


def signed_database(database: Database) -> Database:
    """Its rows are signed from now on; with two agents."""
    database.engine.update_execution_options(journal_keys=KEYS)
    for slug in AGENTS:
        database.create_agent(builders.agent(slug), builders.bundle(), now=NOON, actor="olga")
    return database


def invited(database: Database, how: desk.Opening, name: str = "ana", role: Role = Role.ADMIN) -> str:
    """Token of the set-up link."""
    order = desk.Invitation(name=name, role=role, agents=AGENTS)
    return desk.invite(database.people, order, actor=OPERATOR, clock=how.clock, token=how.token).link


def member(database: Database, how: desk.Opening, name: str = "ana", role: Role = Role.ADMIN) -> desk.Opened:
    """Somebody who set a password and is signed in."""
    link = invited(database, how, name, role)
    return desk.set_password(database.people, link, SECRET, passwords=Plain(), how=how)


def role_of(database: Database, opened: desk.Opened, agent: str = "desk") -> Role | None:
    """What a sign-in is worth at an agent."""
    found = database.people.standing(desk.digest_of(opened.token), agent=agent)
    return None if found is None or found.person is None else found.role


def enter(database: Database, how: desk.Opening, name: str = "ana", password: str = SECRET) -> desk.Opened:
    """By name and password."""
    return desk.sign_in(database.people, name, password, passwords=Plain(), how=how)


def later(how: desk.Opening, **by: float) -> desk.Opening:
    """The same, after a while."""
    return replace(how, clock=FakeClock(how.clock() + timedelta(**by)))


def note(action: str) -> Note:
    """Olga did something."""
    return Note(actor="olga", action=action, subject="", at=NOON)


def sql(database: Database, text: str, **values: object) -> None:
    """What somebody does who can write to the database, and nothing else."""
    with database.engine.begin() as connection:
        assert connection.execute(sa.text(text), values).rowcount, text
