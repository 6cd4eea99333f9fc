"""The real app over a real database, run without a browser."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard import session
from loop import wiring
from loop.ports import Parts
from storage.database import Database
from storage.store import AgentStore
from tests.screens import seed

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"

Opens = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def fresh_process() -> Iterator[None]:
    """Nothing that one test cached reaches the next."""
    yield
    session.forget()


@pytest.fixture
def workspace(sqlite_url: str, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> AgentStore:
    """A seeded agent in the database the app will open."""
    _point(sqlite_url, monkeypatch)
    return seed.fill(sqlite_database)


@pytest.fixture
def empty_workspace(sqlite_url: str, sqlite_store: AgentStore, monkeypatch: pytest.MonkeyPatch) -> AgentStore:
    """An agent to which nothing has happened."""
    _point(sqlite_url, monkeypatch)
    return sqlite_store


@pytest.fixture
def broken_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is none."""
    path = tmp_path / "broken.db"
    path.write_bytes(b"this is not a database, it only looks like a file" * 40)
    _point(f"sqlite:///{path}", monkeypatch)


@pytest.fixture
def parts(workspace: AgentStore, sqlite_database: Database) -> Parts:
    """What another person's session would act with."""
    return wiring.parts_for(session.settings(), sqlite_database, workspace.agent.slug)


@pytest.fixture
def opens() -> Opens:
    """Open a page by its path, with the address bar's parameters."""

    def open_page(path: str = "", **params: str) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=200)
        app._page_hash = calc_hash(path)
        for name, value in params.items():
            app.query_params[name] = value
        return app.run()

    return open_page


@pytest.fixture
def team(monkeypatch: pytest.MonkeyPatch, workspace: AgentStore) -> None:
    """The workspace, with accounts."""
    monkeypatch.setenv("RATCHET_SIGN_IN", "accounts")
    session.forget()


def _point(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    session.forget()
    monkeypatch.setenv("RATCHET_DATABASE_URL", url)
    monkeypatch.setenv("RATCHET_OPERATOR", "dana")
