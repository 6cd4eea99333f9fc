"""Proposals with their candidate versions and reports: numbered when drafted, never deleted, moved by state."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from loop.errors import Conflict, InvalidInput, NotFound
from loop.records import (
    UNDECIDED_STATES,
    Bundle,
    Experiment,
    Proposal,
    ProposalMove,
    ProposalState,
    Report,
    SealedLook,
    Version,
    evidence_digest,
    look_of,
)
from storage.among import among
from storage.lineage import write_sources
from storage.rows import Row, from_row, to_row
from storage.statements import insert_new, insert_unknown
from storage.tables import BundleRow, ExperimentRow, ProposalRow, ReportRow, VersionRow
from storage.tombstones import is_stored_body


def draft_proposals(
    connection: sa.Connection, agent: str, proposals: Sequence[Proposal], *, bundles: Sequence[Bundle]
) -> int:
    """Write new proposals, each with a candidate version under the next free number; how many were new.

    Idempotent: an id that is stored is left as it is. Raises InvalidInput when the content of a candidate is
    neither among `bundles` nor stored. The caller has locked the agent.
    """
    brought = {bundle.digest: bundle for bundle in bundles}
    drafted = 0
    for proposal in proposals:
        row = to_row(
            proposal,
            state=ProposalState.DRAFTED.value,
            evidence_digest="",
            report_id=None,
            stale_reason="",
            practice="",
            **_chain(connection, agent, proposal),
        )
        if insert_unknown(connection, ProposalRow.core(), agent, [row]):
            write_sources(connection, [proposal])
            _keep_candidate(connection, agent, proposal, brought=brought)
            drafted += 1
    return drafted


def candidate_of(connection: sa.Connection, agent: str, proposal_id: str) -> Version | None:
    """The version that was numbered when the proposal was drafted."""
    table = VersionRow.core()
    query = sa.select(table).where(table.c.agent == agent, table.c.proposal_id == proposal_id)
    row = connection.execute(query).mappings().first()
    return None if row is None else from_row(Version, row)


def candidate_numbers(connection: sa.Connection, agent: str, proposal_ids: Sequence[str]) -> list[str]:
    """Numbers of the candidates of these proposals, as keys of the record."""
    table = VersionRow.core()
    if not proposal_ids:
        return []
    query = sa.select(table.c.number).where(table.c.agent == agent, among(table.c.proposal_id, proposal_ids))
    return [str(number) for number in connection.execute(query).scalars()]


def next_number(connection: sa.Connection, agent: str) -> int:
    """The number no version of the agent has had. The caller has locked the agent."""
    table = VersionRow.core()
    last = connection.execute(sa.select(sa.func.max(table.c.number)).where(table.c.agent == agent)).scalar()
    return 0 if last is None else int(last) + 1


def stored_body(connection: sa.Connection, agent: str, digest: str) -> Row | None:
    """A bundle's body as it was written."""
    table = BundleRow.core()
    query = sa.select(table.c.body).where(table.c.agent == agent, table.c.digest == digest)
    body: Row | None = connection.execute(query).scalar()
    return body


def keep_bundle(connection: sa.Connection, agent: str, bundle: Bundle) -> None:
    """Write a bundle under its digest, unless it is there."""
    insert_new(connection, BundleRow.core(), [to_row(bundle, agent=agent, digest=bundle.digest)])


def move_proposal(connection: sa.Connection, agent: str, move: ProposalMove) -> int:
    """Compare-and-swap of a proposal's state: 1 when it stood at `was` and now stands at `now`, else 0."""
    table = ProposalRow.core()
    return connection.execute(
        sa.update(table)
        .where(table.c.agent == agent, table.c.id == move.proposal_id, table.c.state == move.was.value)
        .values(state=move.now.value, stale_reason=move.reason if move.now is ProposalState.STALE else "")
    ).rowcount


def write_experiments(connection: sa.Connection, agent: str, experiments: Sequence[Experiment]) -> None:
    """New ones are added; of known ones, state and end are brought up to date."""
    table = ExperimentRow.core()
    insert_new(connection, table, [to_row(one) for one in experiments])
    for one in experiments:
        connection.execute(
            sa.update(table)
            .where(table.c.agent == agent, table.c.id == one.id)
            .values(state=one.state, ended_at=one.ended_at)
        )


def write_report(connection: sa.Connection, agent: str, report: Report) -> bool:
    """Keep a report beside the earlier ones; whether it is now what a reviewer is shown.

    Idempotent by its id. A proposal that is decided keeps the report it was decided on. Raises Conflict when the
    look it was charged for was taken by another test meanwhile. The caller has locked the agent.
    """
    table = ProposalRow.core()
    mine = sa.and_(table.c.agent == agent, table.c.id == report.proposal_id)
    row = connection.execute(sa.select(table).where(mine)).mappings().first()
    if row is None:
        raise NotFound("A report is about a proposal that is not stored.")
    if _is_stored(connection, agent, report.id):
        return False
    look = look_of(report)
    if look is not None and look.number != _next_look(connection, agent):
        raise Conflict("Another test looked at the sealed cases meanwhile.", remedy="Test it again.")
    insert_new(connection, ReportRow.core(), [_report_row(report, look)])
    if ProposalState(row["state"]) not in UNDECIDED_STATES:
        return False
    digest = evidence_digest(from_row(Proposal, row), report)
    connection.execute(sa.update(table).where(mine).values(evidence_digest=digest, report_id=report.id))
    return True


def _chain(connection: sa.Connection, agent: str, proposal: Proposal) -> Row:
    """Where its chain of replacements began, and when: a redraw does not make a change younger."""
    table = ProposalRow.core()
    query = sa.select(table.c.root_id, table.c.waits_since).where(
        table.c.agent == agent, table.c.id == proposal.replaces
    )
    before = connection.execute(query).mappings().first() if proposal.replaces else None
    return dict(before) if before else {"root_id": proposal.id, "waits_since": proposal.created_at}


def _keep_candidate(
    connection: sa.Connection, agent: str, proposal: Proposal, *, brought: Mapping[str, Bundle]
) -> None:
    digest = proposal.candidate_digest
    if digest in brought:
        keep_bundle(connection, agent, brought[digest])
    body = stored_body(connection, agent, digest)
    if body is None or not is_stored_body(connection, agent, digest, body):
        raise InvalidInput(
            "The content of a proposal's candidate is missing.", field="bundles", remedy="Bring it with the proposal."
        )
    version = Version(
        agent=agent,
        number=next_number(connection, agent),
        digest=digest,
        parent=proposal.base_number,
        proposal_id=proposal.id,
        summary=proposal.title,
        created_at=proposal.created_at,
    )
    connection.execute(sa.insert(VersionRow.core()), to_row(version))


def _is_stored(connection: sa.Connection, agent: str, report_id: str) -> bool:
    table = ReportRow.core()
    query = sa.select(table.c.id).where(table.c.agent == agent, table.c.id == report_id)
    return connection.execute(query).first() is not None


def _next_look(connection: sa.Connection, agent: str) -> int:
    table = ReportRow.core()
    return int(connection.execute(sa.select(sa.func.max(table.c.look)).where(table.c.agent == agent)).scalar() or 0) + 1


def _report_row(report: Report, look: SealedLook | None) -> Row:
    dev, sealed = report.dev.tally, report.sealed.tally
    return to_row(
        report,
        dev_n=dev.n,
        dev_effect=dev.effect,
        sealed_n=sealed.n,
        sealed_effect=sealed.effect,
        sealed_low=report.sealed.low,
        sealed_high=report.sealed.high,
        looks=1 if sealed.n else 0,
        look=look.number if look else None,
        p=look.p if look else None,
        level=report.level,
        moved=sealed.fixed + sealed.broken,
        expected_gain=report.expected_gain,
    )
