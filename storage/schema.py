"""Bring a database to the present schema: create it when empty, upgrade it when older, refuse it when not ours."""

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from loop.errors import StoreUnavailable
from storage.checkpoint import checkpoint_all

if TYPE_CHECKING:
    from alembic.config import Config  # imported where a database is moved: every command opens one, few move it

VERSION_TABLE = "ratchet_revision"
"""Its presence tells our databases from others."""

_OF_DBOS = frozenset(
    {
        "application_versions",
        "datasource_outputs",
        "dbos_migrations",
        "event_dispatch_kv",
        "notifications",
        "operation_outputs",
        "queues",
        "streams",
        "workflow_events",
        "workflow_events_history",
        "workflow_input",
        "workflow_output",
        "workflow_schedules",
        "workflow_status",
    }
)
"""Tables in which DBOS keeps the loop's durable work: on SQLite they stand beside ours, on PostgreSQL in a schema
of their own. They may be there before ours are."""

_LOCK = 0x7261746368657431
"""PostgreSQL advisory lock that migrations queue on."""

_MIGRATIONS = Path(__file__).parent / "migrations"


def ensure_schema(engine: sa.Engine) -> None:
    """Leave the database at the newest revision this program knows.

    Safe when several processes start at once: they queue, and the later ones find nothing to do.
    Raises StoreUnavailable when the database is newer than this program or belongs to another one.
    """
    with engine.connect() as connection:
        if _stored_revision(connection) == newest_revision():
            return
    move_schema(engine, "head")


def move_schema(engine: sa.Engine, revision: str) -> None:
    """Upgrade or downgrade to a revision (`head`, `base` or an id), in one transaction."""
    from alembic import command

    with engine.connect().execution_options(begin="migrate") as connection:
        # A table rebuilt by a migration is dropped and renamed: foreign keys are off on this
        # connection, so it must not go back to the pool.
        connection.detach()
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                connection.exec_driver_sql("SET LOCAL lock_timeout = '120s'")
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            stored = _stored_revision(connection)
            config = alembic_config(connection)
            if revision == "base" or (stored and _is_older(revision, than=stored)):
                command.downgrade(config, revision)
            else:
                command.upgrade(config, revision)
            _check_references(connection)
            if stored is not None and stored != newest_revision() == _stored_revision(connection):
                checkpoint_all(connection)  # rows may have got other columns


def newest_revision() -> str:
    """The revision this program writes."""
    return _revisions()[-1]


def alembic_config(connection: sa.Connection) -> "Config":
    """Alembic's configuration for one connection, without any file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _revisions() -> list[str]:
    """Every revision, oldest first: a migration's file is named by its revision, and they follow one another."""
    return sorted(file.stem.removeprefix("v") for file in (_MIGRATIONS / "versions").glob("v*.py"))


def _stored_revision(connection: sa.Connection) -> str | None:
    """None for a database without any table but those of DBOS. Ours is known by its revision table."""
    tables = set(sa.inspect(connection).get_table_names()) - _OF_DBOS
    if not tables:
        return None
    if VERSION_TABLE not in tables:
        raise StoreUnavailable(
            "This database holds tables of another program.",
            remedy="Give Ratchet a database of its own in RATCHET_DATABASE_URL.",
        )
    stored = connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608
    if stored is None:
        return None
    if stored not in _revisions():
        raise StoreUnavailable(
            "This database was written by a newer Ratchet.",
            remedy="Upgrade this installation, or restore the backup made before the upgrade.",
        )
    return str(stored)


def _is_older(revision: str, *, than: str) -> bool:
    return revision in _revisions() and revision < than


def _check_references(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise StoreUnavailable(
            "The database holds rows that point to nothing; it was left as it was.",
            remedy="Restore a backup, or report this.",
        )
