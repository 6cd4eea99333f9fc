"""What a turn does and does not, in memory: idle costs nothing, approvals apply once, versions are measured."""

from dataclasses import replace
from datetime import timedelta

import pytest

from loop import deploy, desk, engine, evaluate, validate
from loop.ports import Parts
from loop.records import (
    Bundle,
    EditInstructions,
    Example,
    FeedbackKind,
    FeedbackState,
    Mode,
    Note,
    ProposalState,
    Proposer,
    Split,
    Verdict,
)
from tests import fake_store, fakes
from tests.builders import NOON, at, feedback, interaction
from tests.shell import desk_world
from tests.shell.desk_world import OPERATOR, approve

READS_BY_KEY = {
    *("check_head", "kept", "change_counter", "agent", "head", "due_approvals", "finish_erasures", "drop_raw")
}


def desk_with(bundle: Bundle | None = None, *, rows: int = 60, **fields: object) -> Parts:
    made = fake_store.parts_on(fake_store.FakeStore(desk_world.agent().model_copy(update=fields), bundle or Bundle()))
    if rows:
        desk_world.arrive(made, rows=rows)
    return made


def memory(parts: Parts) -> fake_store.FakeStore:
    assert isinstance(parts.store, fake_store.FakeStore)
    return parts.store


def best(parts: Parts) -> str:
    return parts.store.proposals([ProposalState.WAITING])[0].proposal.id


# idle ------------------------------------------------------------------------------------------
def settled() -> Parts:
    parts = desk_with()
    while engine.turn(parts).did_something:
        pass
    return parts


def test_an_idle_turn_reads_by_key_only_and_writes_nothing() -> None:
    parts = settled()
    overheard = fake_store.Overheard(memory(parts))
    written = len(memory(parts).commits)
    report = engine.turn(replace(parts, store=overheard))  # type: ignore[arg-type]
    assert not report.did_something
    assert set(overheard.calls) <= READS_BY_KEY
    assert len(overheard.calls) <= 14
    assert len(memory(parts).commits) == written


def test_a_turn_that_found_nothing_is_not_on_record_and_wakes_nobody() -> None:
    parts = desk_with()
    assert engine.turn(parts).did_something
    first, counted = parts.store.last_turn(), parts.store.change_counter()
    assert first is not None
    assert not engine.turn(parts).did_something
    assert (parts.store.last_turn(), parts.store.change_counter()) == (first, counted)


def test_what_arrives_is_decided_or_set_otherwise_ends_the_idleness(monkeypatch: pytest.MonkeyPatch) -> None:
    for what in ("arrival", "decision", "seed", "settings", "a model", "rules"):
        parts = settled()
        match what:
            case "arrival":
                desk_world.arrive(parts, rows=4, prefix="more", seed=1)
            case "decision":
                approve(parts, best(parts))
            case "seed":
                parts = replace(parts, seed=7)
            case "settings":
                memory(parts).agent = parts.store.agent.model_copy(update={"mode": Mode.SIMPLE})
            case "a model":
                parts = replace(parts, model=fakes.FakeModel())
            case "rules":
                monkeypatch.setattr("loop.validate.RULES", validate.RULES + 1)
        assert len(engine.turn(parts).stages) == len(engine.STAGES), what


def test_an_undo_window_that_ends_is_seen_by_an_idle_turn() -> None:
    limits = desk_world.agent().limits.model_copy(update={"undo_seconds": 60})
    clock = fakes.FakeClock(NOON + timedelta(days=2))
    parts = replace(desk_with(limits=limits), clock=clock)
    engine.turn(parts)
    approve(parts, best(parts))
    while engine.turn(parts).did_something:
        pass
    clock.pass_time(seconds=61)
    report = engine.turn(parts)
    assert [(one.stage, one.counts) for one in report.stages] == [("deploy", {"released": 1})]
    assert parts.store.head().number == 1


def test_a_release_that_comes_of_age_ends_the_idleness() -> None:
    clock = fakes.FakeClock(NOON + timedelta(days=2))
    parts = replace(desk_with(), clock=clock)
    engine.turn(parts)
    approve(parts, best(parts))
    while engine.turn(parts).did_something:
        pass
    memory(parts).numbers[1] = parts.store.head().model_copy(update={"created_at": clock.now})
    clock.pass_time(seconds=deploy.HOLD_DOWN.total_seconds() / 2)
    assert len(engine.turn(parts).stages) == 1
    clock.pass_time(seconds=deploy.HOLD_DOWN.total_seconds())
    assert len(engine.turn(parts).stages) == len(engine.STAGES)


# approvals -------------------------------------------------------------------------------------
def test_an_approval_is_applied_once() -> None:
    parts = desk_with()
    engine.turn(parts)
    mine = best(parts)
    approve(parts, mine)
    (release,) = engine.apply_due(parts)
    assert (release.number, parts.store.head().number) == (1, 1)
    assert engine.apply_due(parts) == []
    assert parts.store.proposal(mine).state is ProposalState.LIVE
    assert len(parts.store.releases()) == 2


@pytest.mark.parametrize("way", ["content gone", "evidence changed"])
def test_an_approval_that_can_no_longer_be_applied_is_stale_with_its_reason(way: str) -> None:
    parts = desk_with()
    engine.turn(parts)
    mine = best(parts)
    approve(parts, mine)
    item = parts.store.proposal(mine)
    if way == "content gone":
        del memory(parts).bundles[item.proposal.candidate_digest]
    else:
        memory(parts).drafts[mine] = item.model_copy(update={"evidence_digest": "other"})
    report = engine.run_stage(parts, "deploy", defects=[])
    stale = parts.store.proposal(mine)
    assert (stale.state, parts.store.head().number) == (ProposalState.STALE, 0)
    assert stale.stale_reason in " ".join(report.words)


def test_an_approval_whose_version_was_never_numbered_is_set_aside_and_noted() -> None:
    parts = desk_with()
    engine.turn(parts)
    mine = best(parts)
    approve(parts, mine)
    memory(parts).drafts[mine] = parts.store.proposal(mine).model_copy(update={"number": None})
    assert engine.apply_due(parts) == []
    assert parts.store.proposal(mine).stale_reason.startswith("The content that was approved is not stored.")
    last: Note = memory(parts).notes[-1]
    assert (last.action, last.subject) == ("mark proposal stale", mine)


# redrawing -------------------------------------------------------------------------------------
def test_what_waits_is_drawn_anew_when_another_version_goes_live_and_what_is_set_aside_is_not() -> None:
    parts = desk_with()
    engine.turn(parts)
    kept, aside = (
        desk.draft(parts, actor=OPERATOR, operations=[EditInstructions(new=text)], title=text, rationale="So.").id
        for text in ("Sign off with: Olga", "Be kind.")
    )
    engine.run_stage(parts, "test", defects=[])
    memory(parts).drafts[aside] = parts.store.proposal(aside).model_copy(update={"state": ProposalState.SET_ASIDE})
    approve(parts, best(parts))
    engine.apply_due(parts)
    engine.run_stage(parts, "update", defects=[])
    assert {parts.store.proposal(one).state for one in (kept, aside)} == {ProposalState.STALE}
    redrawn = [item.proposal for item in parts.store.proposals() if item.proposal.replaces is not None]
    assert [(one.replaces, one.base_number) for one in redrawn] == [(kept, 1)]


def test_a_bundle_that_is_not_proved_gives_way_to_one_of_all_that_is_validated_when_another_version_goes_live() -> None:
    parts = desk_with()
    engine.turn(parts)
    (old,) = [item for item in parts.store.proposals() if item.proposal.proposer is Proposer.EXAMPLES]
    assert old.report is not None
    undecided = old.report.model_copy(update={"verdict": Verdict.PROMISING})
    memory(parts).drafts[old.proposal.id] = old.model_copy(update={"report": undecided, "state": ProposalState.WAITING})
    words = desk.draft(
        parts, actor=OPERATOR, operations=[EditInstructions(new="Be kind.")], title="Be kind.", rationale="So."
    )
    engine.run_stage(parts, "test", defects=[])
    approve(parts, words.id)
    engine.apply_due(parts)
    desk_world.arrive(parts, rows=40, prefix="more", seed=1)
    engine.turn(parts)
    assert parts.store.proposal(old.proposal.id).state is ProposalState.STALE
    (new,) = [
        item.proposal
        for item in parts.store.proposals()
        if item.proposal.proposer is Proposer.EXAMPLES and item.proposal.base_number == parts.store.head().number
    ]
    assert new.replaces == old.proposal.id, "it keeps its age and its comments"
    assert len(new.evidence) > len(old.proposal.evidence)


def test_what_no_longer_fits_the_live_version_says_so() -> None:
    parts = desk_with(Bundle(instructions="Be kind."))
    engine.turn(parts)
    rival, mine = (
        desk.draft(parts, actor=OPERATOR, operations=[EditInstructions(old="Be kind.", new=text)], title=text,
                   rationale="So.").id for text in ("Be brief.", "Be very kind.")
    )  # fmt: skip
    engine.run_stage(parts, "test", defects=[])
    approve(parts, rival)
    report = engine.run_stage(parts, "deploy", defects=[])
    assert "no longer fits" in parts.store.proposal(mine).stale_reason
    assert any("no longer fits the live version" in words for words in report.words)


# measuring -------------------------------------------------------------------------------------
def test_a_version_is_measured_when_it_goes_live_and_again_when_the_cases_change_and_not_otherwise() -> None:
    parts = desk_with()
    engine.turn(parts)
    assert [one.number for one in parts.store.measurements()] == [0]
    approve(parts, best(parts))
    engine.turn(parts)
    first = parts.store.measurements()
    assert [one.number for one in first] == [0, 1]
    engine.turn(parts)
    assert parts.store.measurements() == first
    desk_world.arrive(parts, rows=40, prefix="more", seed=1)
    engine.turn(parts)
    again = parts.store.measurements()[2:]
    assert [one.number for one in again] == [0, 1]
    each_once = evaluate.witnesses(parts.store.cases([Split.SEALED]), shown=()).heard
    assert {one.n for one in again} == {len(each_once)}
    assert again[1].right > again[0].right == 0, "what was learned is right more often on cases it never saw"


def test_two_measurements_of_one_tick_have_no_order_and_are_not_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = desk_with()
    engine.turn(parts)
    desk_world.arrive(parts, rows=40, prefix="more", seed=1)
    engine.turn(parts)
    taken = parts.store.measurements()
    assert len(taken) == 2, "two case sets were measured"
    assert len({one.at for one in taken}) == 1, "in one tick"
    monkeypatch.setattr(memory(parts), "measurements", lambda: taken[::-1])
    assert engine.run_stage(parts, "deploy", defects=[]).counts["measured"] == 0


def test_what_people_say_is_counted_by_day_and_version_once() -> None:
    parts = desk_with(rows=0)
    parts.store.append(
        interactions=[interaction(number, version=0) for number in range(10)],
        feedback=[feedback(number, kind=FeedbackKind.THUMBS, label=None, value=float(number < 7), at=at(number))
                  for number in range(10)],
    )  # fmt: skip
    for _ in range(2):
        engine.turn(parts)
    written = [changes for changes in memory(parts).commits if changes.days]
    assert [(day.day, day.number, day.n, day.good) for changes in written for day in changes.daily] == [
        ("2026-06-01", 0, 10, 7)
    ]


# watching --------------------------------------------------------------------------------------
@pytest.mark.parametrize("mode", [Mode.SIMPLE, Mode.MANUAL])
def test_a_release_that_hurts_is_taken_back_or_shown_to_a_person_even_while_every_endpoint_is_dead(mode: Mode) -> None:
    parts = desk_with(Bundle(examples=(Example(id="x", question="hello", label="greet"),)), rows=0, mode=mode)
    bad = desk.draft(
        parts, actor=OPERATOR, operations=[EditInstructions(new="Be curt.")], title="Curt", rationale="So."
    )
    thumbs(parts, version=0, n=200, good=170)
    engine.turn(parts)
    approve(parts, bad.id)
    engine.apply_due(parts)
    thumbs(parts, version=1, n=150, good=60)
    later = fakes.FakeClock(parts.clock() + timedelta(hours=5))
    report = engine.turn(replace(parts, clock=later, answerers=fakes.dead))
    said = " ".join(words for stage in report.stages for words in stage.words)
    if mode is Mode.SIMPLE:
        assert (parts.store.head().number, parts.store.head().restores) == (2, 0)
        assert parts.store.proposal(bad.id).state is ProposalState.UNDONE
        assert "Version 1 was taken back" in said
    else:
        assert parts.store.head().number == 1
        assert "A person should look at version 1" in said


def test_what_a_person_decided_about_feedback_is_looked_at_again() -> None:
    parts = desk_with()
    engine.turn(parts)
    sealed = parts.store.cases([Split.SEALED])[0]
    desk.judge(parts, [sealed.feedback_id or ""], actor=OPERATOR, to=FeedbackState.EXCLUDED, reason="an exception")
    engine.turn(parts)
    assert sealed.id not in {case.id for case in parts.store.cases()}


def thumbs(parts: Parts, *, version: int, n: int, good: int) -> None:
    """Ratings of answers of one version, each by another customer."""
    numbers = range(1_000 * version, 1_000 * version + n)
    parts.store.append(
        interactions=[interaction(one, version=version, label="greet", at=at(one)) for one in numbers],
        feedback=[
            feedback(one, kind=FeedbackKind.THUMBS, label=None, value=float(one % 1_000 < good), at=at(one))
            for one in numbers
        ],
    )
