"""One erasure from end to end, in one transaction under the agent's lock."""

import json
from collections import Counter
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loop.errors import NotFound
from loop.records import OPEN_STATES, Erasure, JournalAction, Note, digest
from loop.records.erasure import ErasureOrder
from storage import audit
from storage.among import among
from storage.arrival_totals import ArrivalTotals
from storage.derive import forget_derived
from storage.erasing.apart import erase_apart
from storage.erasing.arrivals import erase_arrivals
from storage.erasing.journal import erase_bundles, erase_entries, left_of
from storage.erasing.subject import Subject, find_subject, subject_id, with_cases
from storage.erasing.tables import erase_cases, erase_proposals, erase_tables
from storage.locks import bump_change_counter, lock_agent, lock_arrivals
from storage.raw import overwrite_freed_pages
from storage.record import TouchedRows
from storage.rows import columns_of, from_row, to_row
from storage.statements import upsert
from storage.tables import BundleRow, ErasureRow, HeadRow, ProposalRow, VersionRow

_ERASURES = ErasureRow.core()


def erase(connection: sa.Connection, agent: str, order: ErasureOrder) -> Erasure:
    """See `loop.ports.erasing.Erasing.erase`."""
    begin(connection, agent)
    own = subject_id(connection, agent, order)
    earlier = next((one for one in read_erasures(connection, agent) if one.id == own), None)
    subject = find_subject(connection, agent, order, own=own)
    made = earlier or Erasure(
        id=own, agent=agent, what=order.what, actor=order.actor, reason=order.reason, at=order.at
    )  # fmt: skip
    subject = with_cases(connection, agent, subject.and_earlier(made), order=order)
    reason = subject.scrub.text(order.reason)
    actor = subject.names.get(order.actor, order.actor)
    done = _run(connection, made.model_copy(update={"reason": reason, "actor": actor}), subject, at=order.at)
    if earlier is None and not done.reached:
        raise NotFound(f"Nothing of this {order.what} is stored.", remedy="Give the name as the door knew it.")
    return done


def finish(connection: sa.Connection, agent: str, *, now: datetime) -> list[Erasure]:
    """Erasures that waited for the live version, as far as they wait no longer."""
    done: list[Erasure] = []
    for one in read_erasures(connection, agent, is_open=True):
        begin(connection, agent)
        subject = Subject(one.id, {}, one.interactions, one.feedback, (), one.waiting)
        order = ErasureOrder(what=one.what, name="", actor=one.actor, reason=one.reason, at=now)
        made = _run(connection, one, with_cases(connection, agent, subject, order=order), at=now)
        if made.is_finished:
            done.append(made)
    return done


def begin(connection: sa.Connection, agent: str) -> None:
    """Take the locks; freed pages of a file are overwritten."""
    lock_agent(connection, agent)
    lock_arrivals(connection, agent)
    overwrite_freed_pages(connection)


def read_erasures(connection: sa.Connection, agent: str, *, is_open: bool = False) -> list[Erasure]:
    """Newest first; only those that wait when `is_open`."""
    query = sa.select(*columns_of(Erasure)).where(_ERASURES.c.agent == agent)
    if is_open:
        query = query.where(_ERASURES.c.finished_at.is_(None))
    found = connection.execute(query.order_by(_ERASURES.c.at.desc(), _ERASURES.c.id)).mappings()
    return [from_row(Erasure, row) for row in found]


# steps -------------------------------------------------------------------------------------------------------------
def _run(connection: sa.Connection, made: Erasure, subject: Subject, *, at: datetime) -> Erasure:
    agent, touched = made.agent, TouchedRows(connection, made.agent)
    arrived = ArrivalTotals(connection, agent, lock_arrivals(connection, agent))
    reached = Counter(erase_arrivals(connection, arrived, subject))
    reached["proposal"] += erase_proposals(connection, agent, subject, is_waiting=True, touched=touched)
    if not _waiting(connection, agent, subject):  # nor do the open ones any more, which were just stopped
        reached["proposal"] += erase_proposals(connection, agent, subject, is_waiting=False, touched=touched)
    bundles = erase_bundles(connection, agent, subject, spared=_spared(connection, agent), touched=touched)
    reached["bundle"] += bundles.reached
    reached.update(erase_cases(connection, agent, subject, touched=touched))
    reached.update(erase_tables(connection, agent, subject, touched=touched))
    reached.update(erase_apart(connection, agent, subject))
    reached["audit"] += erase_entries(connection, agent, subject, touched=touched)
    is_done = not bundles.held
    some = {name: n for name, n in sorted(reached.items()) if n}
    if not some and is_done == made.is_finished:
        return made
    if some:
        forget_derived(connection, agent)
        bump_change_counter(connection, agent)
    total = Counter(made.reached)
    total.update(some)
    now = made.model_copy(
        update={
            "interactions": subject.interactions,
            "feedback": subject.feedback,
            "waiting": () if is_done else _still(connection, agent, subject),
            "reached": dict(sorted(total.items())),
            "finished_at": at if is_done else None,
        }
    )
    touched.check("erasure", [now.id])
    upsert(connection, _ERASURES, [to_row(now)])
    told = {name: str(n) for name, n in some.items()} | {"reason": digest(now.reason), "what": now.what}
    action = JournalAction.ERASE if is_done else JournalAction.ERASE_IN_PART
    note = Note(actor=now.actor, action=action, subject=now.id, at=at, digests=told)
    audit.append(connection, agent, [note], touched=touched, arrived=arrived)
    return now


def _spared(connection: sa.Connection, agent: str) -> frozenset[str]:
    """Contents that only a decision may change: what is live, and what open changes start from and lead to."""
    head, versions, proposals = HeadRow.core(), VersionRow.core(), ProposalRow.core()
    at = sa.select(head.c.number).where(head.c.agent == agent).scalar_subquery()
    live = sa.select(versions.c.digest).where(versions.c.agent == agent, versions.c.number == at)
    # A change of an older version cannot go live as it is.
    waiting = sa.select(proposals.c.candidate_digest).where(
        proposals.c.agent == agent,
        proposals.c.base_number == at,
        proposals.c.state.in_([state.value for state in OPEN_STATES]),
    )
    found = {*connection.execute(live).scalars(), *connection.execute(waiting).scalars()}
    return frozenset(found)


def _waiting(connection: sa.Connection, agent: str, subject: Subject) -> bool:
    """Whether something that is live, or waits for a decision, holds the subject's words."""
    return any(left != body for body, left in _held(connection, agent, subject))


def _held(connection: sa.Connection, agent: str, subject: Subject) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    table, told = BundleRow.core(), frozenset(subject.feedback)
    query = sa.select(table.c.body).where(table.c.agent == agent, among(table.c.digest, _spared(connection, agent)))
    return [(body, left_of(body, subject.content, told=told)) for body in connection.execute(query).scalars()]


def _still(connection: sa.Connection, agent: str, subject: Subject) -> tuple[str, ...]:
    """The texts that what is spared holds: kept until it is not, so that nothing else of them has to be."""
    spoken = json.dumps([body for body, left in _held(connection, agent, subject) if left != body], ensure_ascii=False)
    return tuple(text for text in subject.texts if json.dumps(text, ensure_ascii=False)[1:-1] in spoken)
