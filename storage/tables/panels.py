"""Blind audits of the firewall: what was drawn, and what people said of it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Named, Scoped, json_column, key


class FirewallAuditRow(Named, table=True):
    __tablename__ = "firewall_audit"
    __table_args__ = (sa.Index(None, "agent", "drawn_at"),)
    drawn_at: datetime
    body: dict[str, Any] = json_column()


class FirewallVerdictRow(Scoped, table=True):
    __tablename__ = "firewall_verdict"
    __table_args__ = (sa.ForeignKeyConstraint(["agent", "audit_id"], ["firewall_audit.agent", "firewall_audit.id"]),)
    audit_id: str = key(primary_key=True)
    feedback_id: str = key(primary_key=True)
    rater: str = key(primary_key=True)
    says: str = Field(max_length=20)
    is_alone: bool
    at: datetime
