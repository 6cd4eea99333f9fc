"""A real browser on the real server: one process, one agent for every test."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from storage.database import Database
from storage.store import AgentStore
from tests.screens import seed
from tests.shell.provider import Provider, copy_nearest, serve

READY = "[data-testid=stApp][data-test-script-state=notRunning]"
PATIENCE = 200
"""Seconds anything may take on the slowest machine: a limit for what hangs, never a measure."""


class Served:
    """The running screens and the database behind them."""

    def __init__(self, address: str, database: Database, provider: Provider) -> None:
        self.address = address
        self.database = database
        self.provider = provider
        """What the gateway's calls go on to."""

    def agent(self, slug: str) -> AgentStore:
        """A freshly seeded agent of this name."""
        return seed.fill(self.database, slug=slug, rows=60)


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server, started once; it is stopped by its own process id."""
    folder = tmp_path_factory.mktemp("browser")
    url = f"sqlite:///{folder / 'ratchet.db'}"
    database = Database.open(url)
    seed.fill(database, slug="desk")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with serve(copy_nearest) as provider, (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "loop.cli", "up", "--no-browser", "--no-worker", f"--port={port}"],
            cwd=folder,  # not the project: the look must not depend on where one stands
            env=os.environ
            | {"RATCHET_DATABASE_URL": url, "RATCHET_OPERATOR": "dana"}
            | {"RATCHET_UPSTREAMS": f"openai={provider.base_url}/v1"},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        address = f"http://127.0.0.1:{port}"
        try:
            _wait_for(f"{address}/healthz", process, folder / "server.log")
            yield Served(address, database, provider)
        finally:
            process.terminate()
            try:
                process.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
            database.close()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Without it: skip, never in CI. While it is there an event loop runs in this thread."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is not there, and CI must not skip the browser tests.")
        pytest.skip("NO CHROMIUM: install the package chromium to run the browser tests")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield launched
        launched.close()


Visits = Callable[..., Page]


@pytest.fixture
def visits(browser: Browser, served: Served) -> Iterator[Visits]:
    """Open a page as one person; each call is another person with another session."""
    contexts = []

    expect.set_options(timeout=PATIENCE * 1_000)

    def visit(path: str, **watch: list[str]) -> Page:
        context = browser.new_context(viewport={"width": 1440, "height": 1000}, timezone_id="Europe/Berlin")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE * 1_000)
        if "outside" in watch:
            page.on("request", lambda request: _note_outside(request.url, served.address, watch["outside"]))
        if "console" in watch:
            page.on("console", lambda said: _note_error(said.type, said.text, said.location, watch["console"]))
            page.on("pageerror", lambda error: watch["console"].append(str(error)))
        page.goto(f"{served.address}{path}")
        settled(page)
        return page

    yield visit
    for context in contexts:
        context.close()


STILL = """() => new Promise((done) => {
  let timer;
  const moved = () => { clearTimeout(timer); timer = setTimeout(() => { watch.disconnect(); done(); }, 600); };
  const watch = new MutationObserver(moved);
  watch.observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
  moved();
})"""
"""Until nothing on the page has changed for a while: on a busy machine the last picture comes long after the run."""


def settled(page: Page) -> None:
    """Wait until the page run is over and its last picture stands."""
    page.wait_for_selector(READY)
    page.wait_for_selector("[class^='rt-']", state="attached")
    page.evaluate(STILL)
    page.wait_for_selector(READY)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urlopen(address, timeout=1):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"The server did not start: {log.read_text(errors='replace')[-2000:]}")


def _note_outside(url: str, address: str, found: list[str]) -> None:
    if not url.startswith((address, "data:", "blob:")):
        found.append(url)


def _note_error(kind: str, text: str, location: dict[str, object], found: list[str]) -> None:
    # On /review Streamlit first looks for its server under /review/_stcore, and takes the 404 for an answer.
    if kind == "error" and "_stcore" not in str(location.get("url", "")):
        found.append(text)
