"""Durable work as people see it: what runs, waits and failed; a poison item in the dead-letter table."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from loop.records.agents import Slug
from loop.records.identity import Moment, Record

JobKind = Literal["turn", "stage", "evaluation", "apply", "answers", "delivery"]


class Job(Record):
    """One piece of durable work."""

    id: str
    """As `ratchet jobs retry` takes it."""
    agent: str
    kind: JobKind
    subject: str
    """Stage, proposal, approval, or version and destination; empty for a turn."""
    state: Literal["runs", "waits", "failed", "set aside"]
    reason: str = ""
    """Why it failed, in words."""
    tries: int = 0
    """Failed so far."""
    at: Moment | None = None
    """When it began, is due, or is tried next; None when a person must say."""


class FailedJob(Record):
    """An item that failed, with its reason: tried again after a pause, then set aside (dead letter)."""

    agent: Slug
    id: str
    kind: JobKind
    subject: str
    tries: int = Field(ge=0)
    reason: str
    failed_at: Moment
    retry_at: Moment | None
    """When it is tried again; None: set aside until a person retries it."""

    def tried_again(self, now: datetime) -> "FailedJob":
        """As a person wants it: tried now, counted from the start."""
        return self.model_copy(update={"tries": 0, "retry_at": now})

    def is_due(self, now: datetime) -> bool:
        """Whether it may be tried now: not set aside, and its pause is over."""
        return self.retry_at is not None and self.retry_at <= now
