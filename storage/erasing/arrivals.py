"""What arrived of the subject becomes tombstones: rows stay with their ids, so that a second delivery finds them."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from loop.records import Feedback, Interaction, digest
from loop.records.erasure import ALIAS, ERASED
from storage.among import among
from storage.arrival_totals import ArrivalTotals
from storage.erasing.subject import Subject
from storage.rows import from_row, to_event_row
from storage.tables import FeedbackRow, FlagRow, InteractionRow, OrphanRow, ScoreRow

_ASKED, _TOLD, _FLAGS = InteractionRow.core(), FeedbackRow.core(), FlagRow.core()
_ORPHANS, _SCORES = OrphanRow.core(), ScoreRow.core()


def erase_arrivals(connection: sa.Connection, arrived: ArrivalTotals, subject: Subject) -> dict[str, int]:
    """Rows that were not tombstones yet, by table. The caller has locked the arrivals."""
    agent = arrived.agent
    reached = {
        "interaction": _rewritten(connection, arrived, Interaction, _ASKED, subject=subject, ids=subject.interactions),
        "feedback": _rewritten(connection, arrived, Feedback, _TOLD, subject=subject, ids=subject.feedback),
    }
    arrived.keep()
    gone = {
        "flag": sa.and_(_FLAGS.c.agent == agent, among(_FLAGS.c.feedback_id, subject.feedback)),
        "orphan": sa.and_(
            _ORPHANS.c.agent == agent,
            among(_ORPHANS.c.id, (*subject.feedback, *subject.pending)),
        ),
        "score": sa.and_(_SCORES.c.agent == agent, among(_SCORES.c.interaction_id, subject.interactions)),
    }
    for name, table in (("flag", _FLAGS), ("orphan", _ORPHANS), ("score", _SCORES)):
        reached[name] = connection.execute(sa.delete(table).where(gone[name])).rowcount
    return reached


def _rewritten(
    connection: sa.Connection,
    arrived: ArrivalTotals,
    kind: type[Interaction] | type[Feedback],
    table: sa.Table,
    *,
    subject: Subject,
    ids: Sequence[str],
) -> int:
    """Tombstones in place of rows; the totals of what arrived go with them."""
    query = sa.select(table).where(table.c.agent == arrived.agent, among(table.c.id, ids))
    episodes = _episodes(connection, arrived.agent, subject)
    reached = 0
    for row in connection.execute(query).mappings().all():
        said = from_row(kind, row)
        left = _interaction(said, subject, episodes) if isinstance(said, Interaction) else _feedback(said, subject)
        if left == said:
            continue
        made = to_event_row(left)
        name = "interaction" if isinstance(said, Interaction) else "feedback"
        was, now = {**row}, {**row, **made}
        arrived.take(name, [was])
        connection.execute(sa.update(table).where(table.c.agent == arrived.agent, table.c.id == row["id"]).values(made))
        arrived.put(name, [now])
        reached += 1
    return reached


def _interaction(said: Interaction, subject: Subject, episodes: Mapping[str, str]) -> Interaction:
    if said.method == ERASED:
        return said
    alias = f"{ALIAS}{digest([subject.id, said.customer])[:12]}" if said.customer else ""
    wiped: dict[str, Any] = {
        "customer": subject.names.get(said.customer, alias),
        "episode_id": episodes.get(said.episode_id, said.episode_id),
        "question": ERASED,
        "method": ERASED,
        **dict.fromkeys(("answer", "topic"), ""),
        "context": {},
        "attributes": {},
        **dict.fromkeys(("label", "article_id", "confidence")),
        **dict.fromkeys(("uses", "steps"), ()),
    }
    return said.model_copy(update=wiped)


def _feedback(said: Feedback, subject: Subject) -> Feedback:
    if said.reason == ERASED:
        return said
    wiped: dict[str, Any] = {
        "author": subject.names.get(said.author, said.author),
        "text": "",
        "reason": ERASED,
        "teaches": False,
        "attributes": {},
        **dict.fromkeys(("value", "label", "article_id", "seconds_to_answer")),
    }
    return said.model_copy(update=wiped)


def _episodes(connection: sa.Connection, agent: str, subject: Subject) -> dict[str, str]:
    """Aliases of conversations: an id that somebody else gave may say who it was."""
    query = sa.select(_ASKED.c.episode_id).where(_ASKED.c.agent == agent, among(_ASKED.c.id, subject.interactions))
    found = {one for one in connection.execute(query).scalars() if not one.startswith(ALIAS)}
    return {one: f"{ALIAS}{digest([subject.id, one])[:12]}" for one in sorted(found)}
