"""Row digests (seals) with a running multiset hash: what was written of every row that decides.

A row is sealed in the transaction that writes it; the journal's entry of that transaction lists the seals of few rows,
sums up those of many, and holds the digest of all totals. A row changed, added or deleted from outside differs from
its seal, its seal from the totals, or the totals from the journal. No row that was changed from outside is ever
sealed again on the way: a writer that touches it is refused.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from loop.errors import Damaged
from loop.records import digest
from storage import tables
from storage.among import among
from storage.statements import upsert
from storage.tables import SealRow

LISTED = 12
"""Rows of one kind that an entry lists one by one; more are summed up."""
_SIZE = 2**256

Totals = dict[str, str]
"""By kind: how many rows are sealed and the sum of their seals, as `count:sum`."""


class Kind(NamedTuple):
    """One table whose rows decide."""

    table: sa.Table
    key: Callable[[Mapping[Any, Any]], str]
    """A row's key as text, within the agent."""
    found: Callable[[sa.Table, Collection[str]], sa.ColumnElement[bool]]
    """The rows with these keys, and at most a few more."""
    columns: tuple[str, ...] = ()
    """What is covered; empty: every column."""


def _by(name: str) -> tuple[Any, Any]:
    return lambda row: str(row[name]), lambda table, keys: among(table.c[name], keys)


def _by_number() -> tuple[Any, Any]:
    return lambda row: str(row["number"]), lambda table, keys: among(table.c.number, [int(key) for key in keys])


KINDS: dict[str, Kind] = {
    "agent": Kind(tables.AgentRow.core(), *_by("slug")),
    "agent_secret": Kind(tables.SecretRow.core(), *_by("agent")),
    # A bundle's body is what its digest says: that is checked by itself.
    "bundle": Kind(tables.BundleRow.core(), *_by("digest"), columns=("agent", "digest")),
    "version": Kind(tables.VersionRow.core(), *_by_number()),
    "eval_case": Kind(tables.EvalCaseRow.core(), *_by("id")),
    "case_act": Kind(tables.CaseActRow.core(), *_by("id")),
    "case_audit": Kind(tables.CaseAuditRow.core(), *_by("id")),
    "audit_answer": Kind(
        tables.AuditAnswerRow.core(),
        lambda row: answer_key(row["audit_id"], row["case_id"]),
        lambda table, keys: among(table.c.case_id, [key.rpartition("/")[2] for key in keys]),
    ),
    "case_set": Kind(tables.CaseSetRow.core(), *_by("name")),
    "firewall_audit": Kind(tables.FirewallAuditRow.core(), *_by("id")),
    "firewall_verdict": Kind(
        tables.FirewallVerdictRow.core(),
        lambda row: verdict_key(row["audit_id"], row["feedback_id"], row["rater"]),
        lambda table, keys: among(table.c.audit_id, [key.partition("/")[0] for key in keys]),
    ),
    "proposal": Kind(tables.ProposalRow.core(), *_by("id")),
    "experiment": Kind(tables.ExperimentRow.core(), *_by("id")),
    "report": Kind(tables.ReportRow.core(), *_by("id")),
    "decision": Kind(tables.DecisionRow.core(), *_by("id")),
    "release": Kind(tables.ReleaseRow.core(), *_by("id")),
    "api_key": Kind(tables.ApiKeyRow.core(), *_by("id")),
    "role_grant": Kind(tables.GrantRow.core(), *_by("name")),
    "import": Kind(tables.ImportRow.core(), *_by("id")),
    "unlearning": Kind(tables.UnlearningRow.core(), *_by("id")),
    "erasure": Kind(tables.ErasureRow.core(), *_by("id")),
    "tombstone": Kind(
        tables.TombstoneRow.core(),
        lambda row: tombstone_key(row["kind"], row["key"]),
        lambda table, keys: among(table.c.key, [key.partition("/")[2] for key in keys]),
    ),
    "measurement": Kind(
        tables.MeasurementRow.core(),
        lambda row: measurement_key(row["number"], row["case_set_digest"], row["at"]),
        lambda table, keys: among(table.c.number, [int(key.partition("/")[0]) for key in keys]),
    ),
    "comparison": Kind(
        tables.ComparisonRow.core(),
        lambda row: comparison_key(row["kind"], row["number"]),
        lambda table, keys: among(table.c.number, [int(key.rpartition("/")[2]) for key in keys]),
    ),
}
"""By table name. A table that decides is named here, and its writers touch what they write."""


def answer_key(audit_id: str, case_id: str) -> str:
    """An answer of a blind audit has no id of its own."""
    return f"{audit_id}/{case_id}"


def verdict_key(audit_id: str, feedback_id: str, rater: str) -> str:
    """A word about a drawn item has no id of its own."""
    return f"{audit_id}/{digest([feedback_id, rater])}"


def tombstone_key(kind: str, key: str) -> str:
    """A tombstone has no id of its own."""
    return f"{kind}/{key}"


def measurement_key(number: int, case_set_digest: str, at: datetime) -> str:
    """A measurement has no id of its own."""
    return f"{number}/{case_set_digest}/{at.astimezone(UTC).isoformat(timespec='microseconds')}"


def comparison_key(kind: str, number: int) -> str:
    """A comparison has no id of its own."""
    return f"{kind}/{number}"


def row_digest(kind: str, row: Mapping[Any, Any]) -> str:
    """SHA-256 of a row, whatever database it lies in."""
    names = KINDS[kind].columns or tuple(column.name for column in KINDS[kind].table.columns)
    return digest([kind, {name: row[name] for name in names}])


def element(*parts: object) -> int:
    """One member of a multiset hash (AdHash): SHA-256 as a number."""
    return int.from_bytes(hashlib.sha256("\0".join(map(str, parts)).encode()).digest())


def shift_total(total: str, *, elements: Iterable[int], sign: int = 1) -> str:
    """A total with members put in, or taken out."""
    count, _, summed = (total or "0:0").partition(":")
    n, value = int(count), int(summed, 16)
    for one in elements:
        n, value = n + sign, (value + sign * one) % _SIZE
    return f"{n}:{value:064x}"


class Seal(NamedTuple):
    """One row's seal."""

    digest: str
    seq: int
    """The entry that noted it."""


class SealCounts(NamedTuple):
    """What the seals of one transaction came to."""

    totals: Totals
    noted: dict[str, str]
    """What the journal's entry says of it; empty when nothing changed."""
    kinds: tuple[str, ...]
    """That changed."""


class TouchedRows:
    """The rows that a transaction writes. The caller holds the agent's head row."""

    def __init__(self, connection: sa.Connection, agent: str) -> None:
        self._connection = connection
        self._agent = agent
        self._keys: dict[str, dict[str, None]] = defaultdict(dict)
        self._old: dict[tuple[str, str], Seal] = {}

    def check(self, kind: str, keys: Iterable[str]) -> None:
        """Before rows are written: those that exist must be as they were sealed. Raises Damaged."""
        for key in self.changed_outside(kind, keys):
            raise Damaged(
                f"A stored {kind.replace('_', ' ')} ({key}) is not what the journal says was written.",
                remedy=f"Nothing was written. See what else was changed: ratchet audit --agent {self._agent}",
            )

    def changed_outside(self, kind: str, keys: Iterable[str]) -> list[str]:
        """Of rows about to be written, those that are not as they were sealed: they will not be sealed again."""
        wanted = [key for key in dict.fromkeys(keys) if key not in self._keys[kind]]
        if not wanted:
            return []
        seals = read_seals(self._connection, self._agent, kind, wanted)
        rows = read_digests(self._connection, self._agent, kind, wanted)
        other = [key for key in wanted if rows.get(key) != (seals[key].digest if key in seals else None)]
        self._old.update({(kind, key): seal for key, seal in seals.items() if key not in other})
        self._keys[kind].update((key, None) for key in wanted if key not in other)
        return other

    def add(self, kind: str, keys: Iterable[str]) -> None:
        """Rows that this transaction made: there was nothing to check."""
        self._keys[kind].update(dict.fromkeys(keys))

    def seal(self, totals: Totals, *, seq: int) -> SealCounts:
        """After they were written: their seals, under the entry that will note them."""
        noted: dict[str, str] = {}
        totals = dict(totals)
        changed: list[str] = []
        for kind, keys in self._keys.items():
            if not keys:
                continue
            rows = read_digests(self._connection, self._agent, kind, list(keys))
            gone = {key: self._old[kind, key] for key in keys if key not in rows and (kind, key) in self._old}
            if gone:
                changed.append(kind)
                totals[kind] = shift_total(totals.get(kind, ""), elements=_elements(kind, gone), sign=-1)
                delete_seals(self._connection, self._agent, kind, gone)
            fresh = {
                key: Seal(told, seq)
                for key, told in rows.items()
                if (kind, key) not in self._old or self._old[kind, key].digest != told
            }
            if not fresh:
                continue
            changed.append(kind)
            noted |= _listed(kind, fresh)
            replaced = {key: self._old[kind, key] for key in fresh if (kind, key) in self._old}
            totals[kind] = shift_total(totals.get(kind, ""), elements=_elements(kind, replaced), sign=-1)
            totals[kind] = shift_total(totals[kind], elements=_elements(kind, fresh))
            write_seals(self._connection, self._agent, kind, fresh)
        return SealCounts(totals=totals, noted=noted, kinds=tuple(dict.fromkeys(changed)))


def read_seals(
    connection: sa.Connection, agent: str, kind: str, keys: Collection[str] | None = None
) -> dict[str, Seal]:
    """Those with these keys, or all of a kind, by key."""
    table = SealRow.core()
    query = sa.select(table.c.key, table.c.digest, table.c.seq).where(table.c.agent == agent, table.c.kind == kind)
    if keys is not None:
        query = query.where(among(table.c.key, keys))
    return {row.key: Seal(row.digest, row.seq) for row in connection.execute(query)}


def read_digests(
    connection: sa.Connection, agent: str, kind: str, keys: Collection[str] | None = None
) -> dict[str, str]:
    """Digests of the rows as they are now, by key."""
    table, key, found, columns = KINDS[kind]
    owner = table.c.slug if kind == "agent" else table.c.agent
    query = sa.select(*(table.c[name] for name in columns) if columns else table.columns).where(owner == agent)
    if keys is not None:
        query = query.where(found(table, keys))
    wanted = None if keys is None else set(keys)
    return {
        name: row_digest(kind, row)
        for row in connection.execute(query).mappings()
        if (name := key(row)) in (wanted if wanted is not None else (name,))
    }


def write_seals(connection: sa.Connection, agent: str, kind: str, seals: Mapping[str, Seal]) -> None:
    """Put in, or in place of the earlier ones."""
    rows = [{"agent": agent, "kind": kind, "key": key} | seal._asdict() for key, seal in seals.items()]
    upsert(connection, SealRow.core(), rows)


def delete_seals(connection: sa.Connection, agent: str, kind: str, keys: Collection[str]) -> None:
    """Of rows that are gone, or have another key now."""
    table = SealRow.core()
    connection.execute(sa.delete(table).where(table.c.agent == agent, table.c.kind == kind, among(table.c.key, keys)))


def total_of(kind: str, seals: Mapping[str, Seal]) -> str:
    """Of all seals of a kind."""
    return shift_total("", elements=_elements(kind, seals))


def _elements(kind: str, seals: Mapping[str, Seal]) -> Iterable[int]:
    return (element(kind, key, seal.digest, seal.seq) for key, seal in seals.items())


def _listed(kind: str, fresh: Mapping[str, Seal]) -> dict[str, str]:
    if len(fresh) <= LISTED:
        return {f"{kind} {key}": seal.digest for key, seal in fresh.items()}
    return {f"{kind} rows": total_of(kind, fresh)}
