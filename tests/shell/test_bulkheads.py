"""One failure stops one thing: a dead endpoint, an approval that no longer fits, a defect in a stage."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from loop import desk, engine, wiring
from loop.change import acceptance
from loop.engine.journal import StageTally
from loop.errors import ModelFailed
from loop.ports import Answerer, Parts
from loop.records import Actor, Bundle, Condition, ProposalState, Role, Rule, SetRule, StageReport, TurnReport
from loop.settings import Settings
from storage.database import Database
from tests.builders import NOON
from tests.shell import desk_world

OPERATOR = Actor(name="olga", role=Role.ADMIN, is_single_operator=True)

Desk = Callable[..., Parts]


@pytest.fixture
def parts(sqlite_database: Database) -> Parts:
    """The agent `desk` with nothing in it, on a clock that stands still."""
    sqlite_database.create_agent(desk_world.agent(), Bundle(), now=NOON, actor="olga")
    return wiring.parts_for(Settings(), sqlite_database, "desk", clock=lambda: NOON + timedelta(days=2))


def dead(_: Bundle) -> Answerer:
    raise ModelFailed("The endpoint does not answer.", remedy="Start it.")


def stage(report: TurnReport, name: str) -> StageReport:
    return next(one for one in report.stages if one.stage == name)


def test_a_dead_endpoint_is_said_in_words_and_stops_no_other_stage(parts: Parts) -> None:
    desk_world.arrive(parts)
    engine.turn(parts)
    desk_world.arrive(parts, prefix="more", seed=1)
    waiting = parts.store.proposals([ProposalState.WAITING])[0]
    desk.approve(
        parts, waiting.proposal.id, actor=OPERATOR, seen_digest=waiting.evidence_digest, reason="the evidence says so"
    )
    report = engine.turn(replace(parts, answerers=dead))
    assert "endpoint does not answer" in " ".join(stage(report, "update").words)
    assert stage(report, "validate").counts["valid"] > 0
    assert stage(report, "deploy").counts["released"] == 1
    assert "could not be measured" in " ".join(stage(report, "deploy").words)


@pytest.mark.parametrize("name", ["collect", "validate", "update", "test"])
def test_a_defect_in_one_stage_is_raised_after_the_others_ran(
    parts: Parts, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk_world.arrive(parts)
    ran: list[str] = []

    def broken(_parts: Parts, _tally: StageTally) -> None:
        raise ZeroDivisionError

    def deployed(_parts: Parts, _tally: StageTally) -> None:
        ran.append("deploy")

    monkeypatch.setitem(engine.STAGES, name, broken)
    monkeypatch.setitem(engine.STAGES, "deploy", deployed)
    with pytest.raises(ZeroDivisionError):
        engine.turn(parts)
    assert ran == ["deploy"]


def test_an_approval_that_no_longer_fits_becomes_stale_with_its_reason_and_the_others_go_live(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk_world.arrive(parts)
    engine.turn(parts)
    long = SetRule(rule=Rule(id="r1", when=(Condition(field="plan", op="equals", value="x" * 300),), label="refund"))
    mine = desk.draft(parts, actor=OPERATOR, operations=[long], title="Long", rationale="A long condition.")
    engine.turn(parts)
    item = parts.store.proposal(mine.id)
    desk.approve(parts, mine.id, actor=OPERATOR, seen_digest=item.evidence_digest, reason="why not")
    monkeypatch.setattr(acceptance, "LINE_MAX", 200)
    report = engine.turn(parts)
    assert parts.store.proposal(mine.id).state is ProposalState.STALE
    assert "could not be applied" in " ".join(stage(report, "deploy").words)
    assert not any("could not be applied" in word for one in engine.turn(parts).stages for word in one.words)
