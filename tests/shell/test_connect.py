"""`ratchet connect`: the lines work as they are printed, the first event is said, and the exit code tells."""

import json
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result

from loop import desk
from loop.cli import group
from loop.cli.connect import NEEDS_LOOK, NOTHING_CAME
from loop.ports.deliveries import DAYS_KEPT, Capture
from storage.store import AgentStore
from tests import builders
from tests.serving import Client, serving
from tests.shell.gateway_site import until


@pytest.fixture
def port(sqlite_url: str, sqlite_store: AgentStore) -> Iterator[int]:
    """A server that runs, with the agent `desk`."""
    with serving(sqlite_url) as running:
        yield running


def run(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(group, ["connect", *arguments], env={"RATCHET_DATABASE_URL": url})


def test_the_lines_of_the_sdk_work_as_they_are_printed(
    sqlite_url: str, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"http://127.0.0.1:{port}"
    made = run(sqlite_url, "--agent", "desk", "--how", "sdk", "--new-key", "shop", "--url", address, "--wait", "0")
    assert made.exit_code == 0, made.output
    settings = dict(
        line.removeprefix("export ").split("=", 1) for line in made.stdout.splitlines() if line.startswith("export ")
    )
    assert settings["RATCHET_URL"] == address
    lines = "\n".join(made.stdout[made.stdout.index("from loop.sdk") :].splitlines()[:3])
    program = f"def answer(question): return 'On its way.'\n{lines}\nanswer('Where is my parcel?')\nratchet.flush(200)"
    asks = threading.Thread(
        target=subprocess.run,
        args=([sys.executable, "-c", program],),
        kwargs={"env": os.environ | settings, "timeout": 300},
    )

    def listens(_address: str) -> bool:
        asks.start()  # the command has begun to watch
        return True

    monkeypatch.setattr("loop.cli.connect.is_listening", listens)
    waited = run(sqlite_url, "--agent", "desk", "--how", "sdk", "--url", address, "--wait", "300")
    asks.join()
    assert waited.exit_code == 0, waited.output
    assert "It arrived, through the API or SDK (shop)." in waited.stdout
    assert "Asked: 'Where is my parcel?'" in waited.stdout
    assert "What is missing: an outcome." in waited.stdout


def test_the_plain_request_works_as_it_is_printed(sqlite_url: str, port: int) -> None:
    address = f"http://127.0.0.1:{port}"
    made = run(sqlite_url, "--agent", "desk", "--how", "api", "--new-key", "shop", "--url", address, "--wait", "0")
    command = made.stdout[made.stdout.index("curl ") :].split("\n\n")[0]
    key = command.split("Bearer ")[1].split("'")[0]
    body = command.split("-d '")[1].rstrip("'")
    path = command.split()[1].removeprefix(address)
    assert Client(port, key).post(path, body.encode()).status in (200, 201)
    checked = run(sqlite_url, "check", "--agent", "desk", "--json")
    assert checked.exit_code == 0
    (door,) = json.loads(checked.stdout)
    assert (door["door"], door["calls"], door["stored"], door["condition"]) == ("api:shop", 1, 1, "well")


def test_nothing_and_nothing_kept_have_exit_codes_of_their_own(
    sqlite_url: str, port: int, sqlite_store: AgentStore
) -> None:
    address = f"http://127.0.0.1:{port}"
    assert run(sqlite_url, "check", "--agent", "desk").exit_code == NOTHING_CAME
    assert run(sqlite_url, "--agent", "desk", "--url", address, "--wait", "1").exit_code == NOTHING_CAME
    made = run(sqlite_url, "--agent", "desk", "--how", "api", "--new-key", "shop", "--url", address, "--wait", "0")
    key = made.stdout.split("Bearer ")[1].split("'")[0]
    body = {"interactions": [{"question": ""}]}
    assert Client(port, key).post("/api/v1/agents/desk/interactions/batch", body).status < 500
    until(sqlite_store.captures)
    checked = run(sqlite_url, "check", "--agent", "desk")
    assert checked.exit_code == NEEDS_LOOK, checked.output
    assert "nothing of it can be kept" in checked.stdout


def test_a_server_that_does_not_run_is_said(sqlite_url: str, sqlite_store: AgentStore) -> None:
    told = run(sqlite_url, "--agent", "desk", "--url", "http://127.0.0.1:9", "--wait", "0")
    assert told.exit_code == 0
    assert "Nothing listens at http://127.0.0.1:9 yet" in told.stderr
    assert "YOUR_KEY" in told.stdout


def test_the_days_on_which_a_door_spoke_are_kept_each_once_and_not_for_ever(sqlite_store: AgentStore) -> None:
    for hours in range(0, 40 * 24, 12):
        at = builders.NOON + timedelta(hours=hours)
        sqlite_store.deliver([], captured=[Capture("api:shop", calls=1, last_at=at)], now=at)
    (kept,) = sqlite_store.captures()
    last = builders.NOON + timedelta(hours=40 * 24 - 12)
    assert kept.days == tuple((last - timedelta(days=ago)).date().isoformat() for ago in reversed(range(DAYS_KEPT)))


@pytest.mark.parametrize(
    "line", [line for one in desk.RECIPES for line in one.lines.splitlines() if line.startswith("ratchet ")]
)
def test_a_command_among_the_lines_is_one_there_is(line: str) -> None:
    told = CliRunner().invoke(group, [*shlex.split(line)[1:], "--help"])
    assert told.exit_code == 0, "an option or a command it does not know would end with 2"
