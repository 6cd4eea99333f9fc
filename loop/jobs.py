"""The worker: keeps the loop turning while the screens are open.

Correctness never depends on it. Whatever it was doing when it died is found undone by the next turn:
an approval is applied once because the store says so, not because the worker remembers.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Event

from loop import engine
from loop.errors import RatchetError, StoreUnavailable
from loop.ports import Parts

Report = Callable[[str], None]
"""Takes one line for the log."""


@dataclass(frozen=True)
class Pace:
    """How often the worker looks and how often it may turn."""

    look_seconds: float = 1.0
    """Between two looks at the database."""
    turn_seconds: float = 5.0
    """Least pause between two turns of one agent."""


def work(
    desks: Callable[[], Iterable[Parts]],
    *,
    stop: Event,
    report: Report,
    pace: Pace | None = None,
) -> None:
    """Serve every agent until `stop` is set: apply approvals that are due, turn when something is new.

    A failure of one agent is reported and tried again at the next look; the others go on.
    """
    pace = pace or Pace()
    turned: dict[str, str] = {}
    turned_at: dict[str, float] = {}
    while not stop.is_set():
        try:
            for parts in desks():
                _serve(parts, report=report, pace=pace, turned=turned, turned_at=turned_at)
        except StoreUnavailable as error:
            report(f"The database did not answer; trying again. {error}")
        stop.wait(pace.look_seconds)


def _serve(parts: Parts, *, report: Report, pace: Pace, turned: dict[str, str], turned_at: dict[str, float]) -> None:
    slug = parts.store.agent.slug
    try:
        for release in engine.apply_due(parts):
            report(f"{slug}: version {release.number} is live.")
        counted = parts.store.change_counter()
        if counted == turned.get(slug) or time.monotonic() - turned_at.get(slug, -1e9) < pace.turn_seconds:
            return
        turned_at[slug] = time.monotonic()
        outcome = engine.turn(parts)
        # What arrived during the turn was counted too, so that a turn that wrote is followed by one that looks.
        turned[slug] = counted
        if outcome.did_something:
            report(f"{slug}: {outcome.summary}")
    except StoreUnavailable:
        raise
    except RatchetError as error:
        report(f"{slug}: {error}")
