"""A turn of the loop on a real database: repeatable, honest about held-out cases, and obedient to the mode."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from loop import desk, engine, wiring
from loop.engine import cards
from loop.llm import DirectModel
from loop.ports import Parts
from loop.records import (
    Bundle,
    ChangeExamples,
    EditInstructions,
    Example,
    Feedback,
    FeedbackKind,
    FeedbackState,
    Grading,
    Interaction,
    Mode,
    ProposalState,
    Role,
    Split,
    StakesLevel,
    Verdict,
)
from loop.settings import Settings
from storage.database import Database
from tests.asking import Counting
from tests.builders import NOON, agent
from tests.shell import desk_world
from tests.shell.desk_world import OPERATOR, approve
from tests.shell.model_server import serve

LATER = NOON + timedelta(days=2)

Desk = Callable[..., Parts]


@pytest.fixture
def make(sqlite_database: Database) -> Desk:
    """Makes the agent `desk` and gives its parts on a clock that stands still."""

    def build(bundle: Bundle | None = None, *, now: datetime = LATER, **fields: object) -> Parts:
        made = desk_world.agent().model_copy(update=fields)
        sqlite_database.create_agent(made, bundle or Bundle(), now=NOON, actor="olga")
        return wiring.parts_for(Settings(), sqlite_database, "desk", clock=lambda: now)

    return build


def proved(parts: Parts) -> str:
    """The first proved proposal that waits."""
    return next(
        item.proposal.id
        for item in parts.store.proposals([ProposalState.WAITING])
        if item.report is not None and item.report.verdict is Verdict.PROVED
    )


def test_a_second_turn_on_the_same_data_changes_nothing(make: Desk) -> None:
    parts = make()
    desk_world.arrive(parts)
    first = engine.turn(parts)
    before = parts.store.change_counter()
    second = engine.turn(parts)
    assert first.did_something
    assert not second.did_something
    assert parts.store.change_counter() == before


def test_nothing_a_version_is_measured_on_ever_teaches_it(make: Desk) -> None:
    parts = make()
    desk_world.arrive(parts)
    for _ in range(3):
        engine.turn(parts)
        waiting = parts.store.proposals([ProposalState.WAITING])
        if not waiting:
            break
        approve(parts, waiting[0].proposal.id)
        assert engine.apply_due(parts)
    live = parts.store.bundle(parts.store.head().digest)
    sealed = parts.store.cases([Split.SEALED])
    assert live.examples
    assert sealed
    assert not {one.question for one in live.examples} & {case.question for case in sealed}
    assert not {one.feedback_id for one in live.examples} & {case.feedback_id for case in sealed}


def test_a_waiting_change_is_drawn_anew_and_tested_again_when_the_live_version_moves(make: Desk) -> None:
    parts = make()
    desk_world.arrive(parts)
    engine.turn(parts)
    mine = desk.draft(
        parts,
        actor=OPERATOR,
        operations=[EditInstructions(new="Sign off with: Olga")],
        title="Sign off",
        rationale="People like to know who wrote.",
    )
    engine.turn(parts)
    approve(parts, proved(parts))
    engine.apply_due(parts)
    engine.turn(parts)
    assert parts.store.proposal(mine.id).state is ProposalState.STALE
    (again,) = [item for item in parts.store.proposals([ProposalState.WAITING]) if item.proposal.replaces == mine.id]
    assert again.proposal.base_number == parts.store.head().number
    assert again.proposal.operations == mine.operations
    assert again.report is not None


def test_a_low_stakes_approval_goes_live_only_after_its_undo_window(make: Desk) -> None:
    limits = desk_world.agent().limits.model_copy(update={"undo_seconds": 60})
    parts = make(limits=limits)
    desk_world.arrive(parts)
    engine.turn(parts)
    low = next(
        item for item in parts.store.proposals([ProposalState.WAITING]) if item.proposal.stakes.level is StakesLevel.LOW
    )
    approve(parts, low.proposal.id)
    assert engine.apply_due(parts) == []
    a_minute_later = replace(parts, clock=lambda: LATER + timedelta(seconds=61))
    (release,) = engine.apply_due(a_minute_later)
    assert release.number == parts.store.head().number == 1
    assert engine.apply_due(a_minute_later) == []


def test_simple_mode_ships_what_is_proved_and_low_and_leaves_the_rest_to_a_person(make: Desk) -> None:
    parts = make(mode=Mode.SIMPLE)
    desk_world.arrive(parts)
    report = engine.turn(parts)
    deployed = next(stage for stage in report.stages if stage.stage == "deploy")
    assert deployed.counts["released"] == 1
    (decision,) = parts.store.decisions()
    assert decision.actor.role is Role.ENGINE
    assert parts.store.proposal(decision.proposal_id).proposal.stakes.level is StakesLevel.LOW
    assert all(
        item.proposal.stakes.level is not StakesLevel.LOW or item.proposal.id != decision.proposal_id
        for item in parts.store.proposals([ProposalState.WAITING])
    )


def test_manual_mode_ships_nothing_by_itself(make: Desk) -> None:
    parts = make()
    desk_world.arrive(parts)
    for _ in range(3):
        engine.turn(parts)
    assert parts.store.head().number == 0
    assert parts.store.decisions() == []


def test_what_is_taught_by_feedback_that_falls_is_proposed_for_unlearning(make: Desk) -> None:
    parts = make()
    desk_world.arrive(parts)
    engine.turn(parts)
    approve(parts, proved(parts))
    engine.apply_due(parts)
    learned = parts.store.bundle(parts.store.head().digest).examples[0].feedback_id
    assert learned is not None
    desk.judge(parts, [learned], actor=OPERATOR, to=FeedbackState.EXCLUDED, reason="an exception")
    engine.turn(parts)
    (unlearn,) = [
        item.proposal
        for item in parts.store.proposals([ProposalState.WAITING])
        if item.proposal.proposer == "unlearning"
    ]
    (operation,) = unlearn.operations
    assert isinstance(operation, ChangeExamples)
    assert len(operation.remove) == 1


def test_worse_signals_after_a_release_take_it_back_in_simple_mode_and_ask_in_manual_mode(
    make: Desk, sqlite_database: Database
) -> None:
    parts = make(Bundle(examples=(Example(id="x", question="hello", label="greet"),)), mode=Mode.SIMPLE)
    bad = desk.draft(
        parts,
        actor=OPERATOR,
        operations=[EditInstructions(new="Hand over below confidence: 0.99")],
        title="Be careful",
        rationale="Rather ask a person.",
    )
    signals(parts, version=0, n=400, good=340, prefix="before")
    engine.turn(parts)
    digest = parts.store.proposal(bad.id).evidence_digest
    desk.approve(parts, bad.id, actor=OPERATOR, seen_digest=digest, reason="I insist")
    engine.apply_due(parts)
    signals(parts, version=1, n=300, good=120, prefix="after")

    hours_later = replace(parts, clock=lambda: LATER + timedelta(hours=5))
    report = engine.turn(hours_later)
    head = parts.store.head()
    assert (head.number, head.restores) == (2, 0)
    assert parts.store.proposal(bad.id).state is ProposalState.UNDONE
    assert any("taken back" in words for stage in report.stages for words in stage.words)
    assert parts.store.releases()[-1].actor == "engine"


def signals(parts: Parts, *, version: int, n: int, good: int, prefix: str) -> None:
    """Thumbs on answers of one version, each by another customer."""
    interactions, feedback = [], []
    for number in range(n):
        key = f"{prefix}{number}"
        interactions.append(
            Interaction(
                id=key, agent="desk", episode_id=key, customer=key, at=LATER, question=f"hello {key}", answer="hi",
                label="greet", version=version,
            )
        )  # fmt: skip
        feedback.append(
            Feedback(
                id=f"f{key}", agent="desk", interaction_id=key, kind=FeedbackKind.THUMBS, value=float(number < good),
                author=key, source="dashboard", at=LATER + timedelta(seconds=number),
                received_at=LATER + timedelta(seconds=number),
            )
        )  # fmt: skip
    parts.store.append(interactions=tuple(interactions), feedback=tuple(feedback))


# reflection ------------------------------------------------------------------------------------
ANSWER = "Your refund takes 10 days."
BETTER = "Your refund takes 10 days. Your case number is in the subject line."


def edits(parts: Parts) -> None:
    """Forty questions whose answers people keep completing with the same sentence."""
    interactions, feedback = [], []
    for number in range(40):
        question = f"When does my refund number {number} come?"
        interactions.append(
            Interaction(
                id=f"i{number}", agent="desk", episode_id=f"e{number}", customer=f"c{number}", at=NOON,
                question=question, answer=ANSWER, topic="refund", version=0,
            )
        )  # fmt: skip
        feedback.append(
            Feedback(
                id=f"f{number}", agent="desk", interaction_id=f"i{number}", kind=FeedbackKind.EDIT, text=BETTER,
                author=f"lead-{1 + number % 2}" if number % 3 else f"ann-{number % 5}", source="dashboard",
                at=NOON + timedelta(minutes=number), received_at=NOON + timedelta(minutes=number),
            )
        )  # fmt: skip
    parts.store.append(interactions=tuple(interactions), feedback=tuple(feedback))


def test_reflection_through_a_real_server_becomes_one_tested_instruction_edit(make: Desk) -> None:
    bundle = Bundle(
        instructions="Be kind.",
        examples=(Example(id="x", question="When does my refund come?", answer=ANSWER, label="refund"),),
    )
    parts = make(bundle, grading=Grading.TEXT)
    edits(parts)

    def reply(request: dict[str, object]) -> str:
        told = json.dumps(request)
        shown = next(f"f{number}" for number in range(40) if f'\\"id\\": \\"f{number}\\"' in told)
        return json.dumps(
            {
                "op": "edit_instructions",
                "old": "",
                "new": "Say where people find their reference.",
                "rationale": "People add the case number each time.",
                "evidence": [shown],
                "expected_fix": [],
                "risk": "Longer answers.",
            }
        )

    with serve(reply) as server:
        model = DirectModel("openai/scripted", base_url=server.base_url, api_key=None, timeout=20)
        try:
            report = engine.turn(replace(parts, model=model))
        finally:
            model.close()
        assert len(server.requests) == 1, "one call"
    assert not [words for stage in report.stages for words in stage.words]
    (drafted,) = [item for item in parts.store.proposals() if item.proposal.proposer == "reflection"]
    assert drafted.proposal.operations == (EditInstructions(new="Say where people find their reference."),)
    assert drafted.proposal.stakes.level is StakesLevel.HIGH
    assert drafted.report is not None
    assert drafted.report.sealed_heard > 0


def test_a_model_that_invents_evidence_is_asked_once_more_and_then_counted_as_a_failure(make: Desk) -> None:
    bundle = Bundle(
        instructions="Be kind.",
        examples=(Example(id="x", question="When does my refund come?", answer=ANSWER, label="refund"),),
    )
    parts = make(bundle, grading=Grading.TEXT)
    edits(parts)
    invented = json.dumps(
        {"op": "edit_instructions", "old": "Never stood there.", "new": "x", "rationale": "y", "evidence": ["f999"],
         "expected_fix": [], "risk": ""}
    )  # fmt: skip
    with serve(lambda request: invented) as server:
        model = DirectModel("openai/scripted", base_url=server.base_url, api_key=None, timeout=20)
        try:
            report = engine.turn(replace(parts, model=model))
        finally:
            model.close()
        assert len(server.requests) == 2, "one retry"
    assert any("Reflection" in words for stage in report.stages for words in stage.words)
    assert not [item for item in parts.store.proposals() if item.proposal.proposer == "reflection"]


def test_two_agents_in_one_database_do_not_learn_from_each_other(make: Desk, sqlite_database: Database) -> None:
    parts = make()
    sqlite_database.create_agent(agent("other"), Bundle(), now=NOON, actor="olga")
    other = wiring.parts_for(Settings(), sqlite_database, "other", clock=lambda: LATER)
    desk_world.arrive(parts)
    engine.turn(parts)
    assert not engine.turn(other).did_something
    assert other.store.proposals() == []


def test_what_was_undecided_is_tried_again_on_the_budget_that_is_left_when_enough_cases_have_come(make: Desk) -> None:
    parts = make()
    desk_world.arrive(parts, rows=30)
    engine.turn(parts)
    mine = desk.draft(
        parts,
        actor=OPERATOR,
        operations=[
            ChangeExamples(
                add=(
                    Example(id="a", question="where is my parcel with the desk", label="parcel"),
                    Example(id="b", question="please refund the blue kettle", label="refund"),
                )
            )
        ],
        title="Two examples",
        rationale="They come up all the time.",
    )
    engine.turn(parts)
    first = parts.store.proposal(mine.id)
    assert first.report is not None
    assert first.report.verdict in (Verdict.NOT_ENOUGH_DATA, Verdict.PROMISING)

    desk_world.arrive(parts, rows=600, seed=1, prefix="more")
    engine.turn(parts)
    again = parts.store.proposal(mine.id)
    assert again.report is not None
    assert again.report.sealed_heard > first.report.sealed_heard
    assert again.report.verdict is Verdict.PROVED
    assert again.state is ProposalState.WAITING, "the machine's larger bundle takes nobody's draft off the desk"
    assert any("Each proved change refills this budget" in reason for reason in again.report.reasons)
    numbers = [look.number for look in parts.store.ledger().looks]
    assert numbers == list(range(1, len(numbers) + 1))
    assert again.report.sealed_looks in numbers
    assert again.evidence_digest != first.evidence_digest, "who looked at the old evidence must look again"
    engine.turn(parts)
    assert parts.store.proposal(mine.id).evidence_digest == again.evidence_digest


def test_no_question_is_asked_twice_of_the_same_version_in_a_turn_across_turns_and_restarts(
    make: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The reach of a change puts questions of the traffic to the built-in agent, which costs nothing; not counted here.
    monkeypatch.setattr(cards, "_differing", lambda *_, **__: None)
    counting = Counting()
    parts = replace(make(), answerers=counting)
    desk_world.arrive(parts)
    engine.turn(parts)
    approve(parts, proved(parts))
    for _ in range(3):
        engine.turn(replace(parts, answerers=counting))  # parts made anew, as after a restart
    desk_world.arrive(parts, rows=60, seed=3, prefix="more")
    engine.turn(parts)
    versions = {digest for digest, _ in counting.asked}
    assert len(versions) >= 2, "the first version, and the one that went live"
    cases = Counter(case.question for case in parts.store.cases())
    for digest in versions:
        asked = Counter(text for one, text in counting.asked if one == digest)
        assert asked <= cases, "once for each case, whoever wanted to know"
