"""Who may sign in, and the sign-ins that are open: of the whole database; grants, which decide, of each agent.

What belongs to no agent is in no agent's journal. Each of its rows carries a signature made with the journal's key
instead: a row written or changed with SQL alone lets nobody in.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Scoped, Table, key


class PersonRow(Table, table=True):
    """The fields are explained in `loop.records.access.Person`."""

    __tablename__ = "person"
    name: str = key(primary_key=True)
    email: str = key(index=True)
    issuer: str = key()
    subject: str = key()
    password: str
    created_at: datetime
    disabled_at: datetime | None
    signature: str
    __table_args__ = (sa.Index(None, "issuer", "subject"),)


class SignInRow(Table, table=True):
    """The fields are explained in `loop.records.access.SignIn`."""

    __tablename__ = "sign_in"
    digest: str = Field(primary_key=True, max_length=64)
    person: str = key(index=True)
    created_at: datetime
    expires_at: datetime
    idle_seconds: int
    seen_at: datetime
    revoked_at: datetime | None
    signature: str
    """Of all but `seen_at`."""


class SignInLinkRow(Table, table=True):
    """The fields are explained in `loop.records.access.SignInLink`."""

    __tablename__ = "sign_in_link"
    digest: str = Field(primary_key=True, max_length=64)
    kind: str = Field(max_length=20)
    person: str = key()
    expires_at: datetime
    used_at: datetime | None
    signature: str


class SignInFailureRow(Table, table=True):
    """Passwords that were wrong, by the name that was tried, whether or not there is such a person."""

    __tablename__ = "sign_in_failure"
    name: str = Field(primary_key=True, max_length=64)
    """SHA-256 of the name."""
    count: int
    last_at: datetime


class GrantRow(Scoped, table=True):
    """The fields are explained in `loop.records.access.Grant`."""

    __tablename__ = "role_grant"
    name: str = key(primary_key=True)
    role: str = Field(max_length=20)
    given_by: str = key()
    at: datetime


WORKSPACE = frozenset({"person", "sign_in", "sign_in_link", "sign_in_failure"})
"""Tables whose rows belong to no agent."""
