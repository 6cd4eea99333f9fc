"""Triggers that keep the journal append-only, whatever program writes to the database.

Alembic rebuilds a SQLite table to alter a column and drops its triggers without a word, so they are taken off before
every migration and made anew after it. Two exceptions: the demo agent may be deleted whole, and in place of the
subject or the actor of an entry an erasure may put a tombstone, which the journal itself vouches for
(`storage.tombstones`).
"""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from loop.records.erasure import ALIAS, ERASED

_REFUSAL = "the journal is append-only"
_NO_DEMO = "NOT EXISTS (SELECT 1 FROM agent WHERE slug = OLD.agent AND is_demo)"


_SAID_ELSE = ("subject", "actor")
"""Columns of an entry that an erasure may change."""


def ensure_triggers(connection: sa.Connection) -> None:
    """Make the triggers what they should be; without an audit table, leave nothing behind."""
    drop_triggers(connection)
    inspector = sa.inspect(connection)
    if not inspector.has_table("audit"):
        return
    columns = [column["name"] for column in inspector.get_columns("audit")]
    for statement in _sqlite(columns) if connection.dialect.name == "sqlite" else _postgresql(columns):
        connection.exec_driver_sql(statement)


def drop_triggers(connection: sa.Connection) -> None:
    """Take them off. A migration does so first: SQLite alters no table whose triggers name a column that is gone."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql("DROP FUNCTION IF EXISTS audit_append_only() CASCADE")
        return
    for name in ("audit_no_update", "audit_no_delete"):
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")


def _erases(columns: Sequence[str], *, as_text: Collection[str] = ()) -> str:
    """Whether an update does nothing but put a tombstone in place of a name. `as_text`: columns compared as text."""
    casts = {name: "::text" if name in as_text else "" for name in columns if name not in _SAID_ELSE}
    same = [f"NEW.{name}{cast} = OLD.{name}{cast}" for name, cast in casts.items()]
    subject = f"(NEW.subject = OLD.subject OR NEW.subject = '{ERASED}')"
    actor = f"(NEW.actor = OLD.actor OR substr(NEW.actor, 1, {len(ALIAS)}) = '{ALIAS}')"
    return " AND ".join((*same, subject, actor))


def _sqlite(columns: Sequence[str]) -> tuple[str, ...]:
    return (
        f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit WHEN ({_erases(columns)}) IS NOT TRUE "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
        f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit WHEN {_NO_DEMO} "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
    )


def _postgresql(columns: Sequence[str]) -> tuple[str, ...]:
    function = f"""
    CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF NOT ({_NO_DEMO}) THEN
                RETURN OLD;
            END IF;
        ELSIF TG_OP = 'UPDATE' THEN
            IF {_erases(columns, as_text=["digests"])} THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION '{_REFUSAL}';
    END $$
    """
    on_each = "ON audit FOR EACH ROW EXECUTE FUNCTION audit_append_only()"
    return (
        function,
        f"CREATE TRIGGER audit_no_update BEFORE UPDATE {on_each}",
        f"CREATE TRIGGER audit_no_delete BEFORE DELETE {on_each}",
        f"CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE {on_each.replace('ROW', 'STATEMENT')}",
    )
