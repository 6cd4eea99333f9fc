"""Practice cases: known bad changes in the queue, to see whether reviewers catch them; and how people review at all.

A practice case looks like any other change until it is decided: what its test found is withheld from everybody, and so
it is of as many real changes, drawn by the same secret. Whatever is decided, it goes back where it was: it is never
approved in the record, so nothing can release it.
"""

from collections import defaultdict
from datetime import timedelta
from statistics import median
from typing import Literal

from loop import roles
from loop.desk.viewing import release_lease
from loop.errors import Conflict
from loop.policy import blinding_rule, recommend
from loop.ports import Parts
from loop.records import (
    Actor,
    Changes,
    Decision,
    JournalAction,
    Note,
    ProposalItem,
    ProposalMove,
    ProposalState,
    derived_id,
)
from loop.records.practice import QUICK_SECONDS, PracticeAnswer, ReviewerFigures
from loop.records.viewing import Viewing

_FOUND = {"harmful": "Its test had found that it breaks answers.", "useless": "Its test had ruled out a useful gain."}


def withheld_verdict(parts: Parts, made: Decision) -> str:
    """After a decision on a real change whose verdict was withheld: what the test had found; empty for others."""
    if not blinding_rule(parts.store)(made.proposal_id, False):
        return ""
    item = parts.store.proposal(made.proposal_id)
    return f"Kept from you till now: {recommend(item.report, stakes=item.proposal.stakes).reason}"


def answer_practice(
    parts: Parts, item: ProposalItem, *, actor: Actor, verb: Literal["approve", "edit", "reject"]
) -> PracticeAnswer:
    """Keep what was decided about a practice case and take it off the desk. Raises Conflict: somebody was faster."""
    if not item.practice:
        raise Conflict("This is not a practice case.", remedy="Reload the page.")
    seconds = release_lease(parts, item.proposal.id, actor=actor, verb=verb)
    now = parts.clock()
    made = PracticeAnswer(
        id=derived_id("practice", item.proposal.id, actor.name, now),
        agent=parts.store.agent.slug,
        proposal_id=item.proposal.id,
        person=actor.name,
        kind=item.practice,
        verb=verb,
        seconds=seconds,
        at=now,
    )
    move = ProposalMove(proposal_id=item.proposal.id, was=ProposalState.WAITING, now=ProposalState.SET_ASIDE)
    note = Note(
        actor=actor.name,
        action=JournalAction.ANSWER_PRACTICE_CASE,
        subject=item.proposal.id,
        digests={"verb": verb},
        at=now,
    )
    parts.store.commit(Changes(proposal_moves=(move,), practice_answers=(made,), notes=(note,)))
    return made


def practice_words(answer: PracticeAnswer) -> str:
    """What the one who decided is told at once."""
    head = f"That was a practice change. {_FOUND[answer.kind]}"
    match answer.verb:
        case "approve":
            did = "You approved it; without practice it would be on its way to going live."
        case "edit":
            did = "You rewrote it."
        case "reject":
            did = "You turned it down."
    return f"{head} {did} Nothing was changed."


def reviewers(parts: Parts, *, actor: Actor, days: int = 28, person: str = "") -> tuple[ReviewerFigures, ...]:
    """How everybody reviewed in the last days, by name; `person`: only they. Raises NotAllowed.

    Others' figures are for admins: a reviewer sees their own.
    """
    roles.check(actor, "decide")
    wanted = person or ("" if roles.may(actor, "set_up") else actor.name)
    if wanted != actor.name:
        roles.check(actor, "set_up")
    since = parts.clock() - timedelta(days=days)
    made: dict[str, list[Viewing]] = defaultdict(list)
    for viewing in parts.store.viewings_decided(since, person=wanted):
        made[viewing.person].append(viewing)
    answered: dict[str, list[PracticeAnswer]] = defaultdict(list)
    for answer in parts.store.practice_answers(since, person=wanted):
        answered[answer.person].append(answer)
    return tuple(_figures(name, made[name], answered[name]) for name in sorted(made.keys() | answered.keys()))


def _figures(name: str, made: list[Viewing], answered: list[PracticeAnswer]) -> ReviewerFigures:
    timed = [one for one in made if one.seconds is not None]
    seconds = [one.seconds for one in timed if one.seconds is not None]
    approving = ("approve", "endorse")
    return ReviewerFigures(
        person=name,
        decided=len(made),
        approved=sum(one.verb in approving for one in made),
        timed=len(timed),
        quick=sum(one.verb in approving and (one.seconds or 0.0) < QUICK_SECONDS for one in timed),
        median_seconds=median(seconds) if seconds else None,
        practised=len(answered),
        caught=sum(one.is_caught for one in answered),
    )
