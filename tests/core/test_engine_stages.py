"""Every stage behind its bulkhead, in memory: what fails is said in words, and the others run all the same."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from loop import desk, engine
from loop.agent import LocalAgent
from loop.engine import deploy as deploying
from loop.engine.journal import StageTally
from loop.errors import Conflict, ModelFailed, StoreUnavailable
from loop.ports import Answerer, Parts
from loop.records import (
    Bundle,
    Changes,
    EditInstructions,
    FeedbackKind,
    Grading,
    ProposalState,
    RowCounts,
)
from tests import fake_store, fakes
from tests.builders import at, feedback, interaction
from tests.shell import desk_world
from tests.shell.desk_world import OPERATOR, approve, stage

DEAD = "The endpoint does not answer."


@pytest.fixture
def parts() -> Parts:
    """An agent in memory, with feedback that has not been looked at."""
    made = fake_store.parts_on(fake_store.FakeStore(desk_world.agent(), Bundle()))
    desk_world.arrive(made, rows=60)
    return made


def only(digests: set[str]) -> Callable[[Bundle], Answerer]:
    """The built-in agent for some bundles, a dead endpoint for all others."""

    def build(bundle: Bundle) -> Answerer:
        return LocalAgent(bundle) if bundle.digest in digests else fakes.dead(bundle)

    return build


# a dead endpoint -------------------------------------------------------------------------------
def test_a_dead_endpoint_in_update_is_said_and_the_others_run(parts: Parts) -> None:
    engine.turn(parts)
    desk_world.arrive(parts, rows=60, prefix="more", seed=1)
    (waiting,) = parts.store.proposals([ProposalState.WAITING])
    approve(parts, waiting.proposal.id)
    report = engine.turn(replace(parts, answerers=fakes.dead))
    assert DEAD in " ".join(stage(report, "update").words)
    assert stage(report, "validate").counts["valid"] > 0
    assert stage(report, "deploy").counts["released"] == 1
    assert "could not be measured" in " ".join(stage(report, "deploy").words)
    assert parts.store.proposal(waiting.proposal.id).state is ProposalState.LIVE


def test_a_dead_endpoint_in_test_is_said_and_the_draft_is_tested_when_it_is_back(parts: Parts) -> None:
    candidate = drafted(parts)
    report = engine.turn(replace(parts, answerers=fakes.dead))
    assert DEAD in " ".join(stage(report, "test").words)
    assert parts.store.proposal(candidate).state is ProposalState.DRAFTED
    assert stage(report, "deploy").words or stage(report, "deploy").counts, "the stage after it ran"
    engine.turn(parts)
    assert parts.store.proposal(candidate).state is ProposalState.WAITING


def test_a_candidate_whose_endpoint_is_dead_is_said_and_the_others_are_tested(parts: Parts) -> None:
    mine = [drafted(parts, text) for text in ("Sign off with: Olga", "Be kind.")]
    bad = parts.store.proposal(mine[0]).proposal.candidate_digest
    good = {parts.store.head().digest, *(version.digest for version in parts.store.candidates())} - {bad}
    report = engine.turn(replace(parts, answerers=only(good)))
    assert DEAD in " ".join(stage(report, "test").words)
    assert parts.store.proposal(mine[0]).state is ProposalState.DRAFTED
    assert parts.store.proposal(mine[1]).state is ProposalState.WAITING


def test_a_version_that_cannot_be_measured_is_said_and_the_others_are(parts: Parts) -> None:
    engine.turn(parts)
    (waiting,) = parts.store.proposals([ProposalState.WAITING])
    approve(parts, waiting.proposal.id)
    live = only({parts.store.head().digest})
    engine.apply_due(parts)
    desk_world.arrive(parts, rows=60, prefix="more", seed=1)
    store = parts.store
    store.kept_answers.clear()  # type: ignore[attr-defined]  # what was answered before must not help
    report = engine.turn(replace(parts, answerers=live))
    assert f"Version {store.head().number} could not be measured. {DEAD}" in " ".join(stage(report, "deploy").words)
    assert store.measurements()[-1].number == 0
    engine.turn(parts)
    assert store.measurements()[-1].number == store.head().number


def test_a_dead_model_of_reflection_is_said_and_the_rest_of_update_goes_on() -> None:
    agent = desk_world.agent().model_copy(update={"grading": Grading.TEXT})
    parts = fake_store.parts_on(fake_store.FakeStore(agent, Bundle(instructions="Be kind.")))
    edited(parts)
    report = engine.turn(replace(parts, model=fakes.FakeModel()))
    assert "Reflection" in " ".join(stage(report, "update").words)
    assert DEAD in " ".join(stage(report, "update").words)
    assert stage(report, "deploy").counts["measured"] == 1


def drafted(parts: Parts, text: str = "Sign off with: Olga") -> str:
    """A draft of a person's, on a version whose cases are there."""
    if not parts.store.cases():
        engine.run_stage(parts, "validate", defects=[])
    made = desk.draft(
        parts, actor=OPERATOR, operations=[EditInstructions(new=text)], title=text, rationale="People like it."
    )
    return made.id


def test_a_draft_written_when_results_on_dev_could_be_read_is_asked_the_sealed_cases_at_once(parts: Parts) -> None:
    blind = drafted(replace(parts, clock=lambda: at(0)), "Sign off with: Ben")
    engine.turn(parts)
    knowing = drafted(parts, "Sign off with: Olga")
    engine.turn(parts)
    reports = [parts.store.proposal(one).report for one in (blind, knowing)]
    assert [one is not None and one.is_dev_in_view for one in reports] == [False, True]
    assert [one is not None and one.is_sealed_asked for one in reports] == [False, True], "neither moves a case on dev"
    assert [one is not None and one.level is not None for one in reports] == [False, True], "and the look is charged"


def test_a_test_whose_look_was_taken_meanwhile_is_judged_again_on_what_is_left(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = drafted(parts)
    commit, refused = parts.store.commit, iter([True])

    def taken_once(changes: Changes) -> RowCounts:
        if changes.reports and next(refused, False):
            raise Conflict("Another test looked at the sealed cases meanwhile.")
        return commit(changes)

    monkeypatch.setattr(parts.store, "commit", taken_once)
    engine.turn(parts)
    assert next(refused, None) is None, "it was refused once"
    assert parts.store.proposal(made).report is not None


def edited(parts: Parts, *, rows: int = 40) -> None:
    """Answers that many people keep completing with the same sentence."""
    answer = "Your refund takes 10 days."
    people = [desk_world.LEADS[one % 2] if one % 3 else f"ann-{one % 5}" for one in range(rows)]
    parts.store.append(
        interactions=[interaction(one, question=f"When does refund number {one} come?", answer=answer, label=None,
                                  topic="refund", version=0) for one in range(rows)],
        feedback=[feedback(one, kind=FeedbackKind.EDIT, label=None, text=f"{answer} The number is in the subject.",
                           author=people[one], at=at(one)) for one in range(rows)],
    )  # fmt: skip


# what is not an endpoint -----------------------------------------------------------------------
@pytest.mark.parametrize("name", ["collect", "validate", "update", "test", "deploy"])
def test_an_error_of_ours_in_one_stage_stops_no_other(parts: Parts, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = standing_in(monkeypatch, broken=name, error=ModelFailed("Out of order."))
    report = engine.turn(parts)
    assert ran == [one for one in engine.STAGES if one != name]
    assert stage(report, name).words == (f"The stage {name} stopped early. Out of order.",)


@pytest.mark.parametrize("name", ["collect", "validate", "update", "test", "deploy"])
def test_a_defect_is_raised_after_the_others_ran_and_is_on_record(
    parts: Parts, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = standing_in(monkeypatch, broken=name, error=ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        engine.turn(parts)
    assert ran == [one for one in engine.STAGES if one != name]
    recorded = parts.store.last_turn()
    assert recorded is not None
    assert "met a defect (ZeroDivisionError)" in stage(recorded, name).words[0]


@pytest.mark.parametrize("name", ["collect", "validate", "update", "test", "deploy"])
def test_a_store_that_is_away_stops_the_turn_at_once(parts: Parts, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = standing_in(monkeypatch, broken=name, error=StoreUnavailable("The database is away."))
    with pytest.raises(StoreUnavailable):
        engine.turn(parts)
    assert ran == list(engine.STAGES)[: list(engine.STAGES).index(name)]


@pytest.mark.parametrize("verb", ["feedback_counts", "due", "issues", "releases", "due_approvals"])
def test_a_store_that_goes_away_inside_a_stage_is_never_words(parts: Parts, verb: str) -> None:
    away = fake_store.Overheard(parts.store, **{verb: StoreUnavailable("The database is away.")})  # type: ignore[arg-type]
    with pytest.raises(StoreUnavailable):
        engine.turn(replace(parts, store=away))  # type: ignore[arg-type]


@pytest.mark.parametrize("step", ["_approve_by_policy", "apply_due", "_watch", "measure"])
def test_a_step_of_deploy_that_fails_stops_no_other_step(
    parts: Parts, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    for name in ("_approve_by_policy", "apply_due", "_watch", "measure"):
        monkeypatch.setattr(deploying, name, _fails(name, ran, error=ModelFailed("Out of order."), only=step))
    report = engine.run_stage(parts, "deploy", defects=[])
    assert ran == [one for one in ("_approve_by_policy", "apply_due", "_watch", "measure") if one != step]
    assert "Out of order." in report.words[0]


def standing_in(monkeypatch: pytest.MonkeyPatch, *, broken: str, error: Exception) -> list[str]:
    """Stages that note that they ran, one of them broken."""
    ran: list[str] = []
    for name in engine.STAGES:
        monkeypatch.setitem(engine.STAGES, name, _fails(name, ran, error=error, only=broken))
    return ran


def _fails(name: str, ran: list[str], *, error: Exception, only: str) -> Callable[[Parts, StageTally], None]:
    def run(_parts: Parts, _tally: StageTally) -> None:
        if name == only:
            raise error
        ran.append(name)

    return run


# rejections ------------------------------------------------------------------------------------
def test_a_proposer_is_told_why_people_rejected_what_was_proposed_before() -> None:
    agent = desk_world.agent().model_copy(update={"grading": Grading.TEXT})
    parts = fake_store.parts_on(fake_store.FakeStore(agent, Bundle(instructions="Be kind.")))
    edited(parts)
    model = fakes.FakeModel(_edit_citing_what_is_shown)
    engine.turn(replace(parts, model=model))
    (first,) = [item for item in parts.store.proposals() if item.proposal.proposer == "reflection"]
    told = "We never name subjects."
    desk.reject(parts, first.proposal.id, actor=OPERATOR, seen_digest=first.evidence_digest, reason=told)
    before = len(model.asked)
    engine.turn(replace(parts, model=model))
    assert len(model.asked) > before
    assert told in model.asked[-1]
    assert told not in model.asked[0]


def _edit_citing_what_is_shown(told: str) -> str:
    shown = next(f"f{number}" for number in range(40) if f'"id": "f{number}"' in told)
    return json.dumps(
        {"op": "edit_instructions", "old": "", "new": "Name the subject line.", "rationale": "They add it.",
         "evidence": [shown], "expected_fix": [], "risk": ""}
    )  # fmt: skip
