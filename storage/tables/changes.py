"""From an issue to a release: cases, proposals, experiments, reports, decisions, and what came of them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Named, Scoped, json_column, key, to_proposal, to_version


class IssueRow(Named, table=True):
    __tablename__ = "issue"
    kind: str = Field(max_length=20)
    title: str
    topic: str = key()
    support: int
    is_supported: bool
    last_at: datetime
    body: dict[str, Any] = json_column()


_COUNTED = ("author", "topic", "at", "vouched_by", "is_protected")
"""What is counted of cases: an index with all of it is read instead of the rows."""


class EvalCaseRow(Named, table=True):
    __tablename__ = "eval_case"
    __table_args__ = (
        sa.Index("ix_eval_case_newest", "agent", "split", "retired", "at", "id"),
        sa.Index(None, "agent", "feedback_id"),
        sa.Index(None, "agent", "interaction_id"),
        sa.Index("ix_eval_case_group", "agent", "group", "split", "retired"),
        sa.Index("ix_eval_case_author", "agent", "author", "retired", "split", "group", "at"),
        sa.Index("ix_eval_case_maker", "agent", "retired", "split", *_COUNTED),
    )
    split: str = Field(max_length=20)
    group: str
    question: str
    context: dict[str, Any] = json_column()
    grading: str = Field(max_length=20)
    expected: str
    must_include: list[str] = json_column()
    must_exclude: list[str] = json_column()
    topic: str = key()
    is_protected: bool
    author: str
    vouched_by: str
    feedback_id: str | None = key()
    interaction_id: str | None = key()
    at: datetime
    retired: bool


class ProposalRow(Named, table=True):
    __tablename__ = "proposal"
    __table_args__ = (
        to_version("agent", "base_number"),
        sa.Index(None, "agent", "state", "created_at"),
        sa.Index(None, "agent", "root_id"),
    )
    base_number: int
    base_digest: str = Field(max_length=64)
    candidate_digest: str = Field(max_length=64)
    operations: list[Any] = json_column()
    changes: list[Any] = json_column()
    title: str
    rationale: str
    evidence: list[str] = json_column()
    issue_ids: list[str] = json_column()
    expected_fixes: list[str] = json_column()
    proposer: str
    authors: list[str] = json_column()
    stakes: dict[str, Any] = json_column()
    replaces: str | None
    created_at: datetime
    state: str = Field(max_length=20)
    evidence_digest: str = Field(max_length=64)
    """What a decision must be bound to; empty until it is tested."""
    report_id: str | None = key()
    """The report a reviewer is shown now. No foreign key: reports point to proposals."""
    stale_reason: str
    root_id: str = key(default="", sa_column_kwargs={"server_default": ""})
    """The first proposal of the chain of replacements this one stands in; its own id where it replaces none."""
    waits_since: datetime | None = None
    """When that one was drafted."""
    practice: str = Field(default="", max_length=20, sa_column_kwargs={"server_default": ""})
    """What is known of a practice case (`loop.records.practice.PracticeKind`); empty: a change like any other."""


class ExperimentRow(Named, table=True):
    __tablename__ = "experiment"
    __table_args__ = (to_proposal(), sa.Index(None, "agent", "proposal_id"))
    kind: str = Field(max_length=20)
    proposal_id: str = key()
    arms: list[Any] = json_column()
    started_at: datetime
    ended_at: datetime | None
    state: str = Field(max_length=20)


class ReportRow(Named, table=True):
    __tablename__ = "report"
    __table_args__ = (
        to_proposal(),
        sa.ForeignKeyConstraint(["agent", "experiment_id"], ["experiment.agent", "experiment.id"]),
        sa.Index(None, "agent", "proposal_id"),
    )
    proposal_id: str = key()
    experiment_id: str | None = key()
    verdict: str = Field(max_length=20)
    dev_n: int
    dev_effect: float | None
    sealed_n: int
    sealed_effect: float | None
    sealed_low: float | None
    sealed_high: float | None
    at: datetime
    looks: int
    """Times the sealed set was used for it: 1 or 0, more where it stands for earlier ones that are gone."""
    look: int | None
    """Number of the look that was charged to the budget of error; None: none was."""
    p: float | None
    """Of that look: how often a change that does nothing would look this good."""
    level: float | None
    """At which it was tested."""
    moved: int
    """Sealed cases fixed or broken."""
    expected_gain: float | None
    """None in reports of earlier releases."""
    body: dict[str, Any] = json_column()


class AnswerRow(Scoped, table=True):
    """What a bundle answered to a case, kept once. No foreign keys: what was asked is not always stored."""

    __tablename__ = "answer"
    __table_args__ = (sa.Index(None, "agent", "case_id", "digest"),)
    digest: str = Field(primary_key=True, max_length=64)
    case_id: str = key(primary_key=True)
    body: dict[str, Any] = json_column()


class DecisionRow(Named, table=True):
    __tablename__ = "decision"
    __table_args__ = (
        to_proposal(),
        sa.ForeignKeyConstraint(["agent", "report_id"], ["report.agent", "report.id"]),
        sa.UniqueConstraint("agent", "undoes"),
        sa.Index(None, "agent", "proposal_id"),
        sa.Index(None, "agent", "verb", "effective_at"),
    )
    proposal_id: str = key()
    verb: str = Field(max_length=20)
    actor: dict[str, Any] = json_column()
    reason: str
    categories: list[str] = json_column()
    seen_digest: str = Field(max_length=64)
    report_id: str | None = key()
    at: datetime
    effective_at: datetime
    undoes: str | None = key()
    successor_id: str | None
    completes: str | None = None


class ReleaseRow(Named, table=True):
    __tablename__ = "release"
    __table_args__ = (
        to_version("agent", "number"),
        sa.ForeignKeyConstraint(["agent", "decision_id"], ["decision.agent", "decision.id"]),
        sa.UniqueConstraint("agent", "decision_id", "step"),
        sa.Index(None, "agent", "number"),
    )
    kind: str = Field(max_length=20)
    number: int
    from_number: int | None
    share: float
    step: int
    decision_id: str | None = key()
    proposal_id: str | None
    actor: str
    reason: str
    at: datetime


class MeasurementRow(Scoped, table=True):
    __tablename__ = "measurement"
    __table_args__ = (to_version("agent", "number"),)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    case_set_digest: str = Field(primary_key=True, max_length=64)
    at: datetime = Field(primary_key=True)
    n: int
    right: int
    low: float | None
    high: float | None


class ComparisonRow(Scoped, table=True):
    __tablename__ = "comparison"
    __table_args__ = (to_version("agent", "number"),)
    kind: str = Field(primary_key=True, max_length=20)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    body: dict[str, Any] = json_column()


class DailyQualityRow(Scoped, table=True):
    __tablename__ = "daily_quality"
    day: str = Field(primary_key=True, max_length=10)
    place: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """The number, or −1 where it is unknown."""
    number: int | None
    n: int
    good: int
    low: float | None
    high: float | None
    waiting: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Signals whose outcome window was open when the day was counted."""
