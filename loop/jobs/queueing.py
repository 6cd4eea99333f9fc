"""What is enqueued, listed and retried (`loop.ports.Jobs`): from any process, launched or not.

An id names the work, so that two processes that want the same thing enqueue it once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa

from loop.errors import NotFound
from loop.jobs import transact, tries
from loop.jobs.tries import Pace
from loop.ports import Clock, Store
from loop.records import Decision, FailedJob, Job, JobKind

ACTIVE = ["PENDING", "ENQUEUED", "DELAYED"]
_ENDED_BADLY = ["ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
_KINDS: dict[str, JobKind] = {"turn": "turn", "evaluation": "evaluation", "answers": "answers", "apply": "apply"}
"""Workflows people see; a batch is part of another's."""


class Agents(Protocol):
    """What is looked at every second, of all agents at once."""

    def change_counters(self) -> dict[str, str]:
        """The change counter by slug."""
        ...

    def failed_jobs(self) -> list[FailedJob]:
        """Oldest first."""
        ...


class DurableJobs:
    """`loop.ports.Jobs` over the system tables."""

    def __init__(
        self,
        engine: sa.Engine,
        *,
        agents: Agents,
        store: Callable[[str], Store],
        clock: Clock,
        pace: Pace | None = None,
        version: str = transact.WORKFLOW_SCHEMA,
    ) -> None:
        """`version`: of the workflows that are to run the work."""
        self._engine = engine
        self._client = transact.client(engine)
        self._agents = agents
        self._store = store
        self._clock = clock
        self._pace = pace or Pace()
        self._version = version
        self._served: dict[str, str] = {}
        self._seen: dict[str, str] = {}
        self._scheduled: set[str] = set()

    def ensure_turn(self, slug: str) -> bool:
        """The id is made from the change counter, so that two workers never start the same turn."""
        now = self._clock()
        if any(row.kind == "turn" and not row.is_due(now) for row in self._store(slug).failed_jobs()):
            return False
        prefix = tries.job_id("turn", slug, "")
        key = self.turn_id(slug)
        if self._served.get(slug) == key:
            return False
        if self._is_known(key):
            self._served[slug] = key
            return False
        if self.is_active(prefix) or self._is_recent(prefix):
            return False
        self._enqueue(transact.TURNS, "turn", key, slug, slug=slug)
        self._served[slug] = key
        return True

    def turn_id(self, slug: str) -> str:
        """Of the turn that sees the agent as it is now: its change counter, the hour, and failures that came due."""
        store, now = self._store(slug), self._clock()
        sweep = int(now.timestamp() // self._pace.sweep_seconds)
        return (
            f"{tries.job_id('turn', slug, '')}~{store.change_counter()}.{sweep}{_tries_mark(store.failed_jobs(), now)}"
        )

    def ensure_apply(self, slug: str, decision: Decision) -> bool:
        """Waits in the database, not in a process, until the undo window is over."""
        known = self._store(slug).failed_jobs()
        failed = next((one for one in known if one.kind == "apply" and one.subject == decision.id), None)
        now = self._clock()
        if failed is not None and not failed.is_due(now):
            return False
        key = tries.job_id("apply", slug, decision.id) + (_tries_mark([failed], now) if failed else "")
        if key in self._scheduled:
            return False
        is_known = self._is_known(key)
        if not is_known:
            delay = max(0.0, (decision.effective_at - now).total_seconds())
            self._enqueue(transact.APPLIES, "apply", key, slug, decision.id, delay=delay)
        self._scheduled.add(key)
        return not is_known

    def is_active(self, key: str) -> bool:
        """Whether work under this name runs or waits."""
        return bool(self._list(workflow_id_prefix=f"{key}~", status=ACTIVE, limit=1))

    def jobs(self) -> list[Job]:
        """What needs a person first, then what failed, runs and waits."""
        now = self._clock()
        found = [_job_of(row) for row in self._agents.failed_jobs()]
        if sa.inspect(self._engine).has_table("workflow_status", schema=self._schema):
            newest = (now - timedelta(days=1)).isoformat()
            try:
                seen = self._list(status=ACTIVE) + self._list(status=_ENDED_BADLY, start_time=newest, limit=50)
            except sa.exc.ProgrammingError:
                seen = []  # a first worker is still making the tables
            found += [_job_in(one) for one in seen if one.name in _KINDS]
        order = ("set aside", "failed", "runs", "waits")
        return sorted(found, key=lambda job: (order.index(job.state), job.agent, job.id))

    def retry(self, job_id: str) -> None:
        """The worker that looks next begins it. Raises NotFound, naming what failed."""
        failed = self._agents.failed_jobs()
        for row in failed:
            if row.id == job_id:
                self._store(row.agent).keep_failed_job(row.tried_again(self._clock()))
                return
        known = ", ".join(row.id for row in failed)
        raise NotFound("No job of this name failed.", remedy=f"Failed: {known}." if known else "Nothing failed.")

    def look(self) -> None:
        """Everything any agent may need: approvals scheduled, turns where something is new.

        Two cheap queries when nothing is. One agent's trouble is raised after the others were looked at.
        """
        now = self._clock()
        failed = self._agents.failed_jobs()
        sweep = int(now.timestamp() // self._pace.sweep_seconds)
        trouble: Exception | None = None
        for slug, counted in self._agents.change_counters().items():
            seen = f"{counted}.{sweep}{_tries_mark([row for row in failed if row.agent == slug], now)}"
            if self._seen.get(slug) == seen:
                continue
            try:
                for decision in self._store(slug).due_approvals(now + tries.ANY_WINDOW):
                    self.ensure_apply(slug, decision)
                self.ensure_turn(slug)
            except Exception as error:  # the others are looked at all the same
                trouble = error
            else:
                # A turn that must wait for another, or for its pause, is looked for again.
                if self._served.get(slug) == self.turn_id(slug):
                    self._seen[slug] = seen
        if trouble is not None:
            raise trouble

    def orphans(self, live: list[str]) -> list[Any]:
        """Work that is marked as running at workers that are not alive."""
        found = self._client.list_workflows(status=["PENDING"], load_output=False)
        return [one for one in found if one.executor_id not in live and one.app_version == self._version]

    def is_unfinished(self, workflow_id: str) -> bool:
        """Whether it runs or waits."""
        return bool(workflow_id) and self._status(workflow_id) in ACTIVE

    def take_over(self, workflow: Any) -> None:
        """Put a dead worker's work back into its queue."""
        self._client.resume_workflow(workflow.workflow_id, queue_name=workflow.queue_name)

    def drop_older(self, live: list[str]) -> int:
        """Forget unfinished work of an older workflow schema; it is begun anew from our own rows. How many."""
        older = [
            one.workflow_id
            for one in self._list(status=ACTIVE)
            if int(one.app_version or 0) < int(self._version)
            and not (one.status == "PENDING" and one.executor_id in live)
        ]
        if older:
            self._client.delete_workflows(older)
            self._served.clear()
            self._seen.clear()
            self._scheduled.clear()
        return len(older)

    def forget_finished(self) -> int:
        """Remove work that ended long ago. How many."""
        before = (datetime.now(UTC) - timedelta(days=self._pace.keep_days)).isoformat()
        done = self._list(status=["SUCCESS", *_ENDED_BADLY], completed_before=before, limit=500)
        if done:
            self._client.delete_workflows([one.workflow_id for one in done])
        return len(done)

    def steps_done(self, workflow_id: str) -> list[Any]:
        """Its checkpoints so far, as dbos lists them: `function_name`, `output`."""
        return list(self._client.list_workflow_steps(workflow_id))

    def close(self) -> None:
        """Let go of the client; the engine is its owner's."""
        self._client.destroy()

    # steps -------------------------------------------------------------------------------------
    @property
    def _schema(self) -> str | None:
        return None if self._engine.dialect.name == "sqlite" else transact.SCHEMA

    def _enqueue(
        self, queue: str, name: str, key: str, *args: str, slug: str | None = None, delay: float = 0.0
    ) -> None:
        options: dict[str, Any] = {
            "queue_name": queue,
            "workflow_name": name,
            "workflow_id": key,
            "app_version": self._version,
        }
        if slug is not None:
            options["queue_partition_key"] = slug
        if delay:
            options["delay_seconds"] = delay
        self._client.enqueue(options, *args)  # type: ignore[arg-type]  # built from parts

    def _status(self, key: str) -> str | None:
        found = self._list(workflow_ids=[key], limit=1)
        return str(found[0].status) if found else None

    def _is_known(self, key: str) -> bool:
        """Whether work of this id runs, waits or was done. What ended badly is forgotten, so that it is begun anew."""
        status = self._status(key)
        if status in _ENDED_BADLY:
            self._client.delete_workflows([key])
            return False
        return status is not None

    def _is_recent(self, prefix: str) -> bool:
        """Whether the newest work of this name is younger than the least pause between two turns."""
        since = (datetime.now(UTC) - timedelta(seconds=self._pace.turn_seconds)).isoformat()
        return bool(self._list(workflow_id_prefix=f"{prefix}~", start_time=since, limit=1))

    def _list(self, **which: Any) -> list[Any]:
        return list(self._client.list_workflows(load_input=False, load_output=False, **which))


@contextmanager
def open_jobs(
    url: str, *, agents: Agents, store: Callable[[str], Store], clock: Clock, pace: Pace | None = None
) -> Iterator[DurableJobs]:
    """For a command: no worker is started."""
    engine = transact.make_engine(url)
    jobs = DurableJobs(engine, agents=agents, store=store, clock=clock, pace=pace)
    try:
        yield jobs
    finally:
        jobs.close()
        engine.dispose()


def _tries_mark(failed: list[FailedJob], now: datetime) -> str:
    """Changes when a failed item comes due, so that it is a reason for a turn. No turn delivers anything."""
    failed = [row for row in failed if row.kind != "delivery"]
    due = [f"{row.id} {row.tries} {row.failed_at.isoformat()}" for row in failed if row.is_due(now)]
    return "." + tries.short("\n".join(sorted(due))) if due else ""


def _job_of(row: FailedJob) -> Job:
    return Job(
        id=row.id,
        agent=row.agent,
        kind=row.kind,
        subject=row.subject,
        state="set aside" if row.retry_at is None else "failed",
        reason=row.reason,
        tries=row.tries,
        at=row.retry_at,
    )


def _job_in(workflow: Any) -> Job:
    slug, subject = _about(workflow)
    delayed = workflow.delay_until_epoch_ms or workflow.created_at
    state = {"PENDING": "runs", "ENQUEUED": "waits", "DELAYED": "waits"}.get(workflow.status, "failed")
    return Job(
        id=workflow.workflow_id,
        agent=slug,
        kind=_KINDS[workflow.name],
        subject=subject,
        state=state,
        reason="" if state != "failed" else "It ended without a result; the next look begins it anew.",
        at=datetime.fromtimestamp(delayed / 1000, UTC) if delayed else None,
    )


def _about(workflow: Any) -> tuple[str, str]:
    """Agent and subject: the id says both."""
    _, slug, *subject = workflow.workflow_id.partition("~")[0].split(":")
    return slug, ":".join(subject)
