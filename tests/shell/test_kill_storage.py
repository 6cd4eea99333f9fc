"""Whatever moment a process is killed at: nothing that was confirmed is lost, and nothing happens twice."""

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from loop.records import FeedbackState, ProposalState
from storage.database import Database
from storage.store import AgentStore
from storage.tables import FeedbackRow, InteractionRow
from tests.shell.killed_worker import BATCH

ROOT = Path(__file__).parents[2]

LABELS = (
    "append:written",
    "append:kept",
    "commit:written",
    "commit:kept",
    "decide:written",
    "decide:kept",
    "rollback:version",
    "release:head",
    "deploy:written",
    "deploy:kept",
    "rollback:written",
    "rollback:kept",
)
"""Every checkpoint of the store."""

RANDOM_KILLS = 3

pytestmark = pytest.mark.kill


@pytest.fixture
def workers(database_url: str, store: AgentStore) -> Iterator[subprocess.Popen[str]]:
    """The process that forks the workers to be killed."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.shell.killed_worker", database_url],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        process.wait()


def test_a_kill_at_any_moment_loses_nothing_and_doubles_nothing(
    workers: subprocess.Popen[str], database: Database, store: AgentStore
) -> None:
    chance = random.Random(20260601)
    orders = [f"{label} {chance.randint(1, 2)}" for label in LABELS]
    orders += [f"after {chance.randrange(150, 350)}" for _ in range(RANDOM_KILLS)]
    chance.shuffle(orders)
    confirmed: set[str] = set()
    for order in orders:
        confirmed |= killed(workers, order)
        await_quiet(database)
        check(database, store, confirmed)
    assert any(done.startswith("undone") for done in confirmed)
    assert store.head().number > 5


def killed(workers: subprocess.Popen[str], order: str) -> set[str]:
    """Let one worker be killed; what it was told is done."""
    assert workers.stdin is not None
    assert workers.stdout is not None
    workers.stdin.write(f"{order}\n")
    workers.stdin.flush()
    told = json.loads(workers.stdout.readline())
    assert told["signal"] == signal.SIGKILL, "the worker ended by itself"
    return set(told["done"])


def await_quiet(database: Database) -> None:
    """Until PostgreSQL has noticed that the client is gone."""
    if database.engine.dialect.name == "sqlite":
        return
    query = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
    )
    for _ in range(200):
        with database.engine.connect() as connection:
            if connection.exec_driver_sql(query).scalar() == 0:
                return
        time.sleep(0.02)
    pytest.fail("a killed worker's transaction is still open")


def check(database: Database, store: AgentStore, confirmed: set[str]) -> None:
    """All that was confirmed is there; what is there is whole; nothing is there twice."""
    rounds: Counter[int] = Counter()
    for item in store.feedback(list(FeedbackState)):
        rounds[int(item.feedback.id[1:]) // BATCH] += 1
    assert set(rounds.values()) <= {BATCH}
    assert len(store.interactions(f"i{place}" for place in range(BATCH * (max(rounds, default=0) + 2)))) == (
        BATCH * len(rounds)
    )
    states = {item.proposal.id: item.state for item in store.proposals()}
    decided = [decision.proposal_id for decision in store.decisions()]
    for done in confirmed:
        what, which = done.split(" ")
        match what:
            case "batch":
                assert rounds[int(which)] == BATCH
            case "decided":
                assert which in decided
            case "live":
                assert states[which] in {ProposalState.LIVE, ProposalState.UNDONE}
            case "undone":
                assert states[which] is ProposalState.UNDONE
    assert len(decided) == len(set(decided))
    with database.engine.connect() as connection:
        positions = [
            seq
            for table in (InteractionRow.core(), FeedbackRow.core())
            for seq in connection.execute(sa.select(table.c.seq)).scalars()
        ]
        assert sorted(positions) == list(range(1, len(positions) + 1))

    versions, releases = store.versions(), store.releases()
    numbers = [version.number for version in versions]
    assert numbers == sorted(set(numbers))
    assert [release.number for release in releases] == numbers
    kept = {version.proposal_id for version in (*versions, *store.candidates()) if version.proposal_id}
    assert kept == set(states), "every proposal has its candidate"
    assert store.head() == versions[-1]
    shipped = Counter(version.proposal_id for version in versions if version.proposal_id)
    assert shipped == Counter(
        {name: 1 for name, state in states.items() if state in {ProposalState.LIVE, ProposalState.UNDONE}}
    )
    assert sum(1 for version in versions if version.restores is not None) == sum(
        1 for state in states.values() if state is ProposalState.UNDONE
    )

    assert store.check_journal().is_intact
    actions = Counter(entry.action for entry in store.journal())
    assert actions["approve proposal"] == len(decided)
    assert actions["deploy version"] == len(shipped)
    assert actions["roll back"] == sum(1 for release in releases if release.kind == "rollback")
