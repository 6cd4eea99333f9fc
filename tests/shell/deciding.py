"""Proposals, reports, decisions and releases that fit together, for tests of the store."""

from typing import Any

from loop.records import (
    Bundle,
    Changes,
    Decision,
    EditInstructions,
    Evidence,
    Note,
    Proposal,
    ProposalItem,
    ProposalMove,
    ProposalState,
    Release,
    Report,
    Stakes,
    StakesLevel,
    Tally,
    Verdict,
    Version,
)
from storage.store import AgentStore
from tests import builders


def candidate(name: str = "p1") -> Bundle:
    """The bundle proposal `name` would put live."""
    return builders.bundle(instructions=f"Be kind, says {name}.")


def proposal(name: str = "p1", *, base: Version, **fields: Any) -> Proposal:
    """An instruction edit on a base."""
    filled = {
        "id": name,
        "agent": base.agent,
        "base_number": base.number,
        "base_digest": base.digest,
        "candidate_digest": candidate(name).digest,
        "operations": (EditInstructions(new=f"Be kind, says {name}."),),
        "changes": (),
        "title": "Ask for kindness",
        "rationale": "People said it was rude.",
        "proposer": "person",
        "stakes": Stakes(level=StakesLevel.LOW, reasons=("One line.",)),
        "created_at": builders.NOON,
    }
    return Proposal(**filled | fields)


def evidence(*, fixed: int = 3, broken: int = 1) -> Evidence:
    """A tally of ten cases."""
    tally = Tally(both_right=5, fixed=fixed, broken=broken, both_wrong=10 - 5 - fixed - broken)
    return Evidence(tally=tally, low=-0.05, high=0.4, p_better=0.2, p_worse=0.9)


def report(of: Proposal, **fields: Any) -> Report:
    """A report on a proposal that used the sealed set."""
    filled = {
        "id": f"report-{of.id}",
        "agent": of.agent,
        "proposal_id": of.id,
        "base_digest": of.base_digest,
        "candidate_digest": of.candidate_digest,
        "case_set_digest": "c" * 64,
        "dev": evidence(),
        "sealed": evidence(fixed=2),
        "verdict": Verdict.PROMISING,
        "reasons": ("Two more cases right.",),
        "power": 0.4,
        "power_for": 0.1,
        "cases_needed": 200,
        "sealed_looks": 1,
        "method": "paired replay",
        "seed": 7,
        "at": builders.at(5),
    }
    return Report(**filled | fields)


def waiting(store: AgentStore, name: str = "p1", **fields: Any) -> ProposalItem:
    """A proposal on the live version, tested and on a reviewer's desk."""
    drafted = proposal(name, base=store.head(), **fields)
    move = ProposalMove(proposal_id=name, was=ProposalState.DRAFTED, now=ProposalState.WAITING)
    store.commit(Changes(proposals=(drafted,), reports=(report(drafted),), proposal_moves=(move,)))
    return store.proposal(name)


def decision(on: ProposalItem, verb: str = "approve", **fields: Any) -> Decision:
    """A reviewer's word on what they saw."""
    filled = {
        "id": f"{verb}-{on.proposal.id}",
        "agent": on.proposal.agent,
        "proposal_id": on.proposal.id,
        "verb": verb,
        "actor": builders.reviewer(),
        "seen_digest": on.evidence_digest,
        "at": builders.at(10),
        "effective_at": builders.at(11),
    }
    return Decision(**filled | fields)


def next_version(store: AgentStore, bundle: Bundle, **fields: Any) -> Version:
    """The version that would follow the live one."""
    head = store.head()
    filled = {
        "agent": head.agent,
        "number": head.number + 1,
        "digest": bundle.digest,
        "parent": head.number,
        "proposal_id": None,
        "created_at": builders.at(12),
    }
    return Version(**filled | fields)


def release_of(version: Version, **fields: Any) -> Release:
    """The release that makes a version live."""
    filled = {
        "id": f"release-{version.number}",
        "agent": version.agent,
        "kind": "deploy",
        "number": version.number,
        "from_number": version.parent,
        "decision_id": None,
        "proposal_id": version.proposal_id,
        "actor": "engine",
        "at": builders.at(12),
    }
    return Release(**filled | fields)


def deploy(store: AgentStore, approval: Decision, **fields: Any) -> bool:
    """Apply an approval to the live version."""
    bundle = candidate(approval.proposal_id)
    version = next_version(store, bundle, proposal_id=approval.proposal_id, **fields)
    release = release_of(version, decision_id=approval.id)
    return store.deploy(decision=approval, version=version, bundle=bundle, release=release)


def ship(store: AgentStore, name: str = "p1") -> Decision:
    """Draft, test, approve and deploy a proposal."""
    approval = decision(waiting(store, name))
    store.decide(approval)
    assert deploy(store, approval)
    return approval


def roll_back(store: AgentStore, *, to: int, undone: str | None) -> Release:
    """Bring the content of version `to` back."""
    content = store.versions()[to].digest
    version = next_version(store, store.bundle(content), restores=to)
    release = release_of(version, kind="rollback")
    store.roll_back(version=version, release=release, undone=undone)
    return release


def note(subject: str, **fields: Any) -> Note:
    """A line for the journal."""
    filled = {"actor": "engine", "action": "import", "subject": subject, "at": builders.NOON}
    return Note(**filled | fields)
