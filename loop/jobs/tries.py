"""Retry with exponential backoff, then the dead-letter table: one failing item never stops the others."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from loop.ports import Parts
from loop.records import FailedJob, JobKind

ANY_WINDOW = timedelta(days=3650)
"""Longer than any undo window: approvals are looked for this far ahead."""


@dataclass(frozen=True)
class Pace:
    """How often the worker looks, and how patient it is."""

    look_seconds: float = 1.0
    """Between two looks at the change counters."""
    turn_seconds: float = 5.0
    """Least pause between two turns of one agent."""
    sweep_seconds: float = 3600.0
    """An agent is turned this often even when nothing arrived: some windows end by the clock alone."""
    poll_seconds: float = 0.25
    """Between two looks at a queue."""
    errand_seconds: float = 0.5
    """Between two looks for what a person waits for."""
    beat_seconds: float = 1.0
    """Between two heartbeats."""
    dead_seconds: float = 10.0
    """Silence after which a worker counts as dead and its work is taken over."""
    first_pause: float = 10.0
    """Seconds before a failed item is tried again; four times as long after each further failure."""
    tries: int = 5
    """Failures after which an item is set aside."""
    deaths: int = 10
    """Workers that die at the same item, with no progress between, before it is set aside."""
    keep_days: float = 7.0
    """How long finished work stays listed."""


def job_id(kind: JobKind, slug: str, subject: str) -> str:
    """The name under which an item that fails is kept, and retried by a person."""
    return f"{kind}:{slug}:{subject}" if subject else f"{kind}:{slug}"


def work_id(key: str, mark: str) -> str:
    """An id that says what the work is about; the mark keeps two times of the same work apart."""
    return f"{key}~{short(mark)}"


def short(text: str) -> str:
    """A short name that stands for a long one."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def count_failure(parts: Parts, kind: JobKind, subject: str, *, reason: str, pace: Pace) -> FailedJob:
    """Count a failure: tried again after a pause, or set aside."""
    before = _row(parts, job_id(kind, parts.store.agent.slug, subject))
    tries = before.tries + 1 if before else 1
    pause = timedelta(seconds=pace.first_pause * 4 ** (tries - 1))
    now = parts.clock()
    return _keep(parts, kind, subject, tries=tries, reason=reason, retry_at=now + pause if tries < pace.tries else None)


def waits(parts: Parts, kind: JobKind, subject: str, *, reason: str, until: datetime) -> FailedJob:
    """Leave an item alone until then: nothing is wrong with it, and it is not counted as a failure."""
    before = _row(parts, job_id(kind, parts.store.agent.slug, subject))
    return _keep(parts, kind, subject, tries=before.tries if before else 0, reason=reason, retry_at=until)


def count_death(parts: Parts, kind: JobKind, subject: str, *, pace: Pace) -> FailedJob:
    """Count a worker's death at an item: taken over at once, or set aside."""
    before = _row(parts, job_id(kind, parts.store.agent.slug, subject))
    tries = before.tries + 1 if before else 1
    is_last = tries >= pace.deaths
    reason = f"The worker died while at it, {tries} times in a row."
    return _keep(parts, kind, subject, tries=tries, reason=reason, retry_at=None if is_last else parts.clock())


def forget_failures(parts: Parts, kind: JobKind, subject: str) -> None:
    """Forget earlier failures."""
    key = job_id(kind, parts.store.agent.slug, subject)
    if _row(parts, key) is not None:
        parts.store.forget_failed_job(key)


def blocking_failure(parts: Parts, kind: JobKind, subject: str) -> FailedJob | None:
    """The failure that keeps the item from being tried now: set aside, or its pause is not over."""
    row = _row(parts, job_id(kind, parts.store.agent.slug, subject))
    return row if row is not None and not row.is_due(parts.clock()) else None


def _row(parts: Parts, key: str) -> FailedJob | None:
    return next((row for row in parts.store.failed_jobs() if row.id == key), None)


def _keep(
    parts: Parts, kind: JobKind, subject: str, *, tries: int, reason: str, retry_at: datetime | None
) -> FailedJob:
    slug = parts.store.agent.slug
    row = FailedJob(
        agent=slug,
        id=job_id(kind, slug, subject),
        kind=kind,
        subject=subject,
        tries=tries,
        reason=reason,
        failed_at=parts.clock(),
        retry_at=retry_at,
    )
    parts.store.keep_failed_job(row)
    return row
