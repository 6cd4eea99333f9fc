"""A real browser on the real server: one process, one agent for every test."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from storage.database import Database
from storage.store import AgentStore
from tests.desk_process import PATIENCE, Desk, running_desk
from tests.screens import seed
from tests.shell.provider import Provider, copy_nearest, serve

READY = "[data-testid=stApp][data-test-script-state=notRunning]"


class Served:
    """The running screens and the database behind them."""

    def __init__(self, process: Desk, database: Database, provider: Provider) -> None:
        self.address = process.address
        self._process = process
        self.database = database
        self.provider = provider
        """What the gateway's calls go on to."""

    def cookie(self) -> dict[str, Any]:
        """Of a new browser in which the operator opened the desk; for `context.add_cookies`."""
        name, value = self._process.cookie()
        return {"name": name, "value": value, "url": self.address, "httpOnly": True, "sameSite": "Strict"}

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
    with serve(copy_nearest) as provider:
        environment = {"RATCHET_OPERATOR": "dana", "RATCHET_UPSTREAMS": f"openai={provider.base_url}/v1"}
        with running_desk(url, folder, environment=environment) as process:
            yield Served(process, database, provider)
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


Opens = Callable[[], Page]


@pytest.fixture
def opens(browser: Browser) -> Iterator[Opens]:
    """A page of a browser nobody used before."""
    contexts = []
    expect.set_options(timeout=PATIENCE * 1_000)

    def open_page() -> Page:
        context = browser.new_context(viewport={"width": 1440, "height": 1000})
        context.set_default_timeout(PATIENCE * 1_000)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


Visits = Callable[..., Page]


@pytest.fixture
def visits(browser: Browser, served: Served) -> Iterator[Visits]:
    """Open a page as one person; each call is another person with another session."""
    contexts = []

    expect.set_options(timeout=PATIENCE * 1_000)

    def visit(path: str, **watch: list[str]) -> Page:
        context = browser.new_context(viewport={"width": 1440, "height": 1000}, timezone_id="Europe/Berlin")
        contexts.append(context)
        context.add_cookies([served.cookie()])
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


def _note_outside(url: str, address: str, found: list[str]) -> None:
    if not url.startswith((address, "data:", "blob:")):
        found.append(url)


def _note_error(kind: str, text: str, location: dict[str, object], found: list[str]) -> None:
    # On /review Streamlit first looks for its server under /review/_stcore, and takes the 404 for an answer.
    if kind == "error" and "_stcore" not in str(location.get("url", "")):
        found.append(text)
