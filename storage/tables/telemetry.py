"""What tracing brings, until its trace is told whole."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Scoped, json_column, key


class TelemetryRow(Scoped, table=True):
    """One part of a trace, or a judgement that waits for the answer it names. Masked; thrown away after days."""

    __tablename__ = "telemetry"
    __table_args__ = (sa.Index(None, "agent", "response"), sa.Index(None, "agent", "kept_at"))
    trace: str = Field(primary_key=True, max_length=32)
    """Empty for a judgement that waits."""
    name: str = key(primary_key=True)
    """Of the part within its trace, or the id of the judgement."""
    response: str = key()
    """The provider's id of the answer it gave, or waits for; empty when there is none."""
    kept_at: datetime
    is_gone: bool
    """Thrown away, after days: the trace was told, and nothing is added to it any more."""
    body: dict[str, Any] = json_column()
    """Empty when it is gone."""
