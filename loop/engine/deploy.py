"""The stage deploy: approvals that are due go live, and every version is measured on cases it never learned from."""

from datetime import timedelta

from loop import deploy, policy
from loop.change import operations
from loop.engine.journal import ENGINE, StageTally
from loop.engine.measure import measure
from loop.errors import StaleBase
from loop.ports import Parts
from loop.records import Actor, Decision, ProposalItem, ProposalState, Release, Role, derived_id


def apply_due(parts: Parts) -> list[Release]:
    """Make every approval live whose undo window is over. Each is applied exactly once, whoever calls."""
    applied: list[Release] = []
    for decision in parts.store.due_approvals(parts.clock()):
        item = parts.store.proposal(decision.proposal_id)
        head = parts.store.head()
        candidate = operations.apply_all(parts.store.bundle(item.proposal.base_digest), item.proposal.operations)
        parts.checkpoint("apply:before")
        try:
            going = deploy.deployment(decision, item.proposal, head=head, now=parts.clock())
            if parts.store.deploy(decision=decision, version=going.version, bundle=candidate, release=going.release):
                applied.append(going.release)
        except StaleBase:
            continue  # the next turn marks it stale and draws it anew on the new base
        parts.checkpoint("apply:after")
    return applied


def release_and_measure(parts: Parts, tally: StageTally) -> None:
    store = parts.store
    for item in store.proposals([ProposalState.WAITING]):
        ruling = policy.decide(store.agent.mode, proposal=item.proposal, report=item.report)
        if not ruling.needs_person:
            store.decide(_policy_decision(parts, item, reason=ruling.reason))
            tally.counts["approved_by_policy"] = tally.counts.get("approved_by_policy", 0) + 1
    tally.counts["released"] = len(apply_due(parts))
    _watch(parts, tally)
    measure(parts, tally)


def _watch(parts: Parts, tally: StageTally) -> None:
    """Ask a person, or roll back where the mode allows it, when people are provably less happy since the release."""
    store = parts.store
    releases = store.releases()
    newest = releases[-1]
    if newest.kind != "deploy" or newest.from_number is None:
        return
    alarm = deploy.should_roll_back(
        newest,
        before=_heard(parts, newest.from_number),
        since=_heard(parts, newest.number),
        mode=store.agent.mode,
        limits=store.agent.limits,
        rolled_back_at=[one.at for one in releases if one.kind == "rollback" and one.actor == ENGINE],
        now=parts.clock(),
    )
    match alarm.action:
        case "none":
            return
        case "ask" | "frozen":
            tally.words.append(f"A person should look at version {newest.number}: {alarm.reason}")
        case "roll_back":
            head = store.head()
            target = next(version for version in store.versions() if version.number == newest.from_number)
            actor = Actor(name=ENGINE, role=Role.ENGINE)
            back = deploy.rollback(head, target=target, actor=actor, reason=alarm.reason, now=parts.clock())
            store.roll_back(version=back.version, release=back.release, undone=back.undone)
            tally.counts["rolled_back"] = 1
            tally.words.append(f"Version {newest.number} was taken back: {alarm.reason}")


def _heard(parts: Parts, number: int) -> deploy.Heard:
    said = parts.store.signals_on(number)
    return deploy.Heard(n=said.n, good=said.good, unhappy_people=said.unhappy_people, loudest_share=said.loudest_share)


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
