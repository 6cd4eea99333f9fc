"""Four eyes are two people: nobody is the second by letting somebody in, or the only one by removing others."""

import pytest

from loop import desk, engine, wiring
from loop.errors import NotAllowed
from loop.ports import Parts
from loop.records import Actor, JournalAction, ProposalItem, ProposalState, Role, Stakes, StakesLevel
from loop.settings import Settings
from storage.database import Database
from storage.inspection import inspect
from tests import builders
from tests.fakes import FakeClock
from tests.shell import deciding, people_world
from tests.shell.people_world import AGENTS, OPERATOR, SECRET, Plain, later, member

HIGH = Stakes(level=StakesLevel.HIGH, reasons=("Touches money.",))
LOW = Stakes(level=StakesLevel.LOW, reasons=())
ANA = Actor(name="ana", role=Role.ADMIN)
BEN, EVE, IVO = (Actor(name=name, role=Role.APPROVER) for name in ("ben", "eve", "ivo"))
DAY = 24 * 60 * 60


@pytest.fixture
def clock() -> FakeClock:
    """Some days after the desk began."""
    return FakeClock(builders.at(10 * DAY))


@pytest.fixture
def now(how: desk.Opening, clock: FakeClock) -> desk.Opening:
    return desk.Opening(clock, how.token)


@pytest.fixture
def team(database: Database, how: desk.Opening) -> Database:
    """Ana looks after people; Ben and she approve high stakes. They have long been here."""
    signed = people_world.signed_database(database)
    member(signed, how)
    member(signed, how, "ben", Role.APPROVER)
    return signed


@pytest.fixture
def parts(team: Database, clock: FakeClock) -> Parts:
    return wiring.parts_for(Settings(sign_in="accounts"), team, "desk", clock=clock)


def waits(team: Database, name: str = "p1", stakes: Stakes = HIGH, authors: tuple[str, ...] = ()) -> ProposalItem:
    fields = {"authors": authors} if authors else {}
    return deciding.waiting(team.store("desk"), name, stakes=stakes, **fields)


def let_in(team: Database, now: desk.Opening, name: str, *, by: Actor = ANA, role: Role = Role.APPROVER) -> None:
    """Somebody is invited who at once sets a password."""
    order = desk.Invitation(name=name, role=role, agents=AGENTS)
    made = desk.invite(team.people, order, actor=by, clock=now.clock, token=now.token)
    desk.set_password(team.people, made.link, SECRET, passwords=Plain(), how=now)


def approve(parts: Parts, actor: Actor, name: str = "p1") -> str:
    seen = parts.store.proposal(name).evidence_digest
    return desk.approve(parts, name, actor=actor, seen_digest=seen, reason="It is right.").verb


def refused(parts: Parts, actor: Actor, name: str = "p1") -> str:
    """By the desk, by the page and, whatever both say, in the transaction."""
    item = parts.store.proposal(name)
    with pytest.raises(NotAllowed) as by_desk:
        approve(parts, actor, name)
    given = desk.approvals(parts, item)
    word = deciding.decision(item, "approve", id="forged", actor=actor, completes=given.first_id, at=parts.clock())
    with pytest.raises(NotAllowed) as by_store:
        parts.store.decide(word)
    assert desk.rights(parts, item, actor=actor).not_approve in str(by_desk.value)
    assert "whoever runs Ratchet vouches: ratchet people role" in by_desk.value.remedy
    assert by_store.value.message == by_desk.value.message
    return by_store.value.message


def test_whom_one_let_in_is_not_the_second_of_two_for_three_days(
    team: Database, parts: Parts, now: desk.Opening, clock: FakeClock
) -> None:
    let_in(team, now, "eve")
    waits(team)
    assert approve(parts, ANA) == "endorse"
    assert "eve was let in" in refused(parts, EVE)
    clock.pass_time(seconds=3 * DAY - 1)
    assert "counts as ana" in refused(parts, EVE)
    clock.pass_time(seconds=2)
    assert approve(parts, EVE) == "approve"


def test_the_first_of_two_may_be_new_and_then_who_let_them_in_is_not_the_second(
    team: Database, parts: Parts, now: desk.Opening
) -> None:
    let_in(team, now, "eve")
    waits(team)
    assert approve(parts, EVE) == "endorse"
    assert "eve was let in" in refused(parts, ANA)
    assert approve(parts, BEN) == "approve"


def test_two_whom_the_same_person_let_in_are_not_two(team: Database, parts: Parts, now: desk.Opening) -> None:
    let_in(team, now, "eve")
    let_in(team, now, "ivo")
    waits(team)
    assert approve(parts, EVE) == "endorse"
    assert "no two people yet" in refused(parts, IVO)
    assert approve(parts, BEN) == "approve"


def test_nor_is_one_whom_the_one_let_in_let_in(team: Database, parts: Parts, now: desk.Opening) -> None:
    let_in(team, now, "eve", role=Role.ADMIN)
    let_in(team, now, "ivo", by=Actor(name="eve", role=Role.ADMIN))
    waits(team)
    assert approve(parts, ANA) == "endorse"
    assert "ivo was let in" in refused(parts, IVO)


@pytest.mark.parametrize("stakes", [HIGH, LOW], ids=["high", "low"])
def test_nobody_approves_what_was_written_by_who_let_them_in_a_day_ago(
    team: Database, parts: Parts, now: desk.Opening, clock: FakeClock, stakes: Stakes
) -> None:
    let_in(team, now, "eve")
    clock.pass_time(seconds=DAY)
    waits(team, stakes=stakes, authors=("ana",))
    assert "eve was let in" in refused(parts, EVE)
    waits(team, "p2", stakes, authors=("eve",))
    assert "eve was let in" in refused(parts, Actor(name="ana", role=Role.ADMIN), "p2")
    assert approve(parts, BEN) in ("endorse", "approve")


def test_a_set_up_link_is_a_key_to_the_account_of_a_colleague(
    team: Database, parts: Parts, now: desk.Opening, how: desk.Opening
) -> None:
    member(team, how, "ivo", Role.APPROVER)
    link = desk.new_link(team.people, "ben", actor=ANA, clock=now.clock, token=now.token)
    desk.set_password(team.people, link, "mallory mallory", passwords=Plain(), how=now)
    waits(team)
    assert approve(parts, ANA) == "endorse"
    assert "given a set-up link" in refused(parts, BEN)
    assert approve(parts, IVO) == "approve"


def test_who_makes_links_for_everybody_does_not_approve_alone(team: Database, parts: Parts, now: desk.Opening) -> None:
    desk.new_link(team.people, "ben", actor=ANA, clock=now.clock, token=now.token)
    waits(team)
    assert approve(parts, ANA) == "endorse"
    assert refused(parts, BEN)


@pytest.mark.parametrize("vouches", ["invites", "gives the role", "makes the link"])
def test_whoever_runs_ratchet_vouches_at_once_whatever_their_name(
    team: Database, parts: Parts, now: desk.Opening, vouches: str
) -> None:
    operator = OPERATOR.model_copy(update={"name": "ana"})
    let_in(team, now, "eve", by=operator if vouches == "invites" else ANA)
    if vouches == "gives the role":
        desk.set_role(team.people, "eve", Role.APPROVER, agents=AGENTS, actor=operator, clock=now.clock)
    if vouches == "makes the link":
        desk.new_link(team.people, "eve", actor=operator, clock=now.clock, token=now.token)
    waits(team)
    assert approve(parts, ANA) == "endorse"
    assert approve(parts, EVE) == "approve"


def test_who_is_new_makes_no_second_approval_needed_that_nobody_can_give(
    database: Database, how: desk.Opening, clock: FakeClock, now: desk.Opening
) -> None:
    """Ana is alone and lets the first colleague in: what she could approve she still can, until Eve counts."""
    team = people_world.signed_database(database)
    member(team, how)
    parts = wiring.parts_for(Settings(sign_in="accounts"), team, "desk", clock=clock)
    let_in(team, now, "eve")
    waits(team)
    assert approve(parts, ANA) == "approve"
    clock.pass_time(seconds=3 * DAY + 1)
    waits(team, "p2")
    assert approve(parts, ANA, "p2") == "endorse"
    assert approve(parts, EVE, "p2") == "approve"


REMOVALS = {
    "shut out": lambda people, clock: desk.disable(people, "ben", actor=ANA, clock=clock),
    "no role": lambda people, clock: desk.set_role(people, "ben", None, agents=(), actor=ANA, clock=clock),
    "a lower role": lambda people, clock: desk.set_role(
        people, "ben", Role.REVIEWER, agents=AGENTS, actor=ANA, clock=clock
    ),
}


@pytest.mark.parametrize("removal", REMOVALS)
def test_who_removes_the_others_does_not_approve_alone_for_three_days(
    team: Database, parts: Parts, clock: FakeClock, removal: str
) -> None:
    waits(team)
    REMOVALS[removal](team.people, clock)
    if removal == "a lower role":
        desk.set_role(team.people, "ben", Role.VIEWER, agents=AGENTS, actor=ANA, clock=clock)
    assert desk.approvals(parts, parts.store.proposal("p1")).words == "0 of 2"
    alone = deciding.decision(parts.store.proposal("p1"), actor=ANA, at=clock())
    with pytest.raises(NotAllowed, match="two people"):
        parts.store.decide(alone)
    assert approve(parts, ANA) == "endorse"
    clock.pass_time(seconds=3 * DAY + 1)
    desk.undo(parts, parts.store.decisions("p1")[0].id, actor=ANA)
    assert approve(parts, ANA) == "approve"


def test_who_shuts_a_colleague_out_and_lets_them_in_again_does_not_approve_alone(
    team: Database, parts: Parts, now: desk.Opening, clock: FakeClock
) -> None:
    waits(team)
    desk.disable(team.people, "ben", actor=ANA, clock=clock)
    desk.enable(team.people, "ben", Role.APPROVER, agents=AGENTS, actor=ANA, clock=clock)
    link = desk.new_link(team.people, "ben", actor=ANA, clock=clock, token=now.token)
    desk.set_password(team.people, link, SECRET, passwords=Plain(), how=now)
    assert approve(parts, ANA) == "endorse"
    assert refused(parts, BEN)


def test_who_comes_back_after_long_is_as_new(team: Database, parts: Parts, now: desk.Opening, clock: FakeClock) -> None:
    waits(team)
    desk.disable(team.people, "ben", actor=ANA, clock=clock)
    clock.pass_time(seconds=4 * DAY)
    desk.enable(team.people, "ben", Role.APPROVER, agents=AGENTS, actor=ANA, clock=clock)
    link = desk.new_link(team.people, "ben", actor=ANA, clock=clock, token=now.token)
    desk.set_password(team.people, link, SECRET, passwords=Plain(), how=now)
    assert approve(parts, ANA) == "approve", "as alone as she was"


def test_whom_whoever_runs_ratchet_removes_counts_no_more_at_once(
    team: Database, parts: Parts, clock: FakeClock
) -> None:
    waits(team)
    desk.disable(team.people, "ben", actor=OPERATOR, clock=clock)
    assert approve(parts, ANA) == "approve"


def test_what_one_approved_alone_does_not_go_live_when_it_takes_two_by_then(
    database: Database, how: desk.Opening, clock: FakeClock
) -> None:
    team = people_world.signed_database(database)
    member(team, how)
    parts = wiring.parts_for(Settings(sign_in="accounts"), team, "desk", clock=clock)
    waits(team)
    assert approve(parts, ANA) == "approve"
    let_in(team, desk.Opening(clock, how.token), "eve", by=OPERATOR)
    clock.pass_time(seconds=301)
    assert engine.apply_due(parts) == []
    assert parts.store.proposal("p1").state is ProposalState.STALE


def test_a_provider_vouches_for_whom_it_names(
    team: Database, parts: Parts, clock: FakeClock, now: desk.Opening
) -> None:
    order = desk.Invitation(name="eve@example.org", role=Role.APPROVER, agents=AGENTS, has_link=False)
    desk.invite(team.people, order, actor=ANA, clock=clock, token=now.token)
    claims = {"iss": "https://id", "sub": "7", "email": "eve@example.org", "email_verified": True}
    ends = clock().timestamp() + 600
    rules = desk.ClaimRules(claim="groups", roles={}, agents=AGENTS)
    desk.sign_in_by_provider(team.people, {**claims, "exp": ends}, rules=rules, how=now)
    waits(team)
    assert approve(parts, ANA) == "endorse"
    assert approve(parts, Actor(name="eve@example.org", role=Role.APPROVER)) == "approve"


def test_the_journal_says_who_runs_ratchet_and_is_whole(team: Database, now: desk.Opening) -> None:
    let_in(team, later(now, seconds=1), "eve")
    told = {one.subject: one for one in team.store("desk").journal() if one.action.startswith(JournalAction.INVITE_AS)}
    assert ["operator" in told[name].digests for name in ("ana", "ben", "eve")] == [True, True, False]
    with team.engine.connect() as connection:
        assert inspect(connection, "desk").faults == ()
