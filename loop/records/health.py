"""Health of the loop as it was a moment ago: what the database takes, who works, what waits. Numbers only, no names."""

from enum import StrEnum
from typing import NamedTuple

from loop.records.identity import Moment, Record

JOBS_SCHEMA = "ratchet_jobs"
"""Where the tables of durable work live on PostgreSQL; on SQLite they stand beside ours."""
HEARTBEATS = "ratchet_worker"
"""The table in which workers beat."""
CLOCKS = {
    "sqlite": "(julianday('now') - 2440587.5) * 86400.0",
    "postgresql": "extract(epoch from clock_timestamp())",
}
"""The database's clock, in seconds, by kind of database."""


class WorkerState(StrEnum):
    """Whether anybody does the loop's work."""

    ALIVE = "alive"
    STOPPED = "stopped"
    """Nobody was heard of lately, or who worked here ended."""
    NEVER = "never"
    """Nobody ever worked on this database."""


class Silence(NamedTuple):
    """How long nobody was heard of."""

    seconds: float | None
    """By the database's clock; None: no worker is listed."""
    has_worked: bool
    """Whether a worker was ever there."""


class Health(Record):
    """What can be said of an installation without opening anybody's rows."""

    is_writable: bool
    """Whether the database takes a write now."""
    silence: float | None
    """Seconds since a worker was heard of, by the database's clock; None: none is known."""
    has_worked: bool
    """Whether a worker was ever there."""
    queued: int = 0
    """Pieces of work that wait or run."""
    set_aside: int = 0
    """Pieces of work that wait for a person to say that they are to be tried again."""
    last_turn_at: Moment | None = None
    """When a turn of any agent last ended."""

    def worker(self, *, dead_seconds: float) -> WorkerState:
        """See `worker_state`."""
        return worker_state(self.silence, has_worked=self.has_worked, dead_seconds=dead_seconds)


def worker_state(silence: float | None, *, has_worked: bool, dead_seconds: float) -> WorkerState:
    """From seconds of silence (None: no worker is known). `dead_seconds`: from which a worker counts as dead."""
    if silence is not None and silence < dead_seconds:
        return WorkerState.ALIVE
    return WorkerState.STOPPED if has_worked else WorkerState.NEVER


def frozen_after(dead_seconds: float, *, least: float) -> float:
    """Seconds of silence after which something is done about it: never while the worker still counts as alive."""
    return max(least, 3 * dead_seconds)
