"""What people decided about a change, in sentences: who approved it first and why, or how it was decided."""

from dashboard import session
from dashboard.components.elements import words
from loop.ports import Store
from loop.records import Decision, ProposalItem, ProposalState
from loop.records.approvals import Approvals, standing_approvals

_VERBS = {"approve": "approved", "reject": "rejected", "edit": "edited"}
_DECIDED = (ProposalState.APPROVED, ProposalState.LIVE, ProposalState.REJECTED, ProposalState.UNDONE)


def told(item: ProposalItem, *, approvals: Approvals, store: Store) -> list[str]:
    """Of one that waits: who approved it first, or that it takes two; of one that is decided: by whom and why."""
    if item.state is ProposalState.WAITING:
        if approvals.needed < 2:
            return []
        made = store.decisions(item.proposal.id) if approvals.given else []
        standing = standing_approvals(made, seen_digest=item.evidence_digest)
        first = [one for one in standing if one.actor.name in approvals.given]
        return [f"{_sentence(one)} A second person has to approve it too." for one in first] or [
            "It takes two people to approve it."
        ]
    if item.state not in _DECIDED:
        return []
    made = store.decisions(item.proposal.id)
    undone = {one.undoes for one in made if one.verb == "undo"}
    stands = [one for one in made if one.verb in _VERBS and one.id not in undone]
    return [_sentence(stands[-1])] if stands else []


def _sentence(one: Decision) -> str:
    """Such as `ana approved it, 22 Nov 2026, 19:30: “Checked with legal.”`"""
    verb = _VERBS.get(one.verb, "approved")
    reasons = [words.REJECTIONS.get(name, name).lower() for name in one.categories]
    why = [f"({', '.join(reasons)})"] if reasons else []
    why += [f"“{one.reason}”"] if one.reason else []
    when = words.clock(one.at, session.zone())
    return f"{one.actor.name} {verb} it, {when}{': ' + ' '.join(why) if why else '.'}"
