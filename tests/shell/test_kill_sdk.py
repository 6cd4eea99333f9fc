"""The SDK and the OpenTelemetry exporter against the real API that is killed in mid-flight: nothing lost or doubled."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from loop.sdk import Limits, Ratchet
from storage.connecting import reading
from storage.database import Database
from storage.store import AgentStore
from storage.tables import FeedbackRow, InteractionRow
from tests.otlp_bodies import genai, span, traces
from tests.reaching import free_port
from tests.serving import Client, new_key

pytestmark = pytest.mark.kill
KILLS = 3
RECORDS = 600


class Api:
    """`ratchet api` as a process of its own, on one port for all its lives."""

    def __init__(self, url: str, folder: Path) -> None:
        self.port = free_port()
        self._known = {**os.environ, "RATCHET_DATABASE_URL": url, "RATCHET_OPERATOR": "olga", "HOME": str(folder)}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it answers."""
        command = [sys.executable, "-m", "loop.cli", "api", "--port", str(self.port)]
        self._process = subprocess.Popen(command, env=self._known, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._answers)

    def kill(self) -> None:
        """Without a word of warning."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(60)
            self._process = None

    def _answers(self) -> bool:
        with suppress(OSError):
            return Client(self.port).get("/healthz").status == 200
        return False


def wait_until(is_so: Callable[[], bool]) -> None:
    for _ in range(2_400):
        if is_so():
            return
        threading.Event().wait(0.05)
    raise AssertionError("it never came to be")


@contextmanager
def api(url: str, folder: Path) -> Iterator[Api]:
    running = Api(url, folder)
    try:
        running.start()
        yield running
    finally:
        running.kill()


def test_a_server_killed_under_an_sdk_loses_and_doubles_nothing(
    sqlite_url: str, tmp_path: Path, agent_key: str, sqlite_store: AgentStore
) -> None:
    limits = Limits(spool=tmp_path / "spool", every=0.01, batch=7, pause=0.02, longest_pause=0.2)
    with api(sqlite_url, tmp_path) as server:
        client = Ratchet(f"http://127.0.0.1:{server.port}", agent="desk", key=agent_key, limits=limits)
        recorded: list[tuple[str, str]] = []
        done = threading.Event()

        def agent() -> None:
            for number in range(RECORDS):
                turn = client.record(f"Where is parcel {number}?", "On its way.")
                recorded.append((turn, client.feedback(turn, "thumbs", author=f"a{number % 9}", value=1.0)))
                threading.Event().wait(0.005)
            done.set()

        working = threading.Thread(target=agent)
        working.start()
        for number in range(KILLS):
            sent = client.counts.sent
            wait_until(lambda before=sent: client.counts.sent > before + 20 or done.is_set())
            server.kill()
            if number == 0:
                wait_until(lambda: client.counts.spooled > 0)
            server.start()
        working.join(300)
        client.record("Is anybody there?", "Yes.")
        wait_until(lambda: client.flush(1.0) and not list((tmp_path / "spool").rglob("*.json")))
        client.close()
    assert client.counts.dropped == 0
    assert client.counts.refused == 0
    with reading(sqlite_store._engine) as connection:
        interactions = connection.execute(sa.select(InteractionRow.core().c.id)).scalars().all()
        said = connection.execute(
            sa.select(FeedbackRow.core().c.id, FeedbackRow.core().c.interaction_id, FeedbackRow.core().c.state)
        ).all()
    assert len(interactions) == RECORDS + 1
    assert {turn for turn, _ in recorded} < set(interactions)
    assert sorted((row.interaction_id, row.id) for row in said) == sorted(recorded)
    assert {row.state for row in said} == {"new"}


def test_a_server_killed_between_two_exports_of_one_trace_tells_it_whole(
    sqlite_url: str, tmp_path: Path, agent_key: str, sqlite_store: AgentStore
) -> None:
    tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "track"}
    with api(sqlite_url, tmp_path) as server:
        client = Client(server.port, agent_key)
        assert client.post("/v1/traces", traces([span(2, tool, parent=1)])).status == 200
        server.kill()
        server.start()
        assert client.post("/v1/traces", traces([span(1, genai())])).status == 200
    with reading(sqlite_store._engine) as connection:
        (made,) = connection.execute(sa.select(InteractionRow.core().c.id)).scalars().all()
    assert [step.kind for step in sqlite_store.interactions([made])[made].steps] == ["model", "tool"]


@pytest.fixture
def agent_key(sqlite_database: Database, sqlite_store: AgentStore) -> str:
    return new_key(sqlite_database).text
