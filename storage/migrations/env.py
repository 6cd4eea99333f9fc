"""Alembic's entry: runs on the connection and inside the transaction that `storage.schema` opened."""

from alembic import context

from storage.schema import VERSION_TABLE
from storage.tables import metadata
from storage.triggers import drop_triggers, ensure_triggers

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
    compare_type=True,
    transactional_ddl=True,
)
drop_triggers(connection)
with context.begin_transaction():
    context.run_migrations()
ensure_triggers(connection)
