"""Guessing passwords: an address has few tries whatever the names, and keeps nobody out who was here before."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from loop import desk
from loop.desk.guessing import ADDRESS_TRIES, network_of
from loop.errors import NotAllowed
from loop.records import Role
from loop.settings import Settings
from storage import tries
from storage.database import Database
from tests.builders import NOON
from tests.shell import people_world
from tests.shell.people_world import SECRET, Plain, enter, later, member

AFAR = desk.Caller("203.0.113.9")


@pytest.fixture
def signed(database: Database) -> Database:
    return people_world.signed_database(database)


def guess(database: Database, how: desk.Opening, name: str, caller: desk.Caller = AFAR) -> str:
    """What a wrong password is answered."""
    with pytest.raises(NotAllowed) as refused:
        desk.sign_in(database.people, name, "wrong", passwords=Plain(), how=how, caller=caller)
    return str(refused.value)


def come_in(database: Database, how: desk.Opening, name: str, caller: desk.Caller) -> desk.Opened:
    return desk.sign_in(database.people, name, SECRET, passwords=Plain(), how=how, caller=caller)


def test_one_address_does_not_try_many_names(signed: Database, how: desk.Opening) -> None:
    member(signed, how)
    for n in range(ADDRESS_TRIES):
        assert "wrong." in guess(signed, how, f"name-{n}")
    assert "too often" in guess(signed, how, "another")
    with pytest.raises(NotAllowed, match="too often"):
        come_in(signed, how, "ana", AFAR)
    assert come_in(signed, how, "ana", desk.Caller("198.51.100.1")), "from elsewhere nothing changed"
    with pytest.raises(NotAllowed, match="too often"):
        come_in(signed, later(how, seconds=59), "ana", AFAR)
    assert come_in(signed, later(how, seconds=61), "ana", AFAR), "whoever shares the address waits a minute"
    assert "again in 1 min" in guess(signed, later(how, seconds=61), "another")
    assert "wrong." in guess(signed, later(how, seconds=121), "another")
    assert "too often" in guess(signed, later(how, seconds=122), "another")


def test_signing_in_oneself_gives_an_address_no_more_tries(signed: Database, how: desk.Opening) -> None:
    member(signed, how)
    for n in range(ADDRESS_TRIES):
        come_in(signed, how, "ana", AFAR)
        assert "wrong." in guess(signed, how, f"name-{n}")
    assert "too often" in guess(signed, how, "another")


def test_an_address_that_rests_begins_anew(signed: Database, how: desk.Opening) -> None:
    for n in range(ADDRESS_TRIES):
        guess(signed, how, f"name-{n}")
    for n in range(ADDRESS_TRIES):
        assert "wrong." in guess(signed, later(how, minutes=15), f"other-{n}")


def test_nobody_keeps_somebody_out_of_a_browser_they_signed_in_with(signed: Database, how: desk.Opening) -> None:
    """From the same address too, as in an office."""
    opened = member(signed, how)
    mine = desk.Caller(AFAR.address, browser=opened.sign_in.digest)
    for n in range(ADDRESS_TRIES):
        guess(signed, how, "ana" if n < 5 else f"name-{n}")
    with pytest.raises(NotAllowed, match="too often"):
        come_in(signed, how, "ana", AFAR)
    assert come_in(signed, how, "ana", mine)
    with pytest.raises(NotAllowed, match="too often"):
        come_in(signed, how, "ana", AFAR)


def test_a_browser_that_is_known_has_five_tries_and_for_its_own_person_alone(
    signed: Database, how: desk.Opening
) -> None:
    opened = member(signed, how)
    member(signed, how, "ben", Role.VIEWER)
    known = desk.Caller(AFAR.address, browser=opened.sign_in.digest)
    for _ in range(5):
        assert "wrong." in guess(signed, how, "ana", known)
    assert "too often" in guess(signed, how, "ana", known)
    assert come_in(signed, how, "ana", desk.Caller()), "the name itself was not counted"
    for _ in range(5):
        guess(signed, how, "ben", known)
    with pytest.raises(NotAllowed, match="too often"):
        come_in(signed, how, "ben", desk.Caller())
    for made_up in ("made up", "0" * 64, desk.digest_of(opened.token + "x")):
        assert "too often" in guess(signed, how, "ben", desk.Caller(AFAR.address, browser=made_up))


def test_what_a_known_browser_keeps_lets_nobody_in(signed: Database, how: desk.Opening) -> None:
    opened = member(signed, how)
    assert signed.people.sign_in(desk.digest_of(opened.sign_in.digest)) is None


def test_of_many_tries_at_once_no_more_are_looked_at_than_in_a_row(signed: Database, how: desk.Opening) -> None:
    member(signed, how)
    ready = Barrier(12)

    def guess_once(n: int) -> str:
        ready.wait(60)
        return guess(signed, how, "ana", desk.Caller(f"203.0.113.{n}"))

    with ThreadPoolExecutor(12) as crowd:
        answers = list(crowd.map(guess_once, range(12)))
    assert sum("wrong." in one for one in answers) == 5


@pytest.mark.parametrize(
    ("one", "other"),
    [("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"), ("::ffff:203.0.113.9", "203.0.113.9"), ("fe80::1%eth0", "fe80::2")],
)
def test_a_network_that_is_one_customers_is_one(one: str, other: str) -> None:
    assert network_of(one) == network_of(other)


def test_other_networks_are_others() -> None:
    given = ["2001:db8:1:2::1", "2001:db8:1:3::1", "203.0.113.9", "203.0.113.10", ""]
    assert len({network_of(one) for one in given}) == len(given)
    assert network_of("x" * 5_000) == ""


def test_what_was_tried_never_fills_the_database_and_a_pause_is_not_pushed_out(
    signed: Database, how: desk.Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tries, "MOST", 40)
    for _ in range(5):
        guess(signed, how, "ana", desk.Caller("198.51.100.1"))
    for n in range(100):
        guess(signed, later(how, seconds=1), f"name-{n}", desk.Caller(f"2001:db8:{n:x}::1"))
    with signed.engine.connect() as connection:
        kept = connection.execute(sa.text("SELECT count(*) FROM sign_in_failure")).scalar_one()
    assert kept == 40
    with pytest.raises(NotAllowed, match="too often"):
        enter(signed, later(how, seconds=2))


def test_who_has_to_wait_writes_nothing(signed: Database, how: desk.Opening) -> None:
    for _ in range(5):
        guess(signed, how, "ana")
    counts = desk.guessing.counts_of(signed.people, "ana", AFAR)
    with signed.engine.connect().execution_options(begin="write") as other, other.begin():
        other.execute(sa.text("UPDATE sign_in_failure SET count = count"))
        assert signed.people.note_try(counts, at=NOON) > desk.guessing.pause_after(0)


@pytest.mark.parametrize("said", ["*", "0.0.0.0/0", "desk.example.org", "10.0.0.7,"])
def test_a_proxy_that_could_be_anybody_is_none(said: str) -> None:
    from dashboard.door.dangers import of_settings

    found = of_settings("127.0.0.1", Settings(trusted_proxy=said))
    assert [one.option for one in found] == ["RATCHET_TRUSTED_PROXY"]
    for fine in ("", "10.0.0.7, 172.18.0.0/16", "::1"):
        assert of_settings("127.0.0.1", Settings(trusted_proxy=fine)) == []
