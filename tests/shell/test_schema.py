"""Migrations lead to exactly the tables the program knows, forwards and backwards, and keep the triggers."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from loop.errors import StoreUnavailable
from storage.connecting import make_engine
from storage.database import Database
from storage.schema import VERSION_TABLE, ensure_schema, move_schema, newest_revision
from storage.tables import WORKSPACE, metadata
from storage.triggers import ensure_triggers
from tests import builders


def triggers(engine: sa.Engine) -> set[str]:
    """Names of all triggers."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if engine.dialect.name == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with engine.connect() as connection:
        return set(connection.exec_driver_sql(query).scalars())


def tables(engine: sa.Engine) -> set[str]:
    """Names of all tables."""
    with engine.connect() as connection:
        return set(sa.inspect(connection).get_table_names())


def test_the_migrations_make_the_tables_the_program_knows(database: Database) -> None:
    options = {"compare_type": True, "version_table": VERSION_TABLE}
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == newest_revision()


def test_down_and_up_again_leaves_the_same(database: Database) -> None:
    engine = database.engine
    before = triggers(engine)
    assert {"audit_no_update", "audit_no_delete"} <= before
    move_schema(engine, "base")
    assert tables(engine) == {VERSION_TABLE}
    assert triggers(engine) == set()
    ensure_schema(engine)
    assert tables(engine) == set(metadata.tables) | {VERSION_TABLE}
    assert triggers(engine) == before
    ensure_schema(engine)
    database.create_agent(builders.agent(), builders.bundle(), now=builders.NOON, actor="rita")


def test_ensuring_the_triggers_again_changes_nothing(database: Database) -> None:
    before = triggers(database.engine)
    with database.engine.begin() as connection:
        ensure_triggers(connection)
    assert triggers(database.engine) == before


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/ratchet.db")

    def refuse(connection: sa.Connection) -> None:
        raise StoreUnavailable("no")

    monkeypatch.setattr("storage.schema._check_references", refuse)
    with pytest.raises(StoreUnavailable):
        ensure_schema(engine)
    assert tables(engine) == set()
    monkeypatch.undo()
    ensure_schema(engine)
    assert tables(engine) == set(metadata.tables) | {VERSION_TABLE}
    engine.dispose()


def test_every_key_begins_with_the_agent() -> None:
    for name, table in metadata.tables.items():
        if name != "agent" and name not in WORKSPACE:
            assert not table.c.agent.nullable
            assert next(iter(table.primary_key.columns)).name == "agent"
            for constraint in table.constraints:
                if isinstance(constraint, sa.UniqueConstraint):
                    assert "agent" in constraint.columns
            for index in table.indexes:
                assert next(iter(index.columns)).name == "agent"
