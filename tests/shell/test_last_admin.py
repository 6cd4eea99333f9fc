"""Somebody can always say who may do what: the last admin stays, whatever two of them do at once, and can come in."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest

from loop import desk
from loop.errors import Conflict, NotAllowed, RatchetError
from loop.records import Actor, Role
from storage.database import Database
from storage.guard import Guard
from tests import builders
from tests.shell import people_world
from tests.shell.people_world import AGENTS, NOON, OPERATOR, invited, member, role_of

ANA, BEN = (Actor(name=name, role=Role.ADMIN) for name in ("ana", "ben"))


@pytest.fixture
def signed(database: Database) -> Database:
    return people_world.signed_database(database)


def page(database: Database, opened: desk.Opened, actor: Actor, agent: str, ready: Barrier) -> Database:
    """The database as an admin's page holds it, which waits for the other's where it looks who acts."""

    def acting() -> Actor:
        with suppress(BrokenBarrierError):
            ready.wait(2)
        return actor

    told = desk.digest_of(opened.token)
    return database.guarded(Guard(told, agent=lambda: agent, acting=acting, now=lambda: NOON))


ACTS: dict[str, Callable[[Database, str, Actor, desk.Opening], object]] = {
    "take the role": lambda held, name, actor, how: desk.set_role(
        held.people, name, None, agents=(), actor=actor, clock=how.clock
    ),
    "lower it": lambda held, name, actor, how: desk.set_role(
        held.people, name, Role.VIEWER, agents=AGENTS, actor=actor, clock=how.clock
    ),
    "shut out": lambda held, name, actor, how: desk.disable(held.people, name, actor=actor, clock=how.clock),
}


@pytest.mark.parametrize("agents", [("desk", "other"), ("desk", "desk")], ids=["two agents", "one agent"])
@pytest.mark.parametrize("act", ACTS)
def test_of_two_admins_who_remove_each_other_one_stays_and_neither_hangs(
    signed: Database, how: desk.Opening, act: str, agents: tuple[str, str]
) -> None:
    opened = {"ana": member(signed, how), "ben": member(signed, how, "ben")}
    ready = Barrier(2)
    pages = {
        actor.name: page(signed, opened[actor.name], actor, agent, ready)
        for actor, agent in zip((ANA, BEN), agents, strict=True)
    }

    def remove(actor: Actor, other: str) -> str:
        try:
            ACTS[act](pages[actor.name], other, actor, how)
        except (Conflict, NotAllowed):
            return ""
        return actor.name

    with ThreadPoolExecutor(2) as crowd:
        done = list(crowd.map(remove, (ANA, BEN), ("ben", "ana")))
    (winner,) = filter(None, done)
    for agent in AGENTS:
        assert [name for name in opened if role_of(signed, opened[name], agent) is Role.ADMIN] == [winner]


def test_an_operator_and_an_admin_at_once_do_not_wait_for_each_other_for_ever(
    signed: Database, how: desk.Opening
) -> None:
    """The operator's command holds no sign-in; the admin's page looks at its own agent first."""
    opened = member(signed, how)
    member(signed, how, "ben", Role.VIEWER)
    link = desk.new_link(signed.people, "ben", actor=OPERATOR, clock=how.clock, token=how.token)
    held = page(signed, opened, ANA, "other", Barrier(1))
    acts: list[Callable[[], object]] = [
        lambda: desk.set_role(held.people, "ben", Role.REVIEWER, agents=AGENTS, actor=ANA, clock=how.clock),
        lambda: desk.set_role(signed.people, "ben", Role.CORRECTOR, agents=AGENTS, actor=OPERATOR, clock=how.clock),
        lambda: desk.end_sign_ins(held.people, "ana", actor=ANA, clock=how.clock),
        lambda: desk.set_password(signed.people, link, people_world.SECRET, passwords=people_world.Plain(), how=how),
        lambda: signed.create_agent(builders.agent("third"), builders.bundle(), now=NOON, actor="olga"),
    ]

    def told(act: Callable[[], object]) -> str:
        try:
            act()
        except RatchetError as error:
            return type(error).__name__
        return ""

    with ThreadPoolExecutor(len(acts)) as crowd:
        answers = set(crowd.map(told, acts))
    assert answers <= {"", "SignedOut", "NotAllowed"}
    roles = {agent: signed.people.members(agent, now=NOON)[1].role for agent in (*AGENTS, "third")}
    assert roles["desk"] is roles["other"]
    assert roles["third"] in (None, roles["desk"])


def test_an_admin_who_never_set_a_password_is_no_other_admin(signed: Database, how: desk.Opening) -> None:
    ana = member(signed, how)
    link = invited(signed, how, "ben")
    for take in (
        lambda: desk.set_role(signed.people, "ana", Role.VIEWER, agents=AGENTS, actor=ANA, clock=how.clock),
        lambda: desk.disable(signed.people, "ana", actor=ANA, clock=how.clock),
    ):
        with pytest.raises(Conflict, match="last admin"):
            take()
    assert role_of(signed, ana) is Role.ADMIN
    desk.set_role(signed.people, "ben", Role.VIEWER, agents=AGENTS, actor=ANA, clock=how.clock)
    desk.set_role(signed.people, "ben", Role.ADMIN, agents=AGENTS, actor=ANA, clock=how.clock)
    desk.set_password(signed.people, link, people_world.SECRET, passwords=people_world.Plain(), how=how)
    desk.disable(signed.people, "ana", actor=ANA, clock=how.clock)
    assert role_of(signed, ana) is None
