"""The ceiling of questions a day in the database: it holds whoever counts, and durable work waits for the next day."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from loop import wiring
from loop.jobs import steps, tries
from loop.jobs.tries import Pace
from loop.records import Bundle, Limits, ModelChoice
from loop.settings import Settings
from storage.database import Database
from storage.store import AgentStore
from tests import builders
from tests.builders import NOON
from tests.fakes import FakeClock

TODAY = "2026-06-01"


def test_a_day_has_so_many_permits_and_another_day_its_own(store: AgentStore) -> None:
    assert [store.take_asks(TODAY, 32, most=50) for _ in range(3)] == [32, 18, 0]
    assert store.asks_on(TODAY) == 50
    assert store.take_asks(TODAY, -10, most=50) == -10
    assert store.take_asks(TODAY, 32, most=50) == 10
    assert store.take_asks("2026-06-02", 32, most=50) == 32
    assert store.take_asks(TODAY, 32, most=20) == 0  # the ceiling was lowered
    assert store.take_asks("2026-06-03", -7, most=20) == 0


def test_whoever_asks_at_the_same_time_the_ceiling_holds(store: AgentStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: store.take_asks(TODAY, 7, most=100), range(24)))
    assert sum(taken) == store.asks_on(TODAY) == 100


def test_agents_are_counted_apart(store: AgentStore, database: Database) -> None:
    other = database.create_agent(builders.agent("other"), builders.bundle(), now=NOON, actor="rita")
    store.take_asks(TODAY, 5, most=5)
    assert other.take_asks(TODAY, 5, most=5) == 5


def test_work_that_met_the_ceiling_waits_for_the_next_day_and_is_no_failure(sqlite_database: Database) -> None:
    agent = builders.agent(limits=Limits(asks_per_day=3))
    yours = Bundle(model=ModelChoice(name="yours"))
    store = sqlite_database.create_agent(agent, yours, now=NOON, actor="rita")
    store.take_asks(TODAY, 3, most=3)
    clock = FakeClock(NOON)
    parts = wiring.parts_for(Settings(), sqlite_database, "desk", clock=clock)
    bench = steps.Bench(parts=lambda slug: parts, pace=Pace(), report=lambda line: None)
    for _ in range(Pace().tries + 2):
        steps.not_answered(bench, "desk", "p1", digest=yours.digest, reason="The ceiling is reached.")
    (row,) = store.failed_jobs()
    assert (row.tries, row.retry_at) == (0, datetime(2026, 6, 2, tzinfo=UTC))
    assert tries.blocking_failure(parts, "evaluation", "p1") is not None
    clock.pass_time(days=1)
    assert tries.blocking_failure(parts, "evaluation", "p1") is None
    steps.not_answered(bench, "desk", "p1", digest=yours.digest, reason="It is down.")
    assert store.failed_jobs()[0].tries == 1
