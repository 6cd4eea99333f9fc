"""An outage over a real database: a turn and Today say it, nobody is held, and a recheck finds nothing changed."""

import dataclasses
from datetime import timedelta

import pytest

from loop import desk, engine, wiring
from loop.ports import Parts
from loop.records import Bundle, FeedbackState
from loop.settings import Settings
from storage.database import Database
from tests.builders import NOON, feedback, interaction
from tests.shell import desk_world

DOWN = "the app does not load since this morning"
PEOPLE = 30


@pytest.fixture
def parts(database: Database) -> Parts:
    """The agent `desk`, on each database, five days after its first word."""
    database.create_agent(desk_world.agent(), Bundle(), now=NOON, actor="olga")
    return wiring.parts_for(Settings(), database, "desk", clock=lambda: NOON + timedelta(days=5))


def report(parts: Parts, people: range) -> list[str]:
    """An outage, four days in, one person a minute."""
    asked = [
        interaction(900 + number, question=DOWN, label=None, answer="", at=NOON + timedelta(days=4, minutes=number))
        for number in people
    ]
    said = [
        feedback(
            900 + number, interaction_id=f"i{900 + number}", author=f"customer{number}", label="outage",
            at=NOON + timedelta(days=4, minutes=number), received_at=NOON + timedelta(days=4, minutes=number),
        )
        for number in people
    ]  # fmt: skip
    parts.store.append(interactions=tuple(asked), feedback=tuple(said))
    return [one.id for one in said]


def test_an_outage_is_told_by_the_turn_and_shown_with_people_time_and_words(parts: Parts) -> None:
    desk_world.arrive(parts, rows=80)
    engine.turn(parts)
    assert desk.emerging_topics(parts) == []
    first = report(parts, range(12))
    told = engine.turn(parts)
    words = [one for stage in told.stages for one in stage.words]
    assert any(one.startswith("Emerging topic: 12 people since ") and DOWN in one for one in words), words
    ids = first + report(parts, range(12, PEOPLE))
    again = engine.turn(parts)
    assert not any("Emerging topic" in one for stage in again.stages for one in stage.words), "it was told before"
    states = {item.feedback.id: item.state for item in parts.store.feedback()}
    assert {states[key] for key in ids} == {FeedbackState.VALID}
    (topic,) = desk.emerging_topics(parts)
    assert topic.people == PEOPLE
    assert topic.title.startswith(f"{PEOPLE} people since ")
    assert topic.told == "It teaches nothing until somebody named, or with a record, says the same."
    assert engine.recheck(parts) == ()


def test_a_topic_nobody_speaks_to_any_more_is_no_longer_shown(parts: Parts) -> None:
    desk_world.arrive(parts, rows=80)
    report(parts, range(PEOPLE))
    engine.turn(parts)
    assert len(desk.emerging_topics(parts)) == 1
    later = dataclasses.replace(parts, clock=lambda: NOON + timedelta(days=20))
    assert desk.emerging_topics(later) == []
