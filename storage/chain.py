"""The live version's own chain: version ← release ← decision, rollback or start ← entry of the journal ← its end.

A few reads by key, whatever the history: what a turn and an answer can afford. `storage.inspection` walks all of it.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from loop.errors import BrokenChain
from loop.records import AuditEntry, ProposalState, digest
from storage import audit
from storage.connecting import keys_of
from storage.record import KINDS, read_digests, read_seals, row_digest, total_of
from storage.rows import from_row
from storage.tables import AuditRow, DecisionRow, HeadRow, ProposalRow, ReleaseRow, VersionRow
from storage.tombstones import erased_entries

_Row = Mapping[Any, Any]


def check_head(connection: sa.Connection, agent: str) -> None:
    """Raises BrokenChain when the live version, or the agent's settings, do not follow from the journal."""
    head = _first(connection, sa.select(HeadRow.core()).where(HeadRow.core().c.agent == agent))
    wrong = "It is not stored." if head is None else _unfit(connection, agent, head)
    if wrong:
        number = "" if head is None else f" {head['number']}"
        raise _broken(agent, f"The live version{number} of {agent} does not follow from the record. {wrong}")


def unreadable(agent: str) -> BrokenChain:
    """What the live version rests on holds a value that nobody of ours wrote."""
    return _broken(agent, f"What the live version of {agent} rests on cannot be read.")


def is_vouched(connection: sa.Connection, agent: str, kind: str, key: str) -> bool:
    """Whether a row is as the journal says it was written: nobody else put it there, or changed it."""
    return not _vouched(connection, agent, kind, key)


def is_whole(connection: sa.Connection, agent: str, kind: str) -> bool:
    """Whether the rows of a kind are all those, and only those, that the journal sums up, each as it was written."""
    head = _first(connection, sa.select(HeadRow.core()).where(HeadRow.core().c.agent == agent))
    if head is None or _end(connection, agent, head):
        return False
    seals = read_seals(connection, agent, kind)
    written = {key: seal.digest for key, seal in seals.items()}
    is_summed = head["totals"].get(kind, total_of(kind, {})) == total_of(kind, seals)
    return is_summed and read_digests(connection, agent, kind) == written


def _broken(agent: str, message: str) -> BrokenChain:
    if "a key that is not here" in message:
        return BrokenChain(
            message,
            remedy="Give the key in RATCHET_JOURNAL_KEY; when it is lost for good: ratchet audit --lost-key NAME.",
        )
    return BrokenChain(
        message,
        remedy=(
            f"Nothing is run, answered or exported with it. See all that does not follow: ratchet audit --agent "
            f"{agent}. Go back to a version that does: ratchet rollback --agent {agent} --to NUMBER --reason WHY."
        ),
    )


def _unfit(connection: sa.Connection, agent: str, head: _Row) -> str:
    return (
        _end(connection, agent, head)
        or _vouched(connection, agent, "agent", agent)
        or _version(connection, agent, int(head["number"]))
    )


def _end(connection: sa.Connection, agent: str, head: _Row) -> str:
    """The journal ends where the head row says, with an entry that holds the totals."""
    table, keys = AuditRow.core(), keys_of(connection)
    query = sa.select(table).where(table.c.agent == agent).order_by(table.c.seq.desc()).limit(2)
    found = [from_row(AuditEntry, row) for row in connection.execute(query).mappings()]
    if not found or (found[0].seq, found[0].hash) != (head["audit_seq"], head["audit_hash"]):
        return "The journal does not end where it was left."
    entries, after = found[::-1], (found[-1].seq - 1, found[-1].previous)
    links = list(audit.breaks(entries, keys=keys, after=after))
    if links:  # unless it is what an erasure left of them: looked up only here, since every turn and answer asks
        links = list(audit.breaks(entries, keys=keys, after=after, erased=erased_entries(connection, agent)))
    if links:
        return f"Entry {links[0].seq} of the journal: {links[0].reason}"
    if found[0].digests.get("record") != digest(head["totals"]):
        return "The journal's last entry sums up other rows."
    return ""


def _version(connection: sa.Connection, agent: str, number: int) -> str:
    versions, releases = VersionRow.core(), ReleaseRow.core()
    release = _first(
        connection,
        sa.select(releases)
        .where(releases.c.agent == agent)
        .order_by(releases.c.number.desc(), releases.c.step.desc())
        .limit(1),
    )
    version = _first(connection, sa.select(versions).where(versions.c.agent == agent, versions.c.number == number))
    if release is None or version is None or release["number"] != number:
        return f"The newest release is of version {release['number']}." if release else "There is no release."
    wrong = (
        _vouched(connection, agent, "version", str(number), row=version)
        or _vouched(connection, agent, "release", release["id"], row=release)
    )  # fmt: skip
    if wrong:
        return wrong
    match release["kind"]:
        case "start":
            return "" if number == 0 else "Only version 0 is what an agent starts with."
        case "rollback":
            return _restored(connection, agent, version)
        case _:
            return _decided(connection, agent, version=version, release=release)


def _restored(connection: sa.Connection, agent: str, version: _Row) -> str:
    table = VersionRow.core()
    older = _first(connection, sa.select(table).where(table.c.agent == agent, table.c.number == version["restores"]))
    if older is None or older["released_at"] is None or older["digest"] != version["digest"]:
        return "It does not hold the content of the version it goes back to."
    return ""


def _decided(connection: sa.Connection, agent: str, *, version: _Row, release: _Row) -> str:
    decisions, proposals = DecisionRow.core(), ProposalRow.core()
    said = _first(
        connection, sa.select(decisions).where(decisions.c.agent == agent, decisions.c.id == release["decision_id"])
    )
    if said is None or said["verb"] != "approve":
        return "Nobody approved it."
    wrong = _vouched(connection, agent, "decision", said["id"], row=said)
    if wrong:
        return wrong
    undone = sa.select(decisions.c.id).where(decisions.c.agent == agent, decisions.c.undoes == said["id"])
    if connection.execute(undone).first() is not None:
        return "Its approval was taken back."
    seen = (proposals.c.candidate_digest, proposals.c.evidence_digest, proposals.c.state)
    proposal = _first(
        connection, sa.select(*seen).where(proposals.c.agent == agent, proposals.c.id == said["proposal_id"])
    )
    if {said["proposal_id"]} != {release["proposal_id"], version["proposal_id"]} or proposal is None:
        return "Its approval is of another change."
    if (proposal["candidate_digest"], proposal["evidence_digest"]) != (version["digest"], said["seen_digest"]):
        return "It is not what was approved."
    if proposal["state"] != ProposalState.LIVE.value:
        return "Its change is not live."
    return ""


def _vouched(connection: sa.Connection, agent: str, kind: str, key: str, *, row: _Row | None = None) -> str:
    """Why the journal does not vouch for a row; empty when it does."""
    name = f"{kind} {key}"
    if row is None:
        table = KINDS[kind].table
        owner = table.c.slug if kind == "agent" else table.c.agent
        row = _first(connection, sa.select(table).where(owner == agent, KINDS[kind].found(table, [key])))
    seal = read_seals(connection, agent, kind, [key]).get(key)
    if seal is None or row is None:
        return f"The journal knows nothing of {name}."
    told = row_digest(kind, row)
    if told != seal.digest:
        return f"The stored {name} is not what was written."
    entries = AuditRow.core()
    stored = _first(connection, sa.select(entries).where(entries.c.agent == agent, entries.c.seq == seal.seq))
    entry = None if stored is None else from_row(AuditEntry, stored)
    if entry is None or entry.digests.get(name) != told:
        return f"Entry {seal.seq} of the journal does not name {name}."
    wrong = audit.fault_of(entry, keys=keys_of(connection))
    if wrong:  # unless it is what an erasure left of it
        wrong = audit.fault_of(entry, keys=keys_of(connection), erased=erased_entries(connection, agent))
    return f"Entry {seal.seq} of the journal: {wrong}" if wrong else ""


def _first(connection: sa.Connection, query: sa.Select[Any]) -> _Row | None:
    return connection.execute(query).mappings().first()
