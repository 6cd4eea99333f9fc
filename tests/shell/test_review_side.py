"""Beside the decision: who reads what, comments, history, waiting age, practice, taking exactly one release back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from loop import desk, engine, wiring
from loop.change.blocks import blocks
from loop.cli import review as cli_review
from loop.errors import Conflict, InvalidInput, NotAllowed, NotFound
from loop.policy import blinding_rule, is_withheld
from loop.ports import Parts
from loop.records import (
    Actor,
    Agent,
    Changes,
    EditInstructions,
    Limits,
    Proposal,
    ProposalItem,
    ProposalMove,
    ProposalState,
    Release,
    Role,
    Stakes,
    StakesLevel,
    Verdict,
)
from loop.settings import Settings
from storage.database import Database
from storage.notices import NoticeRows
from storage.queries import Scope
from storage.queries import history as history_query
from storage.queries import journal as journal_query
from storage.queries import outcomes as outcomes_query
from storage.queries import review as review_query
from storage.queries.journal import JournalFilter
from storage.store import AgentStore
from tests import builders
from tests.fakes import FakeClock
from tests.shell import deciding, desk_world

ANA, BEN = (Actor(name=name, role=Role.APPROVER) for name in ("ana", "ben"))
VERA, ADMIN = Actor(name="vera", role=Role.VIEWER), Actor(name="olga", role=Role.ADMIN, is_single_operator=True)
LINES = "Be kind.\nBe brief.\nAsk for the order number."


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(builders.at(60))


@pytest.fixture
def parts(database: Database, clock: FakeClock) -> Parts:
    return made(database, clock)


def made(database: Database, clock: FakeClock, **limits: Any) -> Parts:
    agent: Agent = builders.agent(limits=Limits(undo_seconds=0, undo_seconds_high=0, **limits))
    database.create_agent(agent, builders.bundle(instructions=LINES), now=builders.NOON, actor="olga")
    return wiring.parts_for(Settings(), database, "desk", clock=clock)


def made_for(database: Database, clock: FakeClock, slug: str) -> Parts:
    """Another agent, where nobody asked for practice."""
    database.create_agent(builders.agent(slug=slug), builders.bundle(instructions=LINES), now=builders.NOON, actor="o")
    return wiring.parts_for(Settings(), database, slug, clock=clock)


def store_of(parts: Parts) -> AgentStore:
    assert isinstance(parts.store, AgentStore)
    return parts.store


def draft(parts: Parts, *edits: tuple[str, str], title: str = "Words") -> Proposal:
    """Tested as promising and on the desk."""
    operations = [EditInstructions(old=old, new=new) for old, new in edits]
    drafted = desk.draft(parts, actor=ANA, operations=operations, title=title, rationale="So.")
    return try_out(parts, drafted)


def try_out(parts: Parts, drafted: Proposal, *, verdict: Verdict = Verdict.PROVED) -> Proposal:
    now = ProposalState.SET_ASIDE if verdict in (Verdict.HARMFUL, Verdict.NO_EFFECT) else ProposalState.WAITING
    move = ProposalMove(proposal_id=drafted.id, was=ProposalState.DRAFTED, now=now)
    parts.store.commit(Changes(reports=(builders.report(drafted, verdict=verdict),), proposal_moves=(move,)))
    return drafted


def seen(parts: Parts, proposal: Proposal) -> str:
    return parts.store.proposal(proposal.id).evidence_digest


def approve(parts: Parts, proposal: Proposal, actor: Actor = BEN) -> Release:
    desk.approve(parts, proposal.id, actor=actor, seen_digest=seen(parts, proposal), reason="Right.")
    (release,) = engine.apply_due(parts)
    return release


def scope(parts: Parts, database: Database) -> Scope:
    return Scope(engine=database.engine, agent="desk")


# who reads what --------------------------------------------------------------------------------
def test_who_came_first_holds_the_lease_and_it_ends_by_itself(parts: Parts, clock: FakeClock) -> None:
    one = draft(parts, ("Be kind.", "Be very kind."))
    assert desk.view(parts, one.id, actor=ANA).is_mine
    clock.pass_time(seconds=30)
    there = desk.view(parts, one.id, actor=BEN)
    assert (there.holder, there.is_mine, there.others) == ("ana", False, ("ana",))
    clock.pass_time(seconds=29)
    assert desk.view(parts, one.id, actor=ANA).is_mine, "renewed"
    clock.pass_time(seconds=59)
    assert desk.viewers(parts, one.id, actor=BEN).holder == "ana"
    clock.pass_time(seconds=2)
    assert desk.viewers(parts, one.id, actor=BEN).holder == "", "both went without a word"
    assert desk.view(parts, one.id, actor=BEN).is_mine
    clock.pass_time(seconds=1)
    assert not desk.view(parts, one.id, actor=ANA).is_mine, "who comes back comes last"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CORRECTOR])
def test_who_may_not_decide_keeps_nobody_from_deciding(parts: Parts, role: Role) -> None:
    one = draft(parts, ("Be kind.", "Be very kind."))
    assert desk.view(parts, one.id, actor=Actor(name="vera", role=role)).holder == ""
    assert desk.view(parts, one.id, actor=BEN).is_mine
    assert desk.view(parts, one.id, actor=Actor(name="vera", role=role)).holder == "ben"


def test_a_page_that_runs_again_and_again_writes_its_lease_rarely(
    parts: Parts, database: Database, clock: FakeClock
) -> None:
    one, written = draft(parts, ("Be kind.", "Be very kind.")), list[str]()

    @sa.event.listens_for(database.engine, "before_cursor_execute")
    def note(connection: object, cursor: object, statement: str, *more: object) -> None:
        if statement.startswith(("INSERT", "UPDATE")):
            written.append(statement)

    for _ in range(60):
        assert desk.view(parts, one.id, actor=ANA).is_mine
        clock.pass_time(seconds=1)
    sa.event.remove(database.engine, "before_cursor_execute", note)
    assert len(written) == 4, "once every 15 seconds"


def test_leaving_and_deciding_free_it(parts: Parts, database: Database, clock: FakeClock) -> None:
    one, two = draft(parts, ("Be kind.", "Be very kind.")), draft(parts, ("Be brief.", "Be very brief."))
    desk.view(parts, one.id, actor=BEN)
    desk.view(parts, two.id, actor=BEN)
    clock.pass_time(seconds=1)
    desk.view(parts, two.id, actor=ANA)
    assert review_query.readers_of(scope(parts, database), now=clock()) == {one.id: ("ben",), two.id: ("ben", "ana")}
    desk.leave(parts, one.id, actor=BEN)
    desk.reject(parts, two.id, actor=BEN, seen_digest=seen(parts, two), categories=["wrong"], reason="no")
    assert review_query.readers_of(scope(parts, database), now=clock()) == {two.id: ("ana",)}
    with pytest.raises(NotFound):
        desk.view(parts, "nothing", actor=ANA)


def test_how_long_somebody_read_is_kept_with_what_they_decided(parts: Parts, clock: FakeClock) -> None:
    slow, quick, unseen = (draft(parts, (line, f"{line}!")) for line in LINES.split("\n"))
    for proposal, seconds in ((slow, 40.0), (quick, 4.0)):
        desk.view(parts, proposal.id, actor=BEN)
        clock.pass_time(seconds=seconds)
        desk.reject(parts, proposal.id, actor=BEN, seen_digest=seen(parts, proposal), categories=["tone"], reason="no")
    desk.reject(parts, unseen.id, actor=BEN, seen_digest=seen(parts, unseen), categories=["tone"], reason="no")
    (figures,) = desk.reviewers(parts, actor=ADMIN)
    assert (figures.person, figures.decided, figures.timed, figures.median_seconds) == ("ben", 2, 2, 22.0)
    assert (figures.approved, figures.quick, figures.words) == (0, 0, "")


def test_quick_approvals_of_nearly_everything_are_called_what_they_are(parts: Parts, clock: FakeClock) -> None:
    def decide(name: str, *, seconds: float, verb: str = "approve") -> None:
        item = deciding.waiting(store_of(parts), name)
        desk.view(parts, name, actor=BEN)
        clock.pass_time(seconds=seconds)
        act = desk.approve if verb == "approve" else desk.reject
        act(parts, name, actor=BEN, seen_digest=item.evidence_digest, reason="Fine.")

    for number in range(9):
        decide(f"q{number}", seconds=9)
    assert not desk.reviewers(parts, actor=BEN)[0].is_rubber_stamp, "too few to say"
    decide("q9", seconds=9)
    assert desk.reviewers(parts, actor=BEN)[0].is_rubber_stamp
    assert (
        "10 of 10 decisions were approvals within 10 seconds of opening the change for the last time"
        in desk.reviewers(parts, actor=BEN)[0].words
    )
    decide("slow", seconds=11)
    assert desk.reviewers(parts, actor=BEN)[0].is_rubber_stamp, "10 of 11"
    decide("no", seconds=2, verb="reject")
    assert not desk.reviewers(parts, actor=BEN)[0].is_rubber_stamp, "10 of 12 is not more than nine in ten"
    with pytest.raises(NotAllowed):
        desk.reviewers(parts, actor=VERA)
    assert desk.reviewers(parts, actor=ANA) == (), "of others only an admin reads"
    with pytest.raises(NotAllowed):
        desk.reviewers(parts, actor=ANA, person="ben")
    assert desk.reviewers(parts, actor=ADMIN, person="ben") == desk.reviewers(parts, actor=BEN)


# comments --------------------------------------------------------------------------------------
def test_a_comment_stands_on_its_line_and_is_understood_after_a_redraw(
    parts: Parts, database: Database, clock: FakeClock
) -> None:
    one, rival = draft(parts, ("Be brief.", "Be very brief.")), draft(parts, ("Be kind.", "Be very kind."))
    place = desk.Place(element=desk.place_of("instructions", "instructions"), line=2)
    said = desk.remark(parts, one.id, actor=BEN, text="Call +44 20 7946 0958: too long?", about=place)
    assert (said.line, said.side, said.quote) == (2, "after", "Be very brief.")
    assert "7946" not in said.text, "personal data is masked"
    clock.pass_time(seconds=1)
    desk.remark(parts, one.id, actor=ANA, text="As a whole it is fine.")
    approve(parts, rival)
    (again,) = [item.proposal for item in parts.store.proposals([ProposalState.DRAFTED])]
    links = history_query.chain(scope(parts, database), again.id)
    told = history_query.remarks(scope(parts, database), [one.proposal_id for one in links])
    assert [(one.author, one.quote) for one in told] == [("ben", "Be very brief."), ("ana", "")]


def test_a_comment_is_ones_own_and_of_what_is_there(parts: Parts, database: Database) -> None:
    one = draft(parts, ("Be brief.", "Be very brief."))
    element = desk.place_of("instructions", "instructions")
    for about in (
        desk.Place(element="rules/x"),
        desk.Place(element=element, line=9),
        desk.Place(element=element, line=0),
    ):
        with pytest.raises(InvalidInput):
            desk.remark(parts, one.id, actor=BEN, text="Here.", about=about)
    with pytest.raises(InvalidInput):
        desk.remark(parts, one.id, actor=BEN, text=" \n ")
    with pytest.raises(NotAllowed):
        desk.remark(parts, one.id, actor=VERA, text="Me too.")
    said = desk.remark(parts, one.id, actor=BEN, text="Hm.")
    with pytest.raises(NotAllowed):
        desk.withdraw_remark(parts, one.id, said.id, actor=ANA)
    with pytest.raises(NotAllowed, match="may not draft"):
        desk.withdraw_remark(parts, one.id, said.id, actor=BEN.model_copy(update={"role": Role.VIEWER}))
    desk.withdraw_remark(parts, one.id, said.id, actor=BEN)
    assert history_query.remarks(scope(parts, database), [one.id]) == []
    assert [entry.action for entry in store_of(parts).journal()][-2:] == ["comment on proposal", "take back comment"]


# history and age -------------------------------------------------------------------------------
def test_the_history_tells_all_that_happened_to_a_change_however_often_it_was_drawn(
    parts: Parts, database: Database, clock: FakeClock
) -> None:
    one, rival = draft(parts, ("Be brief.", "Be very brief.")), draft(parts, ("Be kind.", "Be very kind."))
    clock.pass_time(minutes=1)
    desk.view(parts, one.id, actor=BEN)
    clock.pass_time(minutes=1)
    approve(parts, rival)
    (again,) = [item.proposal for item in parts.store.proposals([ProposalState.DRAFTED])]
    clock.pass_time(minutes=1)
    try_out(parts, again)
    clock.pass_time(minutes=1)
    release = approve(parts, again)
    clock.pass_time(minutes=1)
    desk.take_back(parts, release.number, actor=BEN)
    links = history_query.chain(scope(parts, database), again.id)
    assert [(one.proposal_id, one.state) for one in links] == [
        (one.id, ProposalState.STALE),
        (again.id, ProposalState.UNDONE),
    ]
    told = history_query.history(scope(parts, database), links)
    kinds = [one.kind for one in told if one.kind != "tested"]
    assert kinds == ["drafted", "read", "drafted again", "approved", "released", "taken back"]
    assert "Version" in next(one for one in told if one.kind == "drafted again").words, "why it was drawn again"
    assert history_query.chain(scope(parts, database), one.id) == links, "from whichever of them it is asked"


def test_a_redraw_makes_a_change_no_younger(parts: Parts, database: Database, clock: FakeClock) -> None:
    one = draft(parts, ("Be brief.", "Be very brief."))
    first = clock()
    for number, line in enumerate(("Be kind.", "Ask for the order number.")):
        clock.pass_time(days=1)
        approve(parts, draft(parts, (line, f"{line} {number}")))
        (item,) = parts.store.proposals([ProposalState.DRAFTED])
        assert item.waits_since == first
        assert item.proposal.created_at == clock()
        try_out(parts, item.proposal)
    (line,) = review_query.list_proposals(scope(parts, database), [ProposalState.WAITING])
    assert line.waits_since == first
    assert parts.store.proposal(one.id).state is ProposalState.STALE
    chain = [change for change in parts.store.change_lines() if change.root_id == one.id]
    assert line.id in {change.id for change in chain}
    assert len(chain) == 3
    assert {change.since for change in chain} == {first}
    assert [(told.first_id, told.since) for told in NoticeRows(database.engine).waiting()] == [(one.id, first)]


def test_the_others_are_drawn_again_with_the_release_and_say_how_many_are_tested(
    parts: Parts, database: Database
) -> None:
    lines = [f"Line {number}." for number in range(4)]
    first = draft(parts, ("Be kind.", "\n".join(["Be kind.", *lines])))
    approve(parts, first)
    proposals = [draft(parts, (line, f"{line} More.")) for line in lines]
    assert review_query.retest(scope(parts, database)).words == ""
    approve(parts, proposals[0])
    assert review_query.retest(scope(parts, database)).words == "being tested again, 0 of 3", "without another turn"
    for done, item in enumerate(parts.store.proposals([ProposalState.DRAFTED]), start=1):
        try_out(parts, item.proposal)
        told = review_query.retest(scope(parts, database)).words
        assert told == (f"being tested again, {done} of 3" if done < 3 else "")
    (edited, *_) = parts.store.proposals([ProposalState.WAITING])
    desk.edit(
        parts,
        edited.proposal.id,
        actor=BEN,
        seen_digest=edited.evidence_digest,
        operations=[EditInstructions(old="Be brief.", new="Be quick.")],
    )
    assert review_query.retest(scope(parts, database)).words == "", "an edit is tested for the first time"


# keeping some ----------------------------------------------------------------------------------
def test_what_is_kept_of_a_change_is_a_new_one_that_is_tested_again(parts: Parts) -> None:
    one = draft(parts, ("Be kind.", "Be very kind."), ("Be brief.", "Be quick."))
    there = [block.id for block in blocks(one.changes)]
    assert len(there) == 2
    kept = desk.keep(parts, one.id, actor=BEN, seen_digest=seen(parts, one), kept=[there[1]])
    assert parts.store.bundle(kept.candidate_digest).instructions == LINES.replace("Be brief.", "Be quick.")
    assert (kept.replaces, set(kept.authors)) == (one.id, {"ana", "ben"})
    assert parts.store.proposal(one.id).state is ProposalState.EDITED
    assert parts.store.proposal(kept.id).report is None, "its results are of all of it"
    assert parts.store.decisions(one.id)[0].reason == "Kept 1 of 2 changes."


def test_all_of_it_none_of_it_and_what_is_not_there_are_refused(parts: Parts) -> None:
    one = draft(parts, ("Be kind.", "Be very kind."), ("Be brief.", "Be quick."))
    there = [block.id for block in blocks(one.changes)]
    for kept, remedy in ((there, "Approve"), ([], "Reject"), (["block_x"], "Reload")):
        with pytest.raises(InvalidInput, match=remedy):
            desk.keep(parts, one.id, actor=BEN, seen_digest=seen(parts, one), kept=kept)
    assert parts.store.proposal(one.id).state is ProposalState.WAITING


# taking one release back -----------------------------------------------------------------------
def test_what_is_live_is_taken_back_at_once_and_nothing_else(parts: Parts) -> None:
    release = approve(parts, draft(parts, ("Be kind.", "Be very kind.")))
    back = desk.take_back(parts, release.number, actor=BEN)
    assert back.release is not None
    assert parts.store.bundle(parts.store.head().digest).instructions == LINES
    with pytest.raises(Conflict):
        desk.take_back(parts, release.number, actor=BEN)
    with pytest.raises(InvalidInput):
        desk.take_back(parts, back.release.number, actor=BEN)
    with pytest.raises(NotAllowed):
        desk.take_back(parts, release.number, actor=VERA)


def test_what_was_taken_back_comes_back_only_by_who_could_approve_it_alone(parts: Parts) -> None:
    change = draft(parts, ("Be kind.", "Be very kind."))  # by Ana
    first = approve(parts, change)
    second = approve(parts, draft(parts, ("Be brief.", "Be quick.")))
    rita, vic = Actor(name="rita", role=Role.REVIEWER), Actor(name="vic", role=Role.CORRECTOR)
    desk.roll_back(parts, actor=rita, to_number=first.number, reason="It is worse.")
    desk.roll_back(parts, actor=rita, to_number=0, reason="All of it.")
    for number in (first.number, second.number, second.number + 1):
        for wrong in (ANA, vic):
            with pytest.raises(NotAllowed):
                desk.roll_back(parts, actor=wrong, to_number=number, reason="I liked it.")
    assert change.stakes.level is StakesLevel.HIGH
    with pytest.raises(NotAllowed, match="approve a change of high stakes"):
        desk.roll_back(parts, actor=rita, to_number=first.number, reason="It was right.")
    two = replace(parts, approvers=lambda: frozenset({"ben", "cleo", "dan"}))
    with pytest.raises(NotAllowed, match="two people"):
        desk.roll_back(two, actor=BEN, to_number=first.number, reason="It was right.")
    assert parts.store.bundle(parts.store.head().digest).instructions == LINES
    desk.roll_back(parts, actor=BEN, to_number=first.number, reason="It was right.")
    assert parts.store.bundle(parts.store.head().digest).instructions != LINES


def test_under_others_it_is_taken_back_as_a_change_that_leaves_them_alone(parts: Parts) -> None:
    first = approve(parts, draft(parts, ("Be kind.", "Be very kind.")))
    approve(parts, draft(parts, ("Be brief.", "Be quick.")))
    live = parts.store.head().number
    back = desk.take_back(parts, first.number, actor=BEN, reason="It grates.")
    assert back.release is None
    assert back.proposal is not None
    assert parts.store.head().number == live, "nothing went live by itself"
    assert parts.store.bundle(back.proposal.candidate_digest).instructions == LINES.replace("Be brief.", "Be quick.")


# practice --------------------------------------------------------------------------------------
@pytest.fixture
def practising(database: Database, clock: FakeClock) -> Parts:
    """Three changes wait, and one that was set aside as harmful is drawn."""
    parts = made(database, clock, practice_share=0.25)
    for number in range(3):
        draft(parts, ("Be brief.", f"Be brief, {number}."))
    harmful = desk.draft(
        parts, actor=ANA, operations=[EditInstructions(old="Be kind.", new="Be rude.")], title="Bad", rationale="So."
    )
    try_out(parts, harmful, verdict=Verdict.HARMFUL)
    counts = engine.run_stage(parts, "deploy", defects=[]).counts
    assert "practice" not in counts, "a turn does not tell when one is drawn"
    assert practice_case(parts).proposal.id == harmful.id
    return parts


def practice_case(parts: Parts) -> ProposalItem:
    (item,) = [item for item in parts.store.proposals([ProposalState.WAITING]) if item.practice]
    return item


@pytest.mark.parametrize("verb", ["approve", "reject", "edit"])
def test_a_practice_case_is_told_after_the_decision_and_never_released(
    practising: Parts, database: Database, clock: FakeClock, verb: str
) -> None:
    parts, item = practising, practice_case(practising)
    assert item.proposal.id in {line.id for line in review_query.list_proposals(scope(parts, database), [item.state])}
    about: dict[str, Any] = {"actor": BEN, "seen_digest": item.evidence_digest, "reason": "Looks right."}
    desk.view(parts, item.proposal.id, actor=BEN)
    clock.pass_time(seconds=3)
    match verb:
        case "approve":
            told = desk.practice_words(desk.approve(parts, item.proposal.id, **about))  # type: ignore[arg-type]
        case "reject":
            made = desk.reject(parts, item.proposal.id, **about, categories=["wrong"])
            told = desk.practice_words(made)  # type: ignore[arg-type]
        case _:
            with pytest.raises(Conflict, match="practice") as refused:
                desk.edit(parts, item.proposal.id, **about, operations=[EditInstructions(new="Be nice.")])
            told = refused.value.message
    assert parts.store.proposal(item.proposal.id).state is ProposalState.SET_ASIDE
    assert parts.store.decisions(item.proposal.id) == []
    clock.pass_time(days=1)
    assert engine.apply_due(parts) == []
    assert parts.store.head().number == 0
    clock.pass_time(days=-1)
    assert told.startswith("That was a practice change. Its test had found that it breaks answers.")
    did = {
        "approve": "without practice it would be on its way",
        "reject": "You turned it down",
        "edit": "You rewrote it",
    }
    assert [one for one in did if did[one] in told] == [verb]
    figures = desk.reviewers(parts, actor=BEN)[0]
    assert (figures.practised, figures.caught) == (1, int(verb != "approve"))
    assert f"{figures.caught} of 1 practice changes were turned down or rewritten; too few to say" in figures.words
    engine.run_stage(parts, "deploy", defects=[])
    assert not [one for one in parts.store.proposals([ProposalState.WAITING]) if one.practice], "each once"


def test_the_terminal_does_not_say_that_practice_goes_live(
    practising: Parts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("click.prompt", lambda *words, **options: "Looks right.")
    cli_review._approve(practising, practice_case(practising), actor=BEN)
    told = capsys.readouterr().out
    assert told.startswith("That was a practice change.")
    assert "with the next turn" not in told


def test_before_it_is_decided_nothing_tells_a_practice_case_from_real_changes(
    practising: Parts, database: Database
) -> None:
    parts, item = practising, practice_case(practising)
    (drawn,) = journal_query.list_entries(scope(parts, database), JournalFilter(action="draw practice case"))
    assert drawn.subject == ""
    assert not [name for name, value in drawn.digests.items() if item.proposal.id in name + value]
    hides = blinding_rule(parts.store)
    lines = review_query.list_proposals(scope(parts, database), [ProposalState.WAITING], is_withheld=hides)
    line = next(one for one in lines if one.id == item.proposal.id)
    assert (line.verdict, line.effect, line.is_withheld) == (None, None, True)
    assert is_withheld(parts.store, item)
    asked = desk.needs_reason(parts.store, item)
    assert asked == "The stakes are high.", "it does not tell what the evidence recommends"
    calm = item.proposal.model_copy(update={"stakes": Stakes(level=StakesLevel.LOW, reasons=())})
    assert desk.needs_reason(parts.store, item.model_copy(update={"proposal": calm})) == ""
    facts = engine.improvement.facts_of(parts.store, now=parts.clock(), looks=0)
    real = {one.proposal.id for one in facts.waiting}
    assert item.proposal.id not in real
    assert len(real) + facts.withheld == 4
    assert next(one.effect for one in facts.changes if one.id == item.proposal.id) is None
    desk.reject(parts, item.proposal.id, actor=BEN, seen_digest=item.evidence_digest, categories=["wrong"])
    assert not is_withheld(parts.store, parts.store.proposal(item.proposal.id))


def test_as_many_real_changes_are_shown_without_their_verdict_and_whoever_decides_is_told(
    database: Database, clock: FakeClock
) -> None:
    parts = made(database, clock, practice_share=0.25)
    hides = blinding_rule(parts.store)
    assert 0.2 < sum(hides(f"change {n}", False) for n in range(4_000)) / 4_000 < 0.3, "the share of practice"
    told = {}
    for number in range(40):
        item = deciding.waiting(store_of(parts), f"change-{number}")
        assert is_withheld(parts.store, item) is hides(item.proposal.id, False)
        said = desk.reject(parts, item.proposal.id, actor=BEN, seen_digest=item.evidence_digest, categories=["tone"])
        told[item.proposal.id] = desk.withheld_verdict(parts, said)
    assert {key for key, words in told.items() if words} == {key for key in told if hides(key, False)}
    assert "Kept from you till now: " in " ".join(told.values())
    nobody_asked = made_for(database, clock, "other")
    assert not any(blinding_rule(nobody_asked.store)(f"change {n}", False) for n in range(100))


def test_the_store_refuses_to_decide_a_practice_case_and_two_who_answer_it(practising: Parts) -> None:
    parts, item = practising, practice_case(practising)
    for verb in ("approve", "endorse", "reject"):
        with pytest.raises(Conflict, match="practice"):
            parts.store.decide(deciding.decision(item, verb))
    about: dict[str, Any] = {"seen_digest": item.evidence_digest, "reason": "So."}
    stale = replace(parts, store=_Before(parts.store, item))  # type: ignore[arg-type]
    desk.approve(parts, item.proposal.id, actor=BEN, **about)
    with pytest.raises(Conflict):
        desk.approve(stale, item.proposal.id, actor=ANA.model_copy(update={"name": "cleo"}), **about)
    assert len(parts.store.practice_answers(builders.NOON)) == 1


class _Before:
    """A store whose proposal is as it was read before somebody else answered."""

    def __init__(self, store: Any, item: ProposalItem) -> None:
        self._store, self._item = store, item

    def proposal(self, proposal_id: str) -> ProposalItem:
        return self._item

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_practice_goes_when_the_live_version_moves_and_is_not_drawn_where_nobody_asked(
    practising: Parts, clock: FakeClock
) -> None:
    parts, item = practising, practice_case(practising)
    other = next(one for one in parts.store.proposals([ProposalState.WAITING]) if not one.practice)
    approve(parts, other.proposal)
    assert parts.store.proposal(item.proposal.id).state is ProposalState.STALE
    assert item.proposal.id not in {one.proposal.replaces for one in parts.store.proposals()}


@pytest.mark.parametrize(("share", "waiting", "drawn"), [(0.0, 3, 0), (0.2, 3, 0), (0.2, 4, 1), (0.5, 1, 1)])
def test_practice_stays_within_its_share(
    database: Database, clock: FakeClock, share: float, waiting: int, drawn: int
) -> None:
    parts = made(database, clock, practice_share=share)
    for number in range(waiting):
        draft(parts, ("Be brief.", f"Be brief, {number}."))
    for word in ("rude", "slow"):
        bad = desk.draft(parts, actor=ANA, operations=[EditInstructions(new=f"Be {word}.")], title=word, rationale="x")
        try_out(parts, bad, verdict=Verdict.NO_EFFECT)
    for _ in range(2):
        engine.run_stage(parts, "deploy", defects=[])
    assert sum(bool(one.practice) for one in parts.store.proposals([ProposalState.WAITING])) == drawn


# every case it was tried on --------------------------------------------------------------------
def test_every_dev_case_can_be_read_and_a_redraw_costs_no_look_when_it_says_the_same(database: Database) -> None:
    database.create_agent(desk_world.agent(), builders.bundle(instructions="Be kind."), now=builders.NOON, actor="olga")
    parts = wiring.parts_for(Settings(), database, "desk", clock=lambda: builders.NOON + timedelta(days=2))
    desk_world.arrive(parts)
    engine.turn(parts)
    item = next(one for one in parts.store.proposals([ProposalState.WAITING]) if one.report and one.report.level)
    report = item.report
    assert report is not None
    assert report.card is not None
    assert report.card.reach.per_week is not None
    assert report.card.sentence.startswith(item.proposal.title)
    tally = report.dev.tally
    for movement in ("broken", "fixed", "both_right", "both_wrong"):
        wanted = getattr(tally, movement)
        pages = -(-wanted // 10)
        told = [
            outcome
            for page in range(1, pages + 1)
            for outcome in outcomes_query.outcomes(scope(parts, database), report.id, movement, page=page, size=10)  # type: ignore[arg-type]
        ]
        assert len({one.case_id for one in told}) == len(told) == wanted
        assert {one.movement for one in told} <= {movement}
    looks = len(parts.store.ledger().looks)
    words = desk.draft(
        parts, actor=ADMIN, operations=[EditInstructions(old="Be kind.", new="Be kind!")], title="!", rationale="So."
    )
    engine.run_stage(parts, "test", defects=[])
    charged = len(parts.store.ledger().looks) - looks
    desk.approve(parts, words.id, actor=ADMIN, seen_digest=seen(parts, words), reason="So.")
    engine.apply_due(parts)
    engine.run_stage(parts, "test", defects=[])
    again = [one for one in parts.store.proposals([ProposalState.WAITING]) if one.proposal.replaces == item.proposal.id]
    assert [one.report.verdict for one in again if one.report] == [report.verdict]
    assert [one.report.carried_level for one in again if one.report] == [report.level]
    assert len(parts.store.ledger().looks) == looks + charged, "the same result on the same cases is no new look"
