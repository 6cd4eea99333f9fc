"""What was erased: the erasures, and tombstones of what is named by its digest and no longer says all it said."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Named, Scoped, json_column, key


class ErasureRow(Named, table=True):
    """The record is explained in `loop.records.erasure.Erasure`."""

    __tablename__ = "erasure"
    __table_args__ = (sa.Index(None, "agent", "finished_at"),)
    at: datetime
    finished_at: datetime | None
    body: dict[str, Any] = json_column()


class TombstoneRow(Scoped, table=True):
    """The digest of what is left of a bundle's body, or of an entry of the journal."""

    __tablename__ = "tombstone"
    kind: str = Field(primary_key=True, max_length=20)
    """`bundle` or `entry`."""
    key: str = key(primary_key=True)
    """The bundle's digest, or the entry's number."""
    digest: str = Field(max_length=64)
