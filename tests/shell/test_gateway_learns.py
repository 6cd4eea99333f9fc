"""An unmodified script behind the gateway learns: its answer is corrected, the change approved, and it answers
differently; taken back, it answers as before."""

from datetime import timedelta

import pytest

from loop import desk, engine, wiring
from loop.records import ProposalState, Verdict
from loop.settings import Settings
from tests.fakes import FakeClock
from tests.shell import desk_world
from tests.shell.gateway_site import ask, run, until
from tests.shell.provider import NO_IDEA, copy_nearest, serve

QUESTION = "please refund my lamp, ref 17"


def test_an_unmodified_script_is_corrected_approved_and_answers_differently(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loop.serve.live.PATIENCE_SECONDS", 300)  # however slow this machine is
    with serve(copy_nearest) as provider, run(sqlite_url, provider, agent=desk_world.agent()) as site:
        base = site.base()
        assert ask(base, QUESTION) == NO_IDEA
        (asked,) = site.kept(1)
        assert (asked.question, asked.answer, asked.version) == (QUESTION, NO_IDEA, 0)

        clock = FakeClock(wiring.utc_now() + timedelta(minutes=5))
        parts = wiring.parts_for(Settings(database_url=sqlite_url), site.database, site.agent, clock=clock)
        said = desk.Correction(label="refund")
        desk.correct(parts, actor=desk_world.OPERATOR, interaction_id=asked.id, correction=said, door="dashboard")
        desk_world.arrive(parts, start=clock() - timedelta(days=2))
        engine.turn(parts)
        item = next(
            one
            for one in parts.store.proposals([ProposalState.WAITING])
            if one.report is not None and one.report.verdict is Verdict.PROVED
        )
        assert ask(base, QUESTION) == NO_IDEA, "what is only proposed changes nothing"

        desk_world.approve(parts, item.proposal.id)
        clock.pass_time(minutes=5)
        engine.apply_due(parts)
        assert ask(base, QUESTION) == "refund"
        learned = until(lambda: next((one for one in site.all() if one.answer == "refund"), None))
        assert (learned.version, learned.bundle_digest) == (parts.store.head().number, parts.store.head().digest)
        assert learned.uses

        desk.roll_back(parts, to_number=0, actor=desk_world.OPERATOR, reason="just to see")
        assert ask(base, QUESTION) == NO_IDEA
