"""A database opens, refuses what is not its own, and says what to do, never showing a password."""

import sqlite3
import threading
import traceback
from pathlib import Path

import pytest

from loop.errors import InvalidInput, NotFound, StoreUnavailable
from loop.records import Changes
from storage.database import Database
from storage.schema import VERSION_TABLE
from storage.store import AgentStore
from tests import builders
from tests.shell import deciding


def refusal(url: str) -> StoreUnavailable:
    """What opening says."""
    with pytest.raises(StoreUnavailable) as refused:
        Database.open(url)
    assert refused.value.remedy
    return refused.value


def test_a_new_agent_starts_with_version_0_live(store: AgentStore, database: Database) -> None:
    assert store.head().number == 0
    assert store.bundle(store.head().digest) == builders.bundle()
    assert [release.kind for release in store.releases()] == ["start"]
    assert [entry.action for entry in store.journal()] == ["create agent"]
    assert store.check_journal().is_intact
    assert database.agents() == [builders.agent()]
    assert store.agent == builders.agent()


def test_a_slug_is_given_once(store: AgentStore, database: Database) -> None:
    with pytest.raises(InvalidInput, match="desk") as refused:
        database.create_agent(builders.agent(), builders.bundle(instructions="x"), now=builders.at(1), actor="rita")
    assert refused.value.field == "slug"
    assert store.bundle(store.head().digest) == builders.bundle()
    assert len(store.journal()) == 1


def test_an_unknown_agent_is_answered_with_the_known_ones(store: AgentStore, database: Database) -> None:
    assert database.store("desk").head() == store.head()
    with pytest.raises(NotFound, match="desk"):
        database.store("nobody")


def test_only_a_demo_agent_can_be_deleted_and_leaves_nothing(store: AgentStore, database: Database) -> None:
    demo = database.create_agent(
        builders.agent("show", is_demo=True), builders.bundle(), now=builders.NOON, actor="demo"
    )
    deciding.ship(demo)
    demo.append(feedback=(builders.feedback(1, agent="show"),))
    with pytest.raises(InvalidInput):
        database.delete_demo("desk")
    database.delete_demo("show")
    assert [agent.slug for agent in database.agents()] == ["desk"]
    assert store.check_journal().is_intact
    for gone in (demo.head, lambda: demo.agent, lambda: demo.commit(Changes()), lambda: database.delete_demo("show")):
        with pytest.raises(NotFound):
            gone()
    again = database.create_agent(
        builders.agent("show", is_demo=True), builders.bundle(), now=builders.NOON, actor="demo"
    )
    assert (again.feedback(), len(again.journal())) == ([], 1)


def test_what_was_written_is_there_after_reopening(store: AgentStore, database: Database, database_url: str) -> None:
    store.append(feedback=(builders.feedback(1),))
    database.close()
    reopened = Database.open(database_url)
    assert len(reopened.store("desk").feedback()) == 1
    reopened.close()


def test_the_folder_of_a_sqlite_file_is_made_and_commits_survive_power_loss(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/deep/er/ratchet.db")
    with database.engine.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10000}
    database.close()


def test_several_that_open_a_new_database_at_once_all_succeed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ratchet.db"
    failures: list[Exception] = []

    def run() -> None:
        try:
            Database.open(url).close()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_an_unreachable_server_is_named_without_the_password() -> None:
    secret = "s3" + "cret"
    refused = refusal(f"postgresql+psycopg://ann:{secret}@127.0.0.1:1/desk?application_name={secret}")
    assert "127.0.0.1" in str(refused)
    assert secret not in "".join(traceback.format_exception(refused))


@pytest.mark.postgres
def test_a_database_that_does_not_exist_is_said_so(postgres_url: str) -> None:
    name = postgres_url.rsplit("/", 1)[1].split("?")[0]
    assert "does not exist" in str(refusal(postgres_url.replace(name, "nowhere")))


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_the_usual_spellings_of_postgresql_are_understood(scheme: str) -> None:
    assert "cannot be reached" in str(refusal(f"{scheme}://ann:s3cret@127.0.0.1:1/desk"))


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://ann:s3cret@host/desk", "sqlite+aiosqlite:///x.db"])
def test_a_url_of_another_kind_is_answered_with_the_known_kinds(url: str) -> None:
    refused = refusal(url)
    assert "sqlite:///FILE" in refused.remedy
    assert "s3cret" not in "".join(traceback.format_exception(refused))


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory_is_refused(url: str) -> None:
    assert "file" in str(refusal(url))


def test_a_folder_is_not_a_database(tmp_path: Path) -> None:
    assert "folder" in str(refusal(f"sqlite:///{tmp_path}"))


def test_a_path_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert "file" in str(refusal(f"sqlite:///{tmp_path}/file/ratchet.db"))


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary, this is not a database. " * 50)
    before = path.read_bytes()
    assert "not a SQLite file" in str(refusal(f"sqlite:///{path}"))
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE invoices (id INTEGER)")
    connection.close()
    assert "another program" in str(refusal(f"sqlite:///{path}"))
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("invoices",)]
    connection.close()


def test_the_tables_of_durable_work_may_stand_beside_ours(tmp_path: Path) -> None:
    path = tmp_path / "ratchet.db"
    with sqlite3.connect(path) as connection:
        for name in ("dbos_migrations", "workflow_status", "operation_outputs"):
            connection.execute(f"CREATE TABLE {name} (id INTEGER)")
    connection.close()
    for _ in range(2):
        database = Database.open(f"sqlite:///{path}")
        assert database.agents() == []
        database.close()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE invoices (id INTEGER)")
        connection.execute(f"DROP TABLE {VERSION_TABLE}")
    connection.close()
    assert "another program" in str(refusal(f"sqlite:///{path}"))


def test_a_database_of_a_newer_program_is_refused(database: Database, database_url: str) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999_later'")
    assert "newer" in str(refusal(database_url))
