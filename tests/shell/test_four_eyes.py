"""Four eyes: two approvals for high stakes where two may approve, nobody their own, reasons against the evidence."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from loop import desk, engine, wiring
from loop.errors import Conflict, Damaged, DigestMismatch, InvalidInput, NotAllowed
from loop.ports import Parts
from loop.records import (
    Actor,
    Changes,
    FeedbackKind,
    FeedbackState,
    ProposalItem,
    ProposalState,
    Role,
    Stakes,
    StakesLevel,
    Verdict,
)
from loop.settings import Settings
from storage.database import Database
from storage.people import PeopleRows
from storage.queries import Scope
from storage.queries import review as review_query
from storage.store import AgentStore
from tests import builders
from tests.fakes import FakeClock
from tests.shell import deciding

HIGH = Stakes(level=StakesLevel.HIGH, reasons=("Touches money.",))
ANA, BEN, CLEO = (Actor(name=name, role=Role.APPROVER) for name in ("ana", "ben", "cleo"))
OLGA = Actor(name="olga", role=Role.ADMIN, is_single_operator=True)
Approving = Callable[..., Any]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(builders.at(60))


@pytest.fixture
def parts(database: Database, clock: FakeClock) -> Parts:
    database.create_agent(builders.agent(), builders.bundle(), now=builders.NOON, actor="olga")
    made = wiring.parts_for(Settings(), database, "desk", clock=clock)
    return replace(made, approvers=lambda: frozenset({"ana", "ben", "cleo"}))


def waiting(parts: Parts, name: str = "p1", **fields: Any) -> ProposalItem:
    store = parts.store
    assert isinstance(store, AgentStore)
    return deciding.waiting(store, name, **{"stakes": HIGH} | fields)


def approve(parts: Parts, actor: Actor, name: str = "p1", *, seen: str = "") -> Any:
    seen = seen or parts.store.proposal(name).evidence_digest
    return desk.approve(parts, name, actor=actor, seen_digest=seen, reason="It is right.")


def told(parts: Parts, name: str = "p1") -> str:
    return desk.approvals(parts, parts.store.proposal(name)).words


def listed(database: Database, name: str = "p1") -> tuple[str, ...]:
    """Who approved it first, as the list beside the card has it."""
    return review_query.first_approvals(Scope(engine=database.engine, agent="desk")).get(name, ())


def test_high_stakes_wait_for_a_second_person_and_say_one_of_two(parts: Parts, database: Database) -> None:
    waiting(parts)
    assert listed(database) == ()
    assert told(parts) == "0 of 2"
    first = approve(parts, ANA)
    assert first.verb == "endorse"
    assert parts.store.proposal("p1").state is ProposalState.WAITING
    assert told(parts) == "1 of 2"
    assert listed(database) == ("ana",)
    assert parts.store.due_approvals(builders.at(10_000)) == [], "one approval releases nothing"
    assert not engine.apply_due(parts)
    second = approve(parts, BEN)
    assert (second.verb, second.completes) == ("approve", first.id)
    assert parts.store.proposal("p1").state is ProposalState.APPROVED
    assert listed(database) == (), "it waits for nobody"


def test_nobody_is_both_of_two(parts: Parts) -> None:
    waiting(parts)
    approve(parts, ANA)
    with pytest.raises(NotAllowed, match="somebody else"):
        approve(parts, ANA)
    assert desk.rights(parts, parts.store.proposal("p1"), actor=ANA).not_approve
    assert not desk.rights(parts, parts.store.proposal("p1"), actor=BEN).not_approve
    assert len(parts.store.decisions("p1")) == 1


def test_the_store_refuses_a_second_word_of_the_same_person_whatever_the_desk_says(parts: Parts) -> None:
    item = waiting(parts)
    first = approve(parts, ANA)
    again = deciding.decision(item, "approve", id="forged", actor=ANA, completes=first.id)
    with pytest.raises(Conflict):
        parts.store.decide(again)
    with pytest.raises(Conflict):
        parts.store.decide(again.model_copy(update={"verb": "endorse", "completes": None}))
    with pytest.raises(Conflict, match="does not stand"):
        parts.store.decide(again.model_copy(update={"actor": BEN, "completes": "nothing"}))
    with pytest.raises(InvalidInput):
        parts.store.decide(again.model_copy(update={"actor": BEN, "verb": "reject"}))


@pytest.mark.parametrize("what", ["a new report", "a rejection", "an undo"])
def test_a_first_approval_is_dropped_when_what_it_was_given_to_changes(
    parts: Parts, database: Database, clock: FakeClock, what: str
) -> None:
    item = waiting(parts)
    first = approve(parts, ANA)
    clock.pass_time(seconds=1)
    match what:
        case "a new report":
            parts.store.commit(Changes(reports=(builders.report(item.proposal, id="second", seed=9),)))
        case "a rejection":
            said = desk.reject(
                parts, "p1", actor=CLEO, seen_digest=item.evidence_digest, categories=["wrong"], reason="no"
            )
            desk.undo(parts, said.id, actor=CLEO)
        case _:
            desk.undo(parts, first.id, actor=ANA)
    assert told(parts) == "0 of 2"
    assert listed(database) == ()
    clock.pass_time(seconds=1)
    assert approve(parts, BEN).verb == "endorse", "it begins anew"
    assert told(parts) == "1 of 2"
    assert listed(database) == ("ben",)


def test_a_first_approval_that_was_completed_is_not_taken_back_by_itself(parts: Parts) -> None:
    waiting(parts)
    first = approve(parts, ANA)
    second = approve(parts, BEN)
    with pytest.raises(Conflict):
        desk.undo(parts, first.id, actor=ANA)
    desk.undo(parts, second.id, actor=BEN)
    assert told(parts) == "1 of 2", "the first word still stands"


def test_two_approvals_release_once_after_the_longer_window(parts: Parts, clock: FakeClock) -> None:
    waiting(parts)
    approve(parts, ANA)
    second = approve(parts, BEN)
    assert second.effective_at - second.at == timedelta(seconds=300)
    clock.pass_time(seconds=299)
    assert not engine.apply_due(parts)
    clock.pass_time(seconds=2)
    assert [one.decision_id for one in engine.apply_due(parts)] == [second.id]
    assert not engine.apply_due(parts)


def test_a_first_approval_written_with_sql_releases_nothing(parts: Parts, database: Database) -> None:
    item = waiting(parts)
    approve(parts, ANA)
    with database.engine.begin() as connection:
        row = connection.execute(sa.text("SELECT * FROM decision")).mappings().one()
        changed = {"id": "forged", "actor": '{"name":"eve","role":"approver","is_single_operator":false}'}
        columns = ", ".join(row)
        marks = ", ".join(f":{name}" for name in row)
        connection.execute(sa.text(f"INSERT INTO decision ({columns}) VALUES ({marks})"), {**row, **changed})
    forged = deciding.decision(item, "approve", id="second", actor=BEN, completes="forged", at=builders.at(61))
    with pytest.raises(Damaged):
        parts.store.decide(forged)


@pytest.mark.parametrize("able", [frozenset(), frozenset({"ana"}), frozenset({"ana", "zoe"})])
def test_one_is_enough_where_nobody_else_may(parts: Parts, able: frozenset[str]) -> None:
    """Nobody signs in; only one may; two may and one of them wrote it."""
    alone = replace(parts, approvers=lambda: able)
    waiting(alone, authors=("zoe",))
    assert told(alone) == ""
    assert approve(alone, ANA if able else OLGA).verb == "approve"


def test_low_stakes_take_one_and_wait_for_the_short_window(parts: Parts) -> None:
    waiting(parts, stakes=Stakes(level=StakesLevel.LOW, reasons=()))
    made = approve(parts, ANA)
    assert made.verb == "approve"
    assert made.effective_at - made.at == timedelta(seconds=60)


def test_whoever_drafted_or_edited_does_not_approve(parts: Parts) -> None:
    waiting(parts, authors=("ana",))
    with pytest.raises(NotAllowed, match="wrote"):
        approve(parts, ANA)
    assert approve(parts, BEN).verb == "endorse"


def test_an_author_does_not_take_back_what_somebody_else_rejected(parts: Parts) -> None:
    item = waiting(parts, authors=("ana",))
    said = desk.reject(parts, "p1", actor=BEN, seen_digest=item.evidence_digest, categories=["unsafe"])
    with pytest.raises(NotAllowed, match="wrote"):
        desk.undo(parts, said.id, actor=ANA)
    with pytest.raises(NotAllowed):
        desk.undo(parts, said.id, actor=Actor(name="rita", role=Role.REVIEWER))
    assert parts.store.proposal("p1").state is ProposalState.REJECTED
    desk.undo(parts, said.id, actor=CLEO)
    again = desk.reject(
        parts, "p1", actor=ANA, seen_digest=item.evidence_digest, categories=["unsafe"], reason="Not yet."
    )
    desk.undo(parts, again.id, actor=ANA)
    assert parts.store.proposal("p1").state is ProposalState.WAITING, "one's own word"


def test_whoever_gave_most_of_what_it_rests_on_does_not_approve(parts: Parts) -> None:
    said = [
        builders.feedback(number, author="ana" if number < 3 else f"c{number}", kind=FeedbackKind.LABEL)
        for number in range(5)
    ]
    parts.store.append(interactions=[builders.interaction(number) for number in range(5)], feedback=said)
    waiting(parts, evidence=tuple(one.id for one in said))
    with pytest.raises(NotAllowed, match="more than half"):
        approve(parts, ANA)
    assert approve(parts, BEN).verb == "endorse"
    waiting(parts, "p2", evidence=tuple(one.id for one in said[1:]))
    assert approve(parts, ANA, "p2").verb == "endorse", "half is not more than half"


def test_whoever_let_most_of_what_it_rests_on_through_does_not_approve(parts: Parts, clock: FakeClock) -> None:
    """The checks held it back, and she overruled them: what it teaches is her choice."""
    said = [builders.feedback(number, author=f"c{number}", kind=FeedbackKind.LABEL) for number in range(5)]
    parts.store.append(interactions=[builders.interaction(number) for number in range(5)], feedback=said)
    ids = [one.id for one in said]

    def judge(some: list[str], actor: Actor, to: FeedbackState) -> None:
        clock.pass_time(seconds=1)
        assert desk.judge(parts, some, actor=actor, to=to, reason="So.") == len(some)

    judge(ids, CLEO, FeedbackState.QUARANTINED)
    judge(ids[:3], ANA, FeedbackState.RELEASED)
    judge(ids[3:], BEN, FeedbackState.RELEASED)
    waiting(parts, evidence=tuple(ids))
    with pytest.raises(NotAllowed, match="more than half"):
        approve(parts, ANA)
    assert approve(parts, BEN).verb == "endorse"
    judge(ids[:1], CLEO, FeedbackState.QUARANTINED)
    judge(ids[:1], CLEO, FeedbackState.RELEASED)
    waiting(parts, "p2", evidence=tuple(ids))
    assert approve(parts, ANA, "p2").verb == "endorse", "the last word on each counts"


def test_deciding_against_the_recommendation_takes_a_reason_in_words(parts: Parts) -> None:
    store = parts.store
    low = Stakes(level=StakesLevel.LOW, reasons=())
    item = waiting(parts, stakes=low)
    with pytest.raises(InvalidInput, match="does not recommend"):
        desk.approve(parts, "p1", actor=ANA, seen_digest=item.evidence_digest)
    proved = builders.report(item.proposal, id="proved", verdict=Verdict.PROVED, seed=9)
    store.commit(Changes(reports=(proved,)))
    item = store.proposal("p1")
    assert desk.needs_reason(parts.store, item) == ""
    with pytest.raises(InvalidInput, match="recommends approving"):
        desk.reject(parts, "p1", actor=ANA, seen_digest=item.evidence_digest, categories=["wrong"])
    assert store.decisions("p1") == []
    desk.reject(
        parts, "p1", actor=ANA, seen_digest=item.evidence_digest, categories=["wrong"], reason="The law changed."
    )
    assert store.proposal("p1").state is ProposalState.REJECTED


def test_an_approval_in_two_steps_is_of_what_was_read_first(parts: Parts) -> None:
    item = waiting(parts)
    read = item.evidence_digest
    desk.check_seen(item, seen_digest=read)
    parts.store.commit(Changes(reports=(builders.report(item.proposal, id="second", seed=9),)))
    with pytest.raises(DigestMismatch):
        approve(parts, ANA, seen=read)
    with pytest.raises(DigestMismatch):
        desk.reject(parts, "p1", actor=ANA, seen_digest=read, categories=["wrong"], reason="no")
    assert parts.store.decisions("p1") == []


def test_who_may_approve_is_read_from_the_people_of_the_workspace(database: Database) -> None:
    database.create_agent(builders.agent(), builders.bundle(), now=builders.NOON, actor="olga")
    on = Settings(sign_in="accounts")
    parts = wiring.parts_for(on, database, "desk", clock=lambda: builders.at(60))
    assert parts.approvers() == frozenset()
    _people(database)
    assert parts.approvers() == {"ana", "zed"}
    assert wiring.parts_for(Settings(), database, "desk").approvers() == frozenset(), "nobody signs in"


def _people(database: Database) -> None:
    """Ana approves, Zed runs it, Rita reviews, Dan is disabled, Ivy was invited and never came."""
    from loop.records.access import Grant, Person

    rows = PeopleRows(database.engine)
    for name, role, fields in (
        ("ana", Role.APPROVER, {"password": "$argon2id$x"}),
        ("zed", Role.ADMIN, {"issuer": "https://id.example", "subject": "7"}),
        ("rita", Role.REVIEWER, {"password": "$argon2id$x"}),
        ("dan", Role.APPROVER, {"password": "$argon2id$x", "disabled_at": builders.NOON}),
        ("ivy", Role.APPROVER, {}),
    ):
        person = Person(name=name, created_at=builders.NOON, **fields)  # type: ignore[arg-type]
        grant = Grant(agent="desk", name=name, role=role, given_by="olga", at=builders.NOON)
        rows.admit(person, [grant], note=deciding.note(name))
