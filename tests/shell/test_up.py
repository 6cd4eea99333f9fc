"""`ratchet up` starts screens, health check and worker on one loopback port, and leaves nothing behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from loop import desk, wiring
from loop.records import Bundle, EditInstructions, ProposalState
from loop.settings import Settings
from storage.database import Database
from tests.shell import desk_world
from tests.shell.desk_world import OPERATOR

PATIENCE = 200
"""Seconds a busy machine may take for anything below."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
    with urlopen(address, timeout=PATIENCE) as page:
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
