"""What an audit finds: every row that decides against its seal, every seal against the journal, every version's chain.

Reads only, and all of it: minutes on a million rows. What a turn can afford is in `storage.chain`.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial

import sqlalchemy as sa
from sqlalchemy import exc

from loop.errors import BrokenChain, RatchetError
from loop.records import AuditEntry, JournalAction, Record, derived_id, digest
from storage import audit, chain
from storage.anchors import Anchor, differences
from storage.connecting import keys_of
from storage.inspection.arrivals import arrival_faults
from storage.inspection.columns import DERIVED, answer_faults, column_faults
from storage.inspection.versions import version_faults
from storage.record import KINDS, Seal, read_digests, read_seals, total_of
from storage.tables import AgentRow, HeadRow, SealRow, metadata
from storage.tombstones import erased_entries, read_tombstones

RESTORE = "Restore a backup, or accept what stands: ratchet audit --agent {agent} --accept WHY."
_ROLL_BACK = "Go back to a version that follows: ratchet rollback --agent {agent} --to NUMBER --reason WHY."
REBUILD = "Judge everything again: ratchet recheck --agent {agent} --rebuild."
_UNREADABLE = (exc.SQLAlchemyError, RatchetError, ValueError, TypeError, KeyError, AttributeError)
"""What reading raises where a value is none that we ever wrote."""

Found = tuple[str, str]
"""What is wrong: of what, and how, in words."""


class Fault(Record):
    """One thing that does not follow."""

    id: str
    """The same whenever the same is found."""
    subject: str
    """Such as `decision d17`, `entry 14` or `live version`."""
    what: str
    """In words."""
    repair: str
    """What can be done, with the command."""


class Inspection(Record):
    """What was looked at of one agent, and what does not follow."""

    agent: str
    entries: int = 0
    """Of the journal."""
    signed: int = 0
    """Of these, signed with a key that is here."""
    rows: int = 0
    """Rows that decide, by their seals."""
    anchors: int = 0
    """Anchors of this journal that were compared."""
    faults: tuple[Fault, ...] = ()
    accepted: tuple[Fault, ...] = ()
    """What an operator has accepted since; the journal says who."""
    notes: tuple[str, ...] = ()
    """What cannot be told from what is here."""

    @property
    def is_sound(self) -> bool:
        """Whether everything follows."""
        return not self.faults


def inspect(
    connection: sa.Connection, agent: str, *, anchors: Sequence[Anchor] = (), parts: Collection[str] = ()
) -> Inspection:
    """Walk the whole record of one agent. Never raises for what is stored: that is what it tells.

    `parts`: only these, by name: `live version`, a table that decides, `totals`, `arrivals`, `columns`, `versions`,
    `anchors`.
    """
    walk = _Walk(connection, agent, anchors, parts)
    faults = walk.faults()
    accepted = walk.accepted()
    return Inspection(
        agent=agent,
        entries=len(walk.entries),
        signed=sum(keys_of(connection).check(entry.hash, entry.signature) == "good" for entry in walk.entries),
        rows=sum(map(len, walk.seals.values())),
        anchors=walk.compared,
        faults=tuple(fault for fault in faults if fault.id not in accepted),
        accepted=tuple(fault for fault in faults if fault.id in accepted),
        notes=tuple(walk.notes),
    )


class _Walk:
    """One pass over what is stored."""

    def __init__(
        self, connection: sa.Connection, agent: str, anchors: Sequence[Anchor], parts: Collection[str]
    ) -> None:
        self.parts = parts
        self.connection = connection
        self.agent = agent
        self.anchors = anchors
        self.compared = 0
        self.entries: list[AuditEntry] = []
        self.seals: dict[str, dict[str, Seal]] = {}
        self.notes: list[str] = []
        self.erased: dict[int, str] = {}

    def faults(self) -> list[Fault]:
        """In the order in which the chain hangs together; one part that cannot be read stops no other."""
        parts: dict[str, Callable[[], Iterable[Found]]] = {
            "journal": self._journal,
            "live version": self._head,
            **{kind: partial(self._rows, kind) for kind in KINDS},
            "totals": self._totals,
            "arrivals": partial(arrival_faults, self.connection, self.agent, self.entries, self.notes),
            "columns": partial(column_faults, self.connection, self.agent),
            "answers": partial(answer_faults, self.connection, self.agent),
            "versions": partial(version_faults, self.connection, self.agent, self.entries),
            "anchors": self._anchored,
        }
        found: list[Found] = []
        for name, part in parts.items():
            if self.parts and name not in (*self.parts, "journal"):
                continue
            try:
                found.extend(part())
            except _UNREADABLE as error:
                found.append((name, f"It cannot be read to its end ({type(error).__name__})."))
        return [self._fault(subject, what) for subject, what in dict.fromkeys(found)]

    def accepted(self) -> frozenset[str]:
        """Ids of what the operator has accepted, in entries that are as they were written."""
        keys = keys_of(self.connection)
        said = (
            entry
            for entry in self.entries
            if entry.action == JournalAction.ACCEPT_RECORD and not audit.fault_of(entry, keys=keys, erased=self.erased)
        )
        return frozenset(name.removeprefix("accepted ") for entry in said for name in entry.digests)

    def _journal(self) -> Iterator[Found]:
        head = HeadRow.core()
        row = self.connection.execute(
            sa.select(head.c.audit_seq, head.c.audit_hash).where(head.c.agent == self.agent)
        ).one()
        self.entries.extend(audit.read_entries(self.connection, self.agent))
        if not self.entries:
            yield "journal", "It is empty."
        self._tell_erased()
        keys = keys_of(self.connection)
        counted: Counter[str] = Counter()
        for seq, reason in audit.breaks(
            self.entries, last=(row.audit_seq, row.audit_hash), keys=keys, erased=self.erased
        ):
            counted[reason] += 1
            if counted[reason] == 1:
                yield f"entry {seq}", reason
        for reason, n in counted.items():
            if n > 1:
                self.notes.append(f"{n} entries: {reason}")
        states = Counter(keys.check(entry.hash, entry.signature) for entry in self.entries)
        if states["lost"]:
            self.notes.append(f"{states['lost']} entries are signed with a key that was lost: their chain is checked.")
        if states["none"]:
            self.notes.append(
                f"{states['none']} entries are from before the journal was signed: their chain is checked."
            )

    def _tell_erased(self) -> None:
        """What no longer says all it said because somebody was erased: no fault, and told."""
        self.erased = erased_entries(self.connection, self.agent)
        bundles = len(read_tombstones(self.connection, self.agent, "bundle"))
        for n, what in ((len(self.erased), "entries of the journal"), (bundles, "versions' contents")):
            if n:
                self.notes.append(f"{n} {what} were erased in part: the journal vouches for what is left.")

    def _head(self) -> Iterator[Found]:
        try:
            chain.check_head(self.connection, self.agent)
        except BrokenChain as error:
            yield "live version", error.message

    def _rows(self, kind: str) -> Iterator[Found]:
        """Every row against its seal, and every seal against the entry that noted it."""
        seals = read_seals(self.connection, self.agent, kind)
        self.seals[kind] = seals
        rows = read_digests(self.connection, self.agent, kind)
        by_seq = {entry.seq: entry for entry in self.entries}
        for key in {**seals, **rows}:
            name = f"{kind} {key}"
            if key not in seals:
                yield name, "It was added from outside: the journal knows nothing of it."
            elif key not in rows:
                yield name, "It was deleted."
            elif rows[key] != seals[key].digest:
                yield name, "It was changed since it was written."
            elif not _is_named(by_seq.get(seals[key].seq), kind, key, seals[key]):
                yield name, f"Entry {seals[key].seq} of the journal does not name it."

    def _totals(self) -> Iterator[Found]:
        head = HeadRow.core()
        stored = self.connection.execute(sa.select(head.c.totals).where(head.c.agent == self.agent)).scalar_one()
        counted = {kind: total_of(kind, seals) for kind, seals in self.seals.items() if seals}
        kept: Mapping[str, str] = {kind: total for kind, total in stored.items() if not total.startswith("0:")}
        for kind in sorted({*counted, *kept}):
            if counted.get(kind) != kept.get(kind):
                yield f"{kind} rows", "Their number or their sum is not what the journal says was written."
        table = SealRow.core()
        known = sa.select(table.c.kind).where(table.c.agent == self.agent, table.c.kind.not_in(list(KINDS)))
        yield from ((f"seal of {kind}", "There are no such rows.") for kind in self.connection.execute(known).scalars())
        last = next((entry.digests["record"] for entry in reversed(self.entries) if "record" in entry.digests), None)
        if last != digest(stored):
            yield "totals", "The sums beside the live version are not those of the journal's last entry."

    def _anchored(self) -> Iterator[Found]:
        found = differences(self.anchors, self.agent, self.entries, keys=keys_of(self.connection))
        self.compared = found.compared
        self.notes.extend(found.notes)
        yield from found.faults

    def _fault(self, subject: str, what: str) -> Fault:
        repair = _ROLL_BACK if subject == "live version" else RESTORE
        if subject.partition(" ")[0] in DERIVED:
            repair = REBUILD
        if "a key that is not here" in what:
            repair = (
                "Give the key in RATCHET_JOURNAL_KEY or in the key file; when it is lost for good: "
                "ratchet audit --lost-key NAME."
            )
        return Fault(
            id=derived_id("fault", subject, what), subject=subject, what=what, repair=repair.format(agent=self.agent)
        )


def _is_named(entry: AuditEntry | None, kind: str, key: str, seal: Seal) -> bool:
    if entry is None:
        return False
    listed = entry.digests.get(f"{kind} {key}")
    return listed == seal.digest if listed is not None else f"{kind} rows" in entry.digests


def damage(connection: sa.Connection) -> list[str]:
    """Damaged pages, in words; of SQLite only: PostgreSQL has checksums of its own."""
    if connection.dialect.name != "sqlite":
        return []
    try:
        told = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(20)")]
    except exc.DBAPIError:
        return ["The file is damaged and cannot be read to its end."]
    return [] if told == ["ok"] else [f"The file is damaged: {one}" for one in told]


def strays(connection: sa.Connection) -> list[str]:
    """Rows that belong to no agent, in words: no agent's audit would look at them."""
    agents = sa.select(AgentRow.core().c.slug)
    found: list[str] = []
    for table in metadata.sorted_tables:
        if "agent" in table.c:
            query = sa.select(sa.func.count()).where(table.c.agent.not_in(agents))
            if n := connection.execute(query).scalar_one():
                found.append(f"{n} rows of {table.name} belong to no agent.")
    return found
