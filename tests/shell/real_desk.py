"""The agent `desk` on a real database, as the product opens it."""

from datetime import timedelta

from loop import wiring
from loop.ports import Parts
from loop.records import Bundle
from loop.settings import Settings
from storage.database import Database
from tests.builders import NOON, at
from tests.fakes import FakeClock
from tests.shell import desk_world


def create(database: Database) -> Parts:
    """The desk of `desk_world`, which holds nothing yet, on a clock that stands still two days after noon."""
    database.create_agent(desk_world.agent(), Bundle(), now=NOON, actor="olga")
    return wiring.parts_for(Settings(), database, "desk", clock=lambda: NOON + timedelta(days=2))


def parts_after(database: Database) -> Parts:
    """What is kept of the agent `desk`, an hour after noon, on a clock that can be put on."""
    return wiring.parts_for(Settings(), database, "desk", clock=FakeClock(at(60)))
