"""The history of the tables, for Alembic; `storage.schema` runs it, no file outside the package is needed."""
