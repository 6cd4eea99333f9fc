"""Proposals, reports, decisions and releases that fit together, for tests of the store."""

from typing import Any

from loop.records import (
    ApplyOutcome,
    Bundle,
    Changes,
    Decision,
    Note,
    Proposal,
    ProposalItem,
    ProposalMove,
    ProposalState,
    Release,
    Version,
)
from storage.store import AgentStore
from tests import builders


def candidate(name: str = "p1") -> Bundle:
    """The content proposal `name` would put live."""
    return builders.bundle(instructions=f"Be kind, says {name}.")


def proposal(name: str = "p1", *, base: Version, **fields: Any) -> Proposal:
    """An instruction edit on a base."""
    filled = {
        "agent": base.agent,
        "base_number": base.number,
        "base_digest": base.digest,
        "candidate_digest": candidate(name).digest,
    }
    return builders.proposal(name, **filled | fields)


def waiting(store: AgentStore, name: str = "p1", **fields: Any) -> ProposalItem:
    """A proposal on the live version, tested and on a reviewer's desk."""
    drafted = proposal(name, base=store.head(), **fields)
    move = ProposalMove(proposal_id=name, was=ProposalState.DRAFTED, now=ProposalState.WAITING)
    store.commit(
        drafting(drafted).model_copy(update={"reports": (builders.report(drafted),), "proposal_moves": (move,)})
    )
    return store.proposal(name)


def drafting(*proposals: Proposal) -> Changes:
    """Proposals with the content of their candidates."""
    return Changes(proposals=proposals, bundles=tuple(candidate(one.id) for one in proposals))


def decision(on: ProposalItem, verb: str = "approve", **fields: Any) -> Decision:
    """A reviewer's word on what they saw."""
    filled = {
        "id": f"{verb}-{on.proposal.id}",
        "agent": on.proposal.agent,
        "proposal_id": on.proposal.id,
        "verb": verb,
        "actor": builders.reviewer(),
        "seen_digest": on.evidence_digest,
        "report_id": on.report.id if on.report else None,
        "at": builders.at(10),
        "effective_at": builders.at(11),
    }
    return Decision(**filled | fields)


def older(store: AgentStore, *, to: int, **fields: Any) -> Version:
    """The version that would bring the content of version `to` back."""
    head = store.head()
    content = next(version.digest for version in store.versions() if version.number == to)
    filled = {
        "agent": head.agent,
        "number": head.number + 1,
        "digest": content,
        "parent": head.number,
        "proposal_id": None,
        "restores": to,
        "created_at": builders.at(12),
        "released_at": builders.at(12),
    }
    return Version(**filled | fields)


def return_of(version: Version, **fields: Any) -> Release:
    """The release that makes an older version live again."""
    filled = {
        "id": f"rollback-{version.parent}",
        "agent": version.agent,
        "kind": "rollback",
        "number": version.number,
        "from_number": version.parent,
        "decision_id": None,
        "proposal_id": None,
        "actor": "engine",
        "at": builders.at(12),
    }
    return Release(**filled | fields)


def deploy(store: AgentStore, approval: Decision, **fields: Any) -> ApplyOutcome:
    """Apply an approval: the candidate of its proposal goes live."""
    return store.deploy(decision=approval, release=release_for(store, approval, **fields))


def release_for(store: AgentStore, approval: Decision, **fields: Any) -> Release:
    """The release of the candidate that was approved."""
    item = store.proposal(approval.proposal_id)
    filled = {
        "id": f"release-{approval.id}",
        "agent": approval.agent,
        "kind": "deploy",
        "number": item.number,
        "from_number": item.proposal.base_number,
        "decision_id": approval.id,
        "proposal_id": approval.proposal_id,
        "actor": "engine",
        "at": builders.at(12),
    }
    return Release(**filled | fields)


def ship(store: AgentStore, name: str = "p1") -> Decision:
    """Draft, test, approve and deploy a proposal."""
    approval = decision(waiting(store, name))
    store.decide(approval)
    assert deploy(store, approval).outcome == "applied"
    return approval


def roll_back(store: AgentStore, *, to: int, undone: str | None) -> Release:
    """Bring the content of version `to` back."""
    version = older(store, to=to)
    return store.roll_back(version=version, release=return_of(version), undone=undone)


def note(subject: str, **fields: Any) -> Note:
    """A line for the journal."""
    filled = {"actor": "engine", "action": "import file", "subject": subject, "at": builders.NOON}
    return Note(**filled | fields)
