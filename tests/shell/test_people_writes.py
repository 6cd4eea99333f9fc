"""A write rests on its sign-in and role as they are when it is written; rows put in by hand let nobody in."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from dashboard.door.passwords import Argon2
from loop import desk
from loop.errors import Damaged, NotAllowed, SignedOut
from loop.records import Actor, ApiKey, Note, Person, Role
from storage.database import Database
from storage.guard import Guard
from tests import builders
from tests.builders import NOON
from tests.shell import deciding, people_world
from tests.shell.people_world import ADMIN, OPERATOR, SECRET, Plain, enter, invited, later, member, role_of, sql


@pytest.fixture
def signed(database: Database) -> Database:
    return people_world.signed_database(database)


# in the function that writes ------------------------------------------------------------------------
def acting(database: Database, opened: desk.Opened, name: str, role: Role, now: datetime) -> Database:
    """The database as the page of a signed-in person holds it."""
    actor = Actor(name=name, role=role)
    return database.guarded(
        Guard(desk.digest_of(opened.token), agent=lambda: "desk", acting=lambda: actor, now=lambda: now)
    )


def reject(database: Database) -> None:
    store = database.store("desk")
    store.decide(deciding.decision(store.proposal("p1"), verb="reject", reason="no"))


def test_a_page_that_was_open_writes_nothing_once_the_role_is_gone(signed: Database, how: desk.Opening) -> None:
    member(signed, how)
    ben = member(signed, how, "ben", Role.REVIEWER)
    deciding.waiting(signed.store("desk"), "p1")
    page = acting(signed, ben, "ben", Role.REVIEWER, how.clock())
    desk.set_role(signed.people, "ben", Role.VIEWER, agents=("desk", "other"), actor=ADMIN, clock=how.clock)
    before = len(signed.store("desk").journal())
    with pytest.raises(NotAllowed, match="may no longer"):
        reject(page)
    with pytest.raises(NotAllowed, match="may no longer"):
        page.store("desk").rebuild()
    with pytest.raises(NotAllowed, match="may no longer"):
        page.store("other").rebuild()
    with pytest.raises(NotAllowed, match="may no longer"):
        page.create_key([_key()], note=_note())
    with pytest.raises(NotAllowed, match="may no longer"):
        page.people.admit(Person(name="eve", created_at=NOON), (), note=_note())
    assert signed.store("desk").decisions("p1") == []
    assert len(signed.store("desk").journal()) == before
    reject(acting(signed, member(signed, how, "cem", Role.REVIEWER), "cem", Role.REVIEWER, how.clock()))


@pytest.mark.parametrize("end", ["signed out", "everywhere", "too old", "idle", "shut out", "never was"])
def test_a_page_that_was_open_writes_nothing_once_the_sign_in_is_over(
    signed: Database, how: desk.Opening, end: str
) -> None:
    member(signed, how)
    ben, now = member(signed, how, "ben", Role.REVIEWER), how.clock()
    deciding.waiting(signed.store("desk"), "p1")
    match end:
        case "signed out":
            signed.people.close(desk.digest_of(ben.token), at=now)
        case "everywhere":
            desk.end_sign_ins(signed.people, "ben", actor=ADMIN, clock=how.clock)
        case "too old":
            now += timedelta(hours=8)
            signed.people.note_seen(desk.digest_of(ben.token), at=now)
        case "idle":
            now += timedelta(minutes=30)
        case "shut out":
            desk.disable(signed.people, "ben", actor=ADMIN, clock=how.clock)
        case _:
            ben = replace(ben, token="made up")
    with pytest.raises(SignedOut):
        reject(acting(signed, ben, "ben", Role.REVIEWER, now))
    assert signed.store("desk").decisions("p1") == []


def test_a_page_acts_as_nobody_but_who_is_signed_in(signed: Database, how: desk.Opening) -> None:
    member(signed, how)
    ben = member(signed, how, "ben", Role.REVIEWER)
    deciding.waiting(signed.store("desk"), "p1")
    for name, role in (("ana", Role.REVIEWER), ("ben", Role.ADMIN)):
        with pytest.raises(NotAllowed, match="may no longer"):
            reject(acting(signed, ben, name, role, how.clock()))


# with SQL alone -------------------------------------------------------------------------------------
def test_what_was_written_with_sql_alone_lets_nobody_in(signed: Database, how: desk.Opening) -> None:
    member(signed, how)
    ben = member(signed, how, "ben", Role.VIEWER)
    told = desk.digest_of(ben.token)
    assert role_of(signed, ben) is Role.VIEWER

    sql(signed, "UPDATE role_grant SET role = 'admin' WHERE name = 'ben'")
    assert role_of(signed, ben) is None, "a role nobody gave"
    sql(signed, "UPDATE role_grant SET role = 'viewer' WHERE name = 'ben'")
    assert role_of(signed, ben) is Role.VIEWER

    sql(signed, "UPDATE sign_in SET person = 'ana' WHERE digest = :told", told=told)
    assert signed.people.sign_in(told) is None, "somebody else's sign-in"
    sql(signed, "UPDATE sign_in SET person = '' WHERE digest = :told", told=told)
    assert signed.people.sign_in(told) is None, "the operator's"
    sql(signed, "UPDATE sign_in SET person = 'ben' WHERE digest = :told", told=told)
    assert signed.people.sign_in(told) is not None

    sql(signed, "UPDATE person SET password = 'plain mallory mallory' WHERE name = 'ana'")
    with pytest.raises(NotAllowed):
        enter(signed, how, "ana", "mallory mallory")

    desk.end_sign_ins(signed.people, "ben", actor=OPERATOR, clock=how.clock)
    sql(signed, "UPDATE sign_in SET revoked_at = NULL WHERE digest = :told", told=told)
    assert signed.people.sign_in(told) is None, "an ended one opened again"


def row_of(database: Database, table: str, name: str, value: str) -> dict[str, object]:
    with database.engine.connect() as connection:
        query = sa.text(f"SELECT * FROM {table} WHERE {name} = :value")
        return dict(connection.execute(query, {"value": value}).mappings().one())


def put_back(database: Database, table: str, name: str, row: dict[str, object]) -> None:
    """The whole row as it was, with the signature it had."""
    given = ", ".join(f"{column} = :{column}" for column in row)
    sql(database, f"UPDATE {table} SET {given} WHERE {name} = :{name}", **row)


@pytest.mark.parametrize("end", ["shut out", "everywhere", "new password"])
def test_a_sign_in_that_was_ended_stays_so_when_its_old_row_is_put_back(
    signed: Database, how: desk.Opening, end: str
) -> None:
    member(signed, how)
    ben = member(signed, how, "ben", Role.VIEWER)
    deciding.waiting(signed.store("desk"), "p1")
    told, then = desk.digest_of(ben.token), later(how, seconds=1)
    row, person = row_of(signed, "sign_in", "digest", told), row_of(signed, "person", "name", "ben")
    assert role_of(signed, ben) is Role.VIEWER
    match end:
        case "shut out":
            desk.disable(signed.people, "ben", actor=ADMIN, clock=then.clock)
            desk.enable(signed.people, "ben", Role.VIEWER, agents=("desk", "other"), actor=ADMIN, clock=then.clock)
        case "everywhere":
            desk.end_sign_ins(signed.people, "ben", actor=ADMIN, clock=then.clock)
        case _:
            link = desk.new_link(signed.people, "ben", actor=ADMIN, clock=then.clock, token=how.token)
            desk.set_password(signed.people, link, "another long secret", passwords=Plain(), how=then)
    put_back(signed, "sign_in", "digest", row)
    found = signed.people.sign_in(told)
    assert found is not None
    assert found.is_open(then.clock()), "the row itself looks right"
    assert role_of(signed, ben) is None
    if end != "everywhere":
        put_back(signed, "person", "name", person)
        again = enter(signed, then, "ben")
        assert role_of(signed, again) is None, "an old password lets somebody in who may do nothing"
    with pytest.raises(SignedOut):
        reject(acting(signed, ben, "ben", Role.VIEWER, then.clock()))


def test_who_was_removed_by_putting_an_old_row_back_is_missed(signed: Database, how: desk.Opening) -> None:
    """Ben could once not come in; putting that back would leave Ana to approve alone."""
    member(signed, how)
    link = invited(signed, how, "ben", Role.APPROVER)
    before = row_of(signed, "person", "name", "ben")
    desk.set_password(signed.people, link, SECRET, passwords=Plain(), how=how)
    assert signed.people.approvers("desk") == {"ana", "ben"}
    put_back(signed, "person", "name", before)
    with pytest.raises(Damaged):
        signed.people.approvers("desk")


def test_a_made_up_sign_in_and_a_made_up_link_are_none(signed: Database, how: desk.Opening) -> None:
    ana = member(signed, how)
    forged = desk.digest_of("forged")
    columns = "person, created_at, expires_at, idle_seconds, seen_at, revoked_at, signature"
    copy = f"INSERT INTO sign_in (digest, {columns}) SELECT :forged, {columns} FROM sign_in WHERE digest = :told"
    sql(signed, copy, forged=forged, told=desk.digest_of(ana.token))
    assert signed.people.sign_in(forged) is None
    link = invited(signed, how, "ben", Role.VIEWER)
    sql(signed, "UPDATE sign_in_link SET person = 'ana' WHERE digest = :told", told=desk.digest_of(link))
    with pytest.raises(NotAllowed):
        desk.set_password(signed.people, link, "another long secret", passwords=Plain(), how=how)


def test_a_link_that_was_used_works_no_more_when_that_is_struck_out(signed: Database, how: desk.Opening) -> None:
    link = invited(signed, how)
    desk.set_password(signed.people, link, SECRET, passwords=Plain(), how=how)
    sql(signed, "UPDATE sign_in_link SET used_at = NULL")
    with pytest.raises(NotAllowed, match="does not work"):
        desk.set_password(signed.people, link, "mallory mallory", passwords=Plain(), how=how)


def test_a_database_holds_no_token_and_no_password(signed: Database, how: desk.Opening) -> None:
    opened = member(signed, how)
    link = invited(signed, how, "ben", Role.VIEWER)
    desk.set_password(signed.people, link, SECRET, passwords=Argon2(), how=how)
    with signed.engine.connect() as connection:
        rows = [
            str(row)
            for name in ("sign_in", "sign_in_link")
            for row in connection.execute(sa.text(f"SELECT * FROM {name}"))
        ]
    assert not any(opened.token in row or link in row for row in rows)


def _note() -> Note:
    return Note(actor="ben", action="name person", subject="x", at=NOON)


def _key() -> ApiKey:
    return ApiKey(
        agent="desk", id="k1", client="helpdesk", verbs=("feedback:write",), secret_digest="a" * 64, created_at=NOON,
        expires_at=builders.at(60),
    )  # fmt: skip
