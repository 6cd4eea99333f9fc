"""The only door to dbos: how it is set up, so that nothing is pickled, nothing phones out and nothing is lost.

The traps this closes (`reference` in the module's tests): its tables are in the same database as ours; the executor id
is unique per process, because two processes of one id run every step twice; the application version is the number of
our workflow schema, because work of another version is never picked up; environment variables of its cloud are
removed before it reads them.
"""

import os
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy import event

for _name in [one for one in os.environ if one.startswith("DBOS_")]:
    del os.environ[_name]

from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer  # noqa: E402

from loop.records.health import JOBS_SCHEMA  # noqa: E402

__all__ = ["APPLICATION", "DBOS", "WORKFLOW_SCHEMA", "client", "launch", "make_engine", "new_executor", "stop"]

APPLICATION = "ratchet"
WORKFLOW_SCHEMA = "4"
"""Raised whenever the order or the names of steps in `loop.jobs.workflows` change: work begun under another number is
dropped by the sweeper and begun anew, which is safe because every step is idempotent."""
SCHEMA = JOBS_SCHEMA
"""Where the system tables live on PostgreSQL."""
TURNS, EVALUATIONS, ANSWERS, APPLIES = "turns", "evaluations", "answers", "applies"

_FINAL = ("PRAGMA busy_timeout=30000", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON")


def make_engine(url: str) -> sa.Engine:
    """Connections for the system tables: to the same database as ours, as durable as ours."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(parsed, pool_size=8, max_overflow=4, pool_recycle=1800)
    engine = sa.create_engine(parsed)

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in _FINAL:
            connection.execute(pragma)

    return engine


def new_executor() -> str:
    """A name no other process has or had."""
    return f"worker-{uuid4().hex[:12]}"


def launch(engine: sa.Engine, *, executor: str, poll_seconds: float, version: str) -> None:
    """Start taking work from the queues. The workflows must have been imported before."""
    config: DBOSConfig = {
        "name": APPLICATION,
        "system_database_url": engine.url.render_as_string(hide_password=False),
        "system_database_engine": engine,
        "dbos_system_schema": SCHEMA,
        "executor_id": executor,
        "application_version": version,
        "serializer": DBOSPortableJSONSerializer(),
        "use_listen_notify": False,
        "enable_otlp": False,
        "log_level": "CRITICAL",
    }
    DBOS(config=config)
    DBOS.launch()
    queues: dict[str, dict[str, Any]] = {
        # One turn, and one evaluation, of an agent at a time, whoever works.
        TURNS: {"partition_concurrency": 1, "worker_concurrency": 2, "polling_interval_sec": 4 * poll_seconds},
        EVALUATIONS: {"partition_concurrency": 1, "worker_concurrency": 16, "polling_interval_sec": 4 * poll_seconds},
        # Three at a time keep the model busy while one of them stores its last answers.
        ANSWERS: {"worker_concurrency": 3, "polling_interval_sec": 2 * poll_seconds},
        APPLIES: {"worker_concurrency": 4, "polling_interval_sec": 8 * poll_seconds},
    }
    for name, limits in queues.items():
        DBOS.register_queue(name, **limits)


def stop() -> None:
    """Take no more work; what runs is left to whoever is there next."""
    DBOS.destroy(workflow_completion_timeout_sec=0)


def client(engine: sa.Engine) -> DBOSClient:
    """To enqueue, list and take over work from any process."""
    return DBOSClient(
        system_database_engine=engine,
        dbos_system_schema=SCHEMA,
        serializer=DBOSPortableJSONSerializer(),
        application_name=APPLICATION,
        lazy=True,
        retry_connection_errors=False,
    )
