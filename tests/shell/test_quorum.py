"""Four eyes hold in the transaction, at the word and at the release: people and roles as the journal knows them."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa

from loop import desk, engine, wiring
from loop.errors import Conflict, Damaged, NotAllowed, RatchetError
from loop.ports import Parts
from loop.records import Actor, ProposalItem, ProposalState, Role, Stakes, StakesLevel
from loop.settings import Settings
from storage.database import Database
from tests import builders
from tests.fakes import FakeClock
from tests.shell import deciding, people_world
from tests.shell.people_world import ADMIN, AGENTS, OPERATOR, member, role_of, sql

HIGH = Stakes(level=StakesLevel.HIGH, reasons=("Touches money.",))
LOW = Stakes(level=StakesLevel.LOW, reasons=())
ANA = Actor(name="ana", role=Role.ADMIN)
BEN, CEM = (Actor(name=name, role=Role.APPROVER) for name in ("ben", "cem"))
ROWS = ("person", "role_grant", "seal")


@pytest.fixture
def team(database: Database, how: desk.Opening) -> Database:
    """Ana, Ben and Cem approve high stakes."""
    signed = people_world.signed_database(database)
    member(signed, how)
    member(signed, how, "ben", Role.APPROVER)
    member(signed, how, "cem", Role.APPROVER)
    return signed


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(builders.at(60))


@pytest.fixture
def parts(team: Database, clock: FakeClock) -> Parts:
    return wiring.parts_for(Settings(sign_in="accounts"), team, "desk", clock=clock)


def waits(team: Database, name: str = "p1", stakes: Stakes = HIGH, **fields: Any) -> ProposalItem:
    return deciding.waiting(team.store("desk"), name, stakes=stakes, **fields)


def approve(parts: Parts, actor: Actor, name: str = "p1") -> Any:
    seen = parts.store.proposal(name).evidence_digest
    return desk.approve(parts, name, actor=actor, seen_digest=seen, reason="It is right.")


def shut_out(team: Database, name: str, how: desk.Opening) -> None:
    desk.disable(team.people, name, actor=Actor(name="olga", role=Role.ADMIN), clock=how.clock)


def kept(team: Database) -> Mapping[str, list[dict[str, Any]]]:
    with team.engine.connect() as connection:
        return {
            name: [dict(row) for row in connection.execute(sa.text(f"SELECT * FROM {name}")).mappings()]
            for name in ROWS
        }


def put_back(team: Database, rows: Mapping[str, list[dict[str, Any]]]) -> None:
    with team.engine.begin() as connection:
        for name in ROWS:
            connection.execute(sa.text(f"DELETE FROM {name}"))
            for row in rows[name]:
                marks = ", ".join(f":{column}" for column in row)
                connection.execute(sa.text(f"INSERT INTO {name} ({', '.join(row)}) VALUES ({marks})"), row)


OTHERS = "name IN ('ben', 'cem')"
TAMPERED = {
    "roles taken": [f"DELETE FROM role_grant WHERE {OTHERS}"],
    "roles taken with their seals": [
        f"DELETE FROM role_grant WHERE {OTHERS}",
        "DELETE FROM seal WHERE kind = 'role_grant' AND key IN ('ben', 'cem')",
    ],
    "roles lowered": [f"UPDATE role_grant SET role = 'viewer' WHERE {OTHERS}"],
    "people shut out": [f"UPDATE person SET disabled_at = created_at WHERE {OTHERS}"],
    "signatures broken": [f"UPDATE person SET signature = 'x' WHERE {OTHERS}"],
    "passwords taken": [f"UPDATE person SET password = '' WHERE {OTHERS}"],
    "people deleted": [f"DELETE FROM person WHERE {OTHERS}"],
}


@pytest.mark.parametrize("what", TAMPERED)
def test_nobody_approves_alone_by_taking_the_others_away_with_sql(
    team: Database, parts: Parts, clock: FakeClock, what: str
) -> None:
    item, before = waits(team), kept(team)
    for text in TAMPERED[what]:
        sql(team, text)
    with pytest.raises(Damaged, match="Who may approve cannot be told"):
        approve(parts, ANA)
    alone = deciding.decision(item, actor=ANA)
    with pytest.raises(Damaged, match="Who may approve cannot be told"):
        parts.store.decide(alone)
    put_back(team, before)
    assert parts.store.decisions("p1") == []
    clock.pass_time(seconds=1_000)
    assert engine.apply_due(parts) == []
    assert approve(parts, ANA).verb == "endorse"


def test_who_came_in_meanwhile_is_counted_when_the_word_is_written(team: Database, parts: Parts) -> None:
    """The page read that one is enough; then a second approver set their password."""
    item = waits(team)
    alone = deciding.decision(item, actor=ANA)
    with pytest.raises(NotAllowed, match="two people"):
        parts.store.decide(alone)
    with pytest.raises(NotAllowed, match="wrote"):
        parts.store.decide(deciding.decision(waits(team, "p2", authors=("ana",)), actor=ANA))
    with pytest.raises(NotAllowed, match="may not approve it any more"):
        parts.store.decide(deciding.decision(waits(team, "p3", LOW), actor=Actor(name="eve", role=Role.ADMIN)))
    one_person = deciding.decision(item, actor=OPERATOR)
    parts.store.decide(one_person)


def test_a_first_approval_ends_with_the_role_of_who_gave_it(team: Database, parts: Parts, how: desk.Opening) -> None:
    member(team, how, "dora", Role.APPROVER)
    waits(team)
    first = approve(parts, BEN)
    shut_out(team, "ben", how)
    assert desk.approvals(parts, parts.store.proposal("p1")).words == "0 of 2"
    seconds = deciding.decision(parts.store.proposal("p1"), id="second", actor=ANA, completes=first.id)
    with pytest.raises(Conflict, match="does not stand"):
        parts.store.decide(seconds)
    assert approve(parts, ANA).verb == "endorse"
    assert approve(parts, CEM).verb == "approve"


@pytest.mark.parametrize("who", ["ana", "ben"])
@pytest.mark.parametrize("stakes", [HIGH, LOW], ids=["high", "low"])
def test_what_was_approved_does_not_go_live_when_who_approved_it_may_no_longer(
    team: Database, parts: Parts, clock: FakeClock, how: desk.Opening, stakes: Stakes, who: str
) -> None:
    member(team, how, "dora", Role.ADMIN)
    waits(team, stakes=stakes)
    if stakes is HIGH:
        approve(parts, ANA)
        approve(parts, BEN)
    else:
        approve(parts, ANA if who == "ana" else BEN)
    shut_out(team, who, how)
    clock.pass_time(seconds=301)
    assert engine.apply_due(parts) == []
    item = parts.store.proposal("p1")
    assert item.state is ProposalState.STALE
    assert "any more" in item.stale_reason


def test_of_two_first_approvals_at_once_one_is_first_and_the_other_is_told(team: Database, parts: Parts) -> None:
    item, ready = waits(team), Barrier(2)

    def first(actor: Actor) -> str:
        word = deciding.decision(item, "endorse", id=f"first-{actor.name}", actor=actor)
        ready.wait(60)
        try:
            parts.store.decide(word)
        except RatchetError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(2) as crowd:
        said = sorted(crowd.map(first, (ANA, BEN)))
    assert said[0] == ""
    assert "yours is the second" in said[1]
    (given,) = desk.approvals(parts, parts.store.proposal("p1")).given
    assert approve(parts, BEN if given == "ana" else ANA).verb == "approve"


def test_a_new_agent_has_everybody_however_many(team: Database, how: desk.Opening) -> None:
    opened = [member(team, how, f"person-{n}", Role.ADMIN) for n in range(13)]
    team.create_agent(builders.agent("third"), builders.bundle(), now=builders.NOON, actor="olga")
    assert {role_of(team, one, "third") for one in opened} == {Role.ADMIN}
    assert len(team.people.approvers("third")) == 16


def test_the_last_admin_that_the_record_knows_stays(team: Database, how: desk.Opening) -> None:
    """A row that says so is no admin."""
    sql(team, "UPDATE role_grant SET role = 'admin' WHERE name = 'cem'")
    with pytest.raises(Conflict, match="last admin"):
        desk.set_role(team.people, "ana", Role.VIEWER, agents=AGENTS, actor=ADMIN, clock=how.clock)
    roles = {one.person.name: one.role for one in team.people.members("desk", now=how.clock())}
    assert roles == {"ana": Role.ADMIN, "ben": Role.APPROVER, "cem": None}
