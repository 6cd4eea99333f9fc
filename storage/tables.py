"""The tables. Every row belongs to one agent, and every key begins with it.

They live on a registry of their own, because Streamlit's file watcher imports modules anew and tables
on SQLModel's shared metadata may be defined only once. Rows are built and read in `storage.rows` only.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

KEY_LENGTH = 255
"""Characters in an id, author or topic: PostgreSQL's index entries end at 2,704 bytes."""

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


_CURRENT = sa.text("state <> 'superseded'")
_WHERE_CURRENT: dict[str, Any] = {"sqlite_where": _CURRENT, "postgresql_where": _CURRENT}


class Table(SQLModel, registry=registry(metadata=metadata)):
    """On our own registry."""

    @classmethod
    def core(cls) -> sa.Table:
        """The table for SQL expressions: `InteractionRow.core().c.topic`."""
        return metadata.tables[str(cls.__tablename__)]


class _Scoped(Table):
    """A row that belongs to one agent."""

    agent: str = Field(primary_key=True, foreign_key="agent.slug", max_length=40)


class _Named(_Scoped):
    """A row with an id of its own within the agent."""

    id: str = Field(primary_key=True, max_length=KEY_LENGTH)


def _key(**options: Any) -> Any:
    return Field(max_length=KEY_LENGTH, **options)


def _json() -> Any:
    return Field(sa_type=sa.JSON)


def _to_version(*columns: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(columns, ["version.agent", "version.number"])


def _to_proposal() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["agent", "proposal_id"], ["proposal.agent", "proposal.id"])


class AgentRow(Table, table=True):
    __tablename__ = "agent"
    slug: str = Field(primary_key=True, max_length=40)
    name: str
    task: str
    mode: str
    grading: str
    trusted_authors: list[str] = _json()
    limits: dict[str, Any] = _json()
    is_demo: bool
    created_at: datetime


class BundleRow(_Scoped, table=True):
    __tablename__ = "bundle"
    digest: str = Field(primary_key=True, max_length=64)
    body: dict[str, Any] = _json()


class VersionRow(_Scoped, table=True):
    __tablename__ = "version"
    __table_args__ = (
        sa.ForeignKeyConstraint(["agent", "digest"], ["bundle.agent", "bundle.digest"]),
        sa.UniqueConstraint("agent", "proposal_id"),
    )
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    digest: str = Field(max_length=64)
    parent: int | None
    proposal_id: str | None = _key()
    restores: int | None
    summary: str
    created_at: datetime


class HeadRow(_Scoped, table=True):
    """One per agent: what is live, where the journal ends. Writers of an agent queue on it."""

    __tablename__ = "head"
    __table_args__ = (_to_version("agent", "number"),)
    number: int
    audit_seq: int
    audit_hash: str = Field(max_length=64)
    mark: int
    """Counts the writes that may give the loop something to do."""


class InteractionRow(_Named, table=True):
    __tablename__ = "interaction"
    __table_args__ = (
        sa.Index(None, "agent", "episode_id"),
        sa.Index(None, "agent", "at"),
        sa.Index(None, "agent", "topic"),
        sa.Index(None, "agent", "version"),
    )
    episode_id: str = _key()
    customer: str = _key()
    position: int
    at: datetime
    question: str
    context: dict[str, Any] = _json()
    answer: str
    label: str | None
    article_id: str | None
    method: str
    confidence: float | None
    uses: list[str] = _json()
    version: int | None
    topic: str = _key()
    steps: list[Any] = _json()
    source: str
    attributes: dict[str, Any] = _json()
    content_digest: str = Field(max_length=64)


class FeedbackRow(_Named, table=True):  # no foreign key to the interaction: feedback may arrive first
    __tablename__ = "feedback"
    __table_args__ = (
        sa.Index(None, "agent", "state", "received_at"),
        sa.Index(None, "agent", "interaction_id"),
        sa.Index(None, "agent", "author"),
        sa.Index(None, "agent", "kind"),
        sa.Index("uq_feedback_current", "agent", "interaction_id", "kind", "author", unique=True, **_WHERE_CURRENT),
    )
    interaction_id: str = _key()
    kind: str = Field(max_length=20)
    value: float | None
    text: str
    label: str | None
    article_id: str | None
    reason: str
    teaches: bool
    author: str = _key()
    source: str
    at: datetime
    received_at: datetime
    seconds_to_answer: float | None
    supersedes: str | None
    attributes: dict[str, Any] = _json()
    state: str = Field(max_length=20)
    content_digest: str = Field(max_length=64)


class FlagRow(_Scoped, table=True):
    __tablename__ = "flag"
    __table_args__ = (
        sa.ForeignKeyConstraint(["agent", "feedback_id"], ["feedback.agent", "feedback.id"]),
        sa.Index(None, "agent", "detector"),
    )
    feedback_id: str = _key(primary_key=True)
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    detector: str = _key()
    reason: str
    related: list[str] = _json()
    at: datetime


class ScoreRow(_Named, table=True):
    __tablename__ = "score"
    __table_args__ = (sa.Index(None, "agent", "interaction_id"),)
    interaction_id: str = _key()
    evaluator: str = _key()
    value: float | None
    explanation: str
    at: datetime


class IssueRow(_Named, table=True):
    __tablename__ = "issue"
    position: int
    """Place in the order the issues were handed in."""
    kind: str = Field(max_length=20)
    title: str
    topic: str = _key()
    support: int
    is_supported: bool
    last_at: datetime
    body: dict[str, Any] = _json()


class EvalCaseRow(_Named, table=True):
    __tablename__ = "eval_case"
    __table_args__ = (sa.Index(None, "agent", "split"), sa.Index(None, "agent", "feedback_id"))
    split: str = Field(max_length=20)
    group: str
    question: str
    context: dict[str, Any] = _json()
    grading: str = Field(max_length=20)
    expected: str
    must_include: list[str] = _json()
    must_exclude: list[str] = _json()
    topic: str = _key()
    is_protected: bool
    author: str
    feedback_id: str | None = _key()
    interaction_id: str | None = _key()
    at: datetime
    retired: bool


class ProposalRow(_Named, table=True):
    __tablename__ = "proposal"
    __table_args__ = (_to_version("agent", "base_number"), sa.Index(None, "agent", "state", "created_at"))
    base_number: int
    base_digest: str = Field(max_length=64)
    candidate_digest: str = Field(max_length=64)
    operations: list[Any] = _json()
    changes: list[Any] = _json()
    title: str
    rationale: str
    evidence: list[str] = _json()
    issue_ids: list[str] = _json()
    expected_fixes: list[str] = _json()
    proposer: str
    authors: list[str] = _json()
    stakes: dict[str, Any] = _json()
    replaces: str | None
    created_at: datetime
    state: str = Field(max_length=20)
    evidence_digest: str = Field(max_length=64)
    """What a decision must be bound to; empty until it is tested."""


class ReportRow(_Named, table=True):
    __tablename__ = "report"
    __table_args__ = (sa.UniqueConstraint("agent", "proposal_id"), _to_proposal())
    proposal_id: str = _key()
    verdict: str = Field(max_length=20)
    dev_n: int
    dev_effect: float | None
    sealed_n: int
    sealed_effect: float | None
    sealed_low: float | None
    sealed_high: float | None
    at: datetime
    looks: int
    """Times the sealed set was used for this proposal, by replaced reports too."""
    body: dict[str, Any] = _json()


class DecisionRow(_Named, table=True):
    __tablename__ = "decision"
    __table_args__ = (
        _to_proposal(),
        sa.UniqueConstraint("agent", "undoes"),
        sa.Index(None, "agent", "proposal_id"),
        sa.Index(None, "agent", "verb", "effective_at"),
    )
    proposal_id: str = _key()
    verb: str = Field(max_length=20)
    actor: dict[str, Any] = _json()
    reason: str
    categories: list[str] = _json()
    seen_digest: str = Field(max_length=64)
    at: datetime
    effective_at: datetime
    undoes: str | None = _key()
    successor_id: str | None


class ReleaseRow(_Named, table=True):
    __tablename__ = "release"
    __table_args__ = (
        _to_version("agent", "number"),
        sa.ForeignKeyConstraint(["agent", "decision_id"], ["decision.agent", "decision.id"]),
        sa.UniqueConstraint("agent", "decision_id"),
        sa.UniqueConstraint("agent", "number"),
    )
    kind: str = Field(max_length=20)
    number: int
    from_number: int | None
    share: float
    decision_id: str | None = _key()
    proposal_id: str | None
    actor: str
    reason: str
    at: datetime


class MeasurementRow(_Scoped, table=True):
    __tablename__ = "measurement"
    __table_args__ = (_to_version("agent", "number"),)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    case_set_digest: str = Field(primary_key=True, max_length=64)
    at: datetime = Field(primary_key=True)
    n: int
    right: int
    low: float | None
    high: float | None


class DailyQualityRow(_Scoped, table=True):
    __tablename__ = "daily_quality"
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    day: str = Field(max_length=10)
    number: int | None
    n: int
    good: int
    low: float | None
    high: float | None


class TurnRow(_Named, table=True):
    __tablename__ = "turn"
    __table_args__ = (sa.Index(None, "agent", "ended_at"),)
    started_at: datetime
    ended_at: datetime
    body: dict[str, Any] = _json()


class AuditRow(_Scoped, table=True):  # append-only: triggers refuse anything else
    __tablename__ = "audit"
    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime
    actor: str
    action: str
    subject: str
    digests: dict[str, str] = _json()
    previous: str = Field(max_length=64)
    hash: str = Field(max_length=64)
