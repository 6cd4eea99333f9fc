"""Each verb of the desk: what it asks for, what it refuses, and that a refusal leaves no trace."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from loop import collect, desk, engine, wiring
from loop.errors import Conflict, DigestMismatch, InvalidInput, NotAllowed, OperationRefused
from loop.ports import Parts
from loop.records import (
    Actor,
    Bundle,
    EditInstructions,
    Feedback,
    FeedbackKind,
    FeedbackState,
    Proposal,
    ProposalState,
    RetireRule,
    Role,
)
from loop.settings import Settings
from storage.database import Database
from tests import builders, fakes
from tests.builders import NOON
from tests.shell import desk_world

OLGA = Actor(name="olga", role=Role.ADMIN, is_single_operator=True)
RITA = Actor(name="rita", role=Role.REVIEWER)
VERA = Actor(name="vera", role=Role.VIEWER)


@pytest.fixture(scope="module")
def after_a_turn(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The agent `desk` after a turn, to copy: proposals wait, and one draft by olga is high stakes."""
    path = tmp_path_factory.mktemp("desk") / "ratchet.db"
    shutil.copyfile(sqlite_template, path)
    with desk_at(path) as database:
        limits = desk_world.agent().limits.model_copy(update={"undo_seconds": 60})
        made = desk_world.agent().model_copy(update={"limits": limits})
        database.create_agent(made, Bundle(instructions="Be kind."), now=NOON, actor="olga")
        built = parts_of(database)
        desk_world.arrive(built)
        draft(built)
        engine.turn(built)
    return path


@pytest.fixture
def parts(after_a_turn: Path, tmp_path: Path) -> Iterator[Parts]:
    """A copy of it for each test."""
    path = tmp_path / "ratchet.db"
    shutil.copyfile(after_a_turn, path)
    with desk_at(path) as database:
        yield parts_of(database)


@contextmanager
def desk_at(path: Path) -> Iterator[Database]:
    """Closed at the end, so that its file is whole."""
    database = Database.open(f"sqlite:///{path}")
    try:
        yield database
    finally:
        database.close()


def parts_of(database: Database) -> Parts:
    return wiring.parts_for(Settings(), database, "desk", clock=lambda: NOON + timedelta(days=2))


def draft(parts: Parts, new: str = "Sign off with: Olga", *, actor: Actor = OLGA) -> Proposal:
    return desk.draft(
        parts, actor=actor, operations=[EditInstructions(new=new)], title="Sign off", rationale="People like it."
    )


def waiting(parts: Parts, proposer: str = "person") -> Proposal:
    return next(
        item.proposal for item in parts.store.proposals([ProposalState.WAITING]) if item.proposal.proposer == proposer
    )


def shown(parts: Parts, proposal: Proposal) -> str:
    return parts.store.proposal(proposal.id).evidence_digest


def correct(parts: Parts, interaction_id: str = "i1", *, actor: Actor = OLGA, **said: Any) -> Feedback:
    correction = desk.Correction(**said)
    return desk.correct(parts, actor=actor, interaction_id=interaction_id, correction=correction, door="dashboard")


def trace(parts: Parts) -> tuple[int, int, str]:
    """What any act would change."""
    return len(parts.store.decisions()), parts.store.head().number, parts.store.change_counter()


Refused = Callable[[Parts], object]
REFUSALS: dict[str, tuple[type[Exception], Refused]] = {
    "a viewer approves": (
        NotAllowed,
        lambda p: desk.approve(p, waiting(p).id, actor=VERA, seen_digest=shown(p, waiting(p)), reason="x"),
    ),
    "a reviewer approves high stakes": (
        NotAllowed,
        lambda p: desk.approve(p, waiting(p).id, actor=RITA, seen_digest=shown(p, waiting(p)), reason="x"),
    ),
    "high stakes without a reason": (
        InvalidInput,
        lambda p: desk.approve(p, waiting(p).id, actor=OLGA, seen_digest=shown(p, waiting(p))),
    ),
    "another digest than is stored": (
        DigestMismatch,
        lambda p: desk.approve(p, waiting(p).id, actor=OLGA, seen_digest="0" * 64, reason="x"),
    ),
    "a reason without end": (
        InvalidInput,
        lambda p: desk.approve(p, waiting(p).id, actor=OLGA, seen_digest=shown(p, waiting(p)), reason="x" * 5000),
    ),
    "a rejection without any reason": (
        InvalidInput,
        lambda p: desk.reject(p, waiting(p).id, actor=OLGA, seen_digest=shown(p, waiting(p))),
    ),
    "a rejection for a reason of one's own making": (
        InvalidInput,
        lambda p: desk.reject(p, waiting(p).id, actor=OLGA, seen_digest=shown(p, waiting(p)), categories=["boring"]),
    ),
    "an edit that edits nothing": (
        InvalidInput,
        lambda p: desk.edit(
            p,
            waiting(p).id,
            actor=OLGA,
            seen_digest=shown(p, waiting(p)),
            operations=waiting(p).operations,
        ),
    ),
    "an edit that does not fit": (
        OperationRefused,
        lambda p: desk.edit(
            p,
            waiting(p).id,
            actor=OLGA,
            seen_digest=shown(p, waiting(p)),
            operations=[EditInstructions(old="Nobody wrote this.", new="x")],
        ),
    ),
    "the same draft again": (InvalidInput, draft),
    "a draft without a title": (
        InvalidInput,
        lambda p: desk.draft(p, actor=OLGA, operations=[EditInstructions(new="x")], title=" ", rationale="because"),
    ),
    "a draft of something that is not there": (
        OperationRefused,
        lambda p: desk.draft(
            p, actor=OLGA, operations=[RetireRule(rule_id="none")], title="Retire", rationale="because"
        ),
    ),
    "a draft that cites feedback nobody gave": (
        InvalidInput,
        lambda p: desk.draft(
            p,
            actor=OLGA,
            operations=[EditInstructions(new="y")],
            title="t",
            rationale="because",
            evidence=["f-none"],
        ),
    ),
    "a correction of nothing": (InvalidInput, lambda p: correct(p, text=" ")),
    "a correction of an unknown answer": (
        InvalidInput,
        lambda p: correct(p, "none", text="better"),
    ),
    "a viewer corrects": (
        NotAllowed,
        lambda p: correct(p, "none", actor=VERA, text="better"),
    ),
    "a person makes feedback valid": (
        InvalidInput,
        lambda p: desk.judge(p, ["f1"], actor=OLGA, to=FeedbackState.VALID, reason="x"),
    ),
    "overruling without a reason": (
        InvalidInput,
        lambda p: desk.judge(p, ["f1"], actor=OLGA, to=FeedbackState.QUARANTINED),
    ),
    "a rollback to nowhere": (
        InvalidInput,
        lambda p: desk.roll_back(p, actor=OLGA, to_number=9, reason="it hurts"),
    ),
    "a rollback to what is live": (
        Conflict,
        lambda p: desk.roll_back(p, actor=OLGA, to_number=0, reason="it hurts"),
    ),
    "undoing nothing": (Conflict, lambda p: desk.undo(p, "none", actor=OLGA)),
    "bringing back what waits": (Conflict, lambda p: desk.bring_back(p, waiting(p).id, actor=OLGA)),
}


@pytest.mark.parametrize("what", sorted(REFUSALS))
def test_a_refused_act_leaves_no_trace(what: str, parts: Parts) -> None:
    error, act = REFUSALS[what]
    before = trace(parts)
    with pytest.raises(error):
        act(parts)
    assert trace(parts) == before


def test_an_approval_waits_for_its_undo_window_and_undo_really_undoes(parts: Parts) -> None:
    low = waiting(parts, "examples")
    decision = desk.approve(parts, low.id, actor=RITA, seen_digest=shown(parts, low), reason="proved")
    assert decision.effective_at - decision.at == timedelta(seconds=60)
    assert parts.store.proposal(low.id).state is ProposalState.APPROVED
    desk.undo(parts, decision.id, actor=RITA)
    assert parts.store.proposal(low.id).state is ProposalState.WAITING
    assert parts.store.due_approvals(NOON + timedelta(days=3)) == []


def test_undo_after_going_live_is_refused(parts: Parts) -> None:
    high = waiting(parts)
    decision = desk.approve(parts, high.id, actor=OLGA, seen_digest=shown(parts, high), reason="our custom")
    assert engine.apply_due(parts)
    with pytest.raises(Conflict):
        desk.undo(parts, decision.id, actor=OLGA)


def test_a_base_that_moved_is_refused(parts: Parts) -> None:
    high, low = waiting(parts), waiting(parts, "examples")
    digest = shown(parts, low)
    desk.approve(parts, high.id, actor=OLGA, seen_digest=shown(parts, high), reason="our custom")
    assert engine.apply_due(parts)
    with pytest.raises(Conflict, match="stale"):
        desk.approve(parts, low.id, actor=OLGA, seen_digest=digest, reason="x")
    assert parts.store.head().number == 1
    assert [item.proposal.replaces for item in parts.store.proposals([ProposalState.DRAFTED])] == [low.id], "at once"


def test_an_edit_is_a_new_proposal_with_the_editor_as_author_that_is_tested_again(parts: Parts) -> None:
    mine = waiting(parts)
    successor = desk.edit(
        parts,
        mine.id,
        actor=Actor(name="ben", role=Role.APPROVER),
        seen_digest=shown(parts, mine),
        operations=[EditInstructions(new="Sign off with: The desk")],
    )
    assert parts.store.proposal(mine.id).state is ProposalState.EDITED
    assert successor.replaces == mine.id
    assert set(successor.authors) == {"olga", "ben"}
    assert parts.store.proposal(successor.id).report is None
    engine.turn(parts)
    assert parts.store.proposal(successor.id).report is not None
    with pytest.raises(NotAllowed):
        desk.approve(
            parts,
            successor.id,
            actor=Actor(name="ben", role=Role.APPROVER),
            seen_digest=shown(parts, successor),
            reason="mine",
        )


def test_a_rejection_and_its_reason_reach_the_record(parts: Parts) -> None:
    low = waiting(parts, "examples")
    desk.reject(parts, low.id, actor=RITA, seen_digest=shown(parts, low), categories=["too_narrow"], reason="later")
    (decision,) = parts.store.decisions(low.id)
    assert (decision.verb, decision.categories, decision.reason) == ("reject", ("too_narrow",), "later")
    drafted = engine.turn(parts)
    assert not [
        item for item in parts.store.proposals([ProposalState.WAITING]) if item.proposal.operations == low.operations
    ], drafted


def test_a_correction_is_feedback_and_an_exception_teaches_nothing(parts: Parts) -> None:
    taught = correct(parts, text="Call me at +44 20 7946 0958 then.")
    assert taught.kind is FeedbackKind.EDIT
    assert "7946" not in taught.text, "personal data is masked"
    exception = correct(parts, "i2", actor=RITA, label="refund", teaches=False)
    assert parts.store.feedback_items([exception.id])[exception.id].state is FeedbackState.EXCLUDED


def test_a_correction_numbers_a_new_address_after_those_of_the_answer(parts: Parts) -> None:
    asked = builders.interaction(question="I am ann@mail.example")
    door = collect.Door(actor=OLGA, action="import", journal="import file", at=NOON)
    collect.receive(parts.store, door=door, interactions=[asked.model_copy(update={"id": "mail"})])
    assert correct(parts, "mail", text="Write to bob@mail.example").text == "Write to ⟨EMAIL_2⟩"


def test_a_second_press_keeps_one_correction_and_a_changed_mind_is_heard(parts: Parts) -> None:
    def current() -> list[str | None]:
        mine = [item.feedback for item in parts.store.feedback() if item.feedback.author == "olga"]
        return [one.label for one in mine]

    clock = iter(range(9))
    parts = replace(parts, clock=lambda: NOON + timedelta(days=3, minutes=next(clock)))
    notes = len(parts.store.journal())
    assert correct(parts, label="refund").id == correct(parts, label="refund").id
    assert (current(), len(parts.store.journal())) == (["refund"], notes + 1)
    for label in ("parcel", "refund"):
        correct(parts, label=label)
        assert current() == [label]


def test_a_correction_says_by_which_door_it_came(parts: Parts) -> None:
    said = desk.correct(
        parts, actor=OLGA, interaction_id="i1", correction=desk.Correction(label="refund"), door="terminal"
    )
    assert said.source == "terminal"
    entry = parts.store.journal()[-1]
    assert (entry.actor, entry.action, entry.subject) == ("olga", "correct answer", said.id)


def test_only_an_administrator_sets_an_agent_up() -> None:
    made, agents = desk_world.agent(), fakes.FakeAgents()
    with pytest.raises(NotAllowed, match="may not set up"):
        desk.create_agent(agents, made, bundle=Bundle(), actor=RITA, now=NOON)
    assert agents.created == {}
    desk.create_agent(agents, made, bundle=Bundle(), actor=OLGA, now=NOON)
    assert agents.created == {"desk": (made, Bundle())}


def test_a_persons_word_on_feedback_stands_against_the_firewall(parts: Parts) -> None:
    assert desk.judge(parts, ["f1", "f2"], actor=RITA, to=FeedbackState.EXCLUDED, reason="a test account") == 2
    engine.turn(parts)
    items = parts.store.feedback_items(["f1", "f2"])
    assert {item.state for item in items.values()} == {FeedbackState.EXCLUDED}
    assert all(any("a test account" in flag.reason for flag in item.flags) for item in items.values())


def test_judging_many_moves_only_those_that_may_go_there(parts: Parts) -> None:
    desk.judge(parts, ["f1"], actor=RITA, to=FeedbackState.EXCLUDED, reason="a test account")
    assert desk.judge(parts, ["f1", "f2"], actor=RITA, to=FeedbackState.RELEASED, reason="it was real") == 1
    items = parts.store.feedback_items(["f1", "f2"])
    assert [items[one].state for one in ("f1", "f2")] == [FeedbackState.RELEASED, FeedbackState.VALID]


def test_a_rollback_is_a_new_version_with_the_old_content(parts: Parts) -> None:
    high = waiting(parts)
    desk.approve(parts, high.id, actor=OLGA, seen_digest=shown(parts, high), reason="our custom")
    engine.apply_due(parts)
    release = desk.roll_back(parts, actor=RITA, to_number=0, reason="people complain")
    versions = {version.number: version for version in parts.store.versions()}
    assert (release.kind, versions[release.number].restores) == ("rollback", 0)
    assert release.number == max(versions) == parts.store.head().number
    assert versions[release.number].digest == versions[0].digest
    assert parts.store.proposal(high.id).state is ProposalState.UNDONE
