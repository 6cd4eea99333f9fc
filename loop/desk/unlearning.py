"""Machine unlearning by provenance: exclude what a scope brought, retire its cases, stop what waits on it.

What is live is not touched here: the next turn proposes to take back what no longer stands, through the same gate.
One act, one transaction, one entry of the journal; idempotent, and undone as long as nothing was taken back.
"""

from collections.abc import Iterable

from loop import roles
from loop.change.truth_maintenance import leaves_something
from loop.desk.taint import MOST, trace
from loop.desk.wording import checked_words
from loop.errors import Conflict, DigestMismatch, InvalidInput, NotFound
from loop.ports import Parts
from loop.records import (
    FEEDBACK_MOVES,
    OPEN_STATES,
    Actor,
    Changes,
    FeedbackItem,
    FeedbackMove,
    FeedbackState,
    Flag,
    JournalAction,
    Mover,
    Note,
    ProposalItem,
    ProposalMove,
    ProposalState,
    Proposer,
    Taint,
    TaintScope,
    Unlearning,
    derived_id,
    digest,
    may_move,
)

_BY = "person"
"""The detector under which a person's word stands among the flags."""
_REASON = "What it rests on was unlearned."


def seen_digest(taint: Taint) -> str:
    """What a confirmation is bound to: the items, cases and changes that were on the list."""
    return digest(
        [taint.scope, taint.items, taint.states, [one.id for one in taint.cases], taint.proposals, taint.live]
    )


def unlearn(parts: Parts, scope: TaintScope, *, actor: Actor, reason: str, seen: str = "") -> Unlearning:
    """Exclude the items of a scope, retire the cases they made, stop open changes that no longer stand.

    `seen`: digest of the list that was confirmed; empty: whatever it is now. Again on the same scope with nothing
    new it gives the earlier record and writes nothing. Raises NotAllowed, InvalidInput (no reason, nothing named,
    nothing there, too much at once), NotFound for an unknown import, DigestMismatch when the list has changed.
    """
    roles.check(actor, _right(scope))
    if not reason.strip():
        raise InvalidInput("Unlearning needs a reason.", field="reason", remedy="Say why in a sentence.")
    told = checked_words(reason)
    taint = trace(parts, scope)
    if taint.is_cut:
        raise InvalidInput(f"There are more than {MOST:,} items.", field="scope", remedy="Narrow it by time.")
    if seen and seen != seen_digest(taint):
        raise DigestMismatch("What it influenced has changed since it was listed.", remedy="Read the list again.")
    made = _planned(parts, taint, actor=actor, reason=told)
    if not (made.moved or made.retired or made.stopped or made.taken_back):
        if (earlier := _earlier(parts, scope)) is not None:
            return earlier
        if not scope.import_id:
            raise InvalidInput(f"Nothing of {scope.words} teaches, examines or waits.", field="scope")
    changes = _changes(parts, made)
    parts.checkpoint("unlearn:before")
    parts.store.commit(changes)
    parts.checkpoint("unlearn:after")
    return made


def undo_unlearning(parts: Parts, unlearning_id: str, *, actor: Actor) -> Unlearning:
    """Give back what an unlearning took, while nothing of it was taken back. Idempotent.

    The firewall looks at the items again; what a person had released is released. Raises NotAllowed, NotFound,
    Conflict when something was taken back since.
    """
    store = parts.store
    made = next((one for one in store.unlearnings() if one.id == unlearning_id), None)
    if made is None:
        raise NotFound("There is no such unlearning.", remedy="See them all: ratchet unlearn --list.")
    roles.check(actor, _right(made.scope))
    if made.undone_at is not None:
        return made
    proposals = store.proposals()
    if why := _why_final(parts, made, proposals):
        raise Conflict(f"It cannot be undone: {why}", remedy="Teach it anew, or release single items.")
    now = parts.clock()
    undone = made.model_copy(update={"undone_at": now, "undone_by": actor.name})
    items = store.feedback_items(made.moved)
    still = {key: item for key, item in items.items() if item.state is FeedbackState.EXCLUDED}
    note = Note(
        actor=actor.name,
        action=JournalAction.UNDO_UNLEARNING,
        subject=made.id,
        at=now,
        digests={"items": str(len(still))},
    )
    parts.store.commit(
        Changes(
            feedback_moves=tuple(
                FeedbackMove(feedback_id=key, was=FeedbackState.EXCLUDED, now=_given_back(made.moved[key]))
                for key in still
            ),
            flags={key: _without_word(item, made) for key, item in still.items()},
            cases=tuple(case for case in store.retired_by_id(made.retired) if case.vouched_by),
            proposal_moves=(*_shown_again(made, proposals), *_set_aside(made, proposals)),
            unlearnings=(undone,),
            notes=(note,),
        )
    )
    return undone


# steps -------------------------------------------------------------------------------------------------------------
def _right(scope: TaintScope) -> roles.Action:
    """One's own look at items is a reviewer's; all that a person, door or time brought, an approver's."""
    if scope.import_id:
        return "import"
    return "judge_feedback" if scope.items else "examine"


def _planned(parts: Parts, taint: Taint, *, actor: Actor, reason: str) -> Unlearning:
    store, now = parts.store, parts.clock()
    told = store.told_by(taint.items)
    moved = {
        key: one.state
        for key, one in told.items()
        if may_move(FEEDBACK_MOVES, one.state, FeedbackState.EXCLUDED, by=Mover.PERSON)
    }
    retired = tuple(case.id for case in taint.cases if not case.retired)
    before = {key for one in store.unlearnings() if one.undone_at is None for key in one.taken_back}
    falling = [one for one in taint.proposals if not one.stands]
    return Unlearning(
        id=derived_id("unlearning", taint.agent, taint.scope, sorted(moved), retired, now),
        agent=taint.agent,
        scope=taint.scope,
        actor=actor.name,
        reason=reason,
        at=now,
        moved=moved,
        retired=retired,
        stopped={one.id: one.state for one in falling if one.state in OPEN_STATES},
        taken_back=tuple(
            one.id for one in falling if one.is_whole and one.state is ProposalState.LIVE and one.id not in before
        ),
        standing=tuple(dict.fromkeys(one.proposal_id for one in taint.falls if one.proposal_id)),
    )


def _changes(parts: Parts, made: Unlearning) -> Changes:
    store, moved = parts.store, sorted(made.moved)
    flags = store.flags(moved) if moved else {}
    said = {key: Flag(feedback_id=key, detector=_BY, reason=_word(made), at=made.at) for key in moved}
    digests = {
        "scope": digest(made.scope),
        "items": digest(moved),
        "item count": str(len(moved)),
        "cases": str(len(made.retired)),
        "stopped": str(len(made.stopped)),
        "reason": digest(made.reason),
    }
    if made.scope.import_id:
        digests["import"] = made.scope.import_id
    action = JournalAction.UNDO_IMPORT if made.scope.import_id else JournalAction.UNLEARN
    again = (
        ProposalMove(proposal_id=item.proposal.id, was=item.state, now=ProposalState.WAITING)
        for item in store.proposals([ProposalState.SET_ASIDE])
        if item.proposal.proposer is Proposer.UNLEARNING and not made.moved.keys().isdisjoint(item.proposal.evidence)
    )
    return Changes(
        flags={key: (*flags.get(key, ()), said[key]) for key in moved},
        feedback_moves=tuple(
            FeedbackMove(feedback_id=key, was=made.moved[key], now=FeedbackState.EXCLUDED) for key in moved
        ),
        retired_cases=made.retired,
        proposal_moves=(
            *(
                ProposalMove(proposal_id=key, was=was, now=ProposalState.STALE, reason=_REASON)
                for key, was in made.stopped.items()
            ),
            *again,
        ),
        unlearnings=(made,),
        notes=(Note(actor=made.actor, action=action, subject=made.id, at=made.at, digests=digests),),
    )


def _earlier(parts: Parts, scope: TaintScope) -> Unlearning | None:
    """The same act, done before and not undone."""
    return next((one for one in parts.store.unlearnings() if one.scope == scope and one.undone_at is None), None)


def _word(made: Unlearning) -> str:
    return f"{made.actor} unlearned {made.scope.words} ({made.id}): {made.reason}"


def _without_word(item: FeedbackItem, made: Unlearning) -> tuple[Flag, ...]:
    return tuple(flag for flag in item.flags if not (flag.detector == _BY and f"({made.id})" in flag.reason))


def _given_back(was: FeedbackState) -> FeedbackState:
    """What the firewall decided it decides again."""
    return was if was is FeedbackState.RELEASED else FeedbackState.NEW


def _why_final(parts: Parts, made: Unlearning, proposals: Iterable[ProposalItem]) -> str:
    """What was taken back since, in words; empty for nothing."""
    items = {item.proposal.id: item for item in proposals}
    for item in items.values():
        if (
            item.proposal.proposer is Proposer.UNLEARNING
            and item.state in (ProposalState.APPROVED, ProposalState.LIVE)
            and item.proposal.created_at >= made.at
            and _takes_back(item, made)
        ):
            return f"“{item.proposal.title}” was approved."
    live = parts.store.bundle(parts.store.head().digest)
    for key in made.standing:
        item = items[key]
        is_gone = item.state is ProposalState.UNDONE or not leaves_something(item.proposal, live, is_whole=True)
        if is_gone:
            return f"“{item.proposal.title}” is no longer live."
    return ""


def _shown_again(made: Unlearning, proposals: Iterable[ProposalItem]) -> list[ProposalMove]:
    """What was stopped waits again, where nothing else stopped it; an approval has to be given anew."""
    return [
        ProposalMove(
            proposal_id=item.proposal.id,
            was=ProposalState.STALE,
            now=ProposalState.WAITING if was is ProposalState.APPROVED else was,
        )
        for item in proposals
        if (was := made.stopped.get(item.proposal.id)) is not None
        and item.state is ProposalState.STALE
        and item.stale_reason == _REASON
    ]


def _set_aside(made: Unlearning, proposals: Iterable[ProposalItem]) -> list[ProposalMove]:
    """What was drafted to take it back no longer waits."""
    open_ones = (ProposalState.DRAFTED, ProposalState.WAITING)
    return [
        ProposalMove(proposal_id=item.proposal.id, was=item.state, now=ProposalState.SET_ASIDE)
        for item in proposals
        if item.proposal.proposer is Proposer.UNLEARNING
        and item.state in open_ones
        and item.proposal.created_at >= made.at
        and _takes_back(item, made)
    ]


def _takes_back(item: ProposalItem, made: Unlearning) -> bool:
    """What goes whole, whatever evidence is left, cites none of it."""
    cited = item.proposal.evidence
    return not made.moved.keys().isdisjoint(cited) if cited else bool(made.taken_back)
