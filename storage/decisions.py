"""Decide, deploy, roll back: each applied once, on what was seen, or not at all."""

import sqlalchemy as sa

from loop.errors import Conflict, DigestMismatch, InvalidInput, NotFound, StaleBase
from loop.ports import Checkpoint
from loop.records import (
    PROPOSAL_MOVES,
    Bundle,
    Decision,
    Mover,
    Note,
    Proposal,
    ProposalState,
    Release,
    Version,
    digest,
    may_move,
)
from storage import audit
from storage.commit import drafted_row, hold, mark, move_proposal
from storage.ingest import insert_new, insert_unknown
from storage.rows import from_row, to_row
from storage.tables import BundleRow, DecisionRow, HeadRow, ProposalRow, ReleaseRow, VersionRow

_TARGETS = {
    "approve": ProposalState.APPROVED,
    "edit": ProposalState.EDITED,
    "reject": ProposalState.REJECTED,
}
_RELOAD = "Load it again and decide on what it is now."


def record_decision(connection: sa.Connection, agent: str, decision: Decision, *, successor: Proposal | None) -> None:
    """Write a decision and move its proposal. Raises NotFound, InvalidInput, Conflict, DigestMismatch, StaleBase."""
    if decision.agent != agent or (successor is not None and successor.agent != agent):
        raise InvalidInput("The decision is about another agent.", field="agent")
    if (decision.successor_id, decision.verb == "edit") != (successor and successor.id, successor is not None):
        raise InvalidInput(
            "An edit, and only an edit, names and brings the proposal that replaces this one.", field="successor_id"
        )
    head = hold(connection, agent)
    proposal = _proposal(connection, agent, decision.proposal_id)
    table = DecisionRow.core()
    if connection.execute(sa.select(table.c.id).where(table.c.agent == agent, table.c.id == decision.id)).first():
        raise Conflict("This decision is recorded already.")
    was = ProposalState(proposal["state"])
    if decision.verb == "undo":
        _check_undo(connection, agent, decision, was=was)
        now = ProposalState.WAITING
    else:
        _check_seen(decision, proposal, was=was, head=head)
        now = _TARGETS[decision.verb]
    if not move_proposal(connection, agent, decision.proposal_id, was=was, now=now):
        raise Conflict("Somebody else decided this proposal a moment ago.", remedy=_RELOAD)
    connection.execute(sa.insert(table), to_row(decision))
    if successor is not None and not insert_unknown(connection, ProposalRow.core(), agent, [drafted_row(successor)]):
        raise Conflict("The edited proposal exists already.")
    note = Note(
        actor=decision.actor.name,
        action=f"{decision.verb} proposal",
        subject=decision.proposal_id,
        at=decision.at,
        digests={"decision": digest(decision), "seen": decision.seen_digest},
    )
    audit.append(connection, agent, [note])
    mark(connection, agent)


def apply_approval(
    connection: sa.Connection,
    agent: str,
    *,
    decision: Decision,
    version: Version,
    bundle: Bundle,
    release: Release,
    checkpoint: Checkpoint,
) -> bool | None:
    """True: applied. False: it was before. None: the proposal was stale, which is now written.

    Raises NotFound, InvalidInput, Conflict and DigestMismatch; then nothing is written.
    """
    _check_release(agent, version, release)
    head = hold(connection, agent)
    releases = ReleaseRow.core()
    if connection.execute(
        sa.select(releases.c.id).where(releases.c.agent == agent, releases.c.decision_id == decision.id)
    ).first():
        return False
    approval = _approval(connection, agent, decision)
    proposal = _proposal(connection, agent, approval.proposal_id)
    if release.decision_id != approval.id or not (release.proposal_id == version.proposal_id == approval.proposal_id):
        raise InvalidInput("Release and version must name the decision and its proposal.", field="decision_id")
    if proposal["state"] != ProposalState.APPROVED.value:
        raise Conflict(f"The proposal is {_words(proposal['state'])}, not approved.")
    if approval.seen_digest != proposal["evidence_digest"]:
        raise DigestMismatch("The evidence changed after it was approved; it was not applied.", remedy=_RELOAD)
    if not (bundle.digest == version.digest == proposal["candidate_digest"]):
        raise DigestMismatch("The content to go live is not the content that was approved; it was not applied.")
    if head != release.from_number or head != proposal["base_number"]:
        move_proposal(connection, agent, approval.proposal_id, was=ProposalState.APPROVED, now=ProposalState.STALE)
        note = Note(
            actor=release.actor,
            action="mark proposal stale",
            subject=approval.proposal_id,
            at=release.at,
            digests={"decision": digest(approval)},
        )
        audit.append(connection, agent, [note])
        mark(connection, agent)
        return None
    body = to_row(bundle, agent=agent, digest=version.digest)
    insert_new(connection, BundleRow.core(), [body])
    _move_head(connection, agent, version=version, release=release, checkpoint=checkpoint)
    move_proposal(connection, agent, approval.proposal_id, was=ProposalState.APPROVED, now=ProposalState.LIVE)
    _note_release(connection, agent, "deploy version", version, release)
    return True


def restore(
    connection: sa.Connection,
    agent: str,
    *,
    version: Version,
    release: Release,
    undone: str | None,
    checkpoint: Checkpoint,
) -> None:
    """Make a new head with older content. Raises NotFound, InvalidInput, Conflict, StaleBase."""
    _check_release(agent, version, release)
    head = hold(connection, agent)
    if head != release.from_number:
        raise StaleBase("Another version went live a moment ago; nothing was rolled back.", remedy=_RELOAD)
    versions = VersionRow.core()
    restored = connection.execute(
        sa.select(versions.c.digest).where(versions.c.agent == agent, versions.c.number == version.restores)
    ).scalar()
    if restored is None:
        raise NotFound("The version to go back to does not exist.")
    if restored != version.digest:
        raise DigestMismatch("The content to come back is not the content of the version named.")
    if undone is not None:
        proposal = _proposal(connection, agent, undone)
        if not move_proposal(connection, agent, undone, was=ProposalState.LIVE, now=ProposalState.UNDONE):
            raise Conflict(f"The proposal is {_words(proposal['state'])}, not live; nothing was rolled back.")
    _move_head(connection, agent, version=version, release=release, checkpoint=checkpoint)
    _note_release(connection, agent, "roll back", version, release)


def _check_undo(connection: sa.Connection, agent: str, decision: Decision, *, was: ProposalState) -> None:
    table = DecisionRow.core()
    undone = (
        connection.execute(sa.select(table).where(table.c.agent == agent, table.c.id == decision.undoes))
        .mappings()
        .first()
    )
    if undone is None or undone["proposal_id"] != decision.proposal_id:
        raise NotFound("The decision to take back does not exist.")
    if undone["verb"] not in {"approve", "reject"}:
        raise InvalidInput("Only an approval or a rejection can be taken back.", field="undoes")
    if _undo_of(connection, agent, undone["id"]):
        raise Conflict("This decision was taken back already.")
    if was is not _TARGETS[undone["verb"]]:
        raise Conflict(f"The proposal is {_words(was)} now; the decision can no longer be taken back.")


def _check_seen(decision: Decision, proposal: sa.RowMapping, *, was: ProposalState, head: int) -> None:
    if not may_move(PROPOSAL_MOVES, was, _TARGETS[decision.verb], by=Mover.DECISION):
        raise Conflict(f"The proposal is {_words(was)} now, not waiting.", remedy=_RELOAD)
    if decision.seen_digest != proposal["evidence_digest"]:
        raise DigestMismatch("The proposal or its evidence changed since it was shown.", remedy=_RELOAD)
    if decision.verb == "approve" and not proposal["evidence_digest"]:
        raise DigestMismatch("The proposal has not been tested; there is nothing to approve.")
    if decision.verb == "approve" and proposal["base_number"] != head:
        raise StaleBase(
            f"Version {head} went live since this was drafted on version {proposal['base_number']}.",
            remedy="It will be drafted and tested again on the live version.",
        )


def _check_release(agent: str, version: Version, release: Release) -> None:
    if version.agent != agent or release.agent != agent:
        raise InvalidInput("Version or release belong to another agent.", field="agent")
    if release.number != version.number or release.from_number is None or version.number <= release.from_number:
        raise InvalidInput("A release makes the next version live.", field="number")
    if version.parent != release.from_number:
        raise InvalidInput("A version's parent is the version it replaces.", field="parent")


def _approval(connection: sa.Connection, agent: str, decision: Decision) -> Decision:
    """The approval as stored, which is the one that counts."""
    table = DecisionRow.core()
    row = (
        connection.execute(sa.select(table).where(table.c.agent == agent, table.c.id == decision.id)).mappings().first()
    )
    if row is None:
        raise NotFound("This decision was never recorded.")
    approval = from_row(Decision, row)
    if approval.verb != "approve" or approval != decision:
        raise InvalidInput("Only a recorded approval can be applied, as it was recorded.", field="decision")
    if _undo_of(connection, agent, approval.id):
        raise Conflict("The approval was taken back.")
    return approval


def _undo_of(connection: sa.Connection, agent: str, decision_id: str) -> bool:
    table = DecisionRow.core()
    query = sa.select(table.c.id).where(table.c.agent == agent, table.c.undoes == decision_id)
    return connection.execute(query).first() is not None


def _proposal(connection: sa.Connection, agent: str, proposal_id: str) -> sa.RowMapping:
    table = ProposalRow.core()
    query = sa.select(table.c.state, table.c.evidence_digest, table.c.base_number, table.c.candidate_digest).where(
        table.c.agent == agent, table.c.id == proposal_id
    )
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFound("There is no such proposal.")
    return row


def _move_head(
    connection: sa.Connection, agent: str, *, version: Version, release: Release, checkpoint: Checkpoint
) -> None:
    connection.execute(sa.insert(VersionRow.core()), to_row(version))
    checkpoint("version written")
    head = HeadRow.core()
    moved = connection.execute(
        sa.update(head).where(head.c.agent == agent, head.c.number == release.from_number).values(number=version.number)
    ).rowcount
    if moved != 1:
        raise StaleBase("Another version went live a moment ago.", remedy=_RELOAD)
    checkpoint("head moved")
    connection.execute(sa.insert(ReleaseRow.core()), to_row(release))


def _note_release(connection: sa.Connection, agent: str, action: str, version: Version, release: Release) -> None:
    note = Note(
        actor=release.actor,
        action=action,
        subject=str(version.number),
        at=release.at,
        digests={"bundle": version.digest, "release": digest(release)},
    )
    audit.append(connection, agent, [note])
    mark(connection, agent)


def _words(state: str) -> str:
    return state.replace("_", " ")
