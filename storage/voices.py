"""What the firewall knows of groups and themes, and what they led to: the other half of `loop.ports.Knowledge`."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any, Literal

import sqlalchemy as sa

from loop.heldout import SPLIT_ORDER
from loop.records import (
    SEPARATOR,
    EvalCase,
    Judged,
    Split,
    Voice,
    Vote,
)
from storage.among import among
from storage.connecting import reading
from storage.judged import (
    CHOOSES,
    CONFIRMS,
    IS_NEAR,
    NO_TEXT,
    STANDING,
    TEACHING,
    J,
    JudgedReads,
)
from storage.rows import from_row
from storage.tables import (
    EvalCaseRow,
    KeptRow,
)


class AgentVoices(JudgedReads):
    """The firewall's reads of groups, themes and cases; part of an agent's store."""

    # groups ----------------------------------------------------------------------------------------------------
    def kept(self, kind: str, keys: Collection[str] | None = None) -> dict[str, Mapping[str, Any]]:
        """See `loop.ports.Knowledge.kept`."""
        table = KeptRow.core()
        query = sa.select(table.c.key, table.c.body).where(table.c.agent == self._slug, table.c.kind == kind)
        if keys is None:
            return {row[0]: row[1] for row in self._all(query)}
        return {row[0]: row[1] for row in self._all(query.where(among(table.c.key, keys)))} if keys else {}

    def votes(self, nears: Collection[int]) -> list[Vote]:
        """See `loop.ports.Knowledge.votes`."""
        columns = (J.c.near, J.c.author, J.c.choice)
        query = (
            sa.select(*columns, sa.func.max(J.c.seq), sa.func.min(J.c.feedback_id))
            .where(self._mine(), among(J.c.near, nears), IS_NEAR, CHOOSES, STANDING)
            .group_by(*columns)
        )
        return [Vote(*row) for row in self._all(query)]

    def voices(self, column: Literal["theme", "matter"], keys: Collection[str]) -> list[Voice]:
        """See `loop.ports.Knowledge.voices`."""
        theme = J.c[column]
        query = _voice_query(theme, J).where(
            self._mine(), among(theme, keys), theme != NO_TEXT, J.c.has_voice, STANDING
        )
        return [_voice(row) for row in self._all(query)]

    def rivals(self, theme: str, nears: Collection[int]) -> list[Voice]:
        """See `loop.ports.Knowledge.rivals`."""
        query = _voice_query(sa.literal(theme), J).where(*self._rival(theme, nears))
        return [_voice(row) for row in self._all(query)]

    def content(self, nears: Collection[int]) -> frozenset[str]:
        """See `loop.ports.Knowledge.content`."""
        is_liked = sa.and_(J.c.family == "rating", J.c.value == 1)
        query = (
            sa.select(J.c.author)
            .distinct()
            .where(self._mine(), among(J.c.near, nears), IS_NEAR, J.c.has_voice, J.c.pair == "", STANDING)
            .where(sa.or_(CHOOSES, is_liked))
        )
        return frozenset(row[0] for row in self._all(query))

    def voiced(self, column: Literal["theme", "matter"], key: str, *, newest: int) -> list[Judged]:
        """See `loop.ports.Knowledge.voiced`."""
        where = (J.c[column] == key, J.c[column] != NO_TEXT, J.c.has_voice, STANDING)
        return self._judged(*where, limit=newest, newest=True)

    def confirmed(self, *, newest: int) -> list[Judged]:
        """See `loop.ports.Knowledge.confirmed`."""
        return self._judged(CONFIRMS, J.c.has_voice, STANDING, limit=newest, newest=True)

    def rival_rows(self, theme: str, nears: Collection[int], *, newest: int) -> list[Judged]:
        """See `loop.ports.Knowledge.rival_rows`."""
        return self._judged(*self._rival(theme, nears), limit=newest, newest=True)

    def backers(self, pairs: Collection[str]) -> dict[str, frozenset[str]]:
        """See `loop.ports.Knowledge.backers`."""
        found: dict[str, set[str]] = {}
        query = (
            sa.select(J.c.pair, J.c.author)
            .where(self._mine(), among(J.c.pair, pairs), J.c.pair != NO_TEXT, J.c.has_voice, STANDING)
            .distinct()
        )
        for pair, author in self._all(query):
            found.setdefault(pair, set()).add(author)
        return {pair: frozenset(some) for pair, some in found.items()}

    # what it led to --------------------------------------------------------------------------------------------
    def given_cases(self, authors: Collection[str]) -> list[EvalCase]:
        """See `loop.ports.Knowledge.given_cases`."""
        table = EvalCaseRow.core()
        return self._cases(
            table.c.feedback_id.is_(None),
            table.c.split != Split.SEALED.value,
            sa.not_(table.c.retired),
            sa.or_(table.c.vouched_by != "", among(table.c.author, ["", *sorted(authors)])),
        )

    def cases_on(self, interactions: Collection[str]) -> list[EvalCase]:
        """See `loop.ports.Knowledge.cases_on`."""
        table = EvalCaseRow.core()
        return self._cases(among(table.c.interaction_id, interactions), sa.not_(table.c.retired))

    def splits(self, groups: Collection[str]) -> dict[str, Split]:
        """See `loop.ports.Knowledge.splits`."""
        table = EvalCaseRow.core()
        query = (
            sa.select(table.c.group, table.c.split)
            .where(table.c.agent == self._slug, among(table.c.group, groups))
            .distinct()
        )
        found = [(row[0], Split(row[1])) for row in self._all(query)] if groups else []
        return dict(sorted(found, key=lambda pair: SPLIT_ORDER.index(pair[1])))

    def cases_of(self, groups: Collection[str]) -> list[EvalCase]:
        """See `loop.ports.Knowledge.cases_of`."""
        table = EvalCaseRow.core()
        return self._cases(among(table.c.group, groups), sa.not_(table.c.retired)) if groups else []

    def count_cases(self, split: Split) -> int:
        """See `loop.ports.Knowledge.count_cases`."""
        table = EvalCaseRow.core()
        used = (table.c.agent == self._slug, table.c.split == split.value, sa.not_(table.c.retired))
        return int(self._scalar(sa.select(sa.func.count()).where(*used)) or 0)

    def count_groups(self, authors: Collection[str] | None = None) -> int:
        """See `loop.ports.Knowledge.count_groups`."""
        table = EvalCaseRow.core()
        used = sa.select(table.c.group).where(table.c.agent == self._slug, sa.not_(table.c.retired))
        if authors is not None:
            # An expression: for the bare column SQLite would walk all groups in their order.
            used = sa.select(table.c.group.concat("").label("group")).where(
                table.c.agent == self._slug, among(table.c.author, sorted(authors)), sa.not_(table.c.retired)
            )
        used = used.distinct()
        return int(self._scalar(sa.select(sa.func.count()).select_from(used.subquery())) or 0)

    def made_by(self, authors: Collection[str], split: Split) -> dict[tuple[str, str], int]:
        """See `loop.ports.Knowledge.made_by`."""
        table = EvalCaseRow.core()
        query = sa.select(table.c.author, table.c.at).where(
            table.c.agent == self._slug,
            among(table.c.author, sorted(authors)),
            sa.not_(table.c.retired),
            table.c.split == split.value,
        )
        found = self._all(query) if authors else []
        return dict(Counter((row[0], row[1].date().isoformat()) for row in found))

    # steps -----------------------------------------------------------------------------------------------------
    def _rival(self, theme: str, nears: Collection[int]) -> tuple[sa.ColumnElement[bool], ...]:
        side = theme.split(SEPARATOR)[1]
        return (
            self._mine(),
            among(J.c.near, nears),
            IS_NEAR,
            J.c.has_voice,
            J.c.pair != NO_TEXT,
            J.c.choice != side,
            STANDING,
        )

    def _cases(self, *where: sa.ColumnElement[bool]) -> list[EvalCase]:
        table = EvalCaseRow.core()
        query = sa.select(table).where(table.c.agent == self._slug, *where)
        with reading(self._engine) as connection:
            found = [from_row(EvalCase, row) for row in connection.execute(query).mappings()]
        # Asked for this order, SQLite would walk all cases by id instead of looking up the few that are meant.
        return sorted(found, key=lambda case: case.id)


def _voice_query(theme: sa.ColumnElement[Any], table: sa.Table) -> sa.Select[Any]:
    return sa.select(
        theme,
        table.c.choice,
        table.c.author,
        sa.func.count(),
        sa.func.sum(sa.case((TEACHING, 1), else_=0)),
        sa.func.min(table.c.at),
        sa.func.max(table.c.at),
    ).group_by(sa.text("1, 2, 3"))


def _voice(row: Any) -> Voice:
    return Voice(row[0], row[1], row[2], int(row[3]), int(row[4]), float(row[5]), float(row[6]))
