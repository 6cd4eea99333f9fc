"""Daily aggregates, which charts and the manager's four sentences rest on. Derived: a recheck makes them again."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Scoped


def place() -> Any:
    """A version's number as part of a key, or −1 where it is unknown."""
    return Field(primary_key=True, sa_column_kwargs={"autoincrement": False})


class DailySignalRow(Scoped, table=True):
    """The fields are explained in `loop.records.counts.DaySignal`."""

    __tablename__ = "daily_signal"
    day: str = Field(primary_key=True, max_length=10)
    kind: str = Field(primary_key=True, max_length=20)
    topic: str = Field(primary_key=True)
    place: int = place()
    told: int
    held: int
    n: int
    good: int
    waiting: int


class HourlySignalRow(Scoped, table=True):
    """The fields are explained in `loop.records.counts.HourSignal`."""

    __tablename__ = "hourly_signal"
    day: str = Field(primary_key=True, max_length=10)
    kind: str = Field(primary_key=True, max_length=20)
    topic: str = Field(primary_key=True)
    hour: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    n: int
    good: int


class DailyAnswersRow(Scoped, table=True):
    """The fields are explained in `loop.records.counts.DayAnswers`."""

    __tablename__ = "daily_answers"
    day: str = Field(primary_key=True, max_length=10)
    place: int = place()
    n: int
    handed_over: int
    priced: int
    money: float = Field(sa_type=sa.Float)


class DailyWorkRow(Scoped, table=True):
    """The fields are explained in `loop.records.counts.DayWork`. Of nobody in particular: people are not measured."""

    __tablename__ = "daily_work"
    day: str = Field(primary_key=True, max_length=10)
    acts: int
    seconds: float = Field(sa_type=sa.Float)
