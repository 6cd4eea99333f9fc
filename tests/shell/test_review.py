"""`ratchet review`: a word is bound to what was read when it was given, and an approver hears what became of it."""

from collections.abc import Iterator
from datetime import timedelta

import click
import pytest
from click.testing import CliRunner

from loop import wiring
from loop.cli import group
from loop.records import Changes, ProposalState, Stakes, StakesLevel
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
