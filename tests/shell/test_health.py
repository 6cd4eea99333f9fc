"""What is said of an installation is so: who works, what waits, whether the database is read and written."""

import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from loop import desk
from loop.errors import StoreUnavailable
from loop.jobs.fleet import Fleet
from loop.jobs.transact import make_engine
from loop.records import FailedJob
from loop.records.health import Health, WorkerState
from loop.serve.health import LastLook
from storage import health as checking
from storage.database import Database
from storage.health import HealthCheck
from tests import builders

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
WELL = Health(is_writable=True, silence=0.4, has_worked=True)


@pytest.fixture
def fleet(database: Database) -> Iterator[Fleet]:
    """A worker that may join."""
    engine = make_engine(database.engine.url.render_as_string(hide_password=False))
    yield Fleet(engine, "worker-a", dead_seconds=10.0)
    engine.dispose()


def test_nobody_worked_then_somebody_works_then_nobody_does(database: Database, fleet: Fleet) -> None:
    assert database.health.look().worker(dead_seconds=10.0) is WorkerState.NEVER
    fleet.join()
    found = database.health.look()
    assert found.worker(dead_seconds=10.0) is WorkerState.ALIVE
    assert found.silence is not None
    assert found.silence < 200
    fleet.leave()
    assert database.health.look().worker(dead_seconds=10.0) is WorkerState.STOPPED


def test_silence_grows_and_makes_a_worker_dead(database: Database, fleet: Fleet) -> None:
    fleet.join()
    before = database.health.silence().seconds
    time.sleep(0.05)
    after = database.health.silence().seconds
    assert before is not None
    assert after is not None
    assert after > before
    assert database.health.look().worker(dead_seconds=after) is WorkerState.STOPPED


def test_what_waits_for_a_person_and_the_last_turn_are_counted(sqlite_database: Database) -> None:
    store = sqlite_database.create_agent(builders.agent(), builders.bundle(), now=builders.NOON, actor="rita")
    assert sqlite_database.health.look().set_aside == 0
    row = FailedJob(
        agent=store.agent.slug, id="stage:x", kind="stage", subject="test", tries=5, reason="It failed.",
        failed_at=builders.NOON, retry_at=None,
    )  # fmt: skip
    store.keep_failed_job(row)
    store.keep_failed_job(row.model_copy(update={"id": "stage:y", "retry_at": builders.NOON}))
    assert sqlite_database.health.look().set_aside == 1
    assert sqlite_database.health.look().last_turn_at is None


def test_a_database_that_another_one_writes_to_is_writable(sqlite_database: Database, sqlite_url: str) -> None:
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        assert sqlite_database.health.is_writable()
        other.execute("ROLLBACK")


def test_a_database_one_may_not_write_to_is_not_writable() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o755)
        database = Database.open(f"sqlite:///{place / 'ratchet.db'}")
        health = HealthCheck(database.engine)
        assert health.is_writable()
        is_root = os.geteuid() == 0
        for file in place.iterdir():
            file.chmod(0o444)
        try:
            if is_root:
                os.seteuid(65_534)
            assert not health.is_writable()
        finally:
            if is_root:
                os.seteuid(0)
            database.close()


def test_a_full_disk_is_not_writable(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = checking.shutil.disk_usage("/")
    monkeypatch.setattr(checking.shutil, "disk_usage", lambda _place: usage._replace(free=4_096))
    assert not sqlite_database.health.is_writable()


def test_the_document_says_what_is_wrong_and_what_to_do() -> None:
    told = desk.health_document(WELL.model_copy(update={"queued": 3}), dead_seconds=10, now=NOW)
    assert told == {
        "status": "ok",
        "says": "",
        "database": {"is_readable": True, "is_writable": True},
        "worker": {"state": "alive", "silent_seconds": 0.4},
        "queue": {"waiting": 3, "set_aside": 0},
        "last_turn_seconds": None,
    }
    stopped = WELL.model_copy(update={"silence": 75.0, "set_aside": 2, "last_turn_at": NOW - timedelta(minutes=2)})
    told = desk.health_document(stopped, dead_seconds=10, now=NOW)
    assert told["status"] == "degraded"
    assert told["last_turn_seconds"] == 120.0
    assert "The worker stopped 1 minute ago" in told["says"]
    assert "ratchet worker" in told["says"]
    assert "2 pieces of work are set aside" in told["says"]
    full = desk.health_document(WELL.model_copy(update={"is_writable": False}), dead_seconds=10, now=NOW)
    assert full["status"] == "unavailable"
    assert desk.health_document(None, dead_seconds=10, now=NOW)["status"] == "unavailable"


def test_one_look_answers_for_a_second_and_an_unreadable_database_is_said() -> None:
    clock, looks = [0.0], [0]

    def look() -> Health:
        looks[0] += 1
        if looks[0] == 2:
            raise StoreUnavailable("gone")
        return WELL

    last = LastLook(look, monotonic=lambda: clock[0])
    assert [last.health(), last.health(), looks[0]] == [WELL, WELL, 1]
    clock[0] = 1.5
    assert last.health() is None
    clock[0] = 3.0
    assert last.health() == WELL
