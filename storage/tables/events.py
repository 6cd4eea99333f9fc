"""What arrives: interactions, feedback with its flags, scores."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Named, Scoped, json_column, key

_CURRENT = sa.text("state <> 'superseded'")
_WHERE_CURRENT: dict[str, Any] = {"sqlite_where": _CURRENT, "postgresql_where": _CURRENT}


class InteractionRow(Named, table=True):
    __tablename__ = "interaction"
    __table_args__ = (
        sa.Index(None, "agent", "episode_id"),
        sa.Index(None, "agent", "at"),
        sa.Index(None, "agent", "topic"),
        sa.Index(None, "agent", "version"),
        sa.Index(None, "agent", "seq"),
    )
    seq: int = Field(sa_type=sa.BigInteger)
    """Log position: one count per agent over interactions and feedback, without gaps to wait for. A new one when the
    content changes."""
    episode_id: str = key()
    customer: str = key()
    position: int
    at: datetime
    question: str
    context: dict[str, Any] = json_column()
    answer: str
    label: str | None
    article_id: str | None
    method: str
    confidence: float | None
    uses: list[str] = json_column()
    version: int | None
    bundle_digest: str | None = Field(max_length=64)
    experiment_id: str | None = key()
    arm: str | None = key()
    probability: float | None
    topic: str = key()
    steps: list[Any] = json_column()
    source: str
    attributes: dict[str, Any] = json_column()
    content_digest: str = Field(max_length=64)


_WHO_ON_WHAT = ("agent", "interaction_id", "kind", "author", "source")


class FeedbackRow(Named, table=True):  # no foreign key to the interaction: feedback may arrive first
    __tablename__ = "feedback"
    __table_args__ = (
        sa.Index(None, "agent", "state", "received_at"),
        sa.Index(None, "agent", "interaction_id"),
        sa.Index(None, "agent", "author"),
        sa.Index(None, "agent", "kind"),
        sa.Index(None, "agent", "source", "received_at"),
        sa.Index("uq_feedback_current", *_WHO_ON_WHAT, unique=True, **_WHERE_CURRENT),
        sa.Index(None, "agent", "seq"),
    )
    seq: int = Field(sa_type=sa.BigInteger)
    """Log position, given once."""
    interaction_id: str = key()
    kind: str = Field(max_length=20)
    value: float | None
    text: str
    label: str | None
    article_id: str | None
    reason: str
    teaches: bool
    author: str = key()
    source: str
    at: datetime
    received_at: datetime
    seconds_to_answer: float | None
    supersedes: str | None
    attributes: dict[str, Any] = json_column()
    state: str = Field(max_length=20)
    content_digest: str = Field(max_length=64)


class FlagRow(Scoped, table=True):
    __tablename__ = "flag"
    __table_args__ = (
        sa.ForeignKeyConstraint(["agent", "feedback_id"], ["feedback.agent", "feedback.id"]),
        sa.Index(None, "agent", "detector"),
    )
    feedback_id: str = key(primary_key=True)
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    detector: str = key()
    reason: str
    related: list[str] = json_column()
    at: datetime


class ScoreRow(Named, table=True):
    __tablename__ = "score"
    __table_args__ = (sa.Index(None, "agent", "interaction_id"),)
    interaction_id: str = key()
    evaluator: str = key()
    value: float | None
    explanation: str
    at: datetime
