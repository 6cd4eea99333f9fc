"""Where things came from and went: imports, what proposals rest on, and what was unlearned."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Named, Scoped, json_column, key, to_proposal


class ImportRow(Named, table=True):
    """The fields are explained in `loop.records.lineage.Import`."""

    __tablename__ = "import"
    __table_args__ = (sa.Index(None, "agent", "at"),)
    name: str
    actor: str = key()
    at: datetime
    spans: list[Any] = json_column()
    new: int
    updated: int
    known: int
    proposal_id: str | None = key()


class ProposalSourceRow(Scoped, table=True):
    """What a proposal rests on, the other way round; follows from the proposal, which is sealed."""

    __tablename__ = "proposal_source"
    __table_args__ = (to_proposal(), sa.Index(None, "agent", "kind", "key", "proposal_id"))
    proposal_id: str = key(primary_key=True)
    kind: str = Field(primary_key=True, max_length=20)
    """`feedback`: cited, or an example was learned from it. `issue`. `case`: it is meant to fix it. `author`."""
    key: str = key(primary_key=True)


class UnlearningRow(Named, table=True):
    """The record is explained in `loop.records.lineage.Unlearning`."""

    __tablename__ = "unlearning"
    __table_args__ = (sa.Index(None, "agent", "at"),)
    at: datetime
    undone_at: datetime | None
    body: dict[str, Any] = json_column()
