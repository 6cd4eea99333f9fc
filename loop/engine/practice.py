"""Practice cases, where the operator asked for them: known bad changes drawn into the queue.

Drawn are changes the tests set aside as harmful or useless on the live version, each once at most, chosen with the
agent's secret so that nobody foresees which. They are never approved in the record, and nothing names one before it
is answered: the journal keeps a digest of the draw, which only the secret explains. See `loop.desk.practice`.
"""

from datetime import UTC, datetime

from loop.engine.journal import StageTally, note
from loop.ports import Parts
from loop.records import Changes, JournalAction, ProposalItem, ProposalMove, ProposalState, Verdict, digest
from loop.records.practice import PracticeKind

_KNOWN: dict[Verdict, PracticeKind] = {Verdict.HARMFUL: "harmful", Verdict.NO_EFFECT: "useless"}
_BEGIN = datetime(2000, 1, 1, tzinfo=UTC)


def draw_practice(parts: Parts, tally: StageTally) -> None:
    """Put one more practice case on the desk while they stay within their share of it; the turn tells nobody."""
    del tally
    store = parts.store
    share = store.agent.limits.practice_share
    if not share:
        return
    waiting = store.proposals([ProposalState.WAITING])
    practising = sum(bool(item.practice) for item in waiting)
    if practising + 1 > share * (len(waiting) + 1):
        return
    answered = {one.proposal_id for one in store.practice_answers(_BEGIN)}
    live = store.head().number
    able = [
        item
        for item in store.proposals([ProposalState.SET_ASIDE])
        if _kind(item) is not None and item.proposal.base_number == live and item.proposal.id not in answered
    ]
    if not able:
        return
    chosen = min(able, key=lambda item: store.draw("practice", item.proposal.id))
    kind = _kind(chosen)
    if kind is None:
        return
    move = ProposalMove(proposal_id=chosen.proposal.id, was=ProposalState.SET_ASIDE, now=ProposalState.WAITING)
    drawn = digest([chosen.proposal.id, str(store.draw("practice note", chosen.proposal.id))])
    store.commit(
        Changes(
            proposal_moves=(move,),
            practice={chosen.proposal.id: kind},
            notes=(note(parts, JournalAction.DRAW_PRACTICE_CASE, subject="", digests={"drawn": drawn}),),
        )
    )


def _kind(item: ProposalItem) -> PracticeKind | None:
    return None if item.report is None else _KNOWN.get(item.report.verdict)
