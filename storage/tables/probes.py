"""What a page asks a worker to do: questions to versions, and checks of the record."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Named, Scoped, json_column, key


class ProbeRow(Named, table=True):
    """The fields are explained in `loop.records.probes.Probe`."""

    __tablename__ = "probe"
    __table_args__ = (sa.Index(None, "agent", "ended_at", "asked_at"), sa.Index(None, "agent", "asked_at"))
    actor: str = key()
    question: str
    context: dict[str, Any] = json_column()
    numbers: list[int] = json_column()
    asked_at: datetime
    ended_at: datetime | None
    answers: list[Any] = json_column()
    reason: str
    taken_at: datetime | None
    """When a worker took it; None: none has."""
    tries: int
    """How often it was taken."""


class RecordCheckRow(Scoped, table=True):
    """One per agent: the last check, replaced by the next."""

    __tablename__ = "record_check"
    ended_at: datetime | None
    body: dict[str, Any] = json_column()
    taken_at: datetime | None
    tries: int = Field(default=0)
