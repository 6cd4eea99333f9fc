"""Triggers that keep the journal append-only, whatever program writes to the database.

Alembic rebuilds a SQLite table to alter a column and drops its triggers without a word, so they are
ensured after every migration. The one exception is the demo agent, which may be deleted whole.
"""

import sqlalchemy as sa

_REFUSAL = "the journal is append-only"
_NO_DEMO = "NOT EXISTS (SELECT 1 FROM agent WHERE slug = OLD.agent AND is_demo)"

_SQLITE = (
    "DROP TRIGGER IF EXISTS audit_no_update",
    "DROP TRIGGER IF EXISTS audit_no_delete",
    f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
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
