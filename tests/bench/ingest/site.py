"""A database, the API on it in a process of its own, a worker, and a reader that asks what the pages ask."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from multiprocessing.synchronize import Event
from pathlib import Path

from loop import desk, wiring
from loop.records import Actor, Agent, Bundle, Role
from loop.settings import Settings
from storage.database import Database
from storage.queries import Scope
from storage.queries import feedback as queries
from storage.queries.progress import waits
from tests.bench.feedback_world import START, World

AGENT = "bench"
READ_EVERY = 0.5
"""Seconds between two looks of the reader at Today and Feedback: a person who clicks without a pause."""
_OLGA = Actor(name="olga", role=Role.ADMIN, is_single_operator=True)
_BATCH = 2_000
_PATIENCE = 300.0


@dataclass(frozen=True)
class Place:
    """A database with an agent and a key."""

    url: str
    key: str
    environment: Mapping[str, str]
    """For the processes that work on it."""


def make_place(folder: Path, *, interactions: int) -> Place:
    """A database with interactions that the feedback will be about: `i0`, `i1`, …"""
    url = f"sqlite:///{folder / 'bench.db'}"
    environment = os.environ | {
        "RATCHET_DATABASE_URL": url,
        "XDG_DATA_HOME": str(folder),  # the journal's key is made here, as on anybody's machine
        "PYTHONWARNINGS": "ignore",
    }
    environment.pop("RATCHET_JOURNAL_KEY", None)
    os.environ["XDG_DATA_HOME"] = str(folder)
    os.environ.pop("RATCHET_JOURNAL_KEY", None)
    database = wiring.open_database(Settings(database_url=url))
    agent = Agent(slug=AGENT, name="Bench", created_at=START)
    store = database.create_agent(agent, Bundle(), now=START, actor="bench", chance="ingest")
    world = World(AGENT, seed=0)
    for _ in range(0, interactions, _BATCH):
        store.append(interactions=[asked for asked, _ in world.take(_BATCH)])
    order = desk.KeyOrder(client="bench", agents=[AGENT])
    key = desk.create_key(database, order, actor=_OLGA, clock=wiring.utc_now, chance=wiring.key_chance()).text
    database.close()
    return Place(url, key, environment)


def start_api(place: Place, port: int, *options: str) -> subprocess.Popen[bytes]:
    """`ratchet api`, ready."""
    process = start(place, "api", "--port", str(port), *options)
    await_api(port, process)
    return process


def start(place: Place, *words: str) -> subprocess.Popen[bytes]:
    """A command of ours."""
    return subprocess.Popen(
        [sys.executable, "-m", "loop.cli", *words],
        env=place.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def await_api(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until it answers."""
    for _ in range(int(_PATIENCE * 20)):
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except (OSError, HTTPException):
            threading.Event().wait(0.05)
        finally:
            connection.close()
        if process.poll() is not None:
            raise SystemExit(f"The API ended by itself with {process.returncode}.")
    raise SystemExit("The API does not start.")


def memory_mb(pid: int) -> float:
    """Resident memory of a process; not a number where the system does not say."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return float("nan")
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def cpu_seconds(pid: int) -> float:
    """What a process computed so far; not a number where the system does not say."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def end(process: subprocess.Popen[bytes]) -> None:
    """Told to stop, then made to."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def end_group(process: subprocess.Popen[bytes]) -> None:
    """The same for a process that leads a group: some servers start others."""
    for number, patience in ((signal.SIGTERM, 20), (signal.SIGKILL, 20)):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            continue


@contextmanager
def company(place: Place) -> Iterator[None]:
    """A worker that learns from what comes, and a reader at the screens."""
    worker = start(place, "worker")
    stop = multiprocessing.get_context("spawn").Event()
    reader = multiprocessing.get_context("spawn").Process(target=_read, args=(place.url, stop), daemon=True)
    reader.start()
    try:
        yield
    finally:
        stop.set()
        reader.join(30)
        if reader.is_alive():
            reader.kill()
        end(worker)


def _read(url: str, stop: Event) -> None:
    database = Database.open(url)
    scope = Scope(engine=database.engine, agent=AGENT)
    while not stop.wait(READ_EVERY):
        waits(scope)
        found = queries.find_matches(scope, queries.FeedbackFilter())
        queries.lines(scope, found.ids[: queries.PAGE])
    database.close()
