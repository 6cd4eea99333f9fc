"""The stage deploy: approvals that are due go live, and every version is measured on cases it never learned from."""

from datetime import timedelta

from loop import autonomy, deploy, test
from loop.engine.journal import StageTally
from loop.errors import ModelFailed, StaleBase
from loop.ports import Changes, Parts, ProposalItem
from loop.records import Actor, Decision, ProposalState, Release, Role, Split, derived_id
from loop.update import operations

_MEASURED_VERSIONS = 12
"""How many of the newest versions are measured again when the cases change; version 0 always is."""


def apply_due(parts: Parts) -> list[Release]:
    """Make every approval live whose undo window is over. Each is applied exactly once, whoever calls."""
    applied: list[Release] = []
    for decision in parts.store.due_approvals(parts.clock()):
        item = parts.store.proposal(decision.proposal_id)
        head = parts.store.head()
        candidate = operations.apply_all(parts.store.bundle(item.proposal.base_digest), item.proposal.operations)
        going = deploy.deployment(decision, item.proposal, head=head, now=parts.clock())
        parts.checkpoint("apply:before")
        try:
            if parts.store.deploy(decision=decision, version=going.version, bundle=candidate, release=going.release):
                applied.append(going.release)
        except StaleBase:
            continue  # the store has marked it stale; the next turn draws it anew on the new base
        parts.checkpoint("apply:after")
    return applied


def release_and_measure(parts: Parts, tally: StageTally) -> None:
    store = parts.store
    for item in store.proposals([ProposalState.WAITING]):
        ruling = autonomy.decide(store.agent.mode, proposal=item.proposal, report=item.report)
        if not ruling.needs_person:
            store.decide(_policy_decision(parts, item, reason=ruling.reason))
            tally.counts["approved_by_policy"] = tally.counts.get("approved_by_policy", 0) + 1
    tally.counts["released"] = len(apply_due(parts))
    _measure(parts, tally)


def _measure(parts: Parts, tally: StageTally) -> None:
    """How right the live version and its forerunners are on the sealed cases as they are now."""
    store = parts.store
    sealed = store.cases([Split.SEALED])
    days = deploy.daily_quality(store.agent, store.signals_by_day())
    versions = store.versions()
    chosen = [version for version in versions if version.number == 0 or version in versions[-_MEASURED_VERSIONS:]]
    done = {(one.number, one.case_set_digest) for one in store.measurements()}
    case_set = deploy.case_set_digest(sealed)
    head = store.head()
    fresh = []
    for version in chosen:
        bundle = store.bundle(version.digest)
        costs_money = bundle.model.name != "local" and version.number != head.number
        if not sealed or costs_money or (version.number, case_set) in done:
            continue
        try:
            answers = test.replay(parts.answerers(bundle), sealed)
        except ModelFailed as error:
            tally.words.append(f"Version {version.number} could not be measured. {error}")
            continue
        right = sum(test.grade(case, answer).is_right for case, answer in zip(sealed, answers, strict=True))
        fresh.append(
            deploy.measurement(version, case_set_digest=case_set, n=len(sealed), right=right, now=parts.clock())
        )
    tally.counts["measured"] = len(fresh)
    if fresh or days:
        store.commit(Changes(measurements=tuple(fresh), daily=tuple(days)))


def _policy_decision(parts: Parts, item: ProposalItem, *, reason: str) -> Decision:
    """An approval by the autonomy mode: recorded like any other, with the undo window of low stakes."""
    now = parts.clock()
    return Decision(
        id=derived_id("decision", item.proposal.id, "policy", item.evidence_digest),
        agent=parts.store.agent.slug,
        proposal_id=item.proposal.id,
        verb="approve",
        actor=Actor(name=f"policy: {parts.store.agent.mode.value}", role=Role.ENGINE),
        reason=reason,
        seen_digest=item.evidence_digest,
        at=now,
        effective_at=now + timedelta(seconds=parts.store.agent.limits.undo_seconds),
    )
