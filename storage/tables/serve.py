"""What programs send: their keys, what was answered, feedback that waits for what it is about, and capture health."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Named, Scoped, json_column, key


class ApiKeyRow(Named, table=True):
    """The fields are explained in `loop.records.keys.ApiKey`."""

    __tablename__ = "api_key"
    client: str = key()
    verbs: list[Any] = json_column()
    secret_digest: str = Field(max_length=64)
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class KeyUseRow(Named, table=True):
    """When a key was last used, to the minute; apart from the key, which is sealed."""

    __tablename__ = "api_key_use"
    last_used_at: datetime


class TicketRow(Scoped, table=True):
    """What was answered under an idempotency key; kept as long as the agent."""

    __tablename__ = "idempotency_key"
    client: str = key(primary_key=True)
    key: str = Field(primary_key=True, max_length=64)
    """SHA-256 of the key as the client sent it."""
    content: str = Field(max_length=64)
    """SHA-256 of what was asked."""
    receipt: dict[str, Any] = json_column()
    at: datetime


class OrphanRow(Named, table=True):
    """Feedback whose target has not arrived."""

    __tablename__ = "orphan"
    __table_args__ = (sa.Index(None, "agent", "target"), sa.Index(None, "agent", "episode_id"))
    target: str | None = key()
    """Interaction it is about; the feedback itself is stored. None: it is about an episode."""
    episode_id: str | None = key()
    """Episode it is about; the feedback waits here, in `body`."""
    door: str = key()
    received_at: datetime
    body: dict[str, Any] = json_column()
    """Empty where the feedback itself is stored."""


class CaptureRow(Scoped, table=True):
    """The fields are explained in `loop.ports.deliveries.Capture`; orphans are counted from their own table."""

    __tablename__ = "capture"
    door: str = key(primary_key=True)
    calls: int = Field(sa_type=sa.BigInteger)
    feedback: int = Field(sa_type=sa.BigInteger)
    stored: int = Field(sa_type=sa.BigInteger)
    with_outcome: int = Field(sa_type=sa.BigInteger)
    rejected: dict[str, int] = json_column()
    dropped: int = Field(sa_type=sa.BigInteger)
    last_at: datetime | None
    days: list[Any] = json_column()
