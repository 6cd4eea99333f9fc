"""The registry our tables live on, and what their rows share: an agent first in every key."""

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


class Table(SQLModel, registry=registry(metadata=metadata)):
    """On our own registry."""

    model_config = {"defer_build": True}  # rows are read as records: a validator for each table is time at every start

    @classmethod
    def core(cls) -> sa.Table:
        """The table for SQL expressions: `InteractionRow.core().c.topic`."""
        return metadata.tables[str(cls.__tablename__)]


class Scoped(Table):
    """A row that belongs to one agent."""

    agent: str = Field(primary_key=True, foreign_key="agent.slug", max_length=40)


class Named(Scoped):
    """A row with an id of its own within the agent."""

    id: str = Field(primary_key=True, max_length=KEY_LENGTH)


def key(**options: Any) -> Any:
    """A column that may stand in an index."""
    return Field(max_length=KEY_LENGTH, **options)


def json_column() -> Any:
    """JSON as it was written."""
    return Field(sa_type=sa.JSON)


def to_version(*columns: str) -> sa.ForeignKeyConstraint:
    """Points to a version of the same agent."""
    return sa.ForeignKeyConstraint(columns, ["version.agent", "version.number"])


def to_proposal() -> sa.ForeignKeyConstraint:
    """Points to a proposal of the same agent."""
    return sa.ForeignKeyConstraint(["agent", "proposal_id"], ["proposal.agent", "proposal.id"])
