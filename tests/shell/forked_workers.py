"""Workers to kill: a process that has imported everything once and forks a worker per line it reads.

Lines are JSON: `{"start": {...}}` forks a worker and answers `{"pid": …}`; `{"wait": pid}` waits for its end and
answers `{"signal": …}`. See `Start` for what a worker can be told.
"""

import json
import os
import signal
import socket
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from loop import wiring
from loop.jobs import Pace, Worker, transact
from loop.ports import Parts
from loop.settings import Settings
from storage.database import Database
from tests.builders import NOON

QUICK = {
    "look_seconds": 0.1,
    "turn_seconds": 0.01,
    "sweep_seconds": 1e9,
    "poll_seconds": 0.05,
    "beat_seconds": 0.2,
    "dead_seconds": 1.5,
    "first_pause": 0.05,
    "tries": 3,
    "deaths": 4,
}
"""A pace at which nothing waits for long."""


@dataclass(frozen=True)
class Start:
    """What one worker is told."""

    url: str
    kill_at: str = ""
    """Die at this checkpoint."""
    nth: int = 1
    """The how manieth time it is passed."""
    only: str = ""
    """Count and die for this agent only."""
    poison: str = ""
    """`AGENT:STAGE`, separated by commas, that meet a defect every time."""
    trace: str = ""
    """File that gets a line `PID AGENT LABEL` at every checkpoint."""
    dials: str = ""
    """File that gets a line for every address that is connected to."""
    origin: float = 0.0
    """When the clock read NOON and two days, in seconds of this machine; 0: it stands there."""
    is_real_time: bool = False
    """On the clock of production."""
    version: str = transact.WORKFLOW_SCHEMA
    pace: dict[str, float] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)


def clock_of(origin: float) -> datetime:
    """NOON and two days, and what has passed since `origin`."""
    passed = time.time() - origin if origin else 0.0
    return NOON + timedelta(days=2, seconds=passed)


def work(start: Start) -> None:
    """Until SIGTERM, or death."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    if start.dials:
        _note_dials(start.dials)
    settings = Settings(database_url=start.url, **start.settings)
    database = Database.open(start.url)
    clock = wiring.utc_now if start.is_real_time else lambda: clock_of(start.origin)
    make = wiring.desks(settings, database, clock=clock)
    passed: Counter[str] = Counter()

    def parts(slug: str) -> Parts:
        def checkpoint(label: str) -> None:
            if start.trace:
                with open(start.trace, "a") as trace:  # noqa: PTH123 - appended to by several processes at once
                    trace.write(f"{os.getpid()} {slug} {label}\n")
            if f"{slug}:{label}" in {f"{one}:before" for one in start.poison.split(",")}:
                raise ValueError("what is stored is never told")
            if label == start.kill_at and slug == (start.only or slug):
                passed[label] += 1
                if passed[label] == start.nth:
                    os.kill(os.getpid(), signal.SIGKILL)

        return replace(make(slug), checkpoint=checkpoint)

    def report(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    worker = Worker(
        start.url,
        parts=parts,
        agents=database,
        clock=clock,
        report=report,
        deliver=wiring.courier(settings, database, report=report, clock=clock).deliver,
        pace=Pace(**(QUICK | start.pace)),  # type: ignore[arg-type]
        version=start.version,
    )
    worker.work(stop)


def _note_dials(path: str) -> None:
    """Write down every address anything in this process connects to."""

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event in ("socket.connect", "socket.getaddrinfo"):
            with open(path, "a") as dials:  # noqa: PTH123 - from an audit hook, as small as can be
                dials.write(f"{event} {args[1] if event == 'socket.connect' else args[0]!r}\n")

    assert socket
    sys.addaudithook(hook)


def main() -> None:
    """One forked worker per line."""
    for line in sys.stdin:
        told = json.loads(line)
        if "wait" in told:
            _, status = os.waitpid(told["wait"], 0)
            print(json.dumps({"signal": status & 0x7F, "code": status >> 8}), flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            try:
                work(Start(**told["start"]))
            except BaseException:
                import traceback

                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        print(json.dumps({"pid": pid}), flush=True)


if __name__ == "__main__":
    main()
