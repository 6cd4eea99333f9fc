"""What reviewers leave beside their decisions, and every case a change was tried on."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Named, Scoped, json_column, key, to_proposal


class ViewingRow(Scoped, table=True):
    """Who reads which proposal until when: a lease that ends by itself."""

    __tablename__ = "viewing"
    __table_args__ = (to_proposal(), sa.Index(None, "agent", "until"), sa.Index(None, "agent", "decided_at"))
    proposal_id: str = key(primary_key=True)
    person: str = key(primary_key=True)
    first_at: datetime
    since: datetime
    until: datetime
    verb: str = Field(max_length=20)
    seconds: float | None
    decided_at: datetime | None


class RemarkRow(Named, table=True):
    """A comment on a proposal or one of its lines."""

    __tablename__ = "remark"
    __table_args__ = (to_proposal(), sa.Index(None, "agent", "proposal_id", "at"))
    proposal_id: str = key()
    author: str = key()
    text: str
    element: str
    side: str = Field(max_length=10)
    line: int | None
    quote: str
    at: datetime
    withdrawn_at: datetime | None


class OutcomeRow(Scoped, table=True):
    """One dev case under base and candidate, of one report: complete, where the report itself holds a sample."""

    __tablename__ = "outcome"
    __table_args__ = (
        sa.ForeignKeyConstraint(["agent", "report_id"], ["report.agent", "report.id"]),
        sa.Index(None, "agent", "report_id", "movement", "place"),
    )
    report_id: str = key(primary_key=True)
    place: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    movement: str = Field(max_length=20)
    case_id: str = key()
    body: dict[str, Any] = json_column()


class PracticeAnswerRow(Named, table=True):
    """What somebody decided about a practice case."""

    __tablename__ = "practice_answer"
    __table_args__ = (to_proposal(), sa.Index(None, "agent", "at"))
    proposal_id: str = key()
    person: str = key()
    kind: str = Field(max_length=20)
    verb: str = Field(max_length=20)
    seconds: float | None
    at: datetime
