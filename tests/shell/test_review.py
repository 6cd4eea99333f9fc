"""`ratchet review`: a word is bound to what was read when it was given, and an approver hears what became of it."""

from collections.abc import Iterator
from datetime import timedelta

import click
import pytest
from click.testing import CliRunner

from loop import desk as verbs
from loop import wiring
from loop.cli import group
from loop.records import Changes, EditInstructions, ProposalMove, ProposalState, Stakes, StakesLevel, Verdict
from loop.settings import Settings
from storage.database import Database
from storage.store import AgentStore
from tests import builders
from tests.shell import deciding

HIGH = Stakes(level=StakesLevel.HIGH, reasons=("It is about money.",))


@pytest.fixture
def desk(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[AgentStore]:
    """An agent in the database the terminal will open; olga is at the terminal."""
    monkeypatch.setenv("RATCHET_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("RATCHET_OPERATOR", "olga")
    opened = Database.open(sqlite_url, keys=wiring.journal_keys(Settings()))
    yield opened.create_agent(builders.agent(), builders.bundle(), now=builders.NOON, actor="rita")
    opened.close()


def test_a_key_pressed_on_evidence_that_changed_asks_for_nothing_and_shows_it_again(
    desk: AgentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = deciding.waiting(desk, "p1", stakes=HIGH)
    asked: list[str] = []

    def answer(question: str, **_: object) -> str:
        asked.append(question)
        if len(asked) == 1:  # between the drawing and the press
            desk.commit(Changes(reports=(builders.report(item.proposal, id="newer", reasons=("Other evidence.",)),)))
            return "a"
        return "q"

    monkeypatch.setattr(click, "prompt", answer)
    told = CliRunner().invoke(group, ["review", "--agent", "desk"])
    assert told.exit_code == 0, told.output
    assert asked == asked[:1] * 2, "no reason was asked for"
    assert "changed since it was shown" in told.output
    assert told.output.index("changed since it was shown") < told.output.rindex("Other evidence.")
    assert desk.proposal("p1").state is ProposalState.WAITING


def test_who_approved_what_did_not_go_live_is_told_at_the_terminal(desk: AgentStore) -> None:
    mine, theirs = deciding.waiting(desk, "p1"), deciding.waiting(desk, "p2")
    now = wiring.utc_now()
    moments = {"at": now, "effective_at": now + timedelta(minutes=1)}
    approval = deciding.decision(mine, actor=builders.reviewer("olga"), **moments)
    rival = deciding.decision(theirs, actor=builders.reviewer("ben"), **moments)
    desk.decide(approval)
    desk.decide(rival)
    assert deciding.deploy(desk, rival).outcome == "applied"
    assert deciding.deploy(desk, approval).outcome == "stale"
    run = CliRunner()
    told = run.invoke(group, ["review", "--agent", "desk"])
    assert f"You approved “{mine.proposal.title}”; it did not go live." in told.output, told.output
    assert "went live before it" in told.output
    other = run.invoke(group, ["review", "--agent", "desk"], env={"RATCHET_OPERATOR": "ben"})
    assert "did not go live" not in other.output


def _drafted(desk_store: AgentStore, number: int, *, old: str, new: str) -> str:
    """A change of the instructions that waits, proved."""
    parts = wiring.parts_for(Settings(), Database.open(Settings().database_url), "desk")
    rita = builders.reviewer()
    edit = EditInstructions(old=old, new=new)
    made = verbs.draft(parts, actor=rita, operations=[edit], title=f"Words {number}", rationale="So.")
    move = ProposalMove(proposal_id=made.id, was=ProposalState.DRAFTED, now=ProposalState.WAITING)
    desk_store.commit(Changes(reports=(builders.report(made, verdict=Verdict.PROVED),), proposal_moves=(move,)))
    return made.id


def test_the_terminal_takes_comments_and_keeps_a_part_of_a_change(
    desk: AgentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _drafted(desk, 1, old="", new="Be kind.\nBe brief.")
    approval = deciding.decision(desk.proposal(made))
    desk.decide(approval)
    assert deciding.deploy(desk, approval).outcome == "applied"
    part = _drafted(desk, 2, old="Be kind.\nBe brief.", new="Be very kind.\nBe very brief. Please.")
    keys, kept = iter(["c", "Too long?", "k"]), iter([True, False])
    monkeypatch.setattr(click, "prompt", lambda *_, **__: next(keys))
    monkeypatch.setattr(click, "confirm", lambda *_, **__: next(kept))
    told = CliRunner().invoke(group, ["review", "--agent", "desk"])
    assert "1 of 2; the next turn tests it." in told.output, told.output
    assert [(one.author, one.text) for one in desk.remarks([part])] == [("olga", "Too long?")]
    (new,) = [item.proposal for item in desk.proposals() if item.proposal.replaces == part]
    assert desk.bundle(new.candidate_digest).instructions == "Be very kind.\nBe brief."
    told = CliRunner().invoke(group, ["review", "--agent", "desk", "--people"])
    assert "olga" in told.output
    assert "decided    1" in told.output


def test_exactly_one_version_is_taken_back_at_the_terminal(desk: AgentStore) -> None:
    for number in range(2):
        made = _drafted(desk, number, old="", new=f"Line {number}.")
        approval = deciding.decision(desk.proposal(made))
        desk.decide(approval)
        assert deciding.deploy(desk, approval, id=f"release{number}").outcome == "applied"
    runner, command = CliRunner(), ["rollback", "--agent", "desk", "--reason", "It grates."]
    first, second = (version.number for version in desk.versions()[1:])
    assert runner.invoke(group, command).exit_code == 2, "one of --to and --only"
    told = runner.invoke(group, [*command, "--only", str(first)])
    assert "to be tested and decided" in told.output
    assert desk.head().number == second
    told = runner.invoke(group, [*command, "--only", str(second)])
    assert "is live, without what version" in told.output
    assert desk.bundle(desk.head().digest).instructions == "Line 0."
