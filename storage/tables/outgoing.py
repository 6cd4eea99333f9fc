"""What leaves: the outbox of versions that went live, and how many questions were put to what costs."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Named, Scoped, json_column, key


class OutboxRow(Named, table=True):
    """The fields are explained in `loop.records.delivery.Announcement`."""

    __tablename__ = "outbox"
    __table_args__ = (sa.Index(None, "agent", "done_at"),)
    number: int
    digest: str = Field(max_length=64)
    kind: str = Field(max_length=20)
    from_number: int | None
    at: datetime
    told: list[str] = json_column()
    done_at: datetime | None


class NoticeRow(Named, table=True):
    """The fields are explained in `loop.records.notices.Notice`."""

    __tablename__ = "notice"
    __table_args__ = (sa.Index(None, "agent", "done_at"),)
    kind: str = Field(max_length=20)
    subject: str = key()
    at: datetime
    told: list[str] = json_column()
    done_at: datetime | None


class AsksRow(Scoped, table=True):
    """Questions put on one day, which the agent's ceiling bounds."""

    __tablename__ = "asks"
    day: str = Field(primary_key=True, max_length=10)
    n: int
