"""What stands apart from everything that is read: raw text, and what imports overwrote."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Scoped, json_column, key


class RawTextRow(Scoped, table=True):
    """The fields are explained in `loop.records.raw.RawText`. Read by `storage.raw` and by nothing else."""

    __tablename__ = "raw_text"
    __table_args__ = (sa.Index(None, "agent", "kept_at"),)
    kind: str = Field(primary_key=True, max_length=20)
    id: str = key(primary_key=True)
    kept_at: datetime
    body: dict[str, Any] = json_column()
    """The record."""


class OverwrittenRow(Scoped, table=True):
    """An interaction as it is not: as it was before an import, or, once that was taken back, as the import had it."""

    __tablename__ = "overwritten"
    __table_args__ = (sa.Index(None, "agent", "interaction_id"),)
    import_id: str = key(primary_key=True)
    interaction_id: str = key(primary_key=True)
    kept_digest: str = Field(max_length=64)
    """Content digest of `body`."""
    other_digest: str = Field(max_length=64)
    """Of what stands, or stood, in its place."""
    is_taken_back: bool
    """The import was taken back: `body` is its content, and does not come in again by itself."""
    body: dict[str, Any] = json_column()
    """The interaction, signed like a kept answer."""
