"""One approval that cannot be applied stops no other; `tests.core.test_engine_stages` is about stages and endpoints."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from loop import deploy, desk, engine, wiring
from loop.change import acceptance
from loop.ports import Parts
from loop.records import (
    Bundle,
    Condition,
    Decision,
    FailedJob,
    ProposalState,
    Release,
    Rule,
    SetRule,
)
from loop.settings import Settings
from storage.database import Database
from tests.builders import NOON
from tests.shell import desk_world
from tests.shell.desk_world import OPERATOR, stage


@pytest.fixture
def parts(sqlite_database: Database) -> Parts:
    """The agent `desk` with nothing in it, on a clock that stands still."""
    sqlite_database.create_agent(desk_world.agent(), Bundle(), now=NOON, actor="olga")
    return wiring.parts_for(Settings(), sqlite_database, "desk", clock=lambda: NOON + timedelta(days=2))


def approved(parts: Parts, *texts: str) -> list[str]:
    """Rules of a person, tested and approved in this order."""
    made = []
    for text in texts:
        rule = Rule(id=text[:3], when=(Condition(field="plan", op="equals", value=text),), label="refund")
        title = f"Rule {text[:3]}"
        made.append(
            desk.draft(parts, actor=OPERATOR, operations=[SetRule(rule=rule)], title=title, rationale="A condition.")
        )
    engine.turn(parts)
    for one in made:
        desk_world.approve(parts, one.id)
    return [one.id for one in made]


def test_a_limit_that_became_stricter_does_not_stop_what_was_approved(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk_world.arrive(parts)
    (mine,) = approved(parts, "x" * 300)
    monkeypatch.setattr(acceptance, "LINE_MAX", 200)
    engine.turn(parts)
    assert parts.store.proposal(mine).state is ProposalState.LIVE
    assert parts.store.bundle(parts.store.head().digest).rules[0].when[0].value == "x" * 300


POISON = {
    "content changed": "UPDATE bundle SET body = json_set(body, '$.instructions', 'Give all away.') WHERE digest = :d",
    "content gone": "DELETE FROM bundle WHERE digest = :d",
    "candidate gone": "DELETE FROM version WHERE digest = :d",
    "evidence changed": "UPDATE proposal SET evidence_digest = 'other' WHERE candidate_digest = :d",
    "another report": "UPDATE proposal SET report_id = 'other' WHERE candidate_digest = :d",
}


@pytest.mark.parametrize("way", sorted(POISON))
def test_an_approval_that_can_no_longer_be_applied_is_stale_with_its_reason_and_the_others_go_live(
    parts: Parts, sqlite_database: Database, way: str
) -> None:
    desk_world.arrive(parts)
    approved(parts, "gold", "silver")
    poison, other = (decision.proposal_id for decision in parts.store.due_approvals(parts.clock()))
    with sqlite_database.engine.connect().execution_options(begin="migrate") as connection:
        connection.detach()
        digest = parts.store.proposal(poison).proposal.candidate_digest
        connection.execute(sa.text(POISON[way]), {"d": digest})
        connection.commit()
    report = engine.turn(parts)
    item = parts.store.proposal(poison)
    assert item.state is ProposalState.STALE
    assert item.stale_reason in " ".join(stage(report, "deploy").words)
    assert len(item.stale_reason.split()) > 4
    assert parts.store.proposal(other).state is ProposalState.LIVE
    assert parts.store.check_journal().is_intact
    said = [entry.action for entry in parts.store.journal() if not entry.action.startswith("write ")]
    assert "mark proposal stale" in said
    assert not any("could not be applied" in word for one in engine.turn(parts).stages for word in one.words)


def test_a_defect_in_applying_one_approval_is_raised_after_the_others_went_live_and_the_rest_of_the_stage_ran(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk_world.arrive(parts)
    approved(parts, "gold", "silver")
    poison, other = (decision.proposal_id for decision in parts.store.due_approvals(parts.clock()))
    real = deploy.deploy_release

    def broken(decision: Decision, *rest: Any, **more: Any) -> Release:
        if decision.proposal_id == poison:
            raise ZeroDivisionError
        return real(decision, *rest, **more)

    monkeypatch.setattr(deploy, "deploy_release", broken)
    with pytest.raises(ZeroDivisionError):
        engine.turn(parts)
    assert parts.store.proposal(poison).state is ProposalState.STALE, "its base is live no more"
    assert parts.store.proposal(other).state is ProposalState.LIVE
    live = parts.store.head().number
    assert [one.number for one in parts.store.measurements() if one.number == live] == [live], "measured all the same"


def test_an_approval_that_was_set_aside_is_left_alone_until_a_person_says_so(parts: Parts) -> None:
    desk_world.arrive(parts)
    (mine,) = approved(parts, "gold")
    (decision,) = parts.store.due_approvals(parts.clock())
    row = FailedJob(
        agent="desk", id="apply", kind="apply", subject=decision.id, tries=5, reason="It broke.", failed_at=NOON,
        retry_at=None,
    )  # fmt: skip
    parts.store.keep_failed_job(row)
    engine.turn(parts)
    assert parts.store.proposal(mine).state is ProposalState.APPROVED
    parts.store.keep_failed_job(row.model_copy(update={"retry_at": NOON}))
    engine.turn(parts)
    assert parts.store.proposal(mine).state is ProposalState.LIVE
