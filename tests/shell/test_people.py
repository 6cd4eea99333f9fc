"""Who signs in and what they may do: links that work once, passwords nobody guesses, roles that hold at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from dashboard.door.passwords import Argon2
from loop import desk
from loop.errors import Conflict, InvalidInput, NotAllowed, NotFound
from loop.records import Actor, Role
from storage.database import Database
from storage.inspection import inspect
from tests import builders
from tests.builders import NOON
from tests.shell import people_world
from tests.shell.people_world import ADMIN, OPERATOR, SECRET, Plain, enter, invited, later, member, role_of


@pytest.fixture
def signed(database: Database) -> Database:
    return people_world.signed_database(database)


# links ----------------------------------------------------------------------------------------------
def test_the_operators_link_opens_once_and_not_for_ever(database: Database, how: desk.Opening) -> None:
    made = desk.operator_link(database.people, actor=OPERATOR, clock=how.clock, token=how.token)
    opened = desk.open_for_operator(database.people, made, clock=how.clock, token=how.token)
    assert opened.sign_in.is_operator
    for wrong in (made, "", "token", opened.token):
        with pytest.raises(NotAllowed, match="does not work"):
            desk.open_for_operator(database.people, wrong, clock=how.clock, token=how.token)
    old = desk.operator_link(database.people, actor=OPERATOR, clock=how.clock, token=how.token)
    with pytest.raises(NotAllowed, match="does not work"):
        desk.open_for_operator(database.people, old, clock=later(how, minutes=31).clock, token=how.token)


def test_of_many_who_open_one_link_at_once_one_is_let_in(database: Database, how: desk.Opening) -> None:
    for _ in range(5):
        link = desk.operator_link(database.people, actor=OPERATOR, clock=how.clock, token=how.token)
        told, ready = desk.digest_of(link), Barrier(6)

        def use(_: int, told: str = told, ready: Barrier = ready) -> bool:
            ready.wait(60)
            return database.people.use_link(told, at=NOON) is not None

        with ThreadPoolExecutor(6) as crowd:
            assert sum(crowd.map(use, range(6))) == 1


def test_nobody_who_signs_in_makes_the_operators_link(database: Database, how: desk.Opening) -> None:
    with pytest.raises(NotAllowed):
        desk.operator_link(database.people, actor=ADMIN, clock=how.clock, token=how.token)


def test_a_set_up_link_sets_one_password_once(signed: Database, how: desk.Opening) -> None:
    link = invited(signed, how)
    assert desk.person_of_link(signed.people, link, clock=how.clock) == "ana"
    with pytest.raises(InvalidInput):
        desk.set_password(signed.people, link, "short", passwords=Plain(), how=how)
    opened = desk.set_password(signed.people, link, SECRET, passwords=Plain(), how=how)
    assert role_of(signed, opened) is role_of(signed, opened, "other") is Role.ADMIN
    with pytest.raises(NotAllowed, match="does not work"):
        desk.set_password(signed.people, link, SECRET, passwords=Plain(), how=how)
    with pytest.raises(NotAllowed, match="does not work"):
        desk.person_of_link(signed.people, link, clock=how.clock)


def test_of_the_set_up_links_of_a_person_only_the_newest_works_and_none_after_it(
    signed: Database, how: desk.Opening
) -> None:
    first = invited(signed, how)
    second, third = (
        desk.new_link(signed.people, "ana", actor=OPERATOR, clock=how.clock, token=how.token) for _ in range(2)
    )
    for older in (first, second):
        with pytest.raises(NotAllowed, match="does not work"):
            desk.set_password(signed.people, older, "mallory mallory", passwords=Plain(), how=how)
    desk.set_password(signed.people, third, SECRET, passwords=Plain(), how=how)
    assert enter(signed, how)


@pytest.mark.parametrize("end", ["shut out", "everywhere"])
def test_a_set_up_link_ends_with_what_else_ends(signed: Database, how: desk.Opening, end: str) -> None:
    member(signed, how)
    member(signed, how, "ben", Role.REVIEWER)
    kept = desk.new_link(signed.people, "ben", actor=ADMIN, clock=how.clock, token=how.token)
    if end == "shut out":
        desk.disable(signed.people, "ben", actor=ADMIN, clock=how.clock)
        desk.enable(signed.people, "ben", Role.REVIEWER, agents=("desk",), actor=ADMIN, clock=how.clock)
    else:
        desk.end_sign_ins(signed.people, "ben", actor=ADMIN, clock=how.clock)
    with pytest.raises(NotAllowed, match="does not work"):
        desk.set_password(signed.people, kept, "mallory mallory", passwords=Plain(), how=how)


def test_a_set_up_link_ends_after_three_days(signed: Database, how: desk.Opening) -> None:
    link = invited(signed, how)
    with pytest.raises(NotAllowed, match="does not work"):
        desk.set_password(signed.people, link, SECRET, passwords=Plain(), how=later(how, days=3, seconds=1))


def test_an_operators_link_sets_no_password_and_a_set_up_link_opens_nothing(
    signed: Database, how: desk.Opening
) -> None:
    opening = desk.operator_link(signed.people, actor=OPERATOR, clock=how.clock, token=how.token)
    with pytest.raises(NotAllowed):
        desk.set_password(signed.people, opening, SECRET, passwords=Plain(), how=how)
    with pytest.raises(NotAllowed):
        desk.open_for_operator(signed.people, invited(signed, how), clock=how.clock, token=how.token)


def test_a_new_password_ends_what_was_open(signed: Database, how: desk.Opening) -> None:
    before = member(signed, how)
    link = desk.new_link(signed.people, "ana", actor=OPERATOR, clock=how.clock, token=how.token)
    assert enter(signed, how).sign_in.is_open(how.clock()), "the old one works until then"
    desk.set_password(signed.people, link, "another long secret", passwords=Plain(), how=how)
    found = signed.people.sign_in(desk.digest_of(before.token))
    assert found is not None
    assert not found.is_open(how.clock())
    with pytest.raises(NotAllowed):
        enter(signed, how)


# passwords ------------------------------------------------------------------------------------------
def test_there_is_no_password_before_somebody_sets_one(signed: Database, how: desk.Opening) -> None:
    invited(signed, how)
    for guess in ("", "ana", "admin", "password", "plain ", SECRET):
        with pytest.raises(NotAllowed):
            enter(signed, later(how, minutes=20), password=guess)


def test_a_wrong_password_and_a_wrong_name_are_told_alike(signed: Database, how: desk.Opening) -> None:
    member(signed, how)
    told = []
    for name, password in (("ana", "wrong"), ("nobody", SECRET)):
        with pytest.raises(NotAllowed) as refused:
            enter(signed, how, name, password)
        told.append(str(refused.value))
    assert told[0] == told[1]


@pytest.mark.parametrize("name", ["ana", "nobody", " Ana "])
def test_after_five_wrong_passwords_one_waits_longer_each_time(signed: Database, how: desk.Opening, name: str) -> None:
    member(signed, how)
    for _ in range(5):
        with pytest.raises(NotAllowed, match="wrong\\."):
            enter(signed, how, name, "wrong")
    with pytest.raises(NotAllowed, match="too often"):
        enter(signed, how, name)
    with pytest.raises(NotAllowed, match="too often"):
        enter(signed, later(how, seconds=4), name)
    with pytest.raises(NotAllowed, match="wrong\\."):
        enter(signed, later(how, seconds=6), name, "wrong")
    with pytest.raises(NotAllowed, match="too often"):
        enter(signed, later(how, seconds=14), name)
    if name == "ana":
        assert enter(signed, later(how, seconds=17), name)
        with pytest.raises(NotAllowed, match="wrong\\."):
            enter(signed, later(how, seconds=17), name, "wrong")


def test_the_pause_grows_to_a_quarter_of_an_hour() -> None:
    pauses = [desk.pause_after(n).total_seconds() for n in (0, 4, 5, 6, 7, 12, 500)]
    assert pauses == [0, 0, 5, 10, 20, 640, 900]


@pytest.mark.parametrize(
    "password", ["short", "x" * 11, "x" * 201, "aaaaaaaaaaaaaaaa", "ana-maria-ana", "121212121212"]
)
def test_a_password_that_is_easily_guessed_is_none(password: str) -> None:
    with pytest.raises(InvalidInput):
        desk.check_password(password, name="ana-maria")


def test_argon2id_keeps_a_salted_hash_and_no_password() -> None:
    passwords = Argon2()
    kept = passwords.make(SECRET)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert kept != passwords.make(SECRET)
    assert passwords.fits(SECRET, kept)
    assert not passwords.fits(SECRET + "x", kept)
    assert not passwords.fits("nobody has this password", "")
    assert not passwords.fits(SECRET, "not a hash")


# sign-ins -------------------------------------------------------------------------------------------
def test_a_sign_in_ends_by_time_by_rest_and_by_hand(signed: Database, how: desk.Opening) -> None:
    opened = member(signed, how)
    told = desk.digest_of(opened.token)

    def is_open(**by: float) -> bool:
        found = signed.people.sign_in(told)
        return found is not None and found.is_open(later(how, **by).clock())

    assert is_open(minutes=29)
    assert not is_open(minutes=30)
    for minutes in range(20, 481, 20):
        signed.people.note_seen(told, at=later(how, minutes=minutes).clock())
    assert is_open(minutes=479)
    assert not is_open(minutes=480), "eight hours, whatever was done"
    assert is_open(minutes=470)
    signed.people.close(told, at=how.clock())
    assert not is_open(minutes=470)


def test_all_sign_ins_of_a_person_end_at_once_and_nobody_elses(signed: Database, how: desk.Opening) -> None:
    first, other = member(signed, how), member(signed, how, "ben", Role.REVIEWER)
    second = enter(signed, how)
    desk.end_sign_ins(signed.people, "ana", actor=OPERATOR, clock=how.clock)
    is_open = [signed.people.sign_in(desk.digest_of(one.token)).is_open(how.clock()) for one in (first, second, other)]  # type: ignore[union-attr]
    assert is_open == [False, False, True]


# roles ----------------------------------------------------------------------------------------------
def test_a_role_changes_at_every_agent_and_is_in_every_journal(signed: Database, how: desk.Opening) -> None:
    member(signed, how)
    ben = member(signed, how, "ben", Role.REVIEWER)
    desk.set_role(signed.people, "ben", Role.VIEWER, agents=("desk", "other"), actor=ADMIN, clock=how.clock)
    for slug in ("desk", "other"):
        assert role_of(signed, ben, slug) is Role.VIEWER
        told = [(one.actor, one.action, one.subject) for one in signed.store(slug).journal()]
        assert ("olga", "invite as reviewer", "ben") in told
        assert ("ana", "make viewer", "ben") in told
        with signed.engine.connect() as connection:
            assert inspect(connection, slug).faults == ()
    desk.set_role(signed.people, "ben", None, agents=(), actor=ADMIN, clock=how.clock)
    assert role_of(signed, ben) is None


def test_a_new_agent_has_the_same_people(signed: Database, how: desk.Opening) -> None:
    ben = member(signed, how, "ben", Role.REVIEWER)
    signed.create_agent(builders.agent("third"), builders.bundle(), now=NOON, actor="olga")
    assert role_of(signed, ben, "third") is Role.REVIEWER


@pytest.mark.parametrize("role", [one for one in desk.GIVEN if one is not Role.ADMIN])
def test_only_an_admin_says_who_may_do_what(signed: Database, how: desk.Opening, role: Role) -> None:
    member(signed, how)
    actor = Actor(name="ben", role=role)
    order = desk.Invitation(name="eve", role=Role.ADMIN, agents=("desk",))
    with pytest.raises(NotAllowed):
        desk.invite(signed.people, order, actor=actor, clock=how.clock, token=how.token)
    with pytest.raises(NotAllowed):
        desk.set_role(signed.people, "ana", Role.VIEWER, agents=("desk",), actor=actor, clock=how.clock)
    with pytest.raises(NotAllowed):
        desk.disable(signed.people, "ana", actor=actor, clock=how.clock)
    with pytest.raises(NotAllowed):
        desk.enable(signed.people, "ana", Role.ADMIN, agents=("desk",), actor=actor, clock=how.clock)
    with pytest.raises(NotAllowed):
        desk.end_sign_ins(signed.people, "ana", actor=actor, clock=how.clock)
    with pytest.raises(NotAllowed):
        desk.new_link(signed.people, "ana", actor=actor, clock=how.clock, token=how.token)


def test_the_last_admin_stays_one(signed: Database, how: desk.Opening) -> None:
    ana = member(signed, how)
    for take in (
        lambda: desk.set_role(
            signed.people, "ana", Role.VIEWER, agents=("desk", "other"), actor=ADMIN, clock=how.clock
        ),
        lambda: desk.set_role(signed.people, "ana", None, agents=(), actor=ADMIN, clock=how.clock),
        lambda: desk.disable(signed.people, "ana", actor=ADMIN, clock=how.clock),
    ):
        with pytest.raises(Conflict, match="last admin"):
            take()
        assert role_of(signed, ana) is Role.ADMIN
    member(signed, how, "ben", Role.ADMIN)
    desk.disable(signed.people, "ana", actor=Actor(name="ben", role=Role.ADMIN), clock=how.clock)
    assert role_of(signed, ana) is None
    with pytest.raises(NotAllowed):
        enter(signed, how)


def test_who_was_shut_out_needs_a_new_password(signed: Database, how: desk.Opening) -> None:
    member(signed, how)
    ben = member(signed, how, "ben", Role.REVIEWER)
    desk.disable(signed.people, "ben", actor=ADMIN, clock=how.clock)
    assert not signed.people.sign_in(desk.digest_of(ben.token)).is_open(how.clock())  # type: ignore[union-attr]
    with pytest.raises(InvalidInput, match="shut out"):
        desk.new_link(signed.people, "ben", actor=ADMIN, clock=how.clock, token=how.token)
    desk.enable(signed.people, "ben", Role.VIEWER, agents=("desk", "other"), actor=ADMIN, clock=how.clock)
    with pytest.raises(NotAllowed):
        enter(signed, how, "ben")
    link = desk.new_link(signed.people, "ben", actor=ADMIN, clock=how.clock, token=how.token)
    again = desk.set_password(signed.people, link, SECRET, passwords=Plain(), how=how)
    assert role_of(signed, again) is Role.VIEWER


@pytest.mark.parametrize(
    "name",
    ["", " ", "engine", "Operator", "Provider", "policy: simple", "a<b>", 'x"y', "tab\there", "x" * 101, "a\u202eb"],
)
def test_a_name_that_could_be_taken_for_another_is_refused(signed: Database, how: desk.Opening, name: str) -> None:
    with pytest.raises(InvalidInput):
        invited(signed, how, name)


def test_two_people_have_two_names(signed: Database, how: desk.Opening) -> None:
    member(signed, how)
    for name in ("ana", "Ana", " ana "):
        with pytest.raises(Conflict, match="name already"):
            invited(signed, how, name)
    with pytest.raises(NotFound):
        desk.set_role(signed.people, "nobody", Role.VIEWER, agents=("desk",), actor=ADMIN, clock=how.clock)
