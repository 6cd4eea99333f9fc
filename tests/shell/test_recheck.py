"""What the firewall keeps follows from the log: a recheck over a real database finds nothing but what was changed."""

import random

import pytest
import sqlalchemy as sa

from loop import desk, engine, validate
from loop.errors import Conflict
from loop.ports import Parts
from loop.records import FeedbackState, ProposalState
from storage.database import Database
from storage.tables import JudgedRow
from tests.builders import feedback
from tests.shell import desk_world, real_desk
from tests.shell.desk_world import OPERATOR


@pytest.fixture
def parts(database: Database) -> Parts:
    """The agent `desk`, on each database, on a clock that stands still."""
    return real_desk.create(database)


def settled(parts: Parts) -> Parts:
    for _ in range(4):
        if not engine.turn(parts).did_something:
            break
    return parts


@pytest.mark.parametrize("seed", [0, 1])
def test_a_recheck_finds_nothing_after_arrivals_decisions_and_releases(parts: Parts, seed: int) -> None:
    draw = random.Random(seed)
    for number in range(4):
        desk_world.arrive(parts, rows=draw.randint(20, 90), seed=seed + number, prefix=f"t{number}-")
        engine.turn(parts)
        items = parts.store.feedback([FeedbackState.VALID, FeedbackState.HELD])
        chosen = draw.choice(items).feedback.id
        to = draw.choice([FeedbackState.EXCLUDED, FeedbackState.QUARANTINED])
        desk.judge(parts, [chosen], actor=OPERATOR, to=to, reason="a look")
        waiting = parts.store.proposals([ProposalState.WAITING])
        if waiting and number % 2:
            item = waiting[0]
            desk.approve(parts, item.proposal.id, actor=OPERATOR, seen_digest=item.evidence_digest, reason="why not")
    settled(parts)
    assert engine.recheck(parts) == ()


def test_a_recheck_names_a_row_that_was_changed_from_outside(parts: Parts, database: Database) -> None:
    desk_world.arrive(parts, rows=60)
    settled(parts)
    table = JudgedRow.core()
    with database.engine.begin() as connection:
        connection.execute(sa.update(table).where(table.c.feedback_id == "f1").values(has_voice=False))
    (found,) = engine.recheck(parts)
    assert found == "The row f1 differs: has_voice is False, not True."


def test_a_recheck_waits_until_everything_is_judged(parts: Parts) -> None:
    desk_world.arrive(parts, rows=20)
    with pytest.raises(Conflict, match="waits to be judged"):
        engine.recheck(parts)


def test_a_rebuild_ends_where_it_began(parts: Parts) -> None:
    desk_world.arrive(parts, rows=80)
    settled(parts)
    before = parts.store.dump()
    parts.store.rebuild()
    assert parts.store.dump().rows == ()
    settled(parts)
    assert parts.store.dump().rows == before.rows
    assert engine.recheck(parts) == ()


def test_other_rules_judge_everything_again(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    desk_world.arrive(parts, rows=40)
    settled(parts)
    monkeypatch.setattr("loop.validate.RULES", validate.RULES + 1)
    parts.store.append(feedback=[feedback(1, id="late", interaction_id="i1", author="ann", label="refund")])
    report = engine.turn(parts)
    assert any("judged again" in words for stage in report.stages for words in stage.words)
    assert engine.recheck(settled(parts)) == ()
