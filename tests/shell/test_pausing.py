"""Pause and resume: while the loop stands nothing goes by itself, and what waited is done when it goes on."""

from datetime import timedelta

import pytest

from loop import desk, engine, wiring
from loop.errors import InvalidInput, NotAllowed
from loop.jobs import Pace, steps
from loop.ports import Parts
from loop.records import Actor, Bundle, EditInstructions, ProposalState, Role
from loop.settings import Settings
from storage.database import Database
from tests.builders import NOON
from tests.screens import seed
from tests.shell import desk_world
from tests.shell.conftest import Ratchet
from tests.shell.desk_world import OPERATOR

REVIEWER = Actor(name="rita", role=Role.REVIEWER)
NOW = NOON + timedelta(days=2)


@pytest.fixture
def parts(database: Database) -> Parts:
    database.create_agent(desk_world.agent(), Bundle(), now=NOON, actor="olga")
    return wiring.parts_for(Settings(), database, "desk", clock=lambda: NOW)


def pause(database: Database, parts: Parts, *, actor: Actor = OPERATOR) -> bool:
    return desk.pause_loop(database, parts, actor=actor, reason="Something is odd.")


def resume(database: Database, parts: Parts, *, actor: Actor = OPERATOR) -> bool:
    return desk.resume_loop(database, parts, actor=actor, reason="It was nothing.")


def approved(parts: Parts) -> str:
    """An approval that is due."""
    made = seed.propose(parts.store, (EditInstructions(new="Be kind."),), title="Be kind", at=NOON)  # type: ignore[arg-type]
    desk_world.approve(parts, made.id)
    assert parts.store.due_approvals(NOW)
    return made.id


def test_a_paused_loop_judges_drafts_and_releases_nothing_and_goes_on_when_it_is_resumed(
    database: Database, parts: Parts
) -> None:
    desk_world.arrive(parts, rows=20)
    approved_id = approved(parts)
    assert pause(database, parts)
    report = engine.turn(parts)
    assert report.stages == ()
    assert engine.apply_due(parts) == []
    assert parts.store.head().number == 0
    assert all(item.state.value == "new" for item in parts.store.feedback())
    assert resume(database, parts)
    engine.turn(parts)
    assert parts.store.proposal(approved_id).state is ProposalState.LIVE
    assert all(item.state.value != "new" for item in parts.store.feedback())


def test_a_pause_is_no_turn_that_found_nothing_to_do(database: Database, parts: Parts) -> None:
    desk_world.arrive(parts, rows=4)
    pause(database, parts)
    engine.turn(parts)
    assert parts.store.kept("settled", ["turn"]) == {}
    resume(database, parts)
    assert engine.begin(parts).stages == tuple(engine.STAGES)


def test_a_job_that_is_to_apply_an_approval_leaves_it_to_the_turn_after_the_pause(
    database: Database, parts: Parts
) -> None:
    approved(parts)
    (decision,) = parts.store.due_approvals(NOW)
    pause(database, parts)
    bench = steps.Bench(parts=lambda slug: parts, pace=Pace(), report=lambda line: None)
    assert steps.apply(bench, "desk", decision.id) == {"released": [], "wait": 0.0}
    assert parts.store.failed_jobs() == [], "that it waits is no failure"
    resume(database, parts)
    assert steps.apply(bench, "desk", decision.id)["released"]


def test_what_arrives_is_kept_and_a_release_can_be_taken_back_while_it_stands(database: Database, parts: Parts) -> None:
    approved(parts)
    engine.turn(parts)
    live = parts.store.head().number
    pause(database, parts)
    desk_world.arrive(parts, rows=4)
    assert parts.store.feedback_counts()
    desk.roll_back(parts, actor=REVIEWER, to_number=0, reason="It is odd.")
    assert parts.store.head().number > live


def test_a_reviewer_may_pause_an_admin_resumes_and_the_journal_says_who_and_nothing_of_why(
    database: Database, parts: Parts
) -> None:
    with pytest.raises(NotAllowed):
        pause(database, parts, actor=Actor(name="cora", role=Role.CORRECTOR))
    assert pause(database, parts, actor=REVIEWER)
    assert not pause(database, parts, actor=REVIEWER), "it stands already"
    with pytest.raises(NotAllowed):
        resume(database, parts, actor=REVIEWER)
    with pytest.raises(InvalidInput, match="needs a reason"):
        desk.resume_loop(database, parts, actor=OPERATOR, reason="  ")
    assert resume(database, parts)
    entries = [entry for entry in database.store("desk").journal() if "loop" in entry.action]
    assert [(one.actor, one.action) for one in entries] == [("rita", "pause loop"), ("olga", "resume loop")]
    assert "odd" not in str(entries[0].digests)
    assert parts.store.check_journal().is_intact


def test_the_terminal_says_that_the_loop_is_paused(ratchet: Ratchet) -> None:
    assert ratchet("agent", "create", "desk").code == 0
    assert ratchet("agent", "set", "desk", "is_paused=true").code == 0
    assert "paused" in ratchet("turn", "--agent", "desk").out
    assert ratchet("agent", "set", "desk", "is_paused=false").code == 0
    assert "paused" not in ratchet("turn", "--agent", "desk").out


# what a setting would change -----------------------------------------------------------------------
def foreseen(parts: Parts, *wanted: str) -> str:
    return "\n".join(desk.foresee_settings(parts, actor=OPERATOR, settings=wanted).told)


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("mode=simple", "Of 1 change that wait now, 1 would"),
        ("min_sources=1", "more correction"),
        ("alpha=0.01", "Fewer useless changes are called proved"),
        ("alpha=0.1", "More useful changes are proved"),
        ("min_gain=0.02", "A gain below 2 points"),
        ("harm_margin=0.05", "up to 5 points"),
        ("undo_seconds=120", "for 120 s"),
        ("undo_seconds_high=600", "of high stakes can be taken back for 600 s"),
        ("practice_share=0.1", "Up to 10% of the changes"),
        ("asks_per_day=10", "10 more could be asked"),
        ("asks_per_day=none", "no ceiling"),
        ("raw_days=3", "with personal data, for 3 days"),
        ("stakes_words=kind", "1 of 1 change that wait say one"),
        ("trusted_authors+=ann", "ann would examine the agent"),
        ("trusted_authors=", "Nobody would be named"),
        ("trusted_authors-=lead-1", "lead-1 would need others"),
        ("own_contacts=northwind.example", "1 entry stays readable"),
        ("facts=Refunds take 5 days.", "needs nobody else"),
        ("detectors_off=rate", "Without rate, 0 items"),
        ("is_paused=true", "The loop stands still"),
    ],
)
def test_what_a_setting_changes_is_told_with_figures_and_nothing_is_written(
    database: Database, parts: Parts, setting: str, says: str
) -> None:
    seed.propose(parts.store, (EditInstructions(new="Be kind."),), title="Be kind", at=NOON)  # type: ignore[arg-type]
    before, entries = parts.store.agent, len(database.store("desk").journal())
    assert says in foreseen(parts, setting)
    assert (parts.store.agent, len(database.store("desk").journal())) == (before, entries)


def test_more_autonomy_counts_the_changes_that_would_go_by_themselves(parts: Parts) -> None:
    edit = (EditInstructions(new="Be kind."),)
    seed.propose(parts.store, edit, title="Be kind", at=NOON)  # type: ignore[arg-type]
    seed.propose(parts.store, edit, title="Mine", at=NOON, proposer="person", authors=("ann",))  # type: ignore[arg-type]
    assert "Of 2 changes that wait now, 1 would" in foreseen(parts, "mode=simple")


def test_corrections_with_enough_people_are_counted_before_the_number_is_lowered(
    database: Database, parts: Parts
) -> None:
    desk_world.arrive(parts, rows=40)
    for _ in range(3):
        engine.turn(parts)
    support = [issue.support for issue in parts.store.issues() if not issue.conflict]
    was = parts.store.agent.limits.min_sources
    n, all_ = sum(one >= was for one in support), max(support) + 1
    assert n > 0
    assert f"{n} corrections would no longer have enough people behind them: 0 instead of {n}" in foreseen(
        parts, f"min_sources={all_}"
    )
    desk.change_settings(database, parts, actor=OPERATOR, settings=[f"min_sources={all_}"])
    assert f"{n} more corrections would have enough people behind them: {n} instead of 0" in foreseen(
        parts, f"min_sources={was}"
    )


def test_what_was_shown_is_what_is_saved_or_nothing(database: Database, parts: Parts) -> None:
    wanted = ("alpha=0.01",)
    shown = desk.foresee_settings(parts, actor=OPERATOR, settings=wanted).changed
    desk.change_settings(database, parts, actor=OPERATOR, settings=["alpha=0.02"])
    with pytest.raises(Exception, match="meanwhile"):
        desk.change_settings(database, parts, actor=OPERATOR, settings=wanted, shown=shown)
    assert parts.store.agent.limits.alpha == 0.02
    shown = desk.foresee_settings(parts, actor=OPERATOR, settings=wanted).changed
    desk.change_settings(database, parts, actor=OPERATOR, settings=wanted, shown=shown)
    assert parts.store.agent.limits.alpha == 0.01


def test_who_may_not_set_may_not_look_ahead(parts: Parts) -> None:
    with pytest.raises(NotAllowed):
        desk.foresee_settings(parts, actor=REVIEWER, settings=("alpha=0.01",))


def test_what_cannot_be_set_is_refused_before_it_is_saved(parts: Parts) -> None:
    with pytest.raises(InvalidInput, match="less than 0"):
        desk.foresee_settings(parts, actor=OPERATOR, settings=("alpha=0.9",))
