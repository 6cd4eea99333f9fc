"""The Activity page: entries of the journal by who, what, whom and when, page by page; and what they are about."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from pydantic import Field

from loop.records import JournalAction, Moment, Record
from storage.among import among
from storage.audit import by_people
from storage.queries.scope import Scope, moment
from storage.tables import AuditRow, HeadRow, ProposalRow

PAGE = 50
EXPORTED = 100_000
"""Entries of one export, at most: some 30 MB."""
NAMES = 200
"""Actors and actions offered as filters, at most."""
_FETCHED = 5_000
_UNNAMED = JournalAction.DRAW_PRACTICE_CASE
"""Of such an entry it is not told which change it sealed: the one who answers it would know. The answer names it."""

_ENTRY = AuditRow.core().c
_PROPOSAL = ProposalRow.core().c
_HEAD = HeadRow.core().c


class JournalFilter(Record):
    """Which entries to list; an empty field does not narrow."""

    actor: str = ""
    is_by_people: bool = False
    """Without what the loop did by itself."""
    action: str = ""
    subject: str = ""
    """An id."""
    since: Moment | None = None
    """From this moment on."""
    until: Moment | None = None
    """Before this moment."""
    before: int | None = None
    """Entries with a smaller number only: those after the page that ended with it."""
    limit: int = Field(default=PAGE, ge=1, le=EXPORTED)


class JournalLine(Record):
    """One entry as a list shows it."""

    seq: int
    at: Moment
    actor: str
    action: str
    subject: str
    digests: dict[str, str]
    is_signed: bool


def list_entries(scope: Scope, wanted: JournalFilter) -> list[JournalLine]:
    """Newest first. Raises StoreUnavailable."""
    return [_line(row) for row in scope.rows(_selected(scope, wanted).limit(wanted.limit))]


def export_entries(scope: Scope, wanted: JournalFilter) -> Iterator[JournalLine]:
    """Everything that matches, at most EXPORTED entries, newest first, a few thousand at a time."""
    left, before = EXPORTED, wanted.before
    while left > 0:
        some = list_entries(scope, wanted.model_copy(update={"before": before, "limit": min(left, _FETCHED)}))
        yield from some
        if len(some) < _FETCHED:
            return
        left, before = left - len(some), some[-1].seq


def entry(scope: Scope, seq: int) -> JournalLine | None:
    """One by its number; None: there is none."""
    found = scope.rows(_columns().where(scope.mine(AuditRow), _ENTRY.seq == seq))
    return _line(found[0]) if found else None


def actors(scope: Scope) -> list[str]:
    """Everybody who did something, by name. Walks an index: cache it."""
    return scope.distinct(AuditRow, _ENTRY.actor, limit=NAMES)


def actions(scope: Scope) -> list[str]:
    """Everything that was done. Walks an index: cache it."""
    return scope.distinct(AuditRow, _ENTRY.action, limit=NAMES)


def last_seq(scope: Scope) -> int:
    """Number of the last entry."""
    return scope.number(sa.select(_HEAD.audit_seq).where(scope.mine(HeadRow)))


def titles(scope: Scope, subjects: Sequence[str]) -> dict[str, str]:
    """Of those that are proposals, by id."""
    some = list(dict.fromkeys(subjects))
    if not some:
        return {}
    found = scope.rows(
        sa.select(_PROPOSAL.id, _PROPOSAL.title).where(scope.mine(ProposalRow), among(_PROPOSAL.id, some))
    )
    return {row.id: row.title for row in found}


def _columns() -> sa.Select[tuple[object, ...]]:
    return sa.select(
        _ENTRY.seq, _ENTRY.at, _ENTRY.actor, _ENTRY.action, _ENTRY.subject, _ENTRY.digests, _ENTRY.signature
    )


def _selected(scope: Scope, wanted: JournalFilter) -> sa.Select[tuple[object, ...]]:
    where = [scope.mine(AuditRow)]
    if wanted.actor:
        where.append(_ENTRY.actor == wanted.actor)
    if wanted.is_by_people:
        where.append(by_people(_ENTRY.actor))
    if wanted.action:
        where.append(_ENTRY.action == wanted.action)
    if wanted.subject:
        where.append(_ENTRY.subject == wanted.subject)
    if wanted.since is not None:
        where.append(_ENTRY.at >= wanted.since)
    if wanted.until is not None:
        where.append(_ENTRY.at < wanted.until)
    if wanted.before is not None:
        where.append(_ENTRY.seq < wanted.before)
    return _columns().where(*where).order_by(_ENTRY.seq.desc())


def _line(row: sa.Row[tuple[object, ...]]) -> JournalLine:
    told = dict(row._mapping)
    signature = told.pop("signature")
    if row.action == _UNNAMED:
        told["digests"] = {name: value for name, value in row.digests.items() if not name.startswith("proposal ")}
    return JournalLine(**{**told, "at": moment(row.at), "is_signed": bool(signature)})
