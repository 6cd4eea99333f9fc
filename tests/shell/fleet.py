"""The other side of `forked_workers`: start workers, kill them, and wait for what they do."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest
import sqlalchemy as sa

from loop.jobs import DurableJobs, Pace, open_jobs
from storage.database import Database
from tests.shell.forked_workers import Start, clock_of

PATIENCE = 200.0
"""Seconds anything may take on the slowest machine: a limit for what hangs, never a measure."""
BEGINS = ("collect:before", "deploy:before")
"""Where a turn begins: a turn of an idle agent only deploys."""
ROOT = Path(__file__).resolve().parents[2]


def is_running(pid: int) -> bool:
    """Neither gone nor a zombie that waits to be asked after."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Workers:
    """Workers of one test. Ended by id."""

    def __init__(self, server: "subprocess.Popen[str]") -> None:
        self._server = server
        self._alive: set[int] = set()

    def start(self, start: Start) -> int:
        """The id of a fresh worker."""
        pid = int(self._ask({"start": asdict(start)})["pid"])
        self._alive.add(pid)
        return pid

    def kill(self, pid: int) -> None:
        """SIGKILL."""
        os.kill(pid, signal.SIGKILL)
        self.wait(pid)

    def stop(self, pid: int) -> int:
        """SIGTERM, and the exit code."""
        os.kill(pid, signal.SIGTERM)
        return self.wait(pid)["code"]

    def wait(self, pid: int) -> dict[str, int]:
        """How it ended."""
        ended = self._ask({"wait": pid})
        self._alive.discard(pid)
        return ended

    def is_alive(self, pid: int) -> bool:
        """See `is_running`."""
        return is_running(pid)

    def end_all(self) -> None:
        """Nobody is left."""
        for pid in list(self._alive):
            self.kill(pid)

    def _ask(self, line: object) -> dict[str, int]:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(line) + "\n")
        self._server.stdin.flush()
        told = self._server.stdout.readline()
        if not told:
            pytest.fail("the process that forks the workers ended")
        answer: dict[str, int] = json.loads(told)
        return answer


@contextmanager
def workers() -> Iterator[Workers]:
    """Workers, and none of them afterwards. The environment tries to lure dbos into its cloud."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.shell.forked_workers"],
        cwd=ROOT,
        env=os.environ | {"PYTHONWARNINGS": "ignore", "DBOS__CLOUD": "true", "DBOS__VMID": "local"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        made = Workers(server)
        try:
            yield made
        finally:
            made.end_all()
            assert server.stdin is not None
            server.stdin.close()


def until(what: str, happens: Callable[[], bool]) -> None:
    """Ask until it happens; fail with its name when it never does."""
    deadline = time.monotonic() + PATIENCE
    while not happens():
        if time.monotonic() > deadline:
            pytest.fail(f"{what} never happened")
        time.sleep(0.05)


@contextmanager
def jobs_of(database: Database, url: str, *, origin: float = 0.0) -> Iterator[DurableJobs]:
    """Durable work as a command sees it."""
    pace = Pace(sweep_seconds=1e9)
    with open_jobs(url, agents=database, store=database.store, clock=lambda: clock_of(origin), pace=pace) as jobs:
        yield jobs


def is_quiet(database: Database, jobs: DurableJobs) -> bool:
    """Whether nothing runs or waits, and every agent was turned as it is now."""
    if any(job.state in ("runs", "waits") for job in jobs.jobs()):
        return False
    return all(status_of(database, jobs.turn_id(slug)) == "SUCCESS" for slug in database.change_counters())


def bury(database: Database) -> None:
    """Nobody lives: what was heard of the dead is forgotten, so that no test waits for their silence."""
    schema = "" if database.engine.dialect.name == "sqlite" else "ratchet_jobs."
    with database.engine.connect().execution_options(begin="write") as connection, connection.begin():
        connection.execute(sa.text(f"DELETE FROM {schema}ratchet_worker"))


def status_of(database: Database, workflow_id: str) -> str | None:
    """What dbos keeps of it."""
    schema = "" if database.engine.dialect.name == "sqlite" else "ratchet_jobs."
    with database.engine.connect() as connection:
        if not sa.inspect(connection).has_table("workflow_status", schema=schema.rstrip(".") or None):
            return None
        query = sa.text(f"SELECT status FROM {schema}workflow_status WHERE workflow_uuid = :id")
        found: str | None = connection.execute(query, {"id": workflow_id}).scalar()
        return found


def turns_in(trace: str) -> Counter[str]:
    """Turns by agent. Fails when two of one agent overlap, whoever ran them."""
    at_work: dict[str, str] = {}
    turns: Counter[str] = Counter()
    for line in trace.splitlines():
        pid, slug, label = line.split(" ")
        if label in BEGINS and slug not in at_work:
            at_work[slug] = pid
            turns[slug] += 1
        elif label in ("collect:before", "validate:before", "update:before", "deploy:before"):
            assert at_work.get(slug) == pid, f"{slug} is turned by {at_work.get(slug)} and {pid}"
            assert label != "collect:before", f"{slug} is turned twice at once by {pid}"
        elif label == "deploy:after":
            assert at_work.pop(slug, None) == pid, f"{slug} is turned by two at once, {pid} is one"
    return turns
