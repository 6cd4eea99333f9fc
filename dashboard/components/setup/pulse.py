"""Whether anybody does the loop's work, on every page: asked again every few seconds, silent while all is well."""

from typing import NamedTuple

from dashboard import page_run, session
from dashboard.components.elements import cards
from loop import desk
from loop.errors import RatchetError
from loop.records.health import WorkerState, worker_state

EVERY = "5s"


class _Pulse(NamedTuple):
    state: WorkerState
    silence: float | None
    """Seconds since a worker was heard of; None: none is listed."""


def state() -> WorkerState:
    """Of the worker, now. Raises StoreUnavailable."""
    return _look().state


def idle_words(*, is_paused: bool) -> str:
    """Why the loop does not go on by itself; empty: it does."""
    return "it is paused" if is_paused else "" if state() is WorkerState.ALIVE else "no worker runs"


@page_run.fragment(run_every=EVERY)
def show_pulse() -> None:
    """One sentence when nobody works, with what to do; nothing otherwise."""
    try:
        found = _look()
    except RatchetError as error:
        cards.note(str(error), "bad")
        return
    if told := desk.worker_words(found.state, found.silence):
        cards.note(told, "bad" if found.state is WorkerState.STOPPED else "unknown")


@page_run.once
def _look() -> _Pulse:
    heard = session.health().silence()
    dead_seconds = session.settings().worker_dead_seconds
    return _Pulse(worker_state(heard.seconds, has_worked=heard.has_worked, dead_seconds=dead_seconds), heard.seconds)
