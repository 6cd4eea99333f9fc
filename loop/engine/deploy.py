"""The stage deploy: approvals that are due go live once, a release that hurts is taken back, versions are measured."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from loop import deploy, policy
from loop.engine.counting import count_days
from loop.engine.idleness import is_settled, mark
from loop.engine.improvement import tell_improvement
from loop.engine.journal import ENGINE, StageTally, note
from loop.engine.measure import measure
from loop.engine.practice import draw_practice
from loop.engine.rebase import redraw
from loop.errors import Conflict, NotFound, RatchetError, StoreUnavailable
from loop.ports import Parts
from loop.records import (
    Actor,
    Changes,
    Decision,
    JournalAction,
    ProposalItem,
    ProposalMove,
    ProposalState,
    Release,
    Role,
    derived_id,
    digest,
)
from loop.records.access import POLICY


def release_and_watch(parts: Parts, tally: StageTally) -> None:
    """Approve what the policy allows, apply what is due, watch the newest release, measure; each behind a bulkhead.

    Raises StoreUnavailable. Any error that is not one of ours is a defect: the first is raised after the rest.
    """
    if is_settled(parts, seen=mark(parts)):
        apply_due(parts, tally)
        return
    defects: list[Exception] = []
    steps: dict[str, Callable[[Parts, StageTally], object]] = {
        "approving by policy": _approve_by_policy,
        "applying approvals": apply_due,
        "watching the release": _watch,
        "drawing practice": draw_practice,
        "counting days": count_days,
        "measuring": measure,
        "telling how it goes": tell_improvement,
    }
    for what, step in steps.items():
        try:
            step(parts, tally)
        except StoreUnavailable:
            raise
        except RatchetError as error:
            tally.words.append(f"While {what}: {error}")
        except Exception as error:
            defects.append(error)
    if defects:
        raise defects[0]


def apply_due(parts: Parts, tally: StageTally | None = None) -> list[Release]:
    """Make every approval live whose undo window is over: exactly once each, by compare-and-swap on the head.

    None while the loop is paused. An approval that can no longer be applied becomes stale with its reason and stops
    nobody else's. One that the durable work has set aside, or tries again later, is left alone.
    Raises StoreUnavailable and BrokenChain. Any other error that is not one of ours is a defect: the first is raised
    after the others.
    """
    applied: list[Release] = []
    defects: list[Exception] = []
    now = parts.clock()
    parts.store.check_head()
    due = parts.store.due_approvals(now)
    if due and parts.store.agent.limits.is_paused:
        return applied
    for decision in _free(parts, due, now=now):
        try:
            release = _apply_or_set_aside(parts, decision, tally=tally)
        except StoreUnavailable:
            raise
        except Exception as error:
            defects.append(error)
            continue
        if release is not None:
            applied.append(release)
        parts.checkpoint("apply:after")
    if applied:
        _redraw_at_once(parts, tally or StageTally())
    if tally is not None:
        tally.counts["released"] = len(applied)
    if defects:
        raise defects[0]
    return applied


def _redraw_at_once(parts: Parts, tally: StageTally) -> None:
    """With the release, so that nobody reads an empty desk until the next turn; what fails here, that turn does."""
    try:
        head = parts.store.head()
        redraw(parts, tally, head=head, bundle=parts.store.bundle(head.digest))
    except StoreUnavailable:
        raise
    except RatchetError as error:
        tally.words.append(f"While drawing the others again: {error}")


def _free(parts: Parts, decisions: Sequence[Decision], *, now: datetime) -> list[Decision]:
    """Those that the durable work neither set aside nor tries again later."""
    jobs = parts.store.failed_jobs() if decisions else []
    held = {job.subject for job in jobs if job.kind == "apply" and not job.is_due(now)}
    return [decision for decision in decisions if decision.id not in held]


def _apply_or_set_aside(parts: Parts, decision: Decision, *, tally: StageTally | None) -> Release | None:
    try:
        return _apply_one(parts, decision, tally=tally)
    except StoreUnavailable:
        raise
    except RatchetError as error:
        _set_aside(parts, decision, reason=str(error), tally=tally)
        return None


def _apply_one(parts: Parts, decision: Decision, *, tally: StageTally | None) -> Release | None:
    """None when it was applied before, is stale, or waits for the turn that rebases it onto the new head."""
    item = parts.store.proposal(decision.proposal_id)
    if item.proposal.base_number != parts.store.head().number:
        return None
    if item.number is None:
        raise NotFound("The content that was approved is not stored.")
    parts.checkpoint("apply:before")
    release = deploy.deploy_release(decision, item.proposal, number=item.number, now=parts.clock())
    applied = parts.store.deploy(decision=decision, release=release)
    match applied.outcome:
        case "applied":
            return release
        case "before":
            return None
        case "stale":
            _say_stale(tally, reason=applied.reason)
            return None


def _set_aside(parts: Parts, decision: Decision, *, reason: str, tally: StageTally | None) -> None:
    """Nothing happens when somebody moved the proposal meanwhile."""
    move = ProposalMove(
        proposal_id=decision.proposal_id, was=ProposalState.APPROVED, now=ProposalState.STALE, reason=reason
    )
    said = note(
        parts, JournalAction.MARK_PROPOSAL_STALE, subject=decision.proposal_id, digests={"reason": digest(reason)}
    )
    parts.store.commit(Changes(proposal_moves=(move,), notes=(said,)))
    _say_stale(tally, reason=reason)


def _say_stale(tally: StageTally | None, *, reason: str) -> None:
    if tally is not None:
        tally.words.append(f"An approved change could not be applied and is stale now. {reason}")


def _approve_by_policy(parts: Parts, tally: StageTally) -> None:
    store = parts.store
    for item in store.proposals([ProposalState.WAITING]):
        ruling = policy.decide(store.agent.mode, proposal=item.proposal, report=item.report)
        if ruling.needs_person:
            continue
        try:
            store.decide(_policy_decision(parts, item, reason=ruling.reason))
        except Conflict as error:
            tally.words.append(f"A change was decided by somebody else meanwhile. {error}")
            continue
        tally.counts["approved_by_policy"] = tally.counts.get("approved_by_policy", 0) + 1


def _watch(parts: Parts, tally: StageTally) -> None:
    """Ask a person, or roll back where the mode allows it, when people are provably less happy since the release."""
    store = parts.store
    releases = store.releases()
    newest, now = releases[-1], parts.clock()
    if newest.kind != "deploy" or newest.from_number is None:
        return
    alarm = deploy.should_roll_back(
        newest,
        before=store.signals_on(newest.from_number, now=now),
        since=store.signals_on(newest.number, now=now),
        mode=store.agent.mode,
        limits=store.agent.limits,
        rolled_back_at=[one.at for one in releases if one.kind == "rollback" and one.actor == ENGINE],
        now=now,
    )
    match alarm.action:
        case "none":
            return
        case "ask" | "frozen":
            tally.counts["look_at_version"] = newest.number
            tally.words.append(f"A person should look at version {newest.number}: {alarm.reason}")
        case "roll_back":
            target = next(version for version in store.versions() if version.number == newest.from_number)
            actor = Actor(name=ENGINE, role=Role.ENGINE)
            back = deploy.rollback(store.head(), target=target, actor=actor, reason=alarm.reason, now=parts.clock())
            store.roll_back(version=back.version, release=back.release, undone=back.undone)
            tally.counts["rolled_back"] = 1
            tally.words.append(f"Version {newest.number} was taken back: {alarm.reason}")


def _policy_decision(parts: Parts, item: ProposalItem, *, reason: str) -> Decision:
    """An approval by the autonomy mode: recorded like any other, with the undo window of low stakes."""
    now = parts.clock()
    return Decision(
        id=derived_id("decision", item.proposal.id, "policy", item.evidence_digest),
        agent=parts.store.agent.slug,
        proposal_id=item.proposal.id,
        verb="approve",
        actor=Actor(name=f"{POLICY}{parts.store.agent.mode.value}", role=Role.ENGINE),
        reason=reason,
        seen_digest=item.evidence_digest,
        report_id=item.report.id if item.report else None,
        at=now,
        effective_at=now + timedelta(seconds=parts.store.agent.limits.undo_seconds),
    )
