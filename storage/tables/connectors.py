"""How far other tools were read."""

from datetime import datetime
from typing import Any

from storage.tables.base import Scoped, json_column, key


class CursorRow(Scoped, table=True):
    """Where the pulls of one connector go on. It decides nothing: without it everything is read again, and known."""

    __tablename__ = "connector_cursor"
    connector: str = key(primary_key=True)
    """Its name and the digest of its address and project."""
    body: dict[str, Any] = json_column()
    """The fields are explained in `loop.ports.cursors.Cursor`."""
    kept_at: datetime
