"""Covering indexes: voices, authors and cases are counted from an index alone; those nobody reads any more go.

Revision 0003_voices, after 0002_floor. Idempotent: for a time 0002_floor made these indexes itself, so that a database
at that revision may have them already, some under a name that meant fewer columns. All indexes of `judged` are made
anew, because SQLite takes the one made last where several look equally good. Rows stay as they are.
"""

from typing import NamedTuple

import sqlalchemy as sa
from alembic import op

revision = "0003_voices"
down_revision = "0002_floor"
branch_labels = None
depends_on = None


class _Index(NamedTuple):
    """One index of a table; every index begins with the agent."""

    name: str
    table: str
    columns: tuple[str, ...]
    condition: str = ""


_VOICE = ("has_voice", "choice", "author", "state", "at")
_CHOICE = ("choice", "state", "agree", "basis", "is_drawn_sealed")

_INTERACTION = _Index("ix_judged_interaction", "judged", ("interaction_id",))
_TO_PAIR = (
    _Index("ix_judged_day", "judged", ("day",), "value IS NOT NULL"),
    _Index("ix_judged_version", "judged", ("version", "author", "state", "value"), "value IS NOT NULL"),
    _Index("ix_judged_group", "judged", ("group",)),
    _Index("ix_judged_question", "judged", ("question", "author"), "question <> ''"),
    _Index("ix_judged_near", "judged", ("near", "author", "choice", "seq"), "near > 0"),
    _Index("ix_judged_choosing", "judged", ("seq",), "choice <> ''"),
    _Index("ix_judged_said", "judged", ("said",), "said <> ''"),
    _Index("ix_judged_pair", "judged", ("pair", "author"), "pair <> ''"),
)
_THEME = _Index("ix_judged_theme", "judged", ("theme", "seq"), "theme <> ''")
_MATTER = _Index("ix_judged_matter", "judged", ("matter", "seq"), "matter <> ''")
_FROM_CONFIRMS = (
    _Index("ix_judged_confirms", "judged", ("seq",), "confirms"),
    _Index("ix_judged_nth", "judged", ("author", "choice", "seq"), "nth > 0"),
    _Index("ix_judged_seconds", "judged", ("kind", "seq"), "seconds IS NOT NULL"),
)

_BEFORE = (
    _Index("ix_feedback_new", "feedback", ("seq",), "state = 'new'"),
    _Index("ix_eval_case_agent_split", "eval_case", ("split",)),
    _Index("ix_eval_case_agent_group", "eval_case", ("group",)),
    _INTERACTION,
    _Index("ix_judged_author", "judged", ("author", "at")),
    *_TO_PAIR,
    _THEME,
    _MATTER,
    *_FROM_CONFIRMS,
)
_AFTER = (
    _Index("ix_eval_case_newest", "eval_case", ("split", "retired", "at", "id")),
    _Index("ix_eval_case_group", "eval_case", ("group", "at", "id", "split")),
    _INTERACTION,
    _Index("ix_judged_author", "judged", ("author", "at", "door")),
    _Index("ix_judged_chooser", "judged", ("author", *_CHOICE), "choice <> ''"),
    _Index("ix_judged_rater", "judged", ("author", "family", "value", "state"), "choice = ''"),
    *_TO_PAIR,
    _THEME,
    _Index("ix_judged_theme_voice", "judged", ("theme", *_VOICE), "theme <> ''"),
    _MATTER,
    _Index("ix_judged_matter_voice", "judged", ("matter", *_VOICE), "matter <> ''"),
    *_FROM_CONFIRMS,
)


def upgrade() -> None:
    _make_anew(_AFTER)


def downgrade() -> None:
    _make_anew(_BEFORE)


def _make_anew(indexes: tuple[_Index, ...]) -> None:
    """Make these in this order, whichever of both sets are there."""
    for name, table in {index.name: index.table for index in (*_BEFORE, *_AFTER)}.items():
        op.drop_index(name, table, if_exists=True)
    for index in indexes:
        where = sa.text(index.condition) if index.condition else None
        op.create_index(index.name, index.table, ["agent", *index.columns], sqlite_where=where, postgresql_where=where)
