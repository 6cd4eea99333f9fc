"""`ratchet up` starts screens, health check and worker on one loopback port, and leaves nothing behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from loop import desk, wiring
from loop.records import Bundle, EditInstructions, ProposalState
from loop.settings import Settings
from storage.database import Database
from tests.reaching import free_port
from tests.serving import operator_cookie
from tests.shell import desk_world
from tests.shell.desk_world import OPERATOR
from tests.shell.fleet import is_running

PATIENCE = 200
"""Seconds a busy machine may take for anything below."""


def children_of(pid: int) -> list[int]:
    """Processes started by one, by id."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_for(what: str, happens) -> None:  # type: ignore[no-untyped-def]
    """Ask until it happens; fail with its name when it does not."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if happens():
            return
        time.sleep(0.25)
    pytest.fail(f"{what} did not happen within {PATIENCE} seconds")


@pytest.fixture
def served(sqlite_url: str, tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """`ratchet up` on a database with the agent `desk`: its address and its process."""
    database = Database.open(sqlite_url)
    database.create_agent(desk_world.agent(), Bundle(instructions="Be kind."), now=datetime.now(UTC), actor="olga")
    database.close()
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "loop.cli", "up", "--no-browser", "--port", str(port)],
        cwd=tmp_path,
        env=os.environ | {"RATCHET_DATABASE_URL": sqlite_url, "RATCHET_TURN_SECONDS": "0.2"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}", process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=PATIENCE)


def is_healthy(address: str) -> bool:
    try:
        with urlopen(f"{address}/healthz", timeout=2) as reply:
            return bool(json.loads(reply.read()))
    except (URLError, OSError):
        return False


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="NO /proc: children cannot be counted here")
def test_up_serves_works_and_stops_whole(served: tuple[str, subprocess.Popen[bytes]], sqlite_url: str) -> None:
    address, process = served
    wait_for("the health check", lambda: is_healthy(address))
    name, token = operator_cookie(sqlite_url, port=int(address.rpartition(":")[2]))
    with urlopen(Request(address, headers={"Cookie": f"{name}={token}"}), timeout=PATIENCE) as page:
        assert page.headers["X-Frame-Options"] == "DENY"
        assert "default-src 'self'" in page.headers["Content-Security-Policy"]

    database = Database.open(sqlite_url)
    try:
        parts = wiring.parts_for(Settings(database_url=sqlite_url), database, "desk")
        proposal = desk.draft(
            parts,
            actor=OPERATOR,
            operations=[EditInstructions(new="Sign off with: Olga")],
            title="Sign off",
            rationale="People like to know who wrote.",
        )
        wait_for(
            "the worker's test of a draft",
            lambda: parts.store.proposal(proposal.id).state is ProposalState.WAITING,
        )
        desk_world.approve(parts, proposal.id)
        wait_for("the worker's applying of an approval", lambda: parts.store.head().number == 1)
        assert "Olga" in parts.store.bundle(parts.store.head().digest).instructions
    finally:
        database.close()

    children = children_of(process.pid)
    assert len(children) == 2
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=PATIENCE)
    wait_for("the end of every child", lambda: not any(Path(f"/proc/{one}").exists() for one in children))


def health_of(address: str) -> dict[str, Any]:
    """What the health check says; nothing while nobody answers."""
    try:
        with urlopen(f"{address}/healthz", timeout=PATIENCE) as reply:
            told: dict[str, Any] = json.loads(reply.read())
            return told
    except (URLError, OSError):
        return {}


def worker_of(pid: int) -> int | None:
    """The process id of the worker that `up` started; None while there is none."""
    for one in children_of(pid):
        with suppress(OSError):
            if b"worker" in Path(f"/proc/{one}/cmdline").read_bytes().split(b"\0"):
                return one
    return None


@pytest.mark.kill
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="NO /proc: children cannot be found here")
def test_a_worker_that_is_killed_is_started_again_and_the_health_check_knows(
    served: tuple[str, subprocess.Popen[bytes]],
) -> None:
    address, process = served
    wait_for("a working worker", lambda: health_of(address).get("status") == "ok")
    first = worker_of(process.pid)
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_for("another worker", lambda: worker_of(process.pid) not in (None, first))
    wait_for("its heartbeat", lambda: health_of(address).get("status") == "ok")
    assert process.poll() is None


@pytest.mark.kill
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="NO /proc: children cannot be found here")
def test_when_up_is_killed_nobody_is_left_and_the_port_is_free(
    served: tuple[str, subprocess.Popen[bytes]],
) -> None:
    address, process = served
    wait_for("a working worker", lambda: health_of(address).get("status") == "ok")
    children = children_of(process.pid)
    assert len(children) == 2
    process.kill()
    process.wait(timeout=PATIENCE)
    wait_for("the end of every child", lambda: not any(is_running(one) for one in children))
    wait_for("a free port", lambda: is_free(int(address.rpartition(":")[2])))


def is_free(port: int) -> bool:
    """Whether another server could listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def test_a_port_that_is_taken_is_named_before_anything_starts(sqlite_url: str) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        said = subprocess.run(
            [sys.executable, "-m", "loop.cli", "up", "--no-browser", "--port", str(port)],
            env=os.environ | {"RATCHET_DATABASE_URL": sqlite_url},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert said.returncode == 1
    assert f"Port {port} is taken." in said.stderr
