"""Decisions and releases: compare-and-swap on state, evidence and head, applied exactly once or not at all."""

from collections.abc import Mapping

import sqlalchemy as sa

from loop.errors import Conflict, DigestMismatch, InvalidInput, NotFound, StaleBase
from loop.ports import Checkpoint
from loop.records import (
    ApplyOutcome,
    Bundle,
    Decision,
    JournalAction,
    Note,
    Proposal,
    ProposalMove,
    ProposalState,
    Release,
    Version,
    digest,
)
from storage import audit
from storage.approvals import (
    RELOAD,
    TARGETS,
    check_completed,
    check_first,
    check_seen,
    is_completed_still,
    words,
)
from storage.locks import bump_change_counter, lock_agent
from storage.outbox import announce
from storage.proposals import candidate_numbers, candidate_of, draft_proposals, move_proposal, next_number, stored_body
from storage.quorum import check_quorum, why_void
from storage.record import TouchedRows
from storage.rows import from_row, to_row
from storage.tables import DecisionRow, HeadRow, ProposalRow, ReleaseRow, VersionRow
from storage.tombstones import is_stored_body

_HELD_AGAINST = (
    *("state", "evidence_digest", "report_id", "base_number", "candidate_digest"),
    *("practice", "stakes", "authors", "evidence"),
)
"""What of a proposal a word on it is held against."""
_ACTIONS: Mapping[str, JournalAction] = {
    "approve": JournalAction.APPROVE_PROPOSAL,
    "endorse": JournalAction.ENDORSE_PROPOSAL,
    "edit": JournalAction.EDIT_PROPOSAL,
    "reject": JournalAction.REJECT_PROPOSAL,
    "undo": JournalAction.UNDO_PROPOSAL,
}
"""By the verb of the decision."""


def record_decision(
    connection: sa.Connection, agent: str, decision: Decision, *, successor: Proposal | None, candidate: Bundle | None
) -> None:
    """Write a decision and move its proposal, compare-and-swap on its state, its report and what was seen.

    Raises NotFound, InvalidInput, Conflict, DigestMismatch, StaleBase.
    """
    if decision.agent != agent or (successor is not None and successor.agent != agent):
        raise InvalidInput("The decision is about another agent.", field="agent")
    if (decision.successor_id, decision.verb == "edit") != (successor and successor.id, successor is not None):
        raise InvalidInput(
            "An edit, and only an edit, names and brings the proposal that replaces this one.", field="successor_id"
        )
    head = lock_agent(connection, agent)
    proposal = _proposal(connection, agent, decision.proposal_id)
    table = DecisionRow.core()
    if connection.execute(sa.select(table.c.id).where(table.c.agent == agent, table.c.id == decision.id)).first():
        raise Conflict("This decision is recorded already.")
    touched = _check_record(connection, agent, decision, proposal=proposal, successor=successor)
    was = ProposalState(proposal["state"])
    if decision.verb == "undo":
        _check_undo(connection, agent, decision, was=was)
        now = ProposalState.WAITING
    else:
        check_seen(decision, proposal, was=was, head=head)
        check_completed(connection, agent, decision)
        check_quorum(connection, agent, decision, proposal=proposal)
        now = TARGETS[decision.verb]
    if decision.verb == "endorse":
        check_first(connection, agent, decision)
    if now is not was and not _move(connection, agent, decision.proposal_id, was=was, now=now):
        raise Conflict("Somebody else decided this proposal a moment ago.", remedy=RELOAD)
    connection.execute(sa.insert(table), to_row(decision))
    if successor is not None:
        brought = [] if candidate is None else [candidate]
        if not draft_proposals(connection, agent, [successor], bundles=brought):
            raise Conflict("The edited proposal exists already.")
        touched.add("version", candidate_numbers(connection, agent, [successor.id]))
    note = Note(
        actor=decision.actor.name,
        action=_ACTIONS[decision.verb],
        subject=decision.proposal_id,
        at=decision.at,
        digests={"decision": digest(decision), "seen": decision.seen_digest},
    )
    audit.append(connection, agent, [note], touched=touched)
    bump_change_counter(connection, agent)


def apply_approval(
    connection: sa.Connection, agent: str, *, decision: Decision, release: Release, checkpoint: Checkpoint
) -> ApplyOutcome:
    """Apply an approval exactly once: its stored candidate goes live, or its proposal becomes stale and says why.

    Raises NotFound, InvalidInput and Conflict; then nothing is written.
    """
    head = lock_agent(connection, agent)
    releases = ReleaseRow.core()
    if connection.execute(
        sa.select(releases.c.id).where(releases.c.agent == agent, releases.c.decision_id == decision.id)
    ).first():
        return ApplyOutcome(outcome="before")
    approval = _approval(connection, agent, decision)
    proposal = _proposal(connection, agent, approval.proposal_id)
    if proposal["state"] != ProposalState.APPROVED.value:
        raise Conflict(f"The proposal is {words(proposal['state'])}, not approved.")
    if (release.agent, release.decision_id, release.proposal_id) != (agent, approval.id, approval.proposal_id):
        raise InvalidInput("The release must name the decision and its proposal.", field="decision_id")
    version = candidate_of(connection, agent, approval.proposal_id)
    touched = TouchedRows(connection, agent)
    rests_on = (
        ("decision", [approval.id, *filter(None, (approval.completes,))]),
        ("proposal", [approval.proposal_id]),
        ("report", [] if approval.report_id is None else [approval.report_id]),
    )
    changed = [kind for kind, keys in rests_on if touched.changed_outside(kind, keys)]
    reason = _unfit(connection, agent, approval, proposal=proposal, version=version, head=head)
    if changed:
        reason = f"The stored {' and '.join(changed)} is not what the journal says was written. Run ratchet audit."
    if version is None or reason:
        _move(
            connection, agent, approval.proposal_id, was=ProposalState.APPROVED, now=ProposalState.STALE, reason=reason
        )
        _note_stale(connection, agent, approval, release=release, touched=touched)
        return ApplyOutcome(outcome="stale", reason=reason)
    if (release.number, release.from_number) != (version.number, version.parent):
        raise InvalidInput("A release makes the candidate of its proposal live.", field="number")
    touched.check("version", [str(version.number)])
    touched.check("release", [release.id])
    _move_head(connection, agent, release=release, checkpoint=checkpoint)
    _move(connection, agent, approval.proposal_id, was=ProposalState.APPROVED, now=ProposalState.LIVE)
    _note_release(connection, agent, version=version, release=release, touched=touched)
    return ApplyOutcome(outcome="applied")


def restore(
    connection: sa.Connection,
    agent: str,
    *,
    version: Version,
    release: Release,
    undone: str | None,
    checkpoint: Checkpoint,
) -> Release:
    """Make a new head with older content, compare-and-swap on the head; the release with the number it got.

    Raises NotFound, InvalidInput, Conflict, DigestMismatch, StaleBase.
    """
    _check_rollback(agent, version, release)
    head = lock_agent(connection, agent)
    if head != release.from_number:
        raise StaleBase("Another version went live a moment ago; nothing was rolled back.", remedy=RELOAD)
    versions = VersionRow.core()
    restored = connection.execute(
        sa.select(versions.c.digest).where(
            versions.c.agent == agent, versions.c.number == version.restores, versions.c.released_at.is_not(None)
        )
    ).scalar()
    if restored is None:
        raise NotFound("The version to go back to does not exist.")
    if restored != version.digest:
        raise DigestMismatch("The content to come back is not the content of the version named.")
    touched = TouchedRows(connection, agent)
    touched.check("version", [str(version.restores)])
    touched.check("release", [release.id])
    touched.check("proposal", [] if undone is None else [undone])
    if undone is not None:
        proposal = _proposal(connection, agent, undone)
        if not _move(connection, agent, undone, was=ProposalState.LIVE, now=ProposalState.UNDONE):
            raise Conflict(f"The proposal is {words(proposal['state'])}, not live; nothing was rolled back.")
    number = next_number(connection, agent)
    version, release = (
        version.model_copy(update={"number": number}),
        release.model_copy(update={"number": number}),
    )
    connection.execute(sa.insert(VersionRow.core()), to_row(version))
    touched.add("version", [str(number)])
    checkpoint("rollback:version")
    _move_head(connection, agent, release=release, checkpoint=checkpoint)
    _note_release(connection, agent, version=version, release=release, touched=touched)
    return release


def _unfit(
    connection: sa.Connection,
    agent: str,
    approval: Decision,
    *,
    proposal: sa.RowMapping,
    version: Version | None,
    head: int,
) -> str:
    """Why an approved proposal can no longer go live, in words; empty when it can."""
    if head != proposal["base_number"]:
        return f"Version {head} went live before it; it was approved for version {proposal['base_number']}."
    if (approval.seen_digest, approval.report_id) != (proposal["evidence_digest"], proposal["report_id"]):
        return "The evidence is no longer what was approved."
    if proposal["practice"] or not is_completed_still(connection, agent, approval):
        return "It needed two approvals, and one of them does not stand any more."
    if void := why_void(connection, agent, approval, proposal=proposal):
        return void
    body = None if version is None else stored_body(connection, agent, version.digest)
    if version is None or body is None:
        return "The content that was approved is not stored."
    if version.digest != proposal["candidate_digest"] or not is_stored_body(connection, agent, version.digest, body):
        return "The stored content is not the content that was approved."
    return ""


def _check_record(
    connection: sa.Connection, agent: str, decision: Decision, *, proposal: sa.RowMapping, successor: Proposal | None
) -> TouchedRows:
    """A word is bound to what the journal says was written: proposal and report as they were. Raises Damaged."""
    touched = TouchedRows(connection, agent)
    touched.check("decision", [decision.id, *filter(None, (decision.undoes, decision.completes))])
    touched.check("proposal", [decision.proposal_id, *([] if successor is None else [successor.id])])
    touched.check("report", [] if proposal["report_id"] is None else [proposal["report_id"]])
    touched.check("bundle", [] if successor is None else [successor.candidate_digest])
    return touched


def _note_stale(
    connection: sa.Connection, agent: str, approval: Decision, *, release: Release, touched: TouchedRows
) -> None:
    note = Note(
        actor=release.actor,
        action=JournalAction.MARK_PROPOSAL_STALE,
        subject=approval.proposal_id,
        at=release.at,
        digests={"decision": digest(approval)},
    )
    audit.append(connection, agent, [note], touched=touched)
    bump_change_counter(connection, agent)


def _move(
    connection: sa.Connection,
    agent: str,
    proposal_id: str,
    *,
    was: ProposalState,
    now: ProposalState,
    reason: str = "",
) -> int:
    return move_proposal(connection, agent, ProposalMove(proposal_id=proposal_id, was=was, now=now, reason=reason))


def _check_undo(connection: sa.Connection, agent: str, decision: Decision, *, was: ProposalState) -> None:
    table = DecisionRow.core()
    undone = (
        connection.execute(sa.select(table).where(table.c.agent == agent, table.c.id == decision.undoes))
        .mappings()
        .first()
    )
    if undone is None or undone["proposal_id"] != decision.proposal_id:
        raise NotFound("The decision to take back does not exist.")
    if undone["verb"] not in {"approve", "endorse", "reject"}:
        raise InvalidInput("Only an approval or a rejection can be taken back.", field="undoes")
    if _undo_of(connection, agent, undone["id"]):
        raise Conflict("This decision was taken back already.")
    if was is not TARGETS[undone["verb"]]:
        raise Conflict(f"The proposal is {words(was)} now; the decision can no longer be taken back.")


def _check_rollback(agent: str, version: Version, release: Release) -> None:
    if version.agent != agent or release.agent != agent:
        raise InvalidInput("Version or release belong to another agent.", field="agent")
    if release.from_number is None or version.parent != release.from_number:
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
    query = sa.select(*(table.c[name] for name in _HELD_AGAINST)).where(
        table.c.agent == agent, table.c.id == proposal_id
    )
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFound("There is no such proposal.")
    return row


def _move_head(connection: sa.Connection, agent: str, *, release: Release, checkpoint: Checkpoint) -> None:
    """Compare-and-swap on the head."""
    versions, head = VersionRow.core(), HeadRow.core()
    connection.execute(
        sa.update(versions)
        .where(versions.c.agent == agent, versions.c.number == release.number)
        .values(released_at=release.at)
    )
    moved = connection.execute(
        sa.update(head).where(head.c.agent == agent, head.c.number == release.from_number).values(number=release.number)
    ).rowcount
    if moved != 1:
        raise StaleBase("Another version went live a moment ago.", remedy=RELOAD)
    checkpoint("release:head")
    connection.execute(sa.insert(ReleaseRow.core()), to_row(release))


def _note_release(
    connection: sa.Connection, agent: str, *, version: Version, release: Release, touched: TouchedRows
) -> None:
    note = Note(
        actor=release.actor,
        action=JournalAction.ROLL_BACK if release.kind == "rollback" else JournalAction.DEPLOY_VERSION,
        subject=str(version.number),
        at=release.at,
        digests={"bundle": version.digest, "release": digest(release)},
    )
    audit.append(connection, agent, [note], touched=touched)
    announce(connection, release, digest=version.digest)
    bump_change_counter(connection, agent)
