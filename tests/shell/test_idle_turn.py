"""Idle detection: an agent with nothing new only gets what time brings about, and nothing that arrives is missed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from loop import engine, wiring
from loop.ports import Parts
from loop.records import Bundle, FeedbackState
from loop.settings import Settings
from storage.database import Database
from tests.builders import NOON
from tests.shell import desk_world


@pytest.fixture
def worked(sqlite_database: Database) -> Parts:
    """The agent `desk` after a turn that left nothing to do, on a clock that moves on with every look."""
    sqlite_database.create_agent(desk_world.agent(), Bundle(), now=NOON, actor="olga")
    ticks = count()
    parts = wiring.parts_for(
        Settings(), sqlite_database, "desk", clock=lambda: NOON + timedelta(days=2, milliseconds=next(ticks))
    )
    desk_world.arrive(parts)
    assert engine.turn(parts).did_something
    return parts


def stages(parts: Parts) -> list[str]:
    return [one.stage for one in engine.turn(parts).stages]


def at_label(label: str, act: Callable[[], None]) -> Callable[[str], None]:
    return lambda reached: act() if reached == label else None


def test_a_turn_after_one_that_found_nothing_only_applies_what_is_due(worked: Parts) -> None:
    assert stages(worked) == list(engine.STAGES)
    assert stages(worked) == ["deploy"]


def test_what_arrives_while_a_turn_finds_nothing_to_do_is_judged_by_the_next(worked: Parts) -> None:
    def arrive() -> None:
        desk_world.arrive(worked, prefix="late", rows=1)

    report = engine.turn(replace(worked, checkpoint=at_label("deploy:after", arrive)))
    assert not report.did_something
    assert stages(worked) == list(engine.STAGES)
    assert worked.store.feedback_items(["flate0"])["flate0"].state is not FeedbackState.NEW


def test_a_turn_that_goes_on_elsewhere_leaves_the_agent_looked_at(worked: Parts) -> None:
    for is_complete, expected in ((False, list(engine.STAGES)), (True, ["deploy"])):
        engine.end(worked, engine.begin(worked), started=worked.clock(), stages=[], is_complete=is_complete)
        assert list(engine.begin(worked).stages) == expected
