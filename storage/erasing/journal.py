"""Bundles and entries of the journal, which are named by what they say: what is left of each gets a tombstone."""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa

from loop.records import AuditEntry, digest
from loop.records.erasure import ERASED
from storage import audit
from storage.erasing.scrub import Scrub
from storage.erasing.subject import Subject
from storage.record import TouchedRows, tombstone_key
from storage.rows import from_row
from storage.statements import upsert
from storage.tables import AuditRow, BundleRow, TombstoneRow

_BUNDLES, _ENTRIES = BundleRow.core(), AuditRow.core()


class Bundles(NamedTuple):
    """What an erasure did to the contents of versions."""

    reached: int
    held: int
    """Contents that hold the subject's words and may not be touched: they are live, or wait for a decision."""


def erase_bundles(
    connection: sa.Connection, agent: str, subject: Subject, *, spared: Collection[str], touched: TouchedRows
) -> Bundles:
    """Words out of every stored content but the spared ones; an example of the subject's goes as a whole."""
    held = 0
    left: dict[str, dict[str, Any]] = {}
    scrub = subject.content
    for row in connection.execute(sa.select(_BUNDLES).where(_BUNDLES.c.agent == agent)).mappings():
        body = left_of(row["body"], scrub, told=frozenset(subject.feedback))
        if body == row["body"]:
            continue
        if row["digest"] in spared:
            held += 1
        else:
            left[row["digest"]] = body
    for name, body in left.items():
        connection.execute(
            sa.update(_BUNDLES).where(_BUNDLES.c.agent == agent, _BUNDLES.c.digest == name).values(body=body)
        )
    _bury(connection, agent, "bundle", {name: digest(body) for name, body in left.items()}, touched=touched)
    return Bundles(len(left), held)


def left_of(body: dict[str, Any], scrub: Scrub, *, told: Collection[str]) -> dict[str, Any]:
    """A bundle's body without the subject's words."""
    examples = [
        one for one in body.get("examples", ()) if one.get("feedback_id") not in told and scrub.walk(one) == one
    ]
    return {name: examples if name == "examples" else scrub.walk(value) for name, value in body.items()}


def erase_entries(connection: sa.Connection, agent: str, subject: Subject, *, touched: TouchedRows) -> int:
    """Subjects and actors of entries; their digests stay, and so does their place in the chain."""
    scrub, ids = subject.scrub, {*subject.interactions, *subject.feedback}
    left: dict[str, str] = {}
    for entry in _named(audit.read_entries(connection, agent), scrub, ids):
        seq = _ENTRIES.c.seq == entry.seq
        told = {"subject": entry.subject, "actor": entry.actor}
        connection.execute(sa.update(_ENTRIES).where(_ENTRIES.c.agent == agent, seq).values(told))
        stored = connection.execute(sa.select(_ENTRIES).where(_ENTRIES.c.agent == agent, seq)).mappings().one()
        left[str(entry.seq)] = audit.content_of(from_row(AuditEntry, stored))
    _bury(connection, agent, "entry", left, touched=touched)
    return len(left)


def _named(entries: Iterable[AuditEntry], scrub: Scrub, ids: Collection[str]) -> list[AuditEntry]:
    """Entries as they will be, where that is something else."""
    found = []
    for entry in entries:
        is_theirs = entry.subject in ids or scrub.text(entry.subject) != entry.subject
        told = {"subject": ERASED if is_theirs else entry.subject, "actor": scrub.text(entry.actor)}
        if told != {"subject": entry.subject, "actor": entry.actor}:
            found.append(entry.model_copy(update=told))
    return found


def _bury(connection: sa.Connection, agent: str, kind: str, left: dict[str, str], *, touched: TouchedRows) -> None:
    touched.check("tombstone", [tombstone_key(kind, key) for key in left])
    rows = [{"agent": agent, "kind": kind, "key": key, "digest": told} for key, told in left.items()]
    upsert(connection, TombstoneRow.core(), rows)
