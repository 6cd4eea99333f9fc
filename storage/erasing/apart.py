"""What stands apart of the subject's: raw text, parts of traces, and what imports overwrote. Deleted, not masked."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from loop.records import Feedback, Interaction
from loop.records.raw import RawKind
from storage.among import among
from storage.erasing.subject import Subject
from storage.overwritten import forget_overwritten
from storage.raw import forget_raw
from storage.statements import update
from storage.tables import OverwrittenRow, RawTextRow, TelemetryRow

_RAW, _KEPT, _PARTS = RawTextRow.core(), OverwrittenRow.core(), TelemetryRow.core()
_WORDS = frozenset({*Interaction.model_fields, *Feedback.model_fields} - {"id", "agent", "source", "kind"})


def erase_apart(connection: sa.Connection, agent: str, subject: Subject) -> dict[str, int]:
    """Rows by table. Others' raw text that holds a word or name of theirs stays without it."""
    parts = sa.or_(among(_PARTS.c.trace, subject.interactions), among(_PARTS.c.response, subject.interactions))
    gone = sa.update(_PARTS).where(_PARTS.c.agent == agent, parts, _PARTS.c.is_gone.is_(False))
    told = connection.execute(gone.values(body={}, is_gone=True)).rowcount
    query = sa.select(_RAW).where(_RAW.c.agent == agent)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    theirs: dict[RawKind, frozenset[str]] = {
        "interaction": frozenset(subject.interactions),
        "feedback": frozenset(subject.feedback),
    }
    mine = [row for row in rows if row["id"] in theirs[row["kind"]]]
    raw = sum(forget_raw(connection, agent, kind=kind, ids=ids) for kind, ids in theirs.items())
    said = tuple(text for row in mine for text in _texts(row["body"]["said"]))
    scrub = replace(subject, texts=tuple(dict.fromkeys((*subject.texts, *said)))).scrub
    left = [
        row | {"body": body}
        for row in rows
        if row["id"] not in theirs[row["kind"]] and (body := scrub.walk(row["body"])) != row["body"]
    ]
    update(connection, _RAW, left, columns=["body"])
    overwritten = _overwritten(connection, agent, subject)
    return {"raw_text": raw + len(left), "overwritten": overwritten, "telemetry": told}


def _overwritten(connection: sa.Connection, agent: str, subject: Subject) -> int:
    """Signed as they are, they go as a whole."""
    ids, scrub = frozenset(subject.interactions), subject.scrub
    query = sa.select(_KEPT.c.import_id, _KEPT.c.interaction_id, _KEPT.c.body).where(_KEPT.c.agent == agent)
    gone = [
        (row.import_id, row.interaction_id)
        for row in connection.execute(query)
        if row.interaction_id in ids or scrub.walk(words := _words(row.body)) != words
    ]
    return forget_overwritten(connection, agent, gone)


def _words(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name in _WORDS}


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for one in value.values():
                yield from _texts(one)
        case list():
            for one in value:
                yield from _texts(one)
        case _:
            return
