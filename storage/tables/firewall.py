"""What the firewall keeps: derived rows, each a function of the log of arrivals and decisions.

None of it is the truth: `ratchet recheck` makes it again from the log and compares.
"""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Scoped, json_column, key


def _only(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


_VOICE = ("has_voice", "choice", "author", "state", "at")
"""What is counted of a theme: an index with all of it is read instead of the rows."""

_CHOICE = ("choice", "state", "agree", "basis", "is_drawn_sealed")
"""What is counted of an author's choices."""


class JudgedRow(Scoped, table=True):
    """One feedback item as the firewall sees it; the fields are explained in `loop.records.judged.Judged`."""

    __tablename__ = "judged"
    __table_args__ = (
        sa.Index("ix_judged_interaction", "agent", "interaction_id"),
        sa.Index("ix_judged_author", "agent", "author", "at", "door"),
        sa.Index("ix_judged_chooser", "agent", "author", *_CHOICE, **_only("choice <> ''")),
        sa.Index("ix_judged_rater", "agent", "author", "family", "value", "state", **_only("choice = ''")),
        # Partial, so that no other read by the agent alone is planned on it.
        sa.Index("ix_judged_day", "agent", "day", **_only("day IS NOT NULL")),
        sa.Index("ix_judged_version", "agent", "version", "author", "state", "value", **_only("value IS NOT NULL")),
        sa.Index("ix_judged_group", "agent", "group"),
        sa.Index("ix_judged_question", "agent", "question", "author", **_only("question <> ''")),
        sa.Index("ix_judged_near", "agent", "near", "author", "choice", "seq", **_only("near > 0")),
        sa.Index("ix_judged_choosing", "agent", "seq", **_only("choice <> ''")),
        sa.Index("ix_judged_said", "agent", "said", **_only("said <> ''")),
        sa.Index("ix_judged_pair", "agent", "pair", "author", **_only("pair <> ''")),
        sa.Index("ix_judged_theme", "agent", "theme", "seq", **_only("theme <> ''")),
        sa.Index("ix_judged_theme_voice", "agent", "theme", *_VOICE, **_only("theme <> ''")),
        sa.Index("ix_judged_matter", "agent", "matter", "seq", **_only("matter <> ''")),
        sa.Index("ix_judged_matter_voice", "agent", "matter", *_VOICE, **_only("matter <> ''")),
        sa.Index("ix_judged_confirms", "agent", "seq", **_only("confirms")),
        sa.Index("ix_judged_nth", "agent", "author", "choice", "seq", **_only("nth > 0")),
        sa.Index("ix_judged_seconds", "agent", "kind", "seq", **_only("seconds IS NOT NULL")),
    )
    feedback_id: str = key(primary_key=True)
    seq: int = Field(sa_type=sa.BigInteger)
    interaction_id: str = key()
    author: str = key()
    door: str
    family: str = Field(max_length=20)
    kind: str = Field(max_length=20)
    at: float
    day: str = Field(max_length=10)
    version: int | None
    value: float | None
    is_wordy: bool
    group: str = key()
    topic: str
    question: str = Field(max_length=20)
    near: int = Field(sa_type=sa.BigInteger)
    choice: str
    pair: str
    confirms: bool
    nth: int
    said: str = Field(max_length=20)
    is_long: bool
    words: int
    seconds: float | None
    may_teach: bool
    is_drawn_sealed: bool
    state: str = Field(max_length=20)
    agree: int | None
    basis: int
    top: str
    top_chance: float | None
    given_chance: float | None
    rank: float | None
    has_voice: bool
    theme: str
    matter: str
    findings: str
    """JSON; empty for none, as it nearly always is."""


class QuestionRow(Scoped, table=True):
    """A distinct question somebody corrected, and its group of near-identical ones."""

    __tablename__ = "question"
    __table_args__ = (sa.UniqueConstraint("agent", "number"), sa.Index("ix_question_near", "agent", "near"))
    key: str = Field(primary_key=True, max_length=20)
    number: int = Field(sa_type=sa.BigInteger)
    near: int = Field(sa_type=sa.BigInteger)
    text: str


class BucketRow(Scoped, table=True):
    """A MinHash bucket and the first question in it."""

    __tablename__ = "bucket"
    bucket: int = Field(primary_key=True, sa_type=sa.BigInteger, sa_column_kwargs={"autoincrement": False})
    number: int = Field(sa_type=sa.BigInteger)


class StandingRow(Scoped, table=True):
    """How far one author has earned belief, with the sums it rests on."""

    __tablename__ = "standing"
    __table_args__ = (sa.Index("ix_standing_telling", "agent", **_only("is_telling")),)
    name: str = key(primary_key=True)
    standing: str = Field(max_length=20)
    is_telling: bool
    """Enough is known for the author to be anything but new, or they are."""
    body: dict[str, Any] = json_column()
    sums: dict[str, Any] = json_column()


class ClaimRow(Scoped, table=True):
    """One claim of one correction; the fields are explained in `loop.records.claims.Saying`."""

    __tablename__ = "claim"
    __table_args__ = (
        sa.Index("ix_claim_claim", "agent", "claim", "person"),
        sa.Index("ix_claim_person", "agent", "person", "at", **_only("counts")),
        sa.Index("ix_claim_teller", "agent", "person", "seq"),
        sa.Index("ix_claim_scope", "agent", "scope"),
        sa.Index("ix_claim_open", "agent", "scope", **_only("is_open")),
        sa.Index("ix_claim_door", "agent", "door"),
    )
    feedback_id: str = key(primary_key=True)
    claim: str = Field(primary_key=True, max_length=20)
    scope: str
    person: str = key()
    door: str
    conversation: str = key()
    at: float
    seq: int = Field(sa_type=sa.BigInteger)
    is_vouched: bool
    is_released: bool
    counts: bool
    is_open: bool


class KeptRow(Scoped, table=True):
    """A small document: a fit, the summary of a group, totals."""

    __tablename__ = "kept"
    kind: str = Field(primary_key=True, max_length=40)
    key: str = Field(primary_key=True)
    body: dict[str, Any] = json_column()


class DueRow(Scoped, table=True):
    """A key that one level of the firewall has to look at again."""

    __tablename__ = "due"
    __table_args__ = (sa.Index("ix_due_place", "agent", "level", "place", "key"),)
    level: str = Field(primary_key=True, max_length=20)
    key: str = Field(primary_key=True)
    stamp: int
    place: int = Field(sa_type=sa.BigInteger)
    """Log position for level `facts`, so that the order of the log is kept; 0 for the others."""
