"""An audit's walk of every version: content ← decision or rollback ← evidence shown ← report ← case set ← journal."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from loop.records import AuditEntry, ProposalState, digest, is_body_of
from storage.tables import BundleRow, DecisionRow, HeadRow, ProposalRow, ReleaseRow, ReportRow, Table, VersionRow
from storage.tombstones import read_tombstones

_Row = Mapping[Any, Any]
_WENT_LIVE = (ProposalState.LIVE.value, ProposalState.UNDONE.value)


def version_faults(connection: sa.Connection, agent: str, entries: Sequence[AuditEntry]) -> Iterator[tuple[str, str]]:
    """What does not follow of any version that was live, as (subject, what is wrong)."""
    walk = _Versions(connection, agent, entries)
    yield from walk.contents()
    for number, version in sorted(walk.versions.items()):
        if version["released_at"] is not None:
            yield from ((f"version {number}", what) for what in walk.chain(version))
        elif number in walk.releases:
            yield f"version {number}", "It has a release and no time at which it went live."
    yield from walk.strays()


class _Versions:
    """Everything that versions hang on, read once."""

    def __init__(self, connection: sa.Connection, agent: str, entries: Sequence[AuditEntry]) -> None:
        self._connection, self._agent = connection, agent
        self.versions = {int(row["number"]): row for row in self._rows(VersionRow)}
        self.releases: dict[int, list[_Row]] = defaultdict(list)
        for row in self._rows(ReleaseRow):
            self.releases[int(row["number"])].append(row)
        self.decisions = {row["id"]: row for row in self._rows(DecisionRow)}
        self.undone = {row["undoes"] for row in self.decisions.values() if row["undoes"]}
        self.proposals = {row["id"]: row for row in self._rows(ProposalRow)}
        self.asked: dict[str, set[str]] = defaultdict(set)
        for entry in entries:
            if "cases" in entry.digests:
                self.asked[entry.subject].add(entry.digests["cases"])

    def contents(self) -> Iterator[tuple[str, str]]:
        """Every bundle against its name."""
        table, left = BundleRow.core(), read_tombstones(self._connection, self._agent, "bundle")
        for row in self._connection.execute(sa.select(table).where(table.c.agent == self._agent)).mappings():
            if not is_body_of(row["digest"], row["body"]) and left.get(row["digest"]) != digest(row["body"]):
                yield f"bundle {row['digest'][:12]}", "Its content was changed since it was written."

    def chain(self, version: _Row) -> Iterator[str]:
        """Of one version that was live."""
        releases = self.releases.get(int(version["number"]), [])
        if not releases:
            yield "It was live and has no release."
        for release in releases:
            match release["kind"]:
                case "start":
                    if version["number"] != 0 or version["parent"] is not None:
                        yield "Only version 0 is what an agent starts with."
                case "rollback":
                    older = self.versions.get(-1 if version["restores"] is None else int(version["restores"]))
                    if older is None or older["digest"] != version["digest"] or older["released_at"] is None:
                        yield "It does not hold the content of the version it goes back to."
                case _:
                    yield from self._approved(version, release)

    def strays(self) -> Iterator[tuple[str, str]]:
        """What points to a version and is not pointed back to."""
        head = HeadRow.core()
        live = self._connection.execute(sa.select(head.c.number).where(head.c.agent == self._agent)).scalar_one()
        if self.releases and live != max(self.releases):
            yield "live version", f"The newest release is of version {max(self.releases)}, and {live} is live."
        made = {release["proposal_id"] for releases in self.releases.values() for release in releases}
        for name, proposal in self.proposals.items():
            if proposal["state"] in _WENT_LIVE and name not in made:
                yield f"proposal {name}", f"It is {proposal['state']} and was never released."

    def _approved(self, version: _Row, release: _Row) -> Iterator[str]:
        said = self.decisions.get(release["decision_id"])
        proposal = self.proposals.get(version["proposal_id"])
        if said is None or said["verb"] != "approve" or said["id"] in self.undone:
            yield "Nobody approved it."
            return
        if proposal is None or {said["proposal_id"], release["proposal_id"]} != {version["proposal_id"]}:
            yield "Its approval is of another change."
            return
        if proposal["candidate_digest"] != version["digest"]:
            yield "It does not hold the content that was proposed."
        if proposal["evidence_digest"] != said["seen_digest"] or proposal["report_id"] != said["report_id"]:
            yield "It was approved on other evidence than is kept."
        yield from self._tested(proposal)

    def _tested(self, proposal: _Row) -> Iterator[str]:
        if proposal["report_id"] is None:
            return
        table = ReportRow.core()
        row = self._connection.execute(
            sa.select(table).where(table.c.agent == self._agent, table.c.id == proposal["report_id"])
        ).mappings().first()  # fmt: skip
        if row is None or row["proposal_id"] != proposal["id"]:
            yield "The report it was approved on is not kept."
            return
        body = row["body"]
        if (body["verdict"], body["candidate_digest"]) != (row["verdict"], proposal["candidate_digest"]):
            yield "The report it was approved on is of another test."
        known = self.asked.get(proposal["id"])
        if known and body["case_set_digest"] not in known:
            yield "The journal knows of no test of it on the cases its report names."

    def _rows(self, table: type[Table]) -> list[_Row]:
        core = table.core()
        return list(self._connection.execute(sa.select(core).where(core.c.agent == self._agent)).mappings())
