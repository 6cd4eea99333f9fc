"""Durable work, and what is kept of work that failed."""

from typing import Protocol

from loop.records import Decision, FailedJob, Job


class FailedJobs(Protocol):
    """Work that failed: the retry table and the dead letters of one agent."""

    def failed_jobs(self) -> list[FailedJob]:
        """Oldest first."""
        ...

    def keep_failed_job(self, job: FailedJob) -> None:
        """Replaces an earlier one with the same id."""
        ...

    def forget_failed_job(self, job_id: str) -> bool:
        """Whether there was one: it is tried again from the start."""
        ...


class Jobs(Protocol):
    """Durable work. Every verb is idempotent: what runs, waits or is set aside already is left as it is."""

    def ensure_turn(self, slug: str) -> bool:
        """Have the agent turned when something may be new since its last turn. Whether a turn was enqueued."""
        ...

    def ensure_apply(self, slug: str, decision: Decision) -> bool:
        """Have an approval applied when its undo window is over. Whether it was enqueued."""
        ...

    def jobs(self) -> list[Job]:
        """What runs, waits and failed; what needs a person first."""
        ...

    def retry(self, job_id: str) -> None:
        """Try what failed or was set aside again, from the start. Raises NotFound."""
        ...
