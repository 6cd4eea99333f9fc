"""Health in words: what a person reads when nobody does the loop's work, and a program at `/healthz`."""

from datetime import datetime
from typing import Any

from loop.records.health import Health, WorkerState

START_IT = "Start it: ratchet up, or ratchet worker beside screens that run."


def worker_words(state: WorkerState, silence: float | None) -> str:
    """Why nothing moves, and what to do; empty while somebody works."""
    match state:
        case WorkerState.ALIVE:
            return ""
        case WorkerState.NEVER:
            return f"No worker runs, so nothing is tested and nothing approved goes live. {START_IT}"
        case WorkerState.STOPPED:
            since = "" if silence is None else f" {_ago(silence)} ago"
            return (
                f"The worker stopped{since}: what you decide is kept, but nothing is tested and nothing goes live "
                f"until it runs again. {START_IT}"
            )


def health_document(health: Health | None, *, dead_seconds: float, now: datetime) -> dict[str, Any]:
    """What `/healthz` answers. None: the database cannot be read."""
    if health is None:
        return {
            "status": "unavailable",
            "says": "The database cannot be read.",
            "database": {"is_readable": False, "is_writable": False},
        }
    state = health.worker(dead_seconds=dead_seconds)
    said = [
        "" if health.is_writable else "The database takes no writes: look at its disk and at who may write to it.",
        worker_words(state, health.silence),
        f"{health.set_aside} pieces of work are set aside: ratchet jobs list." if health.set_aside else "",
    ]
    status = "unavailable" if not health.is_writable else "ok" if state is WorkerState.ALIVE else "degraded"
    turned = None if health.last_turn_at is None else max(0.0, (now - health.last_turn_at).total_seconds())
    return {
        "status": status,
        "says": " ".join(filter(None, said)),
        "database": {"is_readable": True, "is_writable": health.is_writable},
        "worker": {"state": state.value, "silent_seconds": _rounded(health.silence)},
        "queue": {"waiting": health.queued, "set_aside": health.set_aside},
        "last_turn_seconds": _rounded(turned),
    }


def _ago(seconds: float) -> str:
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            n = int(seconds // size)
            return f"{n} {unit}{'' if n == 1 else 's'}"
    n = int(seconds)
    return f"{n} second{'' if n == 1 else 's'}"


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
