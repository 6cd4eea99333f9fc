"""One worker process: it looks at the change counters, sweeps, beats, and takes work from the queues."""

import gc
import logging
import threading
import time
from collections.abc import Callable

from loop.errors import RatchetError
from loop.jobs import transact, workflows
from loop.jobs.fleet import Fleet, sweep
from loop.jobs.queueing import Agents, DurableJobs
from loop.jobs.steps import Bench
from loop.jobs.tries import Pace
from loop.ports import Clock, Parts

Report = Callable[[str], None]
"""Takes one line for the log."""

_HOUSEKEEPING = 60.0
"""Seconds between two looks at what is old."""
_log = logging.getLogger("ratchet.jobs")


class Worker:
    """A worker from launch to stop. One per process: dbos keeps its workflows on the process."""

    def __init__(
        self,
        url: str,
        *,
        parts: Callable[[str], Parts],
        agents: Agents,
        clock: Clock,
        report: Report,
        pace: Pace | None = None,
        deliver: Callable[[], object] | None = None,
        errands: Callable[[], object] | None = None,
        version: str = transact.WORKFLOW_SCHEMA,
    ) -> None:
        """`url`: of the database that holds the agents; it must have our tables. `deliver`: one round of telling others
        what went live, by the worker that leads; None: nobody is told. `errands`: one look for what a person waits
        for, by every worker; None: it is left to others."""
        self._pace = pace or Pace()
        self._engine = transact.make_engine(url)
        self._executor = transact.new_executor()
        self._version = version
        self._report = report
        self._deliver = deliver
        self._errands = errands
        self._fleet = Fleet(self._engine, self._executor, dead_seconds=self._pace.dead_seconds)
        self.jobs = DurableJobs(
            self._engine,
            agents=agents,
            store=lambda slug: parts(slug).store,
            clock=clock,
            pace=self._pace,
            version=version,
        )
        self._bench = Bench(
            parts=parts, pace=self._pace, report=report, is_active=self.jobs.is_active, is_alone=self.is_alone
        )
        self._cleaned = -_HOUSEKEEPING
        self._trial = ""

    def work(self, stop: threading.Event) -> None:
        """Until `stop` is set. A failure of one agent is reported and looked at again; the others go on."""
        self._fleet.join()
        beating = threading.Thread(target=self._beat, args=(stop,), name="heartbeat", daemon=True)
        beating.start()
        delivering = threading.Thread(target=self._deliver_rounds, args=(stop,), name="deliveries", daemon=True)
        delivering.start()
        threading.Thread(target=self._run_errands, args=(stop,), name="errands", daemon=True).start()
        workflows.bind(self._bench)
        gc.freeze()  # what is loaded by now stays: looking through it again takes a fifth of a second each time
        transact.launch(
            self._engine, executor=self._executor, poll_seconds=self._pace.poll_seconds, version=self._version
        )
        try:
            while not stop.is_set():
                self._look()
                stop.wait(self._pace.look_seconds)
        finally:
            stop.set()
            beating.join()
            transact.stop()
            self._fleet.leave()
            self.jobs.close()

    def is_alone(self) -> bool:
        """Whether no other worker was heard of lately."""
        return self._fleet.live() in ([], [self._executor])

    def _look(self) -> None:
        """What is new is enqueued; the worker that leads also sweeps. What fails is looked at again."""
        for what, run in (("look", self.jobs.look), ("sweep", self._sweep)):
            try:
                run()
            except Exception as error:
                self._tell(what, error)

    def _sweep(self) -> None:
        live = self._fleet.live()
        if time.monotonic() - self._cleaned >= _HOUSEKEEPING:
            self._cleaned = time.monotonic()
            self.jobs.drop_older(live)
            self.jobs.forget_finished()
        if not self._fleet.leads(live):
            return
        swept = sweep(self.jobs, self._bench, live, trial=self._trial)
        self._trial = swept.trial
        if swept.taken:
            self._report(f"{swept.taken} pieces of work of a worker that ended were taken over.")

    def _beat(self, stop: threading.Event) -> None:
        while not stop.wait(self._pace.beat_seconds):
            try:
                self._fleet.beat()
            except Exception as error:
                self._tell("heartbeat", error)

    def _deliver_rounds(self, stop: threading.Event) -> None:
        """In a thread of its own, because others may be slow to answer; by one worker, because once is enough."""
        while self._deliver is not None and not stop.wait(self._pace.look_seconds):
            try:
                if self._fleet.leads(self._fleet.live()):
                    self._deliver()
            except Exception as error:
                self._tell("deliveries", error)

    def _run_errands(self, stop: threading.Event) -> None:
        """In a thread of its own: a person waits for it, whatever a turn is at."""
        while self._errands is not None and not stop.wait(self._pace.errand_seconds):
            try:
                self._errands()
            except Exception as error:
                self._tell("errands", error)

    def _tell(self, what: str, error: Exception) -> None:
        if isinstance(error, RatchetError):
            self._report(f"{what}: {error}")
        else:
            _log.warning("%s failed and is tried again.", what, exc_info=error)
