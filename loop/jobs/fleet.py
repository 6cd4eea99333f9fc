"""The fleet of workers: heartbeats by the database's clock, and the sweeper that takes over a dead worker's work.

dbos revives work by itself only through a paid service; this is the free half page. One live worker sweeps, the one
with the smallest name (leader election by rows): two sweepers could put the same work back twice.
"""

from typing import Any, NamedTuple

import sqlalchemy as sa

from loop.jobs import tries
from loop.jobs.queueing import DurableJobs
from loop.jobs.steps import Bench, owner
from loop.jobs.transact import SCHEMA
from loop.records import JobKind
from loop.records.health import CLOCKS, HEARTBEATS

_LOCK = 0x7261746368657432
"""PostgreSQL advisory lock that workers queue on while they make the table."""
_SUSPECT = 2
"""Deaths an item was at from which it is taken over alone."""
_LONG_GONE = 86_400.0
"""Seconds of silence after which a worker's row is removed."""


class Fleet:
    """Heartbeats of one worker, and what it knows of the others."""

    def __init__(self, engine: sa.Engine, executor: str, *, dead_seconds: float) -> None:
        self._engine = engine
        self._executor = executor
        self._dead_seconds = dead_seconds
        schema = None if engine.dialect.name == "sqlite" else SCHEMA
        self._table = sa.Table(
            HEARTBEATS,
            sa.MetaData(schema=schema),
            sa.Column("executor", sa.String(80), primary_key=True),
            sa.Column("beat_at", sa.Double, nullable=False),
        )
        self._now: sa.ColumnElement[float] = sa.literal_column(CLOCKS[engine.dialect.name], sa.Double)

    def join(self) -> None:
        """Make the table where there is none, and beat once: before any work is taken.

        Workers that start at once queue: PostgreSQL refuses all but one that make the same schema at a time.
        """
        with self._engine.begin() as connection:
            if self._table.schema:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
                connection.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            connection.execute(sa.schema.CreateTable(self._table, if_not_exists=True))
        self.beat()

    def beat(self) -> None:
        """Say that this worker lives."""
        mine = self._table.c.executor == self._executor
        with self._engine.begin() as connection:
            if not connection.execute(sa.update(self._table).where(mine).values(beat_at=self._now)).rowcount:
                connection.execute(sa.insert(self._table).values(executor=self._executor, beat_at=self._now))
            silent = self._table.c.beat_at < self._now - _LONG_GONE
            connection.execute(sa.delete(self._table).where(silent))

    def leave(self) -> None:
        """Say that this worker ends, so that nobody waits for it."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(self._table).where(self._table.c.executor == self._executor))

    def live(self) -> list[str]:
        """Workers heard of lately, by name."""
        heard = self._table.c.beat_at >= self._now - self._dead_seconds
        with self._engine.connect() as connection:
            query = sa.select(self._table.c.executor).where(heard).order_by(self._table.c.executor)
            return [row.executor for row in connection.execute(query)]

    def leads(self, live: list[str]) -> bool:
        """Whether this worker is the one that sweeps."""
        return bool(live) and live[0] == self._executor


class Swept(NamedTuple):
    """What a sweep did."""

    taken: int
    """Pieces of work taken over."""
    trial: str
    """The suspect that runs alone among suspects now; empty: none."""


def sweep(jobs: DurableJobs, bench: Bench, live: list[str], *, trial: str = "") -> Swept:
    """Take over what dead workers were at; what keeps killing workers is set aside first.

    What was there at two deaths is a suspect. Suspects are taken over one at a time, the least suspected first, so
    that what only happened to run beside a poison item proves itself before the poison runs again.
    """
    orphans = jobs.orphans(live)
    if trial in {one.workflow_id for one in orphans} or not jobs.is_unfinished(trial):
        trial = ""
    taken = 0
    blamed: set[str] = set()
    for tried, workflow, item in sorted(_blame(jobs, bench, orphans), key=lambda one: one[0]):
        if tried >= _SUSPECT and item is not None:
            if trial:
                continue
            trial = workflow.workflow_id
        if item is not None and tries.job_id(item[1], item[0], item[2]) not in blamed:
            blamed.add(tries.job_id(item[1], item[0], item[2]))
            row = tries.count_death(bench.parts(item[0]), item[1], item[2], pace=bench.pace)
            if row.retry_at is None:
                bench.report(f"{row.agent}: {row.id} is set aside. {row.reason}")
        jobs.take_over(workflow)
        taken += 1
    return Swept(taken=taken, trial=trial)


def _blame(
    jobs: DurableJobs, bench: Bench, orphans: list[Any]
) -> list[tuple[int, Any, tuple[str, JobKind, str] | None]]:
    """Each orphan with the item it was at and how many deaths that item was at before."""
    found = []
    for workflow in orphans:
        item = _item(jobs, workflow)
        rows = bench.parts(item[0]).store.failed_jobs() if item else []
        key = tries.job_id(item[1], item[0], item[2]) if item else ""
        found.append((next((row.tries for row in rows if row.id == key), 0), workflow, item))
    return found


def _item(jobs: DurableJobs, workflow: Any) -> tuple[str, JobKind, str] | None:
    """Agent, kind and subject of what the workflow was at when its worker died."""
    slug, *rest = workflow.input["args"]
    match workflow.name:
        case "turn":
            return (slug, *_stage_of(jobs.steps_done(workflow.workflow_id)))
        case "evaluation":
            return slug, "evaluation", rest[0]
        case "answers":
            return slug, "answers", rest[0][:16]
        case "batch":
            return (slug, *owner(rest[0], rest[1]))
        case "apply":
            return slug, "apply", rest[0]
    return None


def _stage_of(steps_done: list[Any]) -> tuple[JobKind, str]:
    """The stage after those that are checkpointed; the turn itself when none or all of its stages are."""
    if not steps_done:
        return ("turn", "")
    names = steps_done[0]["output"]["stages"]
    begun = sum(step["function_name"] in ("stage", "due_tests") for step in steps_done)
    return ("stage", names[begun]) if begun < len(names) else ("turn", "")
