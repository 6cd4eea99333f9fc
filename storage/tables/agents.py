"""An agent, its versions, what is live, and the journals of it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Named, Scoped, Table, json_column, key, to_version


class AgentRow(Table, table=True):
    __tablename__ = "agent"
    slug: str = Field(primary_key=True, max_length=40)
    name: str
    task: str
    mode: str
    grading: str
    trusted_authors: list[str] = json_column()
    stakes_words: list[str] = json_column()
    own_contacts: list[str] = json_column()
    facts: list[str] = json_column()
    limits: dict[str, Any] = json_column()
    is_demo: bool
    created_at: datetime


class SecretRow(Scoped, table=True):
    """One per agent: what its draws are keyed with. Written once; read by `AgentReads.draw` and by nothing else."""

    __tablename__ = "agent_secret"
    secret: str = Field(max_length=64, repr=False)


class BundleRow(Scoped, table=True):
    __tablename__ = "bundle"
    digest: str = Field(primary_key=True, max_length=64)
    body: dict[str, Any] = json_column()


class VersionRow(Scoped, table=True):
    __tablename__ = "version"
    __table_args__ = (
        sa.ForeignKeyConstraint(["agent", "digest"], ["bundle.agent", "bundle.digest"]),
        sa.UniqueConstraint("agent", "proposal_id"),
        sa.Index(None, "agent", "digest"),
    )
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    digest: str = Field(max_length=64)
    parent: int | None
    proposal_id: str | None = key()
    restores: int | None
    summary: str
    created_at: datetime
    released_at: datetime | None
    """None: a candidate."""


class HeadRow(Scoped, table=True):
    """One per agent: what is live, where the journal ends. Writers of an agent queue on it."""

    __tablename__ = "head"
    __table_args__ = (to_version("agent", "number"),)
    number: int
    audit_seq: int
    audit_hash: str = Field(max_length=64)
    totals: dict[str, str] = json_column()
    """Of the rows that decide, by kind; see `storage.record`."""
    change_counter: int
    """Counts the writes that may give the loop something to do; arrivals are counted in `arrival_log`."""


class ArrivalLogRow(Scoped, table=True):
    """One per agent: the last log position given. Arrivals queue on it, and on nothing else."""

    __tablename__ = "arrival_log"
    seq: int = Field(sa_type=sa.BigInteger)
    totals: dict[str, str] = json_column()
    """Of what arrived; see `storage.arrival_totals`."""
    signature: str
    """Of position and totals, with the journal's key; empty without one."""


class TurnRow(Named, table=True):
    __tablename__ = "turn"
    __table_args__ = (sa.Index(None, "agent", "ended_at"),)
    started_at: datetime
    ended_at: datetime
    body: dict[str, Any] = json_column()


class AuditRow(Scoped, table=True):  # append-only: triggers refuse anything else
    __tablename__ = "audit"
    __table_args__ = (
        sa.Index(None, "agent", "actor", "seq"),
        sa.Index(None, "agent", "action", "seq"),
        sa.Index(None, "agent", "subject", "seq"),
        sa.Index(None, "agent", "at"),
    )
    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime
    actor: str
    action: str
    subject: str
    digests: dict[str, str] = json_column()
    previous: str = Field(max_length=64)
    hash: str = Field(max_length=64)
    signature: str
    """Name of the journal's key and HMAC of `hash`; empty where there was no key."""


class FailedJobRow(Named, table=True):
    """Durable work that failed: when it is tried again, or that it is set aside."""

    __tablename__ = "failed_job"
    kind: str = Field(max_length=20)
    subject: str = key()
    tries: int
    reason: str
    failed_at: datetime
    retry_at: datetime | None
