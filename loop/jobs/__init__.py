"""Durable work (`loop.ports.Jobs`) on DBOS Transact: turns, evaluations, approvals and timers survive kill -9.

transact   the only door to dbos     queueing   what is enqueued, listed, retried     fleet   heartbeats, sweeper
workflows  what is checkpointed      steps      what each checkpoint does             tries   retry, dead letters
worker     the process that looks, sweeps and works        errands   what a person waits for on a page

Correctness never depends on it: head compare-and-swap, unique approval id and audit append are rows of ours, and
every step is idempotent. A checkpoint holds ids, counts and our own sentences, never contents.
Importing this package imports dbos; only who needs it does.
"""

from loop.jobs.errands import ErrandRunner
from loop.jobs.queueing import DurableJobs, open_jobs
from loop.jobs.tries import Pace
from loop.jobs.worker import Worker

__all__ = ["DurableJobs", "ErrandRunner", "Pace", "Worker", "open_jobs"]
