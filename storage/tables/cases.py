"""What people did about cases: acts, blind audits with their answers, and named sets."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Named, Scoped, json_column, key


class CaseActRow(Named, table=True):
    __tablename__ = "case_act"
    __table_args__ = (sa.Index(None, "agent", "case_id"), sa.Index(None, "agent", "actor", "verb", "case_id"))
    case_id: str = key()
    verb: str = Field(max_length=20)
    actor: str = key()
    at: datetime
    about: str


class CaseAuditRow(Named, table=True):
    __tablename__ = "case_audit"
    __table_args__ = (sa.Index(None, "agent", "started_at"),)
    kind: str = Field(max_length=20)
    lead: str = key()
    case_ids: list[str] = json_column()
    drawn_from: int
    started_at: datetime
    ended_at: datetime | None


class AuditAnswerRow(Scoped, table=True):
    __tablename__ = "audit_answer"
    __table_args__ = (sa.ForeignKeyConstraint(["agent", "audit_id"], ["case_audit.agent", "case_audit.id"]),)
    audit_id: str = key(primary_key=True)
    case_id: str = key(primary_key=True)
    answer: str
    expected: str
    agrees: bool | None
    kept: str = Field(max_length=20)
    at: datetime


class CaseSetRow(Scoped, table=True):
    __tablename__ = "case_set"
    name: str = key(primary_key=True)
    digest: str = Field(max_length=64)
    case_ids: dict[str, Any] = json_column()
    actor: str
    at: datetime
