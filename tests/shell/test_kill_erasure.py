"""`ratchet erase` killed with SIGKILL wherever it stands: all of it or nothing, and the next run finishes it."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from loop import engine
from storage.database import Database
from tests.shell import test_erasure as world
from tests.shell.test_kill_storage import await_quiet

ROOT = Path(__file__).parents[2]
LABELS = ("erase:unlearned", "erase:written", "erase:kept")
RANDOM_KILLS = 3

pytestmark = pytest.mark.kill


def erase(url: str, folder: Path, *, kill_at: str = "", after: float | None = None) -> subprocess.CompletedProcess[str]:
    """The command as a shell runs it; killed at a checkpoint, or from outside after so many seconds."""
    command = [sys.executable, "-m", "loop.cli", "erase", "--agent", "desk", "--customer", world.CUSTOMER,
               "--reason", "They asked for it.", "--yes", "--later"]  # fmt: skip
    given = {"RATCHET_DATABASE_URL": url, "RATCHET_JOURNAL_KEY": "off", "RATCHET_KILL_AT": kill_at}
    env = os.environ | given | {"XDG_DATA_HOME": str(folder), "RATCHET_OPERATOR": "olga"}
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as one:
        if after is not None:
            time.sleep(after)
            one.kill()
        out, err = one.communicate(timeout=300)
    return subprocess.CompletedProcess(command, one.returncode, out, err)


def is_erased(database: Database) -> bool:
    """All of it, or nothing: every table but those that wait for the live version to change."""
    waits = {"bundle", "erasure", "proposal", "version"}
    left = set(world.holding(database, *world.WORDS)) - waits
    assert world.faults(database) == []
    if left:
        assert {"interaction", "feedback", "audit"} <= set(world.holding(database, *world.WORDS, world.AUTHOR, "i3"))
        assert "interaction" in left
        assert "feedback" in left
    return not left


def test_an_erasure_killed_anywhere_is_whole_or_not_there_and_is_finished_by_the_next(
    database_url: str, tmp_path: Path
) -> None:
    database = Database.open(database_url)
    try:
        parts = world.fill(database)
        for label in LABELS:
            done = erase(database_url, tmp_path, kill_at=label)
            assert done.returncode == -signal.SIGKILL, done.stderr
            await_quiet(database)
            assert is_erased(database) is (label == "erase:kept"), label
        done = erase(database_url, tmp_path)
        assert done.returncode == 0, done.stderr
        for told in ("interactions with their steps", "feedback items", "cases", "kept answers", "the journal"):
            assert told in done.stdout
        world.take_back(parts)
        engine.turn(parts)
        assert world.holding(database, *world.WORDS, world.CUSTOMER, world.EPISODE) == {}
        assert world.faults(database) == []
        assert parts.store.check_journal().is_intact
    finally:
        database.close()


def test_a_kill_at_a_random_moment_leaves_nothing_half_erased(database_url: str, tmp_path: Path) -> None:
    chance = random.Random(20261122)
    database = Database.open(database_url)
    try:
        world.fill(database)
        began = time.monotonic()
        assert subprocess.run([sys.executable, "-m", "loop.cli", "--version"], cwd=ROOT, check=True).returncode == 0
        start = time.monotonic() - began
        for _ in range(RANDOM_KILLS):
            erase(database_url, tmp_path, after=start + chance.uniform(0.2, 2.5))
            await_quiet(database)
            is_erased(database)
        assert erase(database_url, tmp_path).returncode == 0
        assert is_erased(database)
    finally:
        database.close()
