"""An operator's own agent learns without being rewritten: corrected, tested by being called, approved, and it answers
differently; the same gate as for any other."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from loop import desk, engine, wiring
from loop.evaluate import LIVE
from loop.ports import Parts
from loop.records import (
    AgentKind,
    Bundle,
    EditInstructions,
    Interaction,
    ModelChoice,
    ProposalState,
    Verdict,
)
from loop.settings import Settings
from storage.database import Database
from tests.builders import NOON
from tests.fakes import FakeClock
from tests.shell import desk_world
from tests.shell.agent_server import Call, Server, listen

START = Bundle(instructions="Sort what people write.", model=ModelChoice(name="yours"))


class OwnAgent:
    """An agent as an operator wrote it: it has its own way to answer, and reads the version it is told to use.

    In production it uses the file Ratchet keeps; in a trial the version that comes with the question. Its tools change
    the world, so it leaves them alone in a trial.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.tools_used = 0

    def __call__(self, call: Call) -> tuple[int, Any]:
        asked = call.json
        if asked.get("is_trial"):
            version, digest = asked["bundle"], asked["version"]["digest"]
        else:
            live = json.loads(self.file.read_text("utf-8"))
            version, digest = live["bundle"], live["digest"]
            self.tools_used += 1
        return 200, {"label": self.sort(asked["question"], version), "version": digest}

    def sort(self, question: str, version: dict[str, Any]) -> str:
        """Nearest example by shared words, in the agent's own way; else what it always said."""
        words = set(question.lower().replace(",", " ").split())

        def nearness(example: dict[str, Any]) -> int:
            return len(words & set(example["question"].lower().replace(",", " ").split()))

        best = max(version["examples"], key=nearness, default=None)
        return best["label"] if best and nearness(best) >= 3 else "something else"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON + timedelta(days=2))


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path) -> Settings:
    return Settings(database_url=sqlite_url, outbound=tmp_path / "outbound.json")


@pytest.fixture
def own(tmp_path: Path) -> OwnAgent:
    return OwnAgent(tmp_path / "live.json")


@pytest.fixture
def server(own: OwnAgent) -> Iterator[Server]:
    with listen(own) as running:
        yield running


@pytest.fixture
def parts(settings: Settings, sqlite_database: Database, server: Server, own: OwnAgent, clock: FakeClock) -> Parts:
    """The agent `desk`, answered by the operator's own agent, which reads the file the courier keeps."""
    outbound = {
        "endpoints": {"desk": {"url": server.url}},
        "files": {"prompts": {"agent": "desk", "path": str(own.file)}},
    }
    assert settings.outbound is not None
    settings.outbound.write_text(json.dumps(outbound), "utf-8")
    sqlite_database.create_agent(desk_world.agent(), START, now=NOON, actor="olga")
    return wiring.parts_for(settings, sqlite_database, "desk", clock=clock)


def ask(server: Server, question: str) -> dict[str, Any]:
    """As the agent's own users do."""
    request = Request(server.url, data=json.dumps({"question": question}).encode(), method="POST")
    with urlopen(request, timeout=20) as reply:
        told: dict[str, Any] = json.load(reply)
    return told


def test_it_is_corrected_approved_and_answers_differently(
    parts: Parts, settings: Settings, sqlite_database: Database, server: Server, own: OwnAgent, clock: FakeClock
) -> None:
    courier = wiring.courier(settings, sqlite_database, report=lambda _: None, clock=clock)
    courier.deliver()
    question = "please refund my lamp, ref 17"
    before = ask(server, question)
    assert (before["label"], before["version"]) == ("something else", START.digest)
    answered = Interaction(
        id="asked", agent="desk", episode_id="e-asked", at=clock(), question=question, answer=before["label"],
        label=before["label"], bundle_digest=before["version"], method="yours", source="api:own",
    )  # fmt: skip
    parts.store.append(interactions=[answered])
    said = desk.Correction(label="refund")
    desk.correct(parts, actor=desk_world.OPERATOR, interaction_id="asked", correction=said, door="dashboard")
    desk_world.arrive(parts)
    used = own.tools_used
    engine.turn(parts)
    item = next(
        one
        for one in parts.store.proposals([ProposalState.WAITING])
        if one.report is not None and one.report.verdict is Verdict.PROVED
    )
    report = item.report
    assert report is not None
    assert report.compared_with == f"{LIVE} Both are answered by your own agent at its endpoint."
    assert {one.candidate.method for one in report.outcomes} == {"yours"}
    trials = [call.json for call in server.calls if call.json.get("is_trial")]
    assert {one["version"]["digest"] for one in trials} >= {START.digest, item.proposal.candidate_digest}
    assert own.tools_used == used  # nothing was done in the world for a trial
    assert ask(server, question)["label"] == "something else"  # tried is not live

    desk_world.approve(parts, item.proposal.id)
    clock.pass_time(minutes=5)
    engine.apply_due(parts)
    assert courier.deliver() >= 1
    after = ask(server, question)
    assert (after["label"], after["version"]) == ("refund", parts.store.head().digest)

    desk.roll_back(parts, to_number=0, actor=desk_world.OPERATOR, reason="just to see")
    courier.deliver()
    assert ask(server, question)["label"] == "something else"


def test_no_question_is_put_twice_for_the_same_version_and_a_restart_goes_on_where_it_stopped(
    parts: Parts, settings: Settings, sqlite_database: Database, server: Server, clock: FakeClock
) -> None:
    desk_world.arrive(parts)
    desk.change_settings(sqlite_database, parts, actor=desk_world.OPERATOR, settings=["asks_per_day=100"])
    report = engine.turn(parts)
    assert any("ceiling of 100 questions a day" in words for stage in report.stages for words in stage.words)
    assert len(server.calls) == 100
    clock.pass_time(days=1)
    desk.change_settings(sqlite_database, parts, actor=desk_world.OPERATOR, settings=["asks_per_day=none"])
    again = wiring.parts_for(settings, sqlite_database, "desk", clock=clock)
    engine.turn(again)
    asked = [(call.json["version"]["digest"], call.json["question"]) for call in server.calls]
    assert len(asked) > 100
    assert len(asked) == len(set(asked))
    assert any(item.report is not None for item in again.store.proposals())


def test_an_endpoint_that_is_not_set_or_down_tests_nothing_and_says_what_to_do(
    parts: Parts, settings: Settings, sqlite_database: Database, clock: FakeClock
) -> None:
    assert settings.outbound is not None
    settings.outbound.write_text("{}", "utf-8")
    desk.draft(
        parts, actor=desk_world.OPERATOR, operations=[EditInstructions(new="Sign off with: Ann")], title="Sign off",
        rationale="People like it.",
    )  # fmt: skip
    desk_world.arrive(parts, rows=60)
    report = engine.turn(parts)
    said = " ".join(words for stage in report.stages for words in stage.words)
    assert "no endpoint of it is set" in said
    assert "ratchet agent endpoint" in said
    assert all(item.report is None for item in parts.store.proposals())


def test_who_answers_is_said_of_every_kind(parts: Parts, sqlite_database: Database, settings: Settings) -> None:
    assert desk.answerer_kind(parts).kind is AgentKind.YOURS
    assert desk.answerer_kind(parts).words == "your own agent at its endpoint"
    for slug, model, words in (
        ("one", "openai/small", "the model openai/small"),
        ("two", "local", "the built-in agent, which holds nothing yet and hands every question over"),
    ):
        agent = desk_world.agent().model_copy(update={"slug": slug})
        sqlite_database.create_agent(agent, Bundle(model=ModelChoice(name=model)), now=NOON, actor="olga")
        assert desk.answerer_kind(wiring.parts_for(settings, sqlite_database, slug)).words == words
