"""Somebody who signed in, before a page that is run without a browser."""

import pytest

from dashboard import session
from loop import desk, wiring
from loop.records import Role
from storage.database import Database
from tests.shell.people_world import OPERATOR, SECRET, Plain


def come_in(database: Database, monkeypatch: pytest.MonkeyPatch, name: str, role: Role) -> str:
    """The page's browser is this person's from now on; the token of their sign-in."""
    slug = database.agents()[0].slug
    order = desk.Invitation(name=name, role=role, agents=(slug,))
    made = desk.invite(database.people, order, actor=OPERATOR, clock=wiring.utc_now, token=wiring.new_token)
    how = desk.Opening(wiring.utc_now, wiring.new_token)
    token = desk.set_password(database.people, made.link, SECRET, passwords=Plain(), how=how).token
    monkeypatch.setattr(session, "cookie", lambda: token)
    return token
