"""Agents connected in three ways learn: an answer is corrected and the change approved in the browser, and the same
program answers differently. None of them is touched in between."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from tests.browser.conftest import PATIENCE, Served, Visits
from tests.browser.learning import Connected, connected, learns
from tests.shell.gateway_site import ask
from tests.shell.provider import NO_IDEA

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent


def test_an_unmodified_script_behind_the_gateway(served: Served, visits: Visits, tmp_path: Path) -> None:
    agent = connected(served, "shop", folder=tmp_path)
    made = learns(agent, visits, lambda question: ask(agent.site.base(), question), before=NO_IDEA)
    assert (made.version, made.probability) == (1, 1)
    assert made.uses


def test_a_program_with_the_sdk_in_it(served: Served, visits: Visits, tmp_path: Path) -> None:
    agent = connected(served, "kiosk", folder=tmp_path)
    made = learns(agent, visits, lambda question: _run(agent, question), before="something else")
    assert made.version == 1


def test_an_agent_at_an_endpoint(served: Served, visits: Visits, tmp_path: Path) -> None:
    agent = connected(served, "hotel", folder=tmp_path, model="yours")
    with _endpoint(agent) as address:
        agent.destinations.write_text(json.dumps({"endpoints": {agent.slug: {"url": address}}}), encoding="utf-8")
        learns(agent, visits, lambda question: _ask(address, question), before="something else")


def _run(agent: Connected, question: str) -> str:
    """As its owner starts it; what it prints."""
    done = subprocess.run(
        [sys.executable, str(HERE / "sdk_agent.py"), question],
        env=os.environ | agent.environment,
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


@contextmanager
def _endpoint(agent: Connected) -> Iterator[str]:
    """The address of a running agent; it is ended by its own process id."""
    command = [sys.executable, str(HERE / "endpoint_agent.py")]
    with subprocess.Popen(command, env=os.environ | agent.environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


def _ask(address: str, question: str) -> str:
    """As its users do."""
    request = Request(address, data=json.dumps({"question": question}).encode(), method="POST")
    with build_opener(ProxyHandler({})).open(request, timeout=3 * PATIENCE) as reply:
        return str(json.load(reply)["answer"])
