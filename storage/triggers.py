"""Triggers that keep the journal append-only, whatever program writes to the database.

Alembic rebuilds a SQLite table to alter a column and drops its triggers without a word, so they are
ensured after every migration. Two exceptions: the demo agent may be deleted whole, and in place of the subject or the
actor of an entry an erasure may put a tombstone, which the journal itself vouches for (`storage.tombstones`).
"""

import sqlalchemy as sa

from loop.records.erasure import ALIAS, ERASED

_REFUSAL = "the journal is append-only"
_NO_DEMO = "NOT EXISTS (SELECT 1 FROM agent WHERE slug = OLD.agent AND is_demo)"


_KEPT = ("agent", "seq", "action", "previous", "hash", "signature")
"""Columns of an entry that nothing changes."""


def _erases(at: str, digests: str) -> str:
    """Whether an update does nothing but put a tombstone in place of a name. `at`, `digests`: how both are compared."""
    same = [*(f"NEW.{name} = OLD.{name}" for name in _KEPT), at, digests]
    subject = f"(NEW.subject = OLD.subject OR NEW.subject = '{ERASED}')"
    actor = f"(NEW.actor = OLD.actor OR substr(NEW.actor, 1, {len(ALIAS)}) = '{ALIAS}')"
    return " AND ".join((*same, subject, actor))


_ERASES_SQLITE = _erases("NEW.at = OLD.at", "NEW.digests = OLD.digests")
_ERASES_POSTGRESQL = _erases("NEW.at = OLD.at", "NEW.digests::text = OLD.digests::text")

_SQLITE = (
    "DROP TRIGGER IF EXISTS audit_no_update",
    "DROP TRIGGER IF EXISTS audit_no_delete",
    f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit WHEN NOT ({_ERASES_SQLITE}) "
    f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
    f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit WHEN {_NO_DEMO} "
    f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
)

_POSTGRESQL = (
    f"""
    CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF NOT ({_NO_DEMO}) THEN
                RETURN OLD;
            END IF;
        ELSIF TG_OP = 'UPDATE' THEN
            IF {_ERASES_POSTGRESQL} THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION '{_REFUSAL}';
    END $$
    """,
    "CREATE OR REPLACE TRIGGER audit_no_update BEFORE UPDATE ON audit "
    "FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
    "CREATE OR REPLACE TRIGGER audit_no_delete BEFORE DELETE ON audit "
    "FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
    "CREATE OR REPLACE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()",
)


def ensure_triggers(connection: sa.Connection) -> None:
    """Make the triggers what they should be; without an audit table, leave nothing behind."""
    is_sqlite = connection.dialect.name == "sqlite"
    if not sa.inspect(connection).has_table("audit"):
        if not is_sqlite:
            connection.exec_driver_sql("DROP FUNCTION IF EXISTS audit_append_only()")
        return
    for statement in _SQLITE if is_sqlite else _POSTGRESQL:
        connection.exec_driver_sql(statement)
