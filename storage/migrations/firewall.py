"""The tables of the firewall's derived rows, for revision 0002; everything stored before is put on its list."""

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

_TEXT = sa.String()


def add_firewall() -> None:
    """Create the tables, empty, with every stored feedback due."""
    _judged()
    for name, columns in _SMALL.items():
        op.create_table(
            name, sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False), *columns()
        )
    op.create_index("ix_question_near", "question", ["agent", "near"])
    telling = sa.text("is_telling")
    op.create_index("ix_standing_telling", "standing", ["agent"], sqlite_where=telling, postgresql_where=telling)
    op.create_index("ix_due_place", "due", ["agent", "level", "place", "key"])
    op.execute("INSERT INTO due (agent, level, key, stamp, place) SELECT agent, 'facts', id, 1, seq FROM feedback")


def drop_firewall() -> None:
    """What is derived goes without loss."""
    for name in ("due", "kept", "standing", "bucket", "question", "judged"):
        op.drop_table(name)


def rebuild_daily() -> None:
    """Days are keyed by what they are about, so that one day can be written anew without the others."""
    op.create_table(
        "daily_quality_new",
        sa.Column("agent", sa.String(40), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("n", "good")),
        *(sa.Column(name, sa.Float(), nullable=True) for name in ("low", "high")),
        sa.ForeignKeyConstraint(["agent"], ["agent.slug"], name="fk_daily_quality_agent_agent"),
        sa.PrimaryKeyConstraint("agent", "day", "place", name="pk_daily_quality_new"),
    )
    op.execute(
        "INSERT INTO daily_quality_new (agent, day, place, number, n, good, low, high) "
        "SELECT agent, day, coalesce(number, -1), number, n, good, low, high FROM daily_quality"
    )
    op.drop_table("daily_quality")
    op.rename_table("daily_quality_new", "daily_quality")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX pk_daily_quality_new RENAME TO pk_daily_quality")


def _judged() -> None:
    def text(name: str, length: int | None = None) -> sa.Column[str]:
        return sa.Column(name, sa.String(length), nullable=False)

    def flag(name: str) -> sa.Column[bool]:
        return sa.Column(name, sa.Boolean(), nullable=False)

    op.create_table(
        "judged",
        sa.Column("agent", sa.String(40), sa.ForeignKey("agent.slug"), nullable=False),
        text("feedback_id", 255),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        text("interaction_id", 255),
        text("author", 255),
        text("door"),
        text("family", 20),
        text("kind", 20),
        sa.Column("at", sa.Float(), nullable=False),
        text("day", 10),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("value", sa.Float(), nullable=True),
        flag("is_wordy"),
        text("group", 255),
        text("topic"),
        text("question", 20),
        sa.Column("near", sa.BigInteger(), nullable=False),
        text("choice"),
        text("pair"),
        flag("confirms"),
        sa.Column("nth", sa.Integer(), nullable=False),
        text("said", 20),
        flag("is_long"),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        flag("may_teach"),
        flag("is_drawn_sealed"),
        text("state", 20),
        sa.Column("agree", sa.Integer(), nullable=True),
        sa.Column("basis", sa.Integer(), nullable=False),
        text("top"),
        *(sa.Column(name, sa.Float(), nullable=True) for name in ("top_chance", "given_chance", "rank")),
        flag("has_voice"),
        text("theme"),
        text("matter"),
        text("findings"),
        sa.PrimaryKeyConstraint("agent", "feedback_id"),
    )
    for name, columns, condition in _INDEXES:
        where = sa.text(condition) if condition else None
        op.create_index(f"ix_judged_{name}", "judged", ["agent", *columns], sqlite_where=where, postgresql_where=where)


_INDEXES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("interaction", ("interaction_id",), ""),
    ("author", ("author", "at"), ""),
    ("day", ("day",), "value IS NOT NULL"),
    ("version", ("version", "author", "state", "value"), "value IS NOT NULL"),
    ("group", ("group",), ""),
    ("question", ("question", "author"), "question <> ''"),
    ("near", ("near", "author", "choice", "seq"), "near > 0"),
    ("choosing", ("seq",), "choice <> ''"),
    ("said", ("said",), "said <> ''"),
    ("pair", ("pair", "author"), "pair <> ''"),
    ("theme", ("theme", "seq"), "theme <> ''"),
    ("matter", ("matter", "seq"), "matter <> ''"),
    ("confirms", ("seq",), "confirms"),
    ("nth", ("author", "choice", "seq"), "nth > 0"),
    ("seconds", ("kind", "seq"), "seconds IS NOT NULL"),
)

_SMALL: Mapping[str, Callable[[], tuple[Any, ...]]] = {
    "question": lambda: (
        sa.Column("key", sa.String(20), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("near", sa.BigInteger(), nullable=False),
        sa.Column("text", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("agent", "key"),
        sa.UniqueConstraint("agent", "number"),
    ),
    "bucket": lambda: (
        sa.Column("bucket", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "bucket"),
    ),
    "standing": lambda: (
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("standing", sa.String(20), nullable=False),
        sa.Column("is_telling", sa.Boolean(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("sums", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "name"),
    ),
    "kept": lambda: (
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "kind", "key"),
    ),
    "due": lambda: (
        sa.Column("level", sa.String(20), nullable=False),
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("stamp", sa.Integer(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "level", "key"),
    ),
}
